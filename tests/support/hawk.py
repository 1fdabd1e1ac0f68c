"""A thin driver of a whole HAWK for end-to-end and chaos tests: the `hawk` command, and SQL as the reader."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import asyncpg

UP_SECONDS_MAX = 180
COMMAND_SECONDS_MAX = 120

SERVER_VARIABLES = ("HAWK_KAFKA_BOOTSTRAP", "HAWK_POSTGRES_DSN")
"""A whole HAWK of a test brings its own servers, whatever the fixtures for parts use."""


class Hawk:
    """One running HAWK in `data`. Every method is what a user could do."""

    def __init__(self, data: Path, environment: Mapping[str, str] | None = None) -> None:
        self.data = data
        inherited = {key: value for key, value in os.environ.items() if key not in SERVER_VARIABLES}
        self._environment = {**inherited, "HAWK_DATA_DIR": str(data), **(environment or {})}

    def up(self, *options: str) -> None:
        """`hawk up --detach`; returns when all is ready."""
        self.run("up", "--detach", *options, seconds_max=UP_SECONDS_MAX)

    def down(self, *options: str) -> None:
        """`hawk down`."""
        self.run("down", *options)

    def run(
        self,
        *arguments: str,
        expect: int | None = 0,
        stdin: str | None = None,
        seconds_max: float = COMMAND_SECONDS_MAX,
    ) -> subprocess.CompletedProcess[str]:
        """One `hawk` command. `expect`: its exit status (None: any); another one fails the test, with its
        output."""
        done = subprocess.run(
            (sys.executable, "-m", "cli", *arguments),
            env=self._environment,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=seconds_max,
            check=False,
        )
        if expect is not None and done.returncode != expect:
            raise AssertionError(
                f"hawk {' '.join(arguments)}: exit {done.returncode}, expected {expect}\n{done.stdout}\n{done.stderr}"
            )
        return done

    def json(self, *arguments: str, expect: int | None = 0, **options: Any) -> Any:
        """The same with --json: what it printed, as a value. Numbers with a point become text, never a
        float."""
        return json.loads(self.run(*arguments, "--json", expect=expect, **options).stdout, parse_float=str)

    def status(self) -> dict[str, Any]:
        """`hawk status --json`."""
        state = self.json("status")
        if not isinstance(state, dict):
            raise AssertionError(f"hawk status --json printed {state!r}")
        return state

    def query(self, sql: str, *values: object, role: str = "hawk_reader") -> list[dict[str, Any]]:
        """Rows of a SELECT, as the reader."""
        return asyncio.run(_fetch(self.status()["postgres"]["dsn_by_role"][role], sql, values))


async def _fetch(dsn: str, sql: str, values: tuple[object, ...]) -> list[dict[str, Any]]:
    connection = await asyncpg.connect(dsn)
    try:
        return [dict(row) for row in await connection.fetch(sql, *values)]
    finally:
        await connection.close()
