"""A consumer of the parser's, its topic and its database, with what tests ask of them."""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError

from shared.events.responses import ResponseRepeated
from shared.events.topics import MESSAGE_BYTES_MAX
from shared.messaging.caught_up import CaughtUpWatch
from shared.messaging.consumer import Consumer
from shared.messaging.faults import Backoff
from shared.messaging.kafka import KafkaConnection
from shared.messaging.message import Message
from shared.messaging.producer import Producer
from shared.messaging.subscription import Handler, Subscription
from shared.messaging.unit_of_work import UnitOfWork
from shared.telemetry.health import Health
from tests.support.eventually import eventually_async
from tests.support.units import message_for

#: Seconds a test waits for a broker that restarts.
BROKER_AWAY_SECONDS = 60.0
QUICK = Backoff(base_seconds=0.02, cap_seconds=0.1)


async def until(look: Callable[[], bool | Awaitable[bool]], limit_seconds: float) -> None:
    """Poll a condition on the loop that the consumer runs on, until it holds."""

    async def once() -> bool:
        found = look()
        return found if isinstance(found, bool) else await found

    await eventually_async(once, limit_seconds, what=look.__name__)


async def record_repeat(unit: UnitOfWork, message: Message[ResponseRepeated]) -> None:
    """The handler most tests use: appends what the message says to the stream of its response."""
    event = message.event
    loaded = await unit.load(f"response-{event.response_id}")
    unit.append(loaded.stream, loaded.version, event)


async def make_topic(bootstrap: str, partitions: int, **settings: str) -> str:
    """A topic with a name of its own."""
    name = f"test.messaging.{uuid.uuid4().hex[:12]}"
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        configs = {"max.message.bytes": str(MESSAGE_BYTES_MAX)} | settings
        await admin.create_topics([NewTopic(name, partitions, 1, topic_configs=configs)])
    finally:
        await admin.close()
    return name


@dataclass
class Bench:
    """One topic, one group, one database."""

    bootstrap: str
    dsn: str
    topic: str
    group: str
    pool: asyncpg.Pool
    consumers: list[tuple[Consumer, asyncio.Task[None]]] = field(default_factory=list)

    def consumer(
        self,
        handler: Handler = record_repeat,
        *,
        raw: bool = False,
        pool: Callable[[], asyncpg.Pool] | None = None,
        health: Health | None = None,
        caught_up: CaughtUpWatch | None = None,
        together: bool = True,
        **options: Any,
    ) -> Consumer:
        """Start a member of the group."""
        handlers = handler if raw else {ResponseRepeated: handler}
        made = Consumer(
            service="parser",
            group=self.group,
            subscriptions=[Subscription(self.topic, self.group, handlers, together=together, caught_up=caught_up)],
            connection=KafkaConnection(self.bootstrap),
            pool=pool or (lambda: self.pool),
            projector=None,
            health=health or Health(),
            handling_backoff=QUICK,
            **{"session_backoff": QUICK} | options,
        )
        self.consumers.append((made, asyncio.create_task(made.run())))
        return made

    async def crash(self, consumer: Consumer) -> None:
        """End a member as a kill would: no offsets, no orderly goodbye."""
        for made, task in self.consumers:
            if made is consumer:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task

    async def publish(
        self, *responses: str, partition: int = 0, version: int = 1, **changes: str | bytes
    ) -> list[Message]:
        """Publish a ResponseRepeated for each response id, as the relay would."""
        messages = [
            message_for(
                ResponseRepeated(response_id=response, content_sha256="0" * 64, repeats=version),
                topic=self.topic,
                stream=f"response-{response}",
                version=version,
            )
            for response in responses
        ]
        async with Producer(self.bootstrap) as producer:
            for message in messages:
                await producer.send(
                    self.topic, message.value, key=message.key, headers=message.headers, partition=partition
                )
        return messages

    async def publish_raw(self, value: bytes, headers: dict[str, str] | None = None, partition: int = 0) -> int:
        """Publish anything; gives the offset."""
        async with Producer(self.bootstrap) as producer:
            return (await producer.send(self.topic, value, headers=headers, partition=partition))[1]

    async def publish_until_acknowledged(self, response: str) -> None:
        """Publish one message however long the broker is away; a repeat is one more of the same event."""

        async def published() -> bool:
            try:
                await self.publish(response)
            except KafkaError:
                return False
            return True

        await until(published, BROKER_AWAY_SECONDS)

    async def close(self) -> None:
        """Stop the members and give the connections back."""
        await asyncio.gather(*(consumer.stop(1.0) for consumer, task in self.consumers if not task.done()))
        for _, task in self.consumers:
            task.cancel()
        await asyncio.gather(*(task for _, task in self.consumers), return_exceptions=True)
        await self.pool.close()

    async def events(self, like: str = "response-%") -> list[asyncpg.Record]:
        """Stored events of the streams that match, in order."""
        return await self.pool.fetch(
            "SELECT stream, version, type, data, metadata FROM es.events WHERE stream LIKE $1 ORDER BY id",
            like,
        )

    async def streams(self, like: str = "response-%") -> list[str]:
        return [row["stream"].removeprefix("response-") for row in await self.events(like)]

    async def committed(self, partition: int = 0) -> int | None:
        """The group's committed offset."""
        async with self._reader() as reader:
            return await reader.committed(TopicPartition(self.topic, partition))

    @contextlib.asynccontextmanager
    async def _reader(self) -> AsyncIterator[AIOKafkaConsumer]:
        reader = AIOKafkaConsumer(bootstrap_servers=self.bootstrap, group_id=self.group, enable_auto_commit=False)
        await reader.start()
        try:
            yield reader
        finally:
            await reader.stop()
