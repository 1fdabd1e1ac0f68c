"""Checks that the chain has the heads that the relay signed and published, once the relay has caught up.

It fails closed: a chain that no valid, recent head confirms is a finding, unless the heads are left out.
"""

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import asyncpg

from shared.eventstore.chain import GENESIS, Head
from shared.eventstore.driver_errors import translated
from shared.relay.anchors import Anchors, HeadsRead, Missing, plain_heads, read_heads
from shared.relay.relay import LOCK_KEY

#: Seconds that events which were just appended get to be sealed. The relay seals within milliseconds.
SEALING_SECONDS_MAX: Final = 3.0
#: Seconds between two looks at it.
SEALING_POLL_SECONDS: Final = 0.05
#: Seconds that the head of what is sealed gets to arrive. The relay publishes one a second.
ARRIVAL_SECONDS_MAX: Final = 5.0
#: Seconds between two looks at it.
ARRIVAL_POLL_SECONDS: Final = 0.5
#: The greatest age of the newest head while the chain continues after it, by the relay's clock and this one: a broker
#: that restarts delays heads for less. Younger events need no head yet.
BEHIND_MAX: Final = timedelta(seconds=60)

#: The two halves of the key, as `pg_locks` shows them.
LOCK_HIGH, LOCK_LOW = divmod(LOCK_KEY, 1 << 32)
#: Nothing waits to be sealed, or no relay is active: an active one holds `relay.LOCK_KEY`.
READ_SETTLED = f"""
SELECT NOT EXISTS (
    SELECT FROM (SELECT event_id FROM es.events ORDER BY xid DESC, id DESC LIMIT 1) AS last
    WHERE NOT EXISTS (SELECT FROM es.seals WHERE seals.event_id = last.event_id))
OR NOT EXISTS (
    SELECT FROM pg_locks
    WHERE locktype = 'advisory' AND objsubid = 1 AND granted
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND classid = {LOCK_HIGH} AND objid = {LOCK_LOW})
"""  # noqa: S608  two constants
READ_LENGTH = "SELECT coalesce(max(position), 0) FROM es.seals"
READ_AT = "SELECT encode(hash, 'hex') FROM es.seals WHERE position = $1"
READ_PUBLISHED = "SELECT coalesce((SELECT position FROM es.checkpoints WHERE name = 'publish'), 0)"

NOT_ANCHORED: Final = "not anchored: the heads on Kafka were left out (--without-heads), so a recomputed chain passes"


@dataclass(frozen=True, slots=True)
class HeadsReport:
    """The result of comparing a chain with its published heads. `ok` False without a finding: heads were left out.

    `junk`: records on the topic that the relay did not sign; they change nothing and somebody should look at them.
    """

    ok: bool
    compared: int
    reason: str
    junk: int = 0

    @property
    def findings(self) -> tuple[str, ...]:
        """The reason as the only finding; none where the heads agree or were left out on purpose."""
        return () if self.ok or self == LEFT_OUT else (self.reason,)

    def document(self) -> dict[str, Any]:
        """Return the JSON document of `hawk verify --json`."""
        return {"ok": self.ok, "compared": self.compared, "reason": self.reason, "junk": self.junk}


LEFT_OUT: Final = HeadsReport(False, 0, NOT_ANCHORED)


@dataclass(frozen=True, slots=True)
class PublishedHeads:
    """The heads on Kafka before a chain is read, and how many events must be in it by then. `anchors` None: left out,
    and then a recomputed chain passes."""

    anchors: Anchors | None
    found: HeadsRead | Missing | None = None
    length: int = 0

    @property
    def signed(self) -> tuple[Head, ...]:
        """The heads that a chain has to agree with."""
        heads = plain_heads(self.found.heads) if isinstance(self.found, HeadsRead) else ()
        return tuple(head for head in heads if head.position > 0)

    async def compared(self, connection: asyncpg.Connection) -> HeadsReport:
        """Return the result of comparing them with the chain in the database.

        Raises:
            Transient: the database is away.
        """
        if self.anchors is None or self.found is None:
            return LEFT_OUT
        newest = self.found.newest if isinstance(self.found, HeadsRead) else None
        there: str | None = GENESIS.hex()
        if newest is not None and newest.head.position:
            with translated(connection):
                there = await connection.fetchval(READ_AT, newest.head.position)
        return judge(self.found, self.length, there, datetime.now(UTC), self.anchors)


async def published_heads(connection: asyncpg.Connection, anchors: Anchors | None) -> PublishedHeads:
    """Wait for what is just being sealed, and read the heads.

    Args:
        connection: any role that may read `es`; not inside a transaction.
        anchors: None leaves the heads out.
    Raises:
        Transient: the database is away.
    """
    await await_sealing(connection)
    if anchors is None:
        return PublishedHeads(None)
    with translated(connection):
        length = max(await connection.fetchval(READ_LENGTH), await connection.fetchval(READ_PUBLISHED))
    return PublishedHeads(anchors, await _arrived(anchors, length), length)


async def await_sealing(connection: asyncpg.Connection) -> None:
    """Wait briefly until the last event is sealed: not where no relay is there, nor long where events keep coming."""
    deadline = time.monotonic() + SEALING_SECONDS_MAX
    while not await connection.fetchval(READ_SETTLED):
        if time.monotonic() > deadline:
            return
        await asyncio.sleep(SEALING_POLL_SECONDS)


async def _arrived(anchors: Anchors, length: int) -> HeadsRead | Missing:
    """Return the heads when the head of the last seal is among them; wait a moment for it if there are any heads."""
    deadline = time.monotonic() + ARRIVAL_SECONDS_MAX
    while True:
        found = await read_heads(anchors, length)
        newest = None if isinstance(found, Missing) else found.newest
        if newest is None or newest.head.position >= length or time.monotonic() > deadline:
            return found
        await asyncio.sleep(ARRIVAL_POLL_SECONDS)


def judge(found: HeadsRead | Missing, length: int, there: str | None, now: datetime, anchors: Anchors) -> HeadsReport:
    """Return the result of comparing heads with a chain of this length. Pure.

    Args:
        there: the hash that the chain has at the position of the newest head; None: it has no such position.
    """
    if isinstance(found, Missing):
        return HeadsReport(False, 0, _missing(found, anchors))
    why = _not_confirmed(found, length, there, now, anchors)
    return HeadsReport(not why, len(found.heads), why, found.junk)


def _missing(found: Missing, anchors: Anchors) -> str:
    if found is Missing.TOPIC:
        return (
            f"Heads: topic {anchors.topic} is not on the broker, or this client may not see it. The heads that were "
            "published are gone, so no head confirms the chain: find out who deleted it."
        )
    return (
        "Heads: the broker cannot be reached, so no head confirms the chain. Start it and verify again, or verify "
        "with --without-heads."
    )


def _not_confirmed(found: HeadsRead, length: int, there: str | None, now: datetime, anchors: Anchors) -> str:
    if not anchors.relay_keys:
        return (
            "Heads: no public key of the relay is known here, so no head can be trusted. Set its file in "
            "HAWK_RELAY_PUBLIC_KEY_FILE."
        )
    newest = found.newest
    if newest is None:
        if not length and not found.looked_at:
            return ""
        return (
            f"Heads: no valid head on topic {anchors.topic}: {found.junk} of the newest {found.looked_at} records (of "
            f"{found.on_topic}) are not signed by the relay, and the chain has {length} events. No head confirms it."
        )
    if newest.head.hash != there:
        return (
            f"Heads: the newest valid head, of position {newest.head.position}, is {newest.head.hash}; the chain has "
            f"{there or 'no such seal'} there: it was cut or recomputed."
        )
    if newest.head.position < length and now - newest.signed_at > BEHIND_MAX:
        return (
            f"Heads: the newest valid head is of position {newest.head.position}, signed at "
            f"{newest.signed_at.isoformat()}; the chain continues to {length}, and no head confirms the rest. "
            "Check whether the relay reaches the broker, and who wrote on the topic."
        )
    return ""
