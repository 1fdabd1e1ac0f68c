"""Answers on a real topic into a real database: each told once, none lost, none blocking the next."""

import json
import os
import uuid
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from services.parser.handlers import Parser
from services.parser.reading import HEAD_BYTES_MAX
from shared.events.topics import MESSAGE_BYTES_MAX
from shared.messaging.consumer import Consumer
from shared.messaging.database import open_pool
from shared.messaging.message import Message
from shared.messaging.subscription import Subscription
from shared.messaging.unit_of_work import InboxEntry, UnitOfWork, run_unit
from tests.support.bench import Bench, until
from tests.support.parser_answers import envelope, instruction, plan_text
from tests.support.stack import TestDatabase
from tests.support.units import CAUSE, WHEN

pytestmark = pytest.mark.integration

LIMIT = 20.0
PARTITIONS = 2
GOOD = plan_text(instruction())


@pytest.fixture
async def bench(kafka_bootstrap: str, database: TestDatabase) -> AsyncIterator[Bench]:
    """A topic that takes what hawk.ai.responses takes, and a database, both of this test alone."""
    topic = f"test.parser.{uuid.uuid4().hex[:12]}"
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka_bootstrap)
    await admin.start()
    limits = {"max.message.bytes": str(MESSAGE_BYTES_MAX)}
    await admin.create_topics([NewTopic(topic, PARTITIONS, 1, topic_configs=limits)])
    await admin.close()
    dsn = database.dsn("hawk_parser")
    pool = await open_pool(dsn, application="test", min_size=1, max_size=4)
    made = Bench(kafka_bootstrap, dsn, topic, f"group.{topic}", pool)
    yield made
    await made.close()


def start(bench: Bench) -> Consumer:
    return bench.consumer(Parser(None).on_response_published, raw=True)


async def publish_without_value(bench: Bench) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=bench.bootstrap)
    await producer.start()
    await producer.send_and_wait(bench.topic, None, key=b"k", partition=0)
    await producer.stop()


async def wait_for(bench: Bench, count: int) -> list[asyncpg.Record]:
    async def written() -> bool:
        return len(await bench.events()) >= count

    await until(written, LIMIT)
    return await bench.events()


def data(event: asyncpg.Record) -> dict[str, Any]:
    return json.loads(event["data"]) if isinstance(event["data"], str) else event["data"]


async def test_answer_published_three_times_is_proposed_once_and_counted(bench: Bench) -> None:
    start(bench)
    for partition in (0, 1, 0):
        await bench.publish_raw(GOOD.encode(), partition=partition)
    events = await wait_for(bench, 4)
    assert sorted(event["type"] for event in events) == [
        "ProposalMade", "ResponseReceived", "ResponseRepeated", "ResponseRepeated",
    ]  # fmt: skip
    assert sorted(data(event)["repeats"] for event in events if event["type"] == "ResponseRepeated") == [1, 2]
    assert len({event["stream"] for event in events}) == 1


async def test_message_delivered_again_changes_nothing(bench: Bench) -> None:
    """The same offset twice is one delivery repeated; another offset is the answer published again."""
    parser = Parser(None)
    subscription = Subscription(bench.topic, bench.group, parser.on_response_published)
    for offset in (0, 0, 1, 0, 1):
        message = Message(bench.topic, 0, offset, None, GOOD.encode(), {}, WHEN)

        async def handle(unit: UnitOfWork, message: Message = message) -> None:
            await parser.on_response_published(unit, message)

        inbox = InboxEntry("parser", bench.group, subscription.message_id(message))
        await run_unit(bench.pool, CAUSE, handle, projector=None, inbox=inbox)
    events = [event["type"] for event in await bench.events()]
    assert events == ["ResponseReceived", "ProposalMade", "ResponseRepeated"]


async def test_broken_answers_are_refused_and_the_next_good_one_is_proposed(bench: Bench) -> None:
    start(bench)
    large = os.urandom(2 * 1024 * 1024)
    for value in (b"", b"\xff\xfe noise \x00", b"{not json", b'{"analysis": "cut', large, b"\x00", b"[" * 100_000):
        await bench.publish_raw(value)
    await publish_without_value(bench)
    await bench.publish_raw(envelope(json.loads(GOOD)).encode(), {"hawkuser": "jon"})
    events = await wait_for(bench, 10)
    received = [data(event) for event in events if event["type"] == "ResponseReceived"]
    assert [[refusal["code"] for refusal in each["refusals"]] for each in received] == [
        ["EMPTY"], ["NOT_UTF8"], ["MALFORMED_JSON"], ["INCOMPLETE"], ["TOO_LARGE"], ["EMPTY"],
        ["MALFORMED_JSON"], [],
    ]  # fmt: skip
    assert [event["type"] for event in events[-3:]] == ["ResponseRepeated", "ResponseReceived", "ProposalMade"]
    too_large = next(each for each in received if each["refusals"] and each["refusals"][0]["code"] == "TOO_LARGE")
    assert (too_large["size_bytes"], len(too_large["content_sha256"])) == (len(large), 64)
    assert len(too_large["content"]) <= 4 * HEAD_BYTES_MAX
    made = data(events[-1])
    assert (made["response_id"], made["origin"]["maker"], made["order"]["amount"]) == (
        "r-1", {"name": "mira", "verified": False, "proof": None, "content_sha256": None}, "25000000",
    )  # fmt: skip
    assert await bench.events("deadletter-%") == []


async def test_other_answer_under_the_same_id_is_kept_as_evidence(bench: Bench) -> None:
    start(bench)
    other = plan_text(instruction(hedge_amount_order=1))
    for text in (GOOD, other):
        await bench.publish_raw(text.encode(), {"ce_id": "r-7"})
    events = await wait_for(bench, 3)
    assert [event["type"] for event in events] == ["ResponseReceived", "ProposalMade", "ResponseContradicted"]
    contradicted = data(events[-1])
    assert (contradicted["content"], contradicted["refusals"][0]["code"]) == (other, "DUPLICATE_RESPONSE")


async def test_partly_refused_answer_is_recorded_in_one_append(bench: Bench) -> None:
    start(bench)
    text = plan_text(instruction({"id": "a"}, hedge_amount_order=-1), instruction({"id": "b"}))
    await bench.publish_raw(text.encode(), {"ce_id": "r-8"})
    events = await wait_for(bench, 3)
    assert [event["type"] for event in events] == ["ResponseReceived", "ProposalRefused", "ProposalMade"]
    assert data(events[0])["outcome"] == "PARTLY_REFUSED"
