"""A second, empty set of the read tables: temporary ones, seen by one session only and gone with it.

Temporary on purpose. They leave nothing behind when the process dies, write no WAL, need no right but that to read,
and every write is a short transaction of its own: an open one would hold back the feed of the whole system.
"""

from collections.abc import Sequence

import asyncpg

from services.executor.tables.catalogue import TABLES

#: Memory for the temporary tables of the session before they go to disk.
TEMP_BUFFERS = "128MB"

UNIQUE_INDEXES = """
SELECT index.relname AS name, pg_get_indexdef(index.oid) AS definition, owner.relname AS owner, rule.conname AS rule
FROM pg_index i
JOIN pg_class index ON index.oid = i.indexrelid
JOIN pg_class owner ON owner.oid = i.indrelid
LEFT JOIN pg_constraint rule ON rule.conindid = index.oid
WHERE owner.relnamespace = pg_my_temp_schema() AND i.indisunique AND NOT i.indisprimary
"""


async def make_scratch(connection: asyncpg.Connection, live_schema: str = "hawk") -> None:
    """Create the tables and let unqualified names mean them for the rest of the session.

    Columns, defaults, computed columns, checks and primary keys are those of the live tables, triggers are not: the
    period guard judges a posting on its day, and periods have been closed since. Rules that only hold between
    streams (unique, but no primary key) become plain indexes: the feed may show the row that took a freed value
    before the event that freed it.

    Raises:
        asyncpg.PostgresError: a live table is missing, or the role may not make temporary tables.
    """
    await connection.execute("SET default_transaction_read_only = off")
    await connection.execute(f"SET temp_buffers = '{TEMP_BUFFERS}'")
    await connection.execute("SET TimeZone = 'UTC'")
    for name in TABLES:
        await connection.execute(f'CREATE TEMPORARY TABLE "{name}" (LIKE {live_schema}."{name}" INCLUDING ALL)')
    for index in await connection.fetch(UNIQUE_INDEXES):
        if index["rule"] is not None:
            await connection.execute(f'ALTER TABLE pg_temp."{index["owner"]}" DROP CONSTRAINT "{index["rule"]}"')
        else:
            await connection.execute(f'DROP INDEX pg_temp."{index["name"]}"')
        await connection.execute(index["definition"].replace("CREATE UNIQUE INDEX", "CREATE INDEX", 1))
    await connection.execute("SET search_path = pg_temp, pg_catalog")


async def freshen_statistics(connection: asyncpg.Connection, tables: Sequence[str]) -> None:
    """Analyse the temporary tables: without this, updates of many rows are planned badly."""
    for name in tables:
        await connection.execute(f'ANALYZE pg_temp."{name}"')
