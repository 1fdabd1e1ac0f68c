"""Anchors the chain: signs its last head and publishes it, as long as the chain goes on from the head before.

The relay signs what the database says, and the database may be lying: a person who cuts the chain or computes it again
would get the relay's own signature for it. So each head is compared with the newest one that was signed before, which
the relay remembers, and reads from the topic when it begins.
"""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import asyncpg

from shared.events.routing import OutMessage
from shared.events.topics import AUDIT_HEADS
from shared.eventstore.chain import GENESIS, Head
from shared.eventstore.driver_errors import translated
from shared.relay.anchors import HEAD_KEY, HeadsRead, Missing, head_value
from shared.relay.outlet import Outlet, PublishFailed
from shared.relay.publisher import CHECKPOINT, OpenOutlet

#: Seconds between two published heads: what can be rewritten unnoticed is at most this young.
HEAD_SECONDS = 1.0
#: Seconds between two attempts while a head cannot be published. Events do not wait for it.
HEAD_RETRY_SECONDS = 2.0

READ_LAST = "SELECT position, encode(hash, 'hex') AS hash FROM es.seals ORDER BY position DESC LIMIT 1"
READ_AT = "SELECT encode(hash, 'hex') FROM es.seals WHERE position = $1"
READ_CHECKPOINT = "SELECT coalesce((SELECT position FROM es.checkpoints WHERE name = $1), 0)"

ReadHeads = Callable[[], Awaitable[HeadsRead | Missing]]

#: What every chain begins with; published before anything else is.
BEGINNING = Head(0, GENESIS.hex())


class HeadRefused(PublishFailed):
    """The chain does not go on from the head that was signed before. A person must look; events go on."""


class HeadPublisher:
    """One for the life of a process: it remembers the newest head that it has signed or read.

    Args:
        open_outlet: makes a connected outlet of its own, so that no head holds back an event.
        read_heads: the valid heads on the topic.
    """

    def __init__(self, open_outlet: OpenOutlet, read_heads: ReadHeads) -> None:
        self._open_outlet = open_outlet
        self._read_heads = read_heads
        self._outlet: Outlet | None = None
        self._last: Head | None = None
        self._recalled = False

    @property
    def begun(self) -> bool:
        """True if there is a head on the topic from which others go on."""
        return self._recalled

    async def publish(self, connection: asyncpg.Connection) -> None:
        """Publish the last seal when it has changed.

        Raises:
            HeadRefused: see there.
            PublishFailed: Kafka is away, or the topic is gone. Call again after a pause.
            Transient: the database is away.
        """
        try:
            if not self._recalled:
                await self._recall(connection)
            await self._publish(connection)
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Let go of the outlet, and look at the topic again before the next head: another relay may go on with it."""
        outlet, self._outlet, self._recalled = self._outlet, None, False
        if outlet is not None:
            await outlet.close()

    async def _recall(self, connection: asyncpg.Connection) -> None:
        found = await self._read_heads()
        if isinstance(found, Missing):
            raise PublishFailed(f"The heads on {AUDIT_HEADS} cannot be read ({found}). Retried.")
        newest = None if found.newest is None else found.newest.head
        if newest is not None and (self._last is None or newest.position > self._last.position):
            self._last = newest
        if self._last is None:
            await self._begin(connection)
        self._recalled = True

    async def _begin(self, connection: asyncpg.Connection) -> None:
        with translated(connection):
            published = await connection.fetchval(READ_CHECKPOINT, CHECKPOINT)
        if published:
            raise HeadRefused(
                f"Topic {AUDIT_HEADS} has no head of this relay's key, though {published} events were published: the "
                "heads are gone. None is signed. Find out why; docs/operations/after-restore.md says how to go on."
            )
        await self._send(BEGINNING)

    async def _publish(self, connection: asyncpg.Connection) -> None:
        last = self._last or BEGINNING
        with translated(connection):
            row = await connection.fetchrow(READ_LAST)
            there = await connection.fetchval(READ_AT, last.position) if last.position else last.hash
        if there != last.hash:
            raise HeadRefused(
                f"Position {last.position}: the head signed for it is {last.hash}, the chain has {there or 'no seal'} "
                "there: it was cut or recomputed. No further head is signed. Run `hawk verify`."
            )
        if row is not None and row["position"] > last.position:
            await self._send(Head(row["position"], row["hash"]))

    async def _send(self, head: Head) -> None:
        if self._outlet is None:
            self._outlet = await self._open_outlet()
        headers = (("content-type", b"application/json"),)
        await self._outlet.send([OutMessage(AUDIT_HEADS, HEAD_KEY, head_value(head, datetime.now(UTC)), headers)])
        self._last = head
