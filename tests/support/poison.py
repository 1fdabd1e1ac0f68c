"""Every topic that a service consumes, each under a name of its own, with the service's real handlers behind it."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
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
from shared.eventstore.postgres import PostgresEventStore
from shared.messaging.consumer import Consumer
from shared.messaging.database import open_pool
from shared.messaging.kafka import KafkaConnection
from shared.messaging.producer import Producer
from shared.security.keys import KeyPair, ensure_issuer_keys
from shared.service import Service
from shared.telemetry.health import Health
from tests.support.eventually import eventually_async
from tests.support.stack import TestDatabase

LIMIT_SECONDS = 60.0


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
    pools: Mapping[str, asyncpg.Pool]
    places: tuple[Place, ...]
    sent: dict[str, int] = field(default_factory=dict)

    async def send(self, place: Place, value: bytes, headers: Mapping[str, str], key: str = "wf") -> None:
        async with Producer(self.bootstrap) as producer:
            await producer.send(place.name, value, key=key, headers=headers)
        self.sent[place.name] = self.sent.get(place.name, 0) + 1

    async def all_done(self) -> None:
        """Wait until every group has committed all that was sent: nothing holds a partition up."""
        async with asyncio.timeout(LIMIT_SECONDS):
            for place in self.places:
                await self._done(place)

    async def _done(self, place: Place) -> None:
        reader = AIOKafkaConsumer(bootstrap_servers=self.bootstrap, group_id=place.group, enable_auto_commit=False)
        await reader.start()

        async def reached() -> int | None:
            return await reader.committed(TopicPartition(place.name, 0))

        try:
            wanted = self.sent.get(place.name, 0)
            await eventually_async(
                reached, LIMIT_SECONDS, until=lambda offset: (offset or 0) >= wanted, what=f"{place} goes on"
            )
        finally:
            await reader.stop()

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
            ExecutorSettings(kafka_bootstrap=bootstrap, postgres_dsn=dsn["executor"], grant_public_key_file=keys.public)
        ),
        monitor.build(MonitorSettings(**common, postgres_dsn=dsn["monitor"], issuer_public_key_file=issuer.public)),
    ]


@asynccontextmanager
async def poisoned(
    bootstrap: str, database: TestDatabase, keys: KeyPair, folder: Path, *, only: str | None = None
) -> AsyncIterator[Poisoned]:
    """Consumers of all services (or of one), as their processes build them, on topics of one partition each."""
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
            handled = () if subscription.raw else tuple(subscription.handlers)
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
                )
            )
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    settings = {"max.message.bytes": str(topics.MESSAGE_BYTES_MAX)}
    await admin.create_topics([NewTopic(place.name, 1, 1, topic_configs=settings) for place in places])
    running = [asyncio.create_task(consumer.run()) for consumer in consumers]
    try:
        yield Poisoned(bootstrap, pools, tuple(places))
    finally:
        await asyncio.gather(*(consumer.stop(1.0) for consumer in consumers))
        await asyncio.gather(*running, return_exceptions=True)
        await admin.delete_topics([place.name for place in places])
        await admin.close()
        for pool in pools.values():
            await pool.close()
        for service in services:
            await service.database.close(1.0)
