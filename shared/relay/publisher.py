"""Publishes sealed events in the order of their positions and advances the checkpoint after the
acknowledgement."""

import time
from collections.abc import Awaitable, Callable, Sequence

import asyncpg

from shared.errors import Transient
from shared.events.publication import Cause, Unpublishable
from shared.events.routing import OutMessage
from shared.eventstore.driver_errors import translated
from shared.eventstore.port import RecordedEvent
from shared.eventstore.postgres import LARGE_EVENTS_MAX, LARGE_SO_FAR, recorded_event
from shared.relay.fresh import Fresh, Row
from shared.relay.outlet import MessageTooLarge, Outlet, PublishFailed
from shared.relay.passed_over import Order, PassedOver

#: Name of the row of es.checkpoints.
CHECKPOINT = "publish"

#: Events read at once.
WAVE_EVENTS_MAX = 500

#: Bytes of values sent before waiting for acknowledgement. One event larger than this goes alone.
WAVE_BYTES_MAX = 1024 * 1024

#: Seconds between two looks for orders to publish what was passed over. People wait for it, nothing else does.
ORDER_SECONDS_MIN = 1.0

READ_SEALED = f"""
SELECT position, stream, version, event_id, type, schema_version,
       data::text AS data, metadata::text AS metadata, recorded_at
FROM (
    SELECT next.*, {LARGE_SO_FAR} OVER (ORDER BY next.position ROWS UNBOUNDED PRECEDING) AS large
    FROM (
        SELECT seals.position, events.* FROM es.seals AS seals
        JOIN es.events AS events ON events.event_id = seals.event_id
        WHERE seals.position > $1
        ORDER BY seals.position
        LIMIT $2
    ) AS next
) AS next
WHERE large <= {LARGE_EVENTS_MAX}
ORDER BY position
"""  # noqa: S608 - two constants

Routes = Callable[[RecordedEvent], tuple[OutMessage, ...]]
OpenOutlet = Callable[[], Awaitable[Outlet]]


class CheckpointMoved(Transient):
    """Another relay has advanced the checkpoint: this one is no longer the active one. Begin again."""

    def __init__(self, *, expected: int) -> None:
        self.expected = expected
        super().__init__(f"Checkpoint {CHECKPOINT}: expected {expected}, but another relay has moved it on.")


class Publisher:
    """Sends what is sealed. After a failure everything since the checkpoint is sent again, in order.

    An event that can never be published, for a named cause (`Unpublishable`), is listed and passed over. Any other
    failure stops publishing: skipping an event loses it, and whatever depends on it.

    Args:
        connection: for reading and for the checkpoint; no other code uses it.
        routes: the messages of an event; pure.
        open_outlet: makes a connected outlet, or raises PublishFailed.
        fresh: what was sealed last; the rest is read.
    """

    def __init__(
        self, connection: asyncpg.Connection, routes: Routes, open_outlet: OpenOutlet, fresh: Fresh | None = None
    ) -> None:
        self._connection = connection
        self._fresh = Fresh() if fresh is None else fresh
        self._routes = routes
        self._open_outlet = open_outlet
        self._passed_over = PassedOver(connection)
        self._outlet: Outlet | None = None
        self._checkpoint: int | None = None
        self._alone_until = 0
        self._ordered_at = float("-inf")

    async def publish(self) -> int:
        """Publish the next sealed events and advance the checkpoint.

        Returns:
            How many, with one that was passed over; zero means that everything sealed is published.
        Raises:
            PublishFailed: Kafka is away, or an event cannot be routed. Call again after a pause.
            CheckpointMoved: another relay is active.
            Transient: the database is away.
        """
        try:
            return await self._publish()
        except BaseException:
            await self.close()
            raise

    async def publish_ordered(self) -> None:
        """Publish what was passed over and two persons have ordered since, ORDER_SECONDS_MIN after the last look.
        Raises as `publish`."""
        if time.monotonic() - self._ordered_at < ORDER_SECONDS_MIN:
            return
        try:
            for order in await self._passed_over.orders():
                await self._carry_out(order)
        except BaseException:
            await self.close()
            raise
        self._ordered_at = time.monotonic()

    async def close(self) -> None:
        """Let go of the outlet and forget the checkpoint; the next call begins from what the database
        says."""
        self._checkpoint = None
        await self._close_outlet()

    async def _publish(self) -> int:
        checkpoint = await self._load_checkpoint()
        records: Sequence[Row] = self._fresh.after(checkpoint, WAVE_EVENTS_MAX)
        if not records:
            with translated(self._connection):
                records = await self._connection.fetch(READ_SEALED, checkpoint, WAVE_EVENTS_MAX)
        if not records:
            return 0
        count = await self._send_wave(checkpoint, records)
        reached = records[count - 1]["position"]
        with translated(self._connection):
            advanced = await self._connection.fetchval(
                "SELECT es.advance_checkpoint($1, $2, $3)", CHECKPOINT, checkpoint, reached
            )
        if not advanced:
            raise CheckpointMoved(expected=checkpoint)
        self._checkpoint = reached
        return count

    async def _send_wave(self, checkpoint: int, records: Sequence[Row]) -> int:
        """Send the next events, or list the first as passed over; gives how many the checkpoint may pass."""
        try:
            count, messages = self._wave(checkpoint, records)
        except Unpublishable as refusal:
            await self._passed_over.add(records[0]["position"], refusal)
            return 1
        while messages:
            try:
                await (await self._ready()).send(messages)
                return count
            except MessageTooLarge as error:
                await self._close_outlet()
                if count == 1:
                    await self._passed_over.add(records[0]["position"], _too_large(error))
                    return 1
                # Together they are too large; one of them may be. Each goes alone until these have passed.
                self._alone_until = records[count - 1]["position"]
                count, messages = self._wave(checkpoint, records)
        return count

    async def _carry_out(self, order: Order) -> None:
        with translated(self._connection):
            records = await self._connection.fetch(READ_SEALED, order.position - 1, 1)
        self._check_dense(order.position, records[0]["position"] if records else 0)
        try:
            messages = self._messages(records[0])
            await (await self._ready()).send(messages)
        except Unpublishable as refusal:
            await self._passed_over.refused_again(order, refusal)
        except MessageTooLarge as error:
            await self._close_outlet()
            await self._passed_over.refused_again(order, _too_large(error))
        else:
            await self._passed_over.published(order)

    async def reached(self) -> int:
        """Return the checkpoint: how many events are published. Raises as `publish`."""
        return await self._load_checkpoint()

    async def _load_checkpoint(self) -> int:
        if self._checkpoint is None:
            with translated(self._connection):
                position = await self._connection.fetchval(
                    "SELECT position FROM es.checkpoints WHERE name = $1", CHECKPOINT
                )
            self._checkpoint = int(position)
        return self._checkpoint

    def _wave(self, checkpoint: int, records: Sequence[Row]) -> tuple[int, list[OutMessage]]:
        """Return as many of the first events as fit into one wave, at least one, and their messages.

        Raises:
            Unpublishable: the first of them. A later one ends the wave before it.
        """
        messages: list[OutMessage] = []
        size = 0
        alone = checkpoint < self._alone_until
        for count, record in enumerate(records[:1] if alone else records):
            self._check_dense(checkpoint + count + 1, record["position"])
            try:
                routed = self._messages(record)
            except Unpublishable:
                if count == 0:
                    raise
                return count, messages
            size += sum(len(message.value) for message in routed)
            if count > 0 and size > WAVE_BYTES_MAX:
                return count, messages
            messages.extend(routed)
        return 1 if alone else len(records), messages

    def _check_dense(self, expected: int, position: int) -> None:
        if position != expected:
            raise PublishFailed(
                f"Position {expected} cannot be read, the next is {position}: an event or seal was deleted. "
                "Publishing waits here; run `hawk verify` and restore the database from a backup."
            )

    def _messages(self, record: Row) -> tuple[OutMessage, ...]:
        try:
            # The text as it is stored is what is published: it need not be written anew.
            return self._routes(recorded_event(record, source=record["data"]))
        except Unpublishable:
            raise
        except Exception as error:
            # Skipping it would lose it, and whatever depends on it; so it waits for a person, while sealing
            # goes on.
            raise PublishFailed(
                f"Position {record['position']}, {record['type']} of {record['stream']} cannot be routed: "
                f"{type(error).__name__}: {error}. Publishing waits here; correct the routing and restart."
            ) from error

    async def _ready(self) -> Outlet:
        if self._outlet is None:
            self._outlet = await self._open_outlet()
        return self._outlet

    async def _close_outlet(self) -> None:
        outlet, self._outlet = self._outlet, None
        if outlet is not None:
            await outlet.close()


def _too_large(error: MessageTooLarge) -> Unpublishable:
    return Unpublishable(Cause.TOO_LARGE, f"{error}. Raise max.message.bytes of its topic.")
