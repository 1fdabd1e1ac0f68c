"""Gives each settled event its dense position and its link of the chain, as one row of es.seals."""

from dataclasses import dataclass

import asyncpg

from shared.errors import Defect
from shared.eventstore.chain import GENESIS, link, sealed_fields
from shared.eventstore.driver_errors import translated
from shared.eventstore.port import FEED_START, FeedPosition
from shared.eventstore.postgres import READ_FEED
from shared.relay.fresh import Fresh

#: Events sealed in one statement: past a thousand it gets hardly faster, and each batch must fit into memory.
SEAL_BATCH = 1_000

LAST_SEAL = """
SELECT seals.position, seals.hash, seals.event_id, events.xid::text::bigint AS xid, events.id
FROM es.seals AS seals
LEFT JOIN es.events AS events ON events.event_id = seals.event_id
ORDER BY seals.position DESC
LIMIT 1
"""

SEAL = """
INSERT INTO es.seals (position, event_id, hash)
SELECT * FROM unnest($1::bigint[], $2::uuid[], $3::bytea[])
"""


@dataclass(frozen=True, slots=True)
class Sealed:
    """The progress of sealing: the last position, its link, and the place of its event in the feed."""

    position: int
    hash: bytes
    feed: FeedPosition


class SealedEventMissing(Defect):
    """The event of the last seal is gone. Sealing on would hide it."""

    def __init__(self, *, position: int, event_id: str) -> None:
        self.position = position
        self.event_id = event_id
        super().__init__(
            f"Position {position}: its event {event_id} is not in es.events. Sealing stops; "
            "run `hawk verify`, restore the database from a backup."
        )


class Sealer:
    """Seals over one connection, the one that holds the relay's lock: who loses the lock can no longer seal.

    Args:
        fresh: gets what was sealed.
    """

    def __init__(self, connection: asyncpg.Connection, fresh: Fresh | None = None) -> None:
        self._connection = connection
        self._fresh = fresh
        self._sealed: Sealed | None = None

    async def seal(self, limit: int = SEAL_BATCH) -> int:
        """Seal the next settled events, committed when this returns.

        Returns:
            How many; zero means that no more are settled now, fewer than `limit` that few are or that they are large.
        Raises:
            SealedEventMissing: the last sealed event was deleted.
            Transient: the database is away; begin again with another Sealer.
        """
        with translated(self._connection):
            sealed = self._sealed or await self.load()
            records = await self._connection.fetch(READ_FEED, str(sealed.feed.xid), sealed.feed.id, limit)
            if not records:
                return 0
            hashes = _links(sealed, records)
            positions = range(sealed.position + 1, sealed.position + 1 + len(records))
            await self._connection.execute(SEAL, list(positions), [record["event_id"] for record in records], hashes)
        if self._fresh is not None:
            self._fresh.put(positions[0], records)
        last = records[-1]
        self._sealed = Sealed(positions[-1], hashes[-1], FeedPosition(last["xid"], last["id"]))
        return len(records)

    async def load(self) -> Sealed:
        """Find where sealing goes on, from the last seal and its event; there is no checkpoint that could disagree.

        Raises:
            SealedEventMissing: the last sealed event was deleted.
        """
        record = await self._connection.fetchrow(LAST_SEAL)
        if record is None:
            self._sealed = Sealed(0, GENESIS, FEED_START)
        elif record["id"] is None:
            raise SealedEventMissing(position=record["position"], event_id=str(record["event_id"]))
        else:
            place = FeedPosition(record["xid"], record["id"])
            self._sealed = Sealed(record["position"], record["hash"], place)
        return self._sealed


def _links(sealed: Sealed, records: list[asyncpg.Record]) -> list[bytes]:
    links: list[bytes] = []
    previous = sealed.hash
    for position, record in enumerate(records, sealed.position + 1):
        previous = link(previous, position, sealed_fields(record))
        links.append(previous)
    return links
