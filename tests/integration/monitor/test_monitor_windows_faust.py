"""Faust inside a process: it counts, it comes back, it never takes the process with it."""

import asyncio
import contextlib
import json
import time
import uuid
from collections.abc import AsyncIterator

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from services.monitor.windows import Recorded, Windows
from shared.events import topics
from shared.events.identity import progress_stream
from shared.events.topics import WORKFLOW_PARTITIONS
from shared.messaging.database import open_pool
from shared.messaging.door import is_recorded
from shared.messaging.kafka import KafkaConnection
from shared.messaging.message import Message
from shared.messaging.producer import Producer
from tests.support.eventually import eventually_async
from tests.support.pills import Draft
from tests.support.proxy import Proxy
from tests.support.recorded import delivered, everything, published, record
from tests.support.stack import Servers, TestDatabase
from tests.support.story import Story
from tests.support.transactions import transaction

pytestmark = pytest.mark.integration

LIMIT_SECONDS = 60.0


@pytest.fixture
async def topic(kafka_bootstrap: str) -> str:
    return await make_topic(kafka_bootstrap)


async def make_topic(bootstrap: str) -> str:
    name = f"test.windows.{uuid.uuid4().hex[:12]}"
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(name, WORKFLOW_PARTITIONS, 1)])
    finally:
        await admin.close()
    return name


@contextlib.asynccontextmanager
async def counting(bootstrap: str, topic: str, recorded: Recorded = everything) -> AsyncIterator[Windows]:
    windows = Windows(KafkaConnection(bootstrap), recorded, topic=topic, app_id=f"app-{topic}")
    task = asyncio.create_task(windows.run())
    try:
        yield windows
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def publish(
    bootstrap: str, topic: str, *messages: dict[str, object], identity: str = "", partition: int | None = None
) -> None:
    async with Producer(bootstrap) as producer:
        for number, message in enumerate(messages):
            headers = {"ce_id": identity or f"{uuid.uuid4()}"}
            await producer.send(
                topic, json.dumps(message).encode(), key=f"wf-{number}", headers=headers, partition=partition
            )


async def totals(windows: Windows) -> tuple[int, int]:
    counts = windows.counts()
    return sum(count.completed for count in counts), sum(count.failed for count in counts)


DONE: dict[str, object] = {"state": "COMPLETED", "completed": True, "final": False}
LOST: dict[str, object] = {"state": "COMPENSATED", "completed": False, "final": True}
POSTED: dict[str, object] = {"state": "POSTED", "completed": False, "final": True}


async def test_windows_count_each_end_once(kafka_bootstrap: str, topic: str) -> None:
    async with counting(kafka_bootstrap, topic) as windows:
        await publish(kafka_bootstrap, topic, DONE, DONE, LOST, POSTED)
        await publish(kafka_bootstrap, topic, DONE, DONE, identity="the-same")
        await eventually_async(lambda: totals(windows), LIMIT_SECONDS, until=lambda each: each == (3, 1))
        assert windows.running


async def test_windows_outlive_a_restart(kafka_bootstrap: str, topic: str) -> None:
    async with counting(kafka_bootstrap, topic) as windows:
        await publish(kafka_bootstrap, topic, DONE, DONE, LOST, POSTED)
        await eventually_async(lambda: totals(windows), LIMIT_SECONDS, until=lambda each: each == (2, 1))
    async with counting(kafka_bootstrap, topic) as again:
        # What was counted is kept, and it counts on. No single message is relied on: Faust may pass over one
        # that arrives while it takes its partitions up again, which is why nothing but this view uses it.
        async def ended_again() -> tuple[int, int]:
            await publish(kafka_bootstrap, topic, LOST)
            return await totals(again)

        await eventually_async(ended_again, LIMIT_SECONDS, until=lambda each: each[0] == 2 and each[1] > 1)


async def test_windows_count_nothing_again_when_what_was_read_is_not_committed(
    kafka_bootstrap: str, topic: str
) -> None:
    async with counting(kafka_bootstrap, topic) as windows:
        await publish(kafka_bootstrap, topic, DONE, DONE, DONE, partition=0)
        await publish(kafka_bootstrap, topic, DONE, DONE, DONE, identity="the-same", partition=0)
        # The last record: once it is counted, all of them were read.
        await publish(kafka_bootstrap, topic, LOST, partition=0)
        await eventually_async(lambda: totals(windows), LIMIT_SECONDS, until=lambda each: each == (4, 1))
    async with AIOKafkaConsumer(bootstrap_servers=kafka_bootstrap, group_id=f"app-{topic}") as group:
        group.assign([TopicPartition(topic, 0)])
        await group.commit({TopicPartition(topic, 0): 0})
    async with counting(kafka_bootstrap, topic) as again:

        async def ended_again() -> tuple[int, int]:
            await publish(kafka_bootstrap, topic, LOST, partition=0)
            return await totals(again)

        await eventually_async(ended_again, LIMIT_SECONDS, until=lambda each: each[1] > 1)
        assert (await totals(again))[0] == 4


async def test_windows_count_nothing_that_was_aborted(kafka_bootstrap: str, topic: str) -> None:
    def told(message: dict[str, object]) -> Draft:
        return Draft(message, [("ce_id", str(uuid.uuid4()).encode())], timestamp_ms=int(time.time() * 1000))

    async with transaction(kafka_bootstrap, topic, [told(DONE), told(LOST)], commit=False):
        pass
    async with transaction(kafka_bootstrap, topic, [told(DONE)], commit=True):
        pass
    async with counting(kafka_bootstrap, topic) as windows:
        await eventually_async(lambda: totals(windows), LIMIT_SECONDS, until=lambda each: each[0] > 0)
        assert await totals(windows) == (1, 0)


async def test_windows_begin_when_the_broker_comes_after_them(kafka_bootstrap: str, topic: str) -> None:
    host, _, port = kafka_bootstrap.rpartition(":")
    async with Proxy(host, int(port)) as proxy:
        await proxy.cut()
        async with counting(f"127.0.0.1:{proxy.port}", topic) as windows:
            assert not windows.running
            await proxy.restore()
            await publish(kafka_bootstrap, topic, DONE)
            await eventually_async(lambda: totals(windows), LIMIT_SECONDS, until=lambda each: each == (1, 0))


async def test_windows_count_what_is_recorded_and_wait_while_the_store_cannot_be_asked(
    kafka_bootstrap: str, topic: str, database: TestDatabase
) -> None:
    story = Story(f"resp-{uuid.uuid4()}").planned().executed()
    reported = [told.event for told in story.told if told.topic == topics.PROGRESS]
    kept = await record(database, progress_stream(story.workflow_id), *reported)
    (true,) = (published(event, topics.PROGRESS) for event in kept if event.data["completed"])
    lost = json.loads(true.value) | {"state": "COMPENSATED", "completed": False, "final": True}
    pool = await open_pool(database.dsn("hawk_monitor"), application="windows", min_size=1, max_size=1)
    answers = iter([ConnectionError("away"), OSError("still away")])

    async def recorded(message: Message) -> bool:
        for away in answers:
            raise away
        return await is_recorded(pool, message)

    async with counting(kafka_bootstrap, topic, recorded) as windows, Producer(kafka_bootstrap) as producer:
        headers = {name: value.decode() for name, value in true.headers}
        forged = [headers | {"ce_id": str(uuid.uuid4())}, headers | {"ce_time": "2026-11-23T09:00:00+00:00"}, {}]
        for each in (*forged, headers):
            for value in (json.dumps(lost).encode(), true.value):
                await producer.send(topic, value, key=true.key, headers=each)
        await eventually_async(lambda: totals(windows), LIMIT_SECONDS, until=lambda each: each == (1, 0))
        assert await is_recorded(pool, delivered(true))
        assert next(answers, None) is None
    await pool.close()


@pytest.mark.chaos
@pytest.mark.timeout(180)
async def test_windows_go_on_when_the_broker_is_restarted(own_servers: Servers) -> None:
    topic = await make_topic(own_servers.bootstrap)
    async with counting(own_servers.bootstrap, topic) as windows:
        await publish(own_servers.bootstrap, topic, DONE)
        await eventually_async(lambda: totals(windows), LIMIT_SECONDS, until=lambda each: each == (1, 0))
        await asyncio.to_thread(own_servers.command, "restart", "kafka")
        await publish(own_servers.bootstrap, topic, LOST)
        await eventually_async(lambda: totals(windows), LIMIT_SECONDS, until=lambda each: each == (1, 1))
