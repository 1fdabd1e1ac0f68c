"""The read tables as a value that can be compared."""

import asyncio
import hashlib

import asyncpg


def digests(dsn: str) -> dict[str, str]:
    """Every table of schema hawk: a digest of its rows, in an order that does not depend on the storage."""
    return asyncio.run(_digests(dsn))


async def _digests(dsn: str) -> dict[str, str]:
    connection = await asyncpg.connect(dsn)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            names = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'hawk' ORDER BY 1")
            found = {}
            for (name,) in names:
                rows = await connection.fetch(f'SELECT t::text AS row FROM hawk."{name}" t')  # noqa: S608 - catalogue
                text = "\n".join(sorted(row["row"] for row in rows))
                found[name] = hashlib.sha256(text.encode()).hexdigest()
            return found
    finally:
        await connection.close()
