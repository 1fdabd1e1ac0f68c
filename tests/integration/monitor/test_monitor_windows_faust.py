"""Faust inside a process: it counts the last hour whole, it comes back, it never takes the process with it."""

import asyncio
import contextlib
import json
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Sequence

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic
from aiokafka.errors import KafkaError

from services.monitor.speed.histogram import bucket_of
from services.monitor.windows import FETCHED_MAX, KEPT_SECONDS, Recorded, Windows
from shared.events import topics
from shared.events.identity import progress_stream
from shared.events.topics import WORKFLOW_PARTITIONS
from shared.messaging.database import open_pool
from shared.messaging.door import are_recorded
from shared.messaging.kafka import KafkaConnection
from shared.messaging.message import Message
from shared.messaging.producer import Producer
from tests.support.eventually import eventually_async
from tests.support.pills import Draft
from tests.support.proxy import Proxy
from tests.support.raw_kafka import raw_producer, send_drafts
from tests.support.recorded import delivered, everything, published, record
from tests.support.stack import Servers, TestDatabase
from tests.support.story import Story
from tests.support.transactions import transaction

pytestmark = pytest.mark.integration

LIMIT_SECONDS = 60.0


@pytest.fixture
async def topic(kafka_bootstrap: str) -> str:
    return await make_topic(kafka_bootstrap)


@contextlib.asynccontextmanager
async def administration(bootstrap: str) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        yield admin
    finally:
        await admin.close()


async def make_topic(bootstrap: str, name: str = "") -> str:
    name = name or f"test.windows.{uuid.uuid4().hex[:12]}"
    async with administration(bootstrap) as admin:
        await admin.create_topics([NewTopic(name, WORKFLOW_PARTITIONS, 1)])
    return name


@contextlib.asynccontextmanager
async def counting(bootstrap: str, topic: str, recorded: Recorded = everything) -> AsyncIterator[Windows]:
    windows = Windows(KafkaConnection(bootstrap), recorded, topic=topic)
    task = asyncio.create_task(windows.run())
    try:
        yield windows
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def publish(
    bootstrap: str,
    topic: str,
    *messages: dict[str, object],
    identity: str = "",
    partition: int | None = None,
    ago: float = 0.0,
) -> None:
    """Publish messages, under one id if it is given, with the time of so many seconds ago."""
    drafts = [told(message, identity, ago) for message in messages]
    async with raw_producer(bootstrap) as producer:
        for number, draft in enumerate(drafts):
            place = number % WORKFLOW_PARTITIONS if partition is None else partition
            await send_drafts(producer, topic, [draft], place)


def told(message: dict[str, object], identity: str = "", ago: float = 0.0) -> Draft:
    headers: list[tuple[str, bytes | None]] = [("ce_id", (identity or str(uuid.uuid4())).encode())]
    return Draft(message, headers, timestamp_ms=int((time.time() - ago) * 1000))


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


async def test_every_monitor_counts_all_of_it(kafka_bootstrap: str, topic: str) -> None:
    everywhere = [(partition, DONE if partition % 2 else LOST) for partition in range(WORKFLOW_PARTITIONS)]
    all_counted = (WORKFLOW_PARTITIONS // 2, WORKFLOW_PARTITIONS // 2)
    async with counting(kafka_bootstrap, topic) as one, counting(kafka_bootstrap, topic) as other:
        for partition, end in everywhere:
            await publish(kafka_bootstrap, topic, end, partition=partition)
        for each in (one, other):
            await eventually_async(lambda each=each: totals(each), LIMIT_SECONDS, until=all_counted.__eq__)  # type: ignore[misc]


async def test_windows_hold_the_last_hour_when_they_begin_and_nothing_before_it(
    kafka_bootstrap: str, topic: str
) -> None:
    for partition in range(WORKFLOW_PARTITIONS):
        await publish(kafka_bootstrap, topic, DONE, DONE, partition=partition, ago=KEPT_SECONDS + 600)
        await publish(kafka_bootstrap, topic, LOST, partition=partition, ago=KEPT_SECONDS - 600)
    await publish(kafka_bootstrap, topic, DONE, partition=0)
    asked: list[Message] = []

    async def recorded(messages: Sequence[Message]) -> Sequence[bool]:
        asked.extend(messages)
        return await everything(messages)

    async with counting(kafka_bootstrap, topic, recorded) as windows:
        await eventually_async(lambda: totals(windows), LIMIT_SECONDS, until=lambda each: each[0] > 0)
        # Complete the first time that they are shown, without what was read in vain.
        assert await totals(windows) == (1, WORKFLOW_PARTITIONS)
        assert len(asked) == 1 + WORKFLOW_PARTITIONS
        assert len(windows.counts()) == 2
        await publish(kafka_bootstrap, topic, DONE)
        await eventually_async(lambda: totals(windows), LIMIT_SECONDS, until=(2, WORKFLOW_PARTITIONS).__eq__)


async def test_windows_of_a_busy_hour_are_whole_when_they_are_first_shown(kafka_bootstrap: str, topic: str) -> None:
    ends = 3 * FETCHED_MAX
    await publish(kafka_bootstrap, topic, *[DONE] * ends, partition=0)
    asked: list[int] = []

    async def recorded(messages: Sequence[Message]) -> Sequence[bool]:
        asked.append(len(messages))
        return await everything(messages)

    async with counting(kafka_bootstrap, topic, recorded) as windows:
        first = await eventually_async(lambda: totals(windows), LIMIT_SECONDS, until=lambda each: each != (0, 0))
        assert first == (ends, 0)
    assert sum(asked) == ends
    assert len(asked) < ends / 10  # many are one question to the store


async def test_windows_outlive_a_restart(kafka_bootstrap: str, topic: str) -> None:
    async with counting(kafka_bootstrap, topic) as windows:
        await publish(kafka_bootstrap, topic, DONE, DONE, LOST, POSTED)
        await eventually_async(lambda: totals(windows), LIMIT_SECONDS, until=(2, 1).__eq__)
    await publish(kafka_bootstrap, topic, LOST)
    async with counting(kafka_bootstrap, topic) as again:
        await eventually_async(lambda: totals(again), LIMIT_SECONDS, until=(2, 2).__eq__)


async def test_windows_leave_nothing_at_the_broker(kafka_bootstrap: str, topic: str) -> None:
    async def known() -> tuple[set[str], set[str]]:
        async with administration(kafka_bootstrap) as admin:
            groups = {str(group) for group, *_ in await admin.list_consumer_groups()}
            return groups, set(await admin.list_topics())

    before = await known()
    async with counting(kafka_bootstrap, topic) as windows:
        await publish(kafka_bootstrap, topic, DONE)
        await eventually_async(lambda: totals(windows), LIMIT_SECONDS, until=(1, 0).__eq__)
    assert await known() == before


async def test_windows_go_on_with_a_topic_that_is_made_again(kafka_bootstrap: str, topic: str) -> None:
    async with counting(kafka_bootstrap, topic) as windows:
        await publish(kafka_bootstrap, topic, DONE, DONE, DONE, partition=0)
        await eventually_async(lambda: totals(windows), LIMIT_SECONDS, until=(3, 0).__eq__)
        async with administration(kafka_bootstrap) as admin:
            await admin.delete_topics([topic])

            async def gone() -> bool:
                return topic not in await admin.list_topics()

            await eventually_async(gone, LIMIT_SECONDS)
        await make_topic(kafka_bootstrap, topic)
        # Its offsets begin anew, below what was read of the other one.
        await publish(kafka_bootstrap, topic, LOST, partition=0)
        await eventually_async(lambda: totals(windows), LIMIT_SECONDS, until=lambda each: each[1] == 1)
        async with counting(kafka_bootstrap, topic) as later:
            await eventually_async(lambda: totals(later), LIMIT_SECONDS, until=(0, 1).__eq__)


async def test_windows_count_partitions_that_are_added(
    kafka_bootstrap: str, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.monitor.windows.METADATA_MILLISECONDS", 200)
    asked: set[str] = set()

    async def recorded(messages: Sequence[Message]) -> Sequence[bool]:
        asked.update(message.id for message in messages)
        return await everything(messages)

    await publish(kafka_bootstrap, topic, DONE, identity="old", partition=0, ago=KEPT_SECONDS + 600)
    async with counting(kafka_bootstrap, topic, recorded) as windows:
        await publish(kafka_bootstrap, topic, DONE, identity="young", partition=0)
        await eventually_async(lambda: totals(windows), LIMIT_SECONDS, until=lambda each: each[0] > 0)
        async with administration(kafka_bootstrap) as admin:
            await admin.create_partitions({topic: NewPartitions(WORKFLOW_PARTITIONS + 1)})

        async def sent() -> tuple[int, int]:
            with contextlib.suppress(KafkaError):
                await publish(kafka_bootstrap, topic, LOST, identity="the-same", partition=WORKFLOW_PARTITIONS)
            return await totals(windows)

        await eventually_async(sent, LIMIT_SECONDS, until=(1, 1).__eq__)
    assert asked == {"young", "the-same"}  # the topic is not read from its beginning for that


async def test_windows_count_nothing_that_was_aborted(kafka_bootstrap: str, topic: str) -> None:
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

    async def recorded(messages: Sequence[Message]) -> Sequence[bool]:
        for away in answers:
            raise away
        return await are_recorded(pool, messages)

    async with counting(kafka_bootstrap, topic, recorded) as windows, Producer(kafka_bootstrap) as producer:
        headers = {name: value.decode() for name, value in true.headers}
        forged = [headers | {"ce_id": str(uuid.uuid4())}, headers | {"ce_time": "2026-11-23T09:00:00+00:00"}, {}]
        for each in (*forged, headers):
            for value in (json.dumps(lost).encode(), true.value):
                await producer.send(topic, value, key=true.key, headers=each)
        await eventually_async(lambda: totals(windows), LIMIT_SECONDS, until=lambda each: each == (1, 0))
        assert await are_recorded(pool, [delivered(true)]) == [True]
        assert next(answers, None) is None
    await pool.close()


async def test_message_that_cannot_be_asked_about_hides_no_other(kafka_bootstrap: str, topic: str) -> None:
    async def recorded(messages: Sequence[Message]) -> Sequence[bool]:
        if any(message.id == "odd" for message in messages):
            raise ValueError("nobody can read that")
        return await everything(messages)

    await publish(kafka_bootstrap, topic, DONE, DONE, DONE, partition=0)
    await publish(kafka_bootstrap, topic, LOST, identity="odd", partition=0)
    await publish(kafka_bootstrap, topic, DONE, LOST, partition=0)
    async with counting(kafka_bootstrap, topic, recorded) as windows:
        await eventually_async(lambda: totals(windows), LIMIT_SECONDS, until=(4, 1).__eq__)


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


@pytest.mark.chaos
@pytest.mark.timeout(240)
async def test_windows_come_back_after_a_broker_that_was_away_for_long(own_servers: Servers) -> None:
    """Stopped while its broker is away, the client raises a cancellation that is nobody's."""
    topic = await make_topic(own_servers.bootstrap)
    async with counting(own_servers.bootstrap, topic) as windows:
        await publish(own_servers.bootstrap, topic, DONE)
        await eventually_async(lambda: totals(windows), LIMIT_SECONDS, until=(1, 0).__eq__)
        await asyncio.to_thread(own_servers.command, "stop", "kafka")
        reasons: set[str] = set()

        async def why() -> set[str]:
            reasons.add(windows.why)
            return reasons

        # More than one attempt has failed: the first one ended, and another one began.
        await eventually_async(
            why, LIMIT_SECONDS, until=lambda each: any("KafkaConnectionError" in one for one in each)
        )
        assert not windows.running
        await asyncio.to_thread(own_servers.command, "start", "kafka")
        await publish(own_servers.bootstrap, topic, LOST)
        await eventually_async(lambda: totals(windows), LIMIT_SECONDS, until=(1, 1).__eq__)
        assert windows.running


async def test_windows_time_what_was_approved_and_name_the_reasons_also_after_a_restart(
    kafka_bootstrap: str, topic: str
) -> None:
    def of(workflow: str, second: int, **more: object) -> dict[str, object]:
        at = f"2026-11-30T09:00:{second:02}+00:00"
        return {"workflow_id": workflow, "at": at, "completed": False, "final": False, **more}

    booked = {"state": "COMPLETED", "completed": True, "stages": {"2": "COMPLETED"}}
    approved = {"state": "AWAITING_APPROVAL", "status": "ann (TRADER) approved"}
    told = [
        of("w1", 1, **approved),
        of("w2", 1, **approved),
        of("w1", 2, **booked),
        of("w2", 9, **booked),
        of("w3", 9, **booked),
        of("w4", 9, state="COMPENSATED", final=True, reason="MX_ERROR: Deal 1 was declined"),
    ]

    def summed(windows: Windows) -> tuple[dict[int, int], dict[str, int], int]:
        took, reasons, untimed = Counter[int](), Counter[str](), 0
        for count in windows.counts():
            took.update(count.took)
            reasons.update(count.reasons)
            untimed += count.untimed
        return dict(took), dict(reasons), untimed

    expected = {bucket_of(1_000): 1, bucket_of(8_000): 1}, {"MX_ERROR": 1}, 1
    await publish(kafka_bootstrap, topic, *told, partition=0)
    for _ in range(2):
        async with counting(kafka_bootstrap, topic) as windows:
            await eventually_async(lambda: totals(windows), LIMIT_SECONDS, until=(3, 1).__eq__)
            assert summed(windows) == expected
            assert (windows.running, windows.why) == (True, "")
