"""The work of one partition: in order, blocked by what fails, ended by a drain."""

import asyncio
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime

from shared.errors import Transient
from shared.messaging.faults import Backoff
from shared.messaging.message import Message
from shared.messaging.offsets import Partition
from shared.messaging.partition import (
    QUEUED_BYTES_MAX,
    QUEUED_MESSAGES_MAX,
    TOGETHER_BYTES_MAX,
    TOGETHER_MESSAGES_MAX,
    Blocked,
    HandlerSlots,
    PartitionWorker,
)
from tests.support.bench import until

LIMIT = 5.0
QUICK = Backoff(base_seconds=0.001, cap_seconds=0.002)
NEVER = Backoff(base_seconds=3600, cap_seconds=3600)


def message(offset: int, value: bytes = b"") -> Message:
    return Message("t", 0, offset, None, value, {}, datetime(2026, 11, 23, tzinfo=UTC))


class Alone:
    """Messages that are handled one by one, and that nobody sets aside."""

    def together(self, topic: str) -> bool:
        return False

    async def pressing(self, messages: Sequence[Message]) -> Collection[str]:
        return ()

    def across(self, topic: str) -> bool:
        return False

    async def handle_together(self, messages: Sequence[Message]) -> int:
        raise AssertionError("not called")

    async def set_aside_by_order(self, message: Message, why: str) -> bool:
        return False

    def cure(self, message: Message) -> str:
        return ""


class Desk(Alone):
    """Handles messages as a test wishes and remembers what happened."""

    def __init__(self, *, backoff: Backoff = QUICK) -> None:
        self.attempts: list[int] = []
        self.finished: list[int] = []
        self.troubles: list[Blocked | None] = []
        self.failures: dict[int, list[Exception]] = {}
        self.gate = asyncio.Event()
        self.gate.set()
        self.work = PartitionWorker(
            Partition("t", 0),
            1,
            self,
            finished=lambda done: self.finished.append(done.offset),
            blocked=self.troubles.append,
            slots=HandlerSlots(1),
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
    for desk in (many, heavy):
        desk.gate.set()
    await until(lambda: not (many.work.full or heavy.work.full), LIMIT)
    for desk in (many, heavy):
        await desk.end()


class Together(Alone):
    """Handles batches as a test wishes: `results` are numbers done or what is raised; then all are done."""

    def __init__(self, *results: int | Exception) -> None:
        self.desk_attempts: list[int] = []
        self.batches: list[list[int]] = []
        self.finished: list[int] = []
        self.results = list(results)
        self.work = PartitionWorker(
            Partition("t", 0),
            1,
            self,
            finished=lambda done: self.finished.append(done.offset),
            blocked=lambda _: None,
            slots=HandlerSlots(2),
            backoff=QUICK,
        )

    def together(self, topic: str) -> bool:
        return True

    async def handle(self, each: Message) -> None:
        self.desk_attempts.append(each.offset)

    async def handle_together(self, batch: Sequence[Message]) -> int:
        self.batches.append([each.offset for each in batch])
        result = self.results.pop(0) if self.results else len(batch)
        if isinstance(result, Exception):
            raise result
        return result

    async def run(self, *messages: Message) -> None:
        for each in messages:
            self.work.put(each)
        await until(lambda: len(self.finished) == len(messages), LIMIT)
        self.work.drain()
        await asyncio.wait_for(self.work.task, LIMIT)
        assert self.finished == [each.offset for each in messages]


async def test_rest_goes_on_when_a_batch_ends_early() -> None:
    desk = Together(3, 1)
    await desk.run(*map(message, range(6)))
    assert desk.batches == [[0, 1, 2, 3, 4, 5], [3, 4, 5], [4, 5]]
    assert desk.desk_attempts == []


async def test_messages_are_handled_one_by_one_when_their_batch_fails_and_together_afterwards() -> None:
    desk = Together(ValueError("one of them"))
    await desk.run(*map(message, range(TOGETHER_MESSAGES_MAX + 3)))
    first = list(range(TOGETHER_MESSAGES_MAX))
    assert desk.batches == [first, [TOGETHER_MESSAGES_MAX + number for number in range(3)]]
    assert desk.desk_attempts == first


async def test_message_is_handled_alone_when_no_other_waits_or_it_is_heavy() -> None:
    desk = Together()
    await desk.run(message(0, b"x" * (TOGETHER_BYTES_MAX + 1)), message(1), message(2))
    assert desk.desk_attempts == [0]
    assert desk.batches == [[1, 2]]


async def test_batch_is_let_in_alone_when_others_handle() -> None:
    slots = HandlerSlots(2)
    entered: list[str] = []
    leave = {name: asyncio.Event() for name in ("one", "other", "batch", "late")}

    async def through(name: str, kind: Callable[[], AbstractAsyncContextManager[None]]) -> None:
        async with kind():
            entered.append(name)
            await leave[name].wait()

    tasks = [asyncio.create_task(through(name, slots.one)) for name in ("one", "other")]
    await until(lambda: len(entered) == 2, LIMIT)
    tasks.append(asyncio.create_task(through("batch", slots.all)))
    leave["one"].set()
    await asyncio.wait(tasks[:1], timeout=LIMIT)
    assert entered == ["one", "other"]
    leave["other"].set()
    await until(lambda: entered[2:] == ["batch"], LIMIT)
    tasks.append(asyncio.create_task(through("late", slots.one)))
    leave["batch"].set()
    await until(lambda: entered[3:] == ["late"], LIMIT)
    leave["late"].set()
    await asyncio.gather(*tasks)
