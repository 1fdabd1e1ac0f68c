"""Rights to append events that only tests have: in a test's own database, by its administrator."""

from collections.abc import Iterable

import asyncpg

from tests.support.stack import TestDatabase

GRANT = "INSERT INTO es.event_rights SELECT $1, prefix, type, 1 FROM unnest($2::text[]) prefix, unnest($3::text[]) type"


async def grant_events(database: TestDatabase, role: str, prefixes: Iterable[str], types: Iterable[str]) -> None:
    """Let a role append events of these types, in their first version, to streams with these prefixes."""
    connection = await asyncpg.connect(database.admin_dsn)
    try:
        await connection.execute(GRANT, role, list(prefixes), list(types))
    finally:
        await connection.close()
