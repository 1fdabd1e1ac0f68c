"""Every topic that a service consumes, each under a name of its own, with the service's real handlers behind it."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from pydantic import SecretStr

from services.approval import app as approval
from services.approval.settings import ApprovalSettings
from services.executor import app as executor
from services.executor.settings import ExecutorSettings
from services.monitor import app as monitor
from services.monitor.settings import MonitorSettings
from services.parser import app as parser
from services.parser.settings import ParserSettings
from shared.events import topics
from shared.events.base import Event
from shared.eventstore.port import RecordedEvent
from shared.eventstore.postgres import PostgresEventStore
from shared.messaging.consumer import Consumer
from shared.messaging.database import open_pool
from shared.messaging.door import Presented, presented
from shared.messaging.kafka import KafkaConnection
from shared.messaging.message import Message
from shared.messaging.producer import Producer
from shared.security.keys import KeyPair, ensure_issuer_keys
from shared.security.message_signing import SIGNATURE_HEADER, signature_header
from shared.service import Service
from shared.telemetry.health import Health
from tests.support.eventually import eventually_async
from tests.support.feeds import feeds_in
from tests.support.pills import Draft
from tests.support.raw_kafka import raw_producer, send_drafts
from tests.support.recorded import published, record
from tests.support.signing import signer
from tests.support.stack import TestDatabase

LIMIT_SECONDS = 60.0
MUREX = signer("murex")


@dataclass(frozen=True)
class Place:
    """A topic as one service reads it. `topic` is the name HAWK knows it by, `name` the one of this test."""

    service: str
    topic: str
    name: str
    group: str
    events: tuple[str, ...]
    """Names of the events that are handled; none on an open topic."""

    def __str__(self) -> str:
        return f"{self.service} of {self.topic}"


@dataclass
class Poisoned:
    """All services at work on topics of this test."""

    bootstrap: str
    database: TestDatabase
    pools: Mapping[str, asyncpg.Pool]
    places: tuple[Place, ...]
    feed_pem: str
    """Private key of a feed that may change every table."""
    sent: dict[str, int] = field(default_factory=dict)

    async def send(
        self, place: Place, value: bytes, headers: Mapping[str, str], key: str = "wf", *, sign: bool = True
    ) -> None:
        """Publish a message; what Murex or a feed says bears its signature, whatever it says. Not without `sign`."""
        if sign and place.topic == topics.MUREX_ANSWERS and SIGNATURE_HEADER not in headers:
            headers = MUREX.sign_text(place.name, key, headers, value)
        if sign and place.topic == topics.REFERENCE and SIGNATURE_HEADER not in headers:
            named = {"ce_id": str(uuid.uuid4())} | headers
            raw = [(name, text.encode()) for name, text in named.items()]
            signing = signature_header(self.feed_pem, topic=place.name, key=key.encode(), headers=raw, value=value)
            headers = named | {signing[0]: signing[1].decode()}
        async with Producer(self.bootstrap) as producer:
            await producer.send(place.name, value, key=key, headers=headers)
        self.sent[place.name] = self.sent.get(place.name, 0) + 1

    async def publish(self, place: Place, event: RecordedEvent) -> None:
        """Send a recorded event as the relay would."""
        sent = published(event, place.topic)
        await self.send(place, sent.value, {name: text.decode() for name, text in sent.headers}, sent.key or "")

    async def tell(self, place: Place, stream: str, event: Event) -> None:
        """Record an event and send it as the relay would."""
        (kept,) = await record(self.database, stream, event)
        await self.publish(place, kept)

    async def send_raw(self, place: Place, *drafts: Draft) -> None:
        """Send messages with every byte of them chosen."""
        async with raw_producer(self.bootstrap) as producer:
            await send_drafts(producer, place.name, drafts)
        self.sent[place.name] = self.sent.get(place.name, 0) + len(drafts)

    async def done(self, place: Place, limit_seconds: float = LIMIT_SECONDS) -> float:
        """Wait until a group has committed all that was sent to its topic; gives the seconds it took."""
        began = time.monotonic()
        await self._done(place, limit_seconds)
        return time.monotonic() - began

    async def all_done(self) -> None:
        """Wait until every group has committed all that was sent: nothing holds a partition up."""
        async with asyncio.timeout(LIMIT_SECONDS):
            for place in self.places:
                await self._done(place)

    async def _done(self, place: Place, limit_seconds: float = LIMIT_SECONDS) -> None:
        reader = AIOKafkaConsumer(bootstrap_servers=self.bootstrap, group_id=place.group, enable_auto_commit=False)
        await reader.start()

        async def reached() -> int | None:
            return await reader.committed(TopicPartition(place.name, 0))

        try:
            wanted = self.sent.get(place.name, 0)
            await eventually_async(
                reached, limit_seconds, until=lambda offset: (offset or 0) >= wanted, what=f"{place} goes on"
            )
        finally:
            await reader.stop()

    async def ends(self) -> dict[str, int]:
        """Of each topic the offset behind all that stands on it, markers of transactions included."""
        reader = AIOKafkaConsumer(bootstrap_servers=self.bootstrap)
        await reader.start()
        try:
            found = await reader.end_offsets([TopicPartition(place.name, 0) for place in self.places])
        finally:
            await reader.stop()
        return {partition.topic: offset for partition, offset in found.items()}

    async def letters(self, place: Place) -> list[dict[str, Any]]:
        """Refusals of a place, in order."""
        rows = await self.pools[place.service].fetch(
            "SELECT data FROM es.events WHERE type = 'MessageRefused' AND stream LIKE $1 AND data ->> 'topic' = $2"
            " ORDER BY id",
            f"deadletter-{place.service}-%",
            place.name,
        )
        return [row["data"] for row in rows]

    async def events(self, service: str, stream: str) -> list[Any]:
        async with self.pools[service].acquire() as connection:
            return list(await PostgresEventStore(connection).read_stream(stream))


def _services(bootstrap: str, database: TestDatabase, keys: KeyPair, folder: Path) -> list[Service]:
    issuer = ensure_issuer_keys(folder)
    common = {"kafka_bootstrap": bootstrap, "profile": "demo"}
    dsn = {name: SecretStr(database.dsn(f"hawk_{name}")) for name in ("parser", "approval", "executor", "monitor")}
    return [
        parser.build(
            ParserSettings(kafka_bootstrap=bootstrap, postgres_dsn=dsn["parser"], grant_public_key_file=keys.public)
        ),
        approval.build(
            ApprovalSettings(
                **common,
                postgres_dsn=dsn["approval"],
                grant_private_key_file=keys.private,
                issuer_public_key_file=issuer.public,
            )
        ),
        executor.build(
            ExecutorSettings(
                **common,
                postgres_dsn=dsn["executor"],
                grant_public_key_file=keys.public,
                murex_public_key_file=(MUREX.public_file(folder),),
                feed_keys_file=feeds_in(folder).file,
            )
        ),
        monitor.build(MonitorSettings(**common, postgres_dsn=dsn["monitor"], issuer_public_key_file=issuer.public)),
    ]


def _as_on(topic: str, message: Message) -> Presented | None:
    """The door asks of a message what it would ask on the topic whose place this test's topic takes."""
    return presented(replace(message, topic=topic))


def _as_if_recorded(_message: Message) -> Presented | None:
    return None


@asynccontextmanager
async def poisoned(
    bootstrap: str,
    database: TestDatabase,
    keys: KeyPair,
    folder: Path,
    *,
    only: str | None = None,
    door: bool = True,
    before: Callable[[tuple[Place, ...]], Awaitable[None]] | None = None,
) -> AsyncIterator[Poisoned]:
    """Consumers of all services (or of one), as their processes build them, on topics of one partition each.

    Args:
        door: False has every handler meet every message, as if the store held all of them.
        before: what is done to the topics before anybody reads them.
    """
    run = uuid.uuid4().hex[:8]
    connection = KafkaConnection(bootstrap)
    services = [each for each in _services(bootstrap, database, keys, folder) if only in (None, each.name)]
    for service in services:
        await service.database.open()
        for step in service.first_steps:
            await step()
    pools = {each.name: await open_pool(database.dsn(f"hawk_{each.name}"), application="test") for each in services}
    places: list[Place] = []
    consumers: list[Consumer] = []
    for service in services:
        for number, subscription in enumerate(service.subscriptions):
            name = f"poison.{run}.{service.name}.{number}"
            group = f"{name}.{subscription.group}"
            kinds = () if subscription.raw else subscription.handlers
            handled = tuple(kind.__name__ for kind in kinds)
            places.append(Place(service.name, subscription.topic, name, group, handled))
            consumers.append(
                Consumer(
                    service=service.name,
                    group=group,
                    subscriptions=[replace(subscription, topic=name, group=group)],
                    connection=connection,
                    pool=lambda pool=pools[service.name]: pool,
                    projector=service.projector,
                    health=Health(),
                    present=partial(_as_on, subscription.topic) if door else _as_if_recorded,
                )
            )
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    # A bank's broker may take any time that a publisher claims. What claims to be old is kept all the same.
    any_time = {"message.timestamp.after.max.ms": str(2**63 - 1), "retention.ms": "-1"}
    settings = {"max.message.bytes": str(topics.MESSAGE_BYTES_MAX), **any_time}
    await admin.create_topics([NewTopic(place.name, 1, 1, topic_configs=settings) for place in places])
    if before is not None:
        await before(tuple(places))
    running = [asyncio.create_task(consumer.run()) for consumer in consumers]
    try:
        yield Poisoned(bootstrap, database, pools, tuple(places), feeds_in(folder).private("all"))
    finally:
        await asyncio.gather(*(consumer.stop(1.0) for consumer in consumers))
        await asyncio.gather(*running, return_exceptions=True)
        await admin.delete_topics([place.name for place in places])
        await admin.close()
        for pool in pools.values():
            await pool.close()
        for service in services:
            await service.database.close(1.0)
