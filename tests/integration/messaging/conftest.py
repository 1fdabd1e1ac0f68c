"""A consumer of the parser's, its topic and its database."""

from collections.abc import AsyncIterator

import pytest

from shared.messaging.database import open_pool
from tests.support.bench import Bench, make_topic
from tests.support.stack import TestDatabase

PARTITIONS = 2


@pytest.fixture
async def bench(kafka_bootstrap: str, database: TestDatabase) -> AsyncIterator[Bench]:
    dsn = database.dsn("hawk_parser")
    pool = await open_pool(dsn, application="test", min_size=1, max_size=4)
    topic = await make_topic(kafka_bootstrap, PARTITIONS)
    made = Bench(kafka_bootstrap, dsn, topic, f"group.{topic}", pool)
    yield made
    await made.close()
