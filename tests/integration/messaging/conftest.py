"""A consumer of the parser's, its topic and its database."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from shared.messaging.database import open_pool
from tests.support.bench import Bench
from tests.support.stack import TestDatabase

PARTITIONS = 2


@pytest.fixture
async def new_topic(kafka_bootstrap: str) -> Callable[[], Awaitable[str]]:
    """Makes a topic of two partitions with a name of its own."""

    async def make() -> str:
        name = f"test.messaging.{uuid.uuid4().hex[:12]}"
        admin = AIOKafkaAdminClient(bootstrap_servers=kafka_bootstrap)
        await admin.start()
        try:
            settings = {"max.message.bytes": str(8 * 1024 * 1024)}
            await admin.create_topics([NewTopic(name, PARTITIONS, 1, topic_configs=settings)])
        finally:
            await admin.close()
        return name

    return make


@pytest.fixture
async def bench(
    kafka_bootstrap: str, database: TestDatabase, new_topic: Callable[[], Awaitable[str]]
) -> AsyncIterator[Bench]:
    dsn = database.dsn("hawk_parser")
    pool = await open_pool(dsn, application="test", min_size=1, max_size=4)
    topic = await new_topic()
    made = Bench(kafka_bootstrap, dsn, topic, f"group.{topic}", pool)
    try:
        yield made
    finally:
        await asyncio.gather(*(consumer.stop(1.0) for consumer, task in made.consumers if not task.done()))
        for _, task in made.consumers:
            task.cancel()
        await asyncio.gather(*(task for _, task in made.consumers), return_exceptions=True)
        await pool.close()
