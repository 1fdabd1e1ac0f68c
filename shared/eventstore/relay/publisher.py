"""Publishes sealed events in the order of their positions and advances the checkpoint after the
acknowledgement."""

from collections.abc import Awaitable, Callable

import asyncpg

from shared.errors import Transient
from shared.events.routing import OutMessage
from shared.eventstore.driver_errors import translated
from shared.eventstore.port import RecordedEvent
from shared.eventstore.postgres import recorded_event
from shared.eventstore.relay.outlet import Outlet, PublishFailed

#: Name of the row of es.checkpoints.
CHECKPOINT = "publish"

#: Events read at once.
WAVE_EVENTS_MAX = 500

#: Bytes of values sent before waiting for acknowledgement. One event larger than this goes alone.
WAVE_BYTES_MAX = 1024 * 1024

READ_SEALED = """
SELECT seals.position, events.stream, events.version, events.event_id, events.type, events.schema_version,
       events.data::text AS data, events.metadata::text AS metadata, events.recorded_at
FROM es.seals AS seals
JOIN es.events AS events ON events.event_id = seals.event_id
WHERE seals.position > $1
ORDER BY seals.position
LIMIT $2
"""

Routes = Callable[[RecordedEvent], tuple[OutMessage, ...]]
OpenOutlet = Callable[[], Awaitable[Outlet]]


class CheckpointMoved(Transient):
    """Another relay has advanced the checkpoint: this one is no longer the active one. Begin anew."""

    def __init__(self, *, expected: int) -> None:
        self.expected = expected
        super().__init__(f"Checkpoint {CHECKPOINT}: expected {expected}, but another relay has moved it on.")


class Publisher:
    """Sends what is sealed. After a failure everything since the checkpoint is sent again, in order.

    Args:
        connection: for reading and for the checkpoint; nobody else uses it.
        routes: the messages of an event; pure.
        open_outlet: makes a connected outlet, or raises PublishFailed.
    """

    def __init__(self, connection: asyncpg.Connection, routes: Routes, open_outlet: OpenOutlet) -> None:
        self._connection = connection
        self._routes = routes
        self._open_outlet = open_outlet
        self._outlet: Outlet | None = None
        self._checkpoint: int | None = None

    async def publish(self) -> int:
        """Publish the next sealed events and advance the checkpoint.

        Returns:
            How many; zero means that everything sealed is published.
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

    async def close(self) -> None:
        """Let go of the outlet and forget the checkpoint; the next call begins from what the database
        says."""
        outlet, self._outlet, self._checkpoint = self._outlet, None, None
        if outlet is not None:
            await outlet.close()

    async def _publish(self) -> int:
        checkpoint = await self._load_checkpoint()
        with translated(self._connection):
            records = await self._connection.fetch(READ_SEALED, checkpoint, WAVE_EVENTS_MAX)
        if not records:
            return 0
        count, messages = self._wave(checkpoint, records)
        if messages:
            await (await self._ready()).send(messages)
        reached = records[count - 1]["position"]
        with translated(self._connection):
            advanced = await self._connection.fetchval(
                "SELECT es.advance_checkpoint($1, $2, $3)", CHECKPOINT, checkpoint, reached
            )
        if not advanced:
            raise CheckpointMoved(expected=checkpoint)
        self._checkpoint = reached
        return count

    async def reached(self) -> int:
        """The checkpoint: how many events are published. Raises as `publish`."""
        return await self._load_checkpoint()

    async def _load_checkpoint(self) -> int:
        if self._checkpoint is None:
            with translated(self._connection):
                position = await self._connection.fetchval(
                    "SELECT position FROM es.checkpoints WHERE name = $1", CHECKPOINT
                )
            self._checkpoint = int(position)
        return self._checkpoint

    def _wave(self, checkpoint: int, records: list[asyncpg.Record]) -> tuple[int, list[OutMessage]]:
        """As many events from the start as fit into one wave, at least one, and their messages."""
        messages: list[OutMessage] = []
        size = 0
        for count, record in enumerate(records):
            self._check_dense(checkpoint + count + 1, record["position"])
            routed = self._messages(record)
            size += sum(len(message.value) for message in routed)
            if count > 0 and size > WAVE_BYTES_MAX:
                return count, messages
            messages.extend(routed)
        return len(records), messages

    def _check_dense(self, expected: int, position: int) -> None:
        if position != expected:
            raise PublishFailed(
                f"Position {expected} cannot be read, the next is {position}: an event or seal was deleted. "
                "Publishing waits here; run `hawk verify` and restore the database from a backup."
            )

    def _messages(self, record: asyncpg.Record) -> tuple[OutMessage, ...]:
        try:
            return self._routes(recorded_event(record))
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
