"""A consumer of the parser's, its topic and its database."""

import uuid
from collections.abc import AsyncIterator

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from shared.events.topics import MESSAGE_BYTES_MAX
from shared.messaging.database import open_pool
from tests.support.bench import Bench
from tests.support.stack import TestDatabase

PARTITIONS = 2


async def make_topic(bootstrap: str) -> str:
    """A topic of two partitions with a name of its own."""
    name = f"test.messaging.{uuid.uuid4().hex[:12]}"
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        settings = {"max.message.bytes": str(MESSAGE_BYTES_MAX)}
        await admin.create_topics([NewTopic(name, PARTITIONS, 1, topic_configs=settings)])
    finally:
        await admin.close()
    return name


@pytest.fixture
async def bench(kafka_bootstrap: str, database: TestDatabase) -> AsyncIterator[Bench]:
    dsn = database.dsn("hawk_parser")
    pool = await open_pool(dsn, application="test", min_size=1, max_size=4)
    topic = await make_topic(kafka_bootstrap)
    made = Bench(kafka_bootstrap, dsn, topic, f"group.{topic}", pool)
    yield made
    await made.close()
