"""Refuses to work on a database whose events come from a server with higher transaction ids, and brings
such one up.

After a dump and restore the new server may count transactions from a lower number than the stored events
hold. Those events would never be settled, and new ones would sort before them. Source:
`docs/operations/after-restore.md`.
"""

import argparse
import asyncio
import sys
from dataclasses import dataclass

import asyncpg

from shared.errors import Defect
from shared.eventstore.driver_errors import translated

#: Where the cure is described.
CURE = "docs/operations/after-restore.md"

#: Transactions begun in one call of the server: some seconds, so that progress shows and an interrupt is
#: heard.
BURN_BATCH = 200_000

#: `events.xid`, and not `xid`: that would be the number which is selected, and all events would be sorted by it.
COMPARE = """
SELECT (SELECT events.xid::text::bigint FROM es.events AS events ORDER BY events.xid DESC LIMIT 1) AS highest,
       pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS next
"""

# Each COMMIT ends a transaction that took an id and wrote nothing: no row, no write-ahead log to wait for.
BURN = """
DO $$
BEGIN
    FOR counter IN 1..{count} LOOP
        PERFORM pg_current_xact_id();
        COMMIT;
    END LOOP;
END
$$
"""


@dataclass(frozen=True, slots=True)
class TransactionIds:
    """`highest` of the stored events (None: there are none) and the `next` one of the server."""

    highest: int | None
    next: int

    @property
    def missing(self) -> int:
        """The number of ids the server must pass before it may work on these events."""
        return 0 if self.highest is None else max(0, self.highest + 1 - self.next)


class TransactionIdsBehind(Defect):
    """The events are from a server that had counted further. Nothing may be appended or sealed."""

    def __init__(self, *, ids: TransactionIds) -> None:
        self.ids = ids
        super().__init__(
            f"The highest transaction id of an event is {ids.highest}, this server is at {ids.next}: the "
            "database was restored from another server. The relay refuses to seal and publish. "
            f"Stop all services and follow {CURE}."
        )


async def read_transaction_ids(connection: asyncpg.Connection) -> TransactionIds:
    """Compare events and server. Assigns no transaction id."""
    with translated(connection):
        [row] = await connection.fetch(COMPARE)
    return TransactionIds(row["highest"], row["next"])


async def check_transaction_ids(connection: asyncpg.Connection) -> None:
    """Refuse a server that is behind the events.

    Raises:
        TransactionIdsBehind: see there.
        Transient: the database is away.
    """
    ids = await read_transaction_ids(connection)
    if ids.missing:
        raise TransactionIdsBehind(ids=ids)


async def catch_up(connection: asyncpg.Connection) -> int:
    """Begin empty transactions until the server has passed the events.

    Args:
        connection: any role that may read `es`; not inside a transaction.
    Returns:
        How many ids were missing.
    """
    missing = (await read_transaction_ids(connection)).missing
    while remaining := (await read_transaction_ids(connection)).missing:
        with translated(connection):
            await connection.execute(BURN.format(count=min(remaining, BURN_BATCH)))
    return missing


async def _main(dsn: str, *, apply: bool) -> int:
    connection = await asyncpg.connect(dsn)
    try:
        missing = (await read_transaction_ids(connection)).missing
        sys.stdout.write(f"missing transaction ids: {missing}\n")
        if missing and apply:
            await catch_up(connection)
            sys.stdout.write("caught up\n")
            return 0
        return 1 if missing else 0
    finally:
        await connection.close()


def main(arguments: list[str] | None = None) -> int:
    """Say how many ids are missing (exit status 1 if any); with --catch-up, begin as many empty
    transactions."""
    parser = argparse.ArgumentParser(prog="python -m shared.relay.transaction_ids", description=__doc__)
    parser.add_argument("--dsn", required=True, help="DSN of an administrator of the database")
    parser.add_argument("--catch-up", action="store_true", help="begin empty transactions until none is missing")
    options = parser.parse_args(arguments)
    return asyncio.run(_main(options.dsn, apply=options.catch_up))


if __name__ == "__main__":
    sys.exit(main())
