"""All services with their real handlers over a real database, and no broker: messages are handed to every group that
reads their topic, and a relay of the test's own does that with whatever was recorded.

So an attack on a topic is a line, and what it leads to in all services can be looked at when it returns.
"""

import json
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from shared.events.base import Event
from shared.events.catalogue import encode
from shared.events.routing import OutMessage, cloud_event_headers, key_of, messages
from shared.eventstore.port import RecordedEvent, event_id
from shared.messaging.door import Present, presented
from shared.messaging.handling import MessageHandling
from shared.security.keys import KeyPair
from tests.support.poison import _services
from tests.support.recorded import delivered, record
from tests.support.stack import TestDatabase
from tests.support.units import CAUSE, WHEN

_FEED = """
    SELECT id, stream, version, event_id, type, schema_version, data::text, metadata::text, recorded_at
    FROM es.events WHERE id > $1 ORDER BY id"""


@dataclass
class WithoutBroker:
    """The services of one installation."""

    database: TestDatabase
    pools: Mapping[str, asyncpg.Pool]
    groups: Mapping[str, list[MessageHandling]]
    admin: asyncpg.Connection
    published: int = 0
    offsets: dict[tuple[str, int], int] = field(default_factory=lambda: defaultdict(int))

    async def send(self, sent: OutMessage, partition: int = 0) -> None:
        """Put a message on a topic: every group that reads it handles it."""
        offset = self.offsets[sent.topic, partition]
        self.offsets[sent.topic, partition] += 1
        for handling in self.groups.get(sent.topic, ()):
            await handling.handle(delivered(sent, offset, partition))

    async def record(self, stream: str, *events: Event) -> tuple[RecordedEvent, ...]:
        """What a service appends; nobody is told of it yet."""
        return await record(self.database, stream, *events)

    async def relay(self, *, before: str | None = None) -> None:
        """Publish what was recorded, and what follows from it, until nothing more does.

        Args:
            before: a type of event; the relay is held up when the next event to publish is of that type.
        """
        while rows := await self.admin.fetch(_FEED, self.published):
            for row in rows:
                if row["type"] == before:
                    return
                self.published = row["id"]
                for sent in messages(recorded_of(row)):
                    await self.send(sent)

    async def events(self, stream: str) -> list[RecordedEvent]:
        rows = await self.admin.fetch(_FEED.replace("id > $1", "stream = $1"), stream)
        return [recorded_of(row) for row in rows]

    async def types(self, stream: str) -> list[str]:
        return [event.type for event in await self.events(stream)]

    async def letters(self) -> list[dict[str, Any]]:
        """Data of all dead letters, in order."""
        rows = await self.admin.fetch("SELECT data::text FROM es.events WHERE type = 'MessageRefused' ORDER BY id")
        return [json.loads(row["data"]) for row in rows]

    async def codes(self) -> set[str]:
        return {letter["code"] for letter in await self.letters()}


def recorded_of(row: asyncpg.Record) -> RecordedEvent:
    return RecordedEvent(
        row["stream"], row["version"], row["event_id"], row["type"], row["schema_version"], json.loads(row["data"]),
        json.loads(row["metadata"]), row["recorded_at"],
    )  # fmt: skip


def forged(event: Event, stream: str, topic: str, *, version: int = 1, identity: UUID | None = None) -> OutMessage:
    """A message as the relay would make it of an event that was never recorded: all that a forger can know is right.

    Args:
        identity: by default a new id; `next_id` gives the one that the true event will have.
    """
    new = encode(event)
    told = RecordedEvent(
        stream, version, identity or uuid4(), new.type, new.schema_version, new.data, CAUSE.metadata(), WHEN
    )
    value = json.dumps(new.data, ensure_ascii=False).encode()
    return OutMessage(topic, key_of(told.stream, told.data), value, cloud_event_headers(told))


def changed(sent: OutMessage, change: Mapping[str, Any]) -> OutMessage:
    """A true message with other data, under its own id."""
    return replace(sent, value=json.dumps(json.loads(sent.value) | change).encode())


def next_id(stream: str, version: int) -> UUID:
    """The id that the event at a version of a stream has: whoever reads the source knows it."""
    return event_id(stream, version)


def as_another(event: Event, **other: Any) -> Event:
    """An event with other data; what a forger makes of one that he has read."""
    return type(event).model_validate_json(json.dumps(event.model_dump(mode="json") | other))


@asynccontextmanager
async def without_broker(
    database: TestDatabase, keys: KeyPair, folder: Path, *, present: Present = presented
) -> AsyncIterator[WithoutBroker]:
    """All services at work. The relay has published what the database held and what the first start recorded: HAWK is
    opened, in FULL, and the executor has read hawk.control to its end, for good."""
    services = _services("127.0.0.1:1", database, keys, folder)
    admin = await asyncpg.connect(database.admin_dsn)
    known = await admin.fetchval("SELECT coalesce(max(id), 0) FROM es.events")
    for service in services:
        await service.database.open()
        for step in service.first_steps:
            await step()
    pools = {each.name: each.database.pool for each in services}
    groups: defaultdict[str, list[MessageHandling]] = defaultdict(list)
    for service in services:
        by_group = defaultdict(list)
        for subscription in service.subscriptions:
            by_group[subscription.group].append(subscription)
        for group, subscriptions in by_group.items():
            handling = MessageHandling(
                service=service.name,
                group=group,
                subscriptions=subscriptions,
                pool=lambda name=service.name: pools[name],
                projector=service.projector,
                present=present,
            )
            for topic in handling.topics:
                groups[topic].append(handling)
    hawk = WithoutBroker(database, pools, groups, admin, known)
    await hawk.relay()
    await admin.execute("UPDATE executor.control_watermark SET caught_up_at = 'infinity'")
    await admin.execute("INSERT INTO executor.answers_watermark VALUES (0, 'infinity')")
    try:
        yield hawk
    finally:
        await admin.close()
        for service in services:
            await service.database.close(1.0)
