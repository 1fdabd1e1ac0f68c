"""Anchored heads from a real Kafka: all of them, and the two ways in which there are none."""

import json
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from shared.audit.heads import head_of, read_heads
from shared.eventstore.chain import Head

pytestmark = pytest.mark.integration


@pytest.fixture
async def topic(kafka_bootstrap: str) -> str:
    """A topic of one's own, with two heads and something that is none."""
    name = f"heads-{uuid4().hex}"
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka_bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(name, 1, 1)])
    await admin.close()
    producer = AIOKafkaProducer(bootstrap_servers=kafka_bootstrap)
    await producer.start()
    for position in (1, 7):
        await producer.send_and_wait(name, json.dumps({"position": position, "hash": f"{position:064x}"}).encode())
    await producer.send_and_wait(name, b"no head")
    await producer.stop()
    return name


async def test_all_anchored_heads_are_read_and_what_is_none_is_left_out(kafka_bootstrap: str, topic: str) -> None:
    heads = await read_heads({"bootstrap_servers": kafka_bootstrap}, topic)
    assert heads == (Head(1, f"{1:064x}"), Head(7, f"{7:064x}"))


async def test_there_are_no_heads_to_compare_when_the_broker_is_away(caplog: pytest.LogCaptureFixture) -> None:
    assert await read_heads({"bootstrap_servers": "127.0.0.1:1"}) is None
    assert caplog.records == []


@pytest.mark.parametrize("value", [None, b"", b"[]", b"{}", b'{"position": "1", "hash": "x"}', b'{"position": 1}'])
def test_a_message_that_tells_no_head_proves_nothing(value: bytes | None) -> None:
    assert head_of(value) is None
