"""The work of one partition: in order, blocked by what fails, ended by a drain."""

import asyncio
from datetime import UTC, datetime

from shared.errors import Transient
from shared.messaging.faults import Backoff
from shared.messaging.message import Message
from shared.messaging.offsets import Partition
from shared.messaging.partition import QUEUED_BYTES_MAX, QUEUED_MESSAGES_MAX, PartitionWork, Trouble
from tests.support.bench import until

LIMIT = 5.0
QUICK = Backoff(base_seconds=0.001, cap_seconds=0.002)
NEVER = Backoff(base_seconds=3600, cap_seconds=3600)


def message(offset: int, value: bytes = b"") -> Message:
    return Message("t", 0, offset, None, value, {}, datetime(2026, 11, 23, tzinfo=UTC))


class Desk:
    """Handles messages as a test wishes and remembers what happened."""

    def __init__(self, *, backoff: Backoff = QUICK) -> None:
        self.attempts: list[int] = []
        self.finished: list[int] = []
        self.troubles: list[Trouble | None] = []
        self.failures: dict[int, list[Exception]] = {}
        self.gate = asyncio.Event()
        self.gate.set()
        self.work = PartitionWork(
            Partition("t", 0),
            1,
            handle=self.handle,
            finished=lambda _work, done: self.finished.append(done.offset),
            troubled=lambda _work, trouble: self.troubles.append(trouble),
            gate=asyncio.Semaphore(1),
            backoff=backoff,
        )

    async def handle(self, each: Message) -> None:
        self.attempts.append(each.offset)
        await self.gate.wait()
        if self.failures.get(each.offset):
            raise self.failures[each.offset].pop(0)

    async def end(self) -> None:
        self.work.drain()
        await asyncio.wait_for(self.work.task, LIMIT)


async def test_messages_are_handled_in_order_when_they_arrive_in_turns() -> None:
    desk = Desk()
    for offset in range(3):
        desk.work.put(message(offset))
    await until(lambda: desk.finished == [0, 1, 2], LIMIT)
    desk.work.put(message(3))
    await until(lambda: desk.finished == [0, 1, 2, 3], LIMIT)
    await desk.end()


async def test_later_messages_wait_when_one_fails_until_it_succeeds() -> None:
    desk = Desk()
    desk.failures[0] = [Transient("away"), ValueError("a defect")]
    for offset in range(2):
        desk.work.put(message(offset))
    await until(lambda: desk.finished == [0, 1], LIMIT)
    assert desk.attempts == [0, 0, 0, 1]
    assert [trouble and trouble.passing for trouble in desk.troubles] == [True, False, None]
    assert desk.troubles[1] is not None
    assert "t:0:0 ValueError: a defect" in desk.troubles[1].why
    await desk.end()


async def test_attempt_in_flight_finishes_and_no_other_begins_when_drained() -> None:
    desk = Desk()
    desk.gate.clear()
    for offset in range(2):
        desk.work.put(message(offset))
    await until(lambda: desk.attempts == [0], LIMIT)
    desk.work.drain()
    assert not desk.work.task.done()
    desk.gate.set()
    await asyncio.wait_for(desk.work.task, LIMIT)
    assert desk.finished == [0]
    assert desk.attempts == [0]


async def test_drain_does_not_wait_for_the_next_attempt_when_a_message_waits_for_a_server() -> None:
    desk = Desk(backoff=NEVER)
    desk.failures[0] = [Transient("away")]
    desk.work.put(message(0))
    await until(lambda: len(desk.troubles) == 1, LIMIT)
    await desk.end()
    assert desk.finished == []


async def test_idle_work_ends_when_drained() -> None:
    desk = Desk()
    await desk.end()
    assert desk.work.task.done()


async def test_fetching_pauses_when_the_queue_is_long_or_heavy_and_goes_on_when_half_is_free() -> None:
    many, heavy = Desk(), Desk()
    for desk in (many, heavy):
        desk.gate.clear()
    for offset in range(QUEUED_MESSAGES_MAX):
        assert not many.work.full
        many.work.put(message(offset))
    heavy.work.put(message(0, b"x" * QUEUED_BYTES_MAX))
    assert many.work.full
    assert heavy.work.full
    assert not many.work.slack
    for desk in (many, heavy):
        desk.gate.set()
    await until(lambda: many.work.slack and heavy.work.slack, LIMIT)
    for desk in (many, heavy):
        await desk.end()
