"""Follows a runbook as it is written: its commands and statements, with what they leave open filled in."""

import asyncio
import re
import shlex
from functools import partial
from typing import Any

import asyncpg

from tests.support.alerting import runbooks
from tests.support.eventually import eventually_async
from tests.support.hawk import TURN_SECONDS_MAX, Hawk

PLACES = {
    "PROCESS",
    "WORKFLOW",
    "LETTER",
    "HELD",
    "TEXT",
    "NAME",
    "SECOND",
    "POSITION",
    "GROUP",
    "TOPIC",
    "OFFSET",
    "PARTITION",
}
"""What a command leaves open."""


def follow(hawk: Hawk, alert: str, *, may_fail: tuple[str, ...] = (), **given: str) -> list[str]:
    """Do what the runbook of an alert says, in its order; gives what the commands printed.

    Args:
        may_fail: beginnings of commands that tell what is wrong by their exit status.
        given: what the commands leave open, such as `WORKFLOW`.
    """
    printed = []
    for language, block in re.findall(r"```(sh|sql)\n(.*?)```", dict(runbooks())[alert], re.DOTALL):
        if language == "sql":
            asyncio.run(_statements(hawk.known["postgres"]["dsn"], block))
            continue
        for line in block.strip().splitlines():
            words = [given.get(word, word) for word in shlex.split(line, comments=True)]
            assert words[0] == "hawk", line
            assert not PLACES & set(words), f"{line}: not all of it is given"
            fails = line.startswith(may_fail) if may_fail else False
            printed.append(hawk.run(*words[1:], expect=None if fails else 0).stdout)
    assert printed or "```sql" in dict(runbooks())[alert], f"{alert} has no commands"
    return printed


async def _statements(dsn: str, block: str) -> None:
    """Run statements one after another; PID is the one that the statement before has found."""
    connection = await asyncpg.connect(dsn)
    rows: list[Any] = []
    try:
        for statement in (each.strip() for each in block.split(";") if each.strip()):
            if "PID" not in statement:
                # A person asks again: what waits for a lock gives up now and then, and tries anew.
                asked = partial(connection.fetch, statement)
                rows = await eventually_async(asked, TURN_SECONDS_MAX, what=f"a session is found by {statement}")
                continue
            for row in rows:
                assert await connection.fetchval(statement.replace("PID", str(row["pid"])))
    finally:
        await connection.close()
