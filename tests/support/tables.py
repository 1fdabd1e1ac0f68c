"""The read tables as a value that can be compared."""

import asyncio
import hashlib

import asyncpg

from tests.support.hawk import Hawk

REBUILT_SECONDS_MAX = 240


def rebuilt_alike(hawk: Hawk, settled_seconds_max: float = 120) -> None:
    """Verify a HAWK at rest, make its read tables from the events once more, and find every row as it was.

    It reads the whole history three times, so it comes once for each HAWK: after all that its tests did.

    Raises:
        AssertionError: something differs; the findings name the workflows.
    """
    hawk.settled(settled_seconds_max)
    assert hawk.verified()["capacity"]["ok"]
    reader = hawk.known["postgres"]["dsn_by_role"]["hawk_reader"]
    before = digests(reader)
    report = hawk.json("rebuild", seconds_max=REBUILT_SECONDS_MAX)
    assert report["ok"]
    assert {name: table["differences"] for name, table in report["tables"].items() if table["differences"]} == {}
    assert digests(reader) == before
    hawk.verified()


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
