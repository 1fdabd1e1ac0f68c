"""A database of its own on the server of a running HAWK, so that what is appended there reaches no service."""

import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from shared.migrations import migrate
from tools.local_stack.servers import dsn_for, ensure_database


@dataclass(frozen=True, slots=True)
class Scratch:
    """A migrated database without events."""

    admin_dsn: str
    passwords: Mapping[str, str]

    def dsn(self, role: str) -> str:
        """The connection string of a login role."""
        return dsn_for(self.admin_dsn, role, self.passwords.get(role))


@contextlib.asynccontextmanager
async def scratch_database(admin_dsn: str, name: str, passwords: Mapping[str, str]) -> AsyncIterator[Scratch]:
    """A fresh database beside the one of `admin_dsn`, dropped at the end. The server's roles have these passwords."""
    await ensure_database(admin_dsn, name)
    scratch = Scratch(urlunsplit(urlsplit(admin_dsn)._replace(path=f"/{name}")), passwords)
    try:
        await migrate(scratch.admin_dsn)
        yield scratch
    finally:
        connection = await asyncpg.connect(admin_dsn)
        try:
            await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        finally:
            await connection.close()
