"""Messages as the relay publishes them: of events that the store holds, appended by the service that owns the stream.

What a test puts on a topic that only the relay writes has to be true, or it is set aside at the door.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import asyncpg

from shared.events.base import Event
from shared.events.catalogue import encode
from shared.events.routing import OutMessage, messages, service_of
from shared.eventstore.port import RecordedEvent, StreamAppend
from shared.eventstore.postgres import PostgresEventStore
from shared.messaging.message import Message, message_of
from tests.support.stack import TestDatabase
from tests.support.units import CAUSE, WHEN


async def record(
    database: TestDatabase, stream: str, *events: Event, correlation_id: str | None = None
) -> tuple[RecordedEvent, ...]:
    """Append events to a stream, behind what stands there, as the service that owns it."""
    return await record_by(database.dsn_by_role, stream, *events, correlation_id=correlation_id)


async def record_by(
    dsn_by_role: Mapping[str, str],
    stream: str,
    *events: Event,
    correlation_id: str | None = None,
    actor: str = CAUSE.actor,
) -> tuple[RecordedEvent, ...]:
    """The same, where all that is known are the ways into a database; `actor` is who the events say recorded them."""
    connection = await asyncpg.connect(dsn_by_role[f"hawk_{service_of(stream)}"])
    try:
        async with connection.transaction(isolation="repeatable_read"):
            store = PostgresEventStore(connection)
            new = tuple(encode(event, replace(CAUSE, actor=actor).metadata(correlation_id)) for event in events)
            return await store.append([StreamAppend(stream, len(await store.read_stream(stream)), new)])
    finally:
        await connection.close()


@dataclass(frozen=True, slots=True)
class Delivered:
    """A Kafka client's record of a message."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]
    offset: int = 0
    partition: int = 0
    when: datetime = WHEN

    @property
    def timestamp(self) -> int:
        return int(self.when.timestamp() * 1000)


def published(event: RecordedEvent, topic: str) -> OutMessage:
    """What the relay sends of an event to a topic."""
    (sent,) = (each for each in messages(event) if each.topic == topic)
    return sent


def delivered(sent: OutMessage, offset: int = 0, partition: int = 0) -> Message:
    """A sent message as a consumer gets it."""
    key = None if sent.key is None else sent.key.encode()
    return message_of(Delivered(sent.topic, key, sent.value, sent.headers, offset, partition))


async def recorded_message(
    database: TestDatabase, stream: str, event: Event, topic: str, *, offset: int = 0, partition: int = 0
) -> Message:
    """The message of an event that is recorded first."""
    (kept,) = await record(database, stream, event)
    return delivered(published(kept, topic), offset, partition)


async def everything(messages: Sequence[Message]) -> Sequence[bool]:
    """In place of the question to the store, where a test is about something else."""
    return [True] * len(messages)
