"""The fixtures that other tests stand on."""

import asyncpg
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient

from shared.events.topics import TOPICS
from tests.support.stack import TestDatabase
from tools.local_stack.topics import ensure_topics

pytestmark = pytest.mark.integration


async def test_database_is_migrated_and_has_its_settings_when_made_from_the_template(
    database: TestDatabase,
) -> None:
    connection = await asyncpg.connect(database.dsn("hawk_reader"))
    try:
        assert await connection.fetchval("select current_database()") == database.name
        assert await connection.fetchval("show search_path") == "hawk, public"
        assert await connection.fetchval("select count(*) from es.events") == 0
    finally:
        await connection.close()


async def test_topics_exist_with_their_partitions_when_ensured_twice(kafka_bootstrap: str) -> None:
    for _ in range(2):
        await ensure_topics({"bootstrap_servers": kafka_bootstrap})
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka_bootstrap)
    await admin.start()
    try:
        described = await admin.describe_topics([topic.name for topic in TOPICS])
    finally:
        await admin.close()
    assert {entry["topic"]: len(entry["partitions"]) for entry in described} == {
        topic.name: topic.partitions for topic in TOPICS
    }


async def test_broker_takes_a_message_of_eight_mebibytes(kafka_bootstrap: str) -> None:
    await ensure_topics({"bootstrap_servers": kafka_bootstrap})
    size = 8 * 1024 * 1024 - 1024
    producer = AIOKafkaProducer(bootstrap_servers=kafka_bootstrap, max_request_size=2 * size)
    await producer.start()
    try:
        kept = await producer.send_and_wait("hawk.ai.responses", b"x" * size)
    finally:
        await producer.stop()
    assert kept.topic == "hawk.ai.responses"
