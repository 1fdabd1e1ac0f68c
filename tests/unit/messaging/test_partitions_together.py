"""What waits in several partitions of a group shares a transaction; what holds one up is no matter of the others."""

import asyncio
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime

from shared.messaging.faults import Backoff
from shared.messaging.message import Message
from shared.messaging.offsets import Partition
from shared.messaging.partition import PRESSING_LOOKS_MIN, TOGETHER_MESSAGES_MAX, HandlerSlots, PartitionWorker
from tests.support.bench import until

LIMIT = 5.0
QUICK = Backoff(base_seconds=0.001, cap_seconds=0.002)

Place = tuple[int, int]


def place(message: Message) -> Place:
    return message.partition, message.offset


def keyed(number: int, offset: int, key: str | None) -> Message:
    return Message("t", number, offset, key, b"", {}, datetime(2026, 11, 23, tzinfo=UTC))


class Group:
    """Partitions of one topic. `broken` messages fail, alone and together, until they are taken out of it."""

    def __init__(self, partitions: int, *, across: bool = True) -> None:
        self.batches: list[list[Place]] = []
        self.alone: list[Place] = []
        self.finished: list[Place] = []
        self.blocked: set[int] = set()
        self.broken: set[Place] = set()
        self.done: Callable[[int], int] = lambda count: count
        self.press: set[str] = set()
        self.unknown = False
        self.looked_at: list[Place] = []
        self.across_partitions = across
        self.slots = HandlerSlots(2)
        self.workers = [self._worker(number) for number in range(partitions)]

    def _worker(self, number: int) -> PartitionWorker:
        return PartitionWorker(
            Partition("t", number),
            1,
            self,
            finished=lambda done: self.finished.append(place(done)),
            blocked=lambda blocked: self.blocked.add(number) if blocked else self.blocked.discard(number),
            slots=self.slots,
            backoff=QUICK,
            group=lambda: self.workers,
        )

    def together(self, topic: str) -> bool:
        return True

    async def pressing(self, messages: Sequence[Message]) -> Collection[str]:
        if self.unknown:
            raise ConnectionError("the database is away")
        self.looked_at += [place(message) for message in messages]
        return {message.key for message in messages if message.key in self.press}  # type: ignore[misc]  # None is not

    def across(self, topic: str) -> bool:
        return self.across_partitions

    async def handle(self, message: Message) -> None:
        if place(message) in self.broken:
            raise ValueError("a defect")
        self.alone.append(place(message))

    async def handle_together(self, messages: Sequence[Message]) -> int:
        await asyncio.sleep(0)
        if self.broken.intersection(map(place, messages)):
            raise ValueError("one of them")
        done = self.done(len(messages))
        self.batches.append([place(each) for each in messages[:done]])
        return done

    async def set_aside_by_order(self, message: Message, why: str) -> bool:
        return False

    def cure(self, message: Message) -> str:
        return ""

    async def put(self, *counts: int) -> None:
        """So many messages of each partition arrive while nobody has a turn."""
        async with self.slots.all():
            for number, count in enumerate(counts):
                for offset in range(count):
                    self.workers[number].put(keyed(number, offset, None))
            await asyncio.sleep(0)

    async def end(self) -> None:
        for worker in self.workers:
            worker.drain()
        await asyncio.wait_for(asyncio.gather(*(worker.task for worker in self.workers)), LIMIT)

    def in_order(self, *counts: int) -> bool:
        return all(
            [offset for number, offset in self.finished if number == partition] == list(range(count))
            for partition, count in enumerate(counts)
        )


async def test_messages_of_all_partitions_share_a_transaction_each_partition_in_its_order() -> None:
    group = Group(3)
    await group.put(2, 1, 3)
    await until(lambda: len(group.finished) == 6, LIMIT)
    assert len(group.batches) == 1
    assert group.in_order(2, 1, 3)
    await group.end()


async def test_one_message_of_each_of_two_partitions_is_a_batch() -> None:
    group = Group(2)
    await group.put(1, 1)
    await until(lambda: len(group.finished) == 2, LIMIT)
    assert (len(group.batches), group.alone) == (1, [])
    await group.end()


async def test_what_a_batch_left_undone_is_handled_next_whatever_partition_it_is_of() -> None:
    group = Group(3)
    group.done = lambda count: min(count, 4)
    await group.put(3, 3, 3)
    await until(lambda: len(group.finished) == 9, LIMIT)
    assert group.in_order(3, 3, 3)
    assert all(len(batch) <= 4 for batch in group.batches)
    await group.end()


async def test_a_message_that_fails_holds_up_its_own_partition_and_no_other() -> None:
    group = Group(3)
    group.broken.add((1, 1))
    await group.put(3, 3, 3)
    await until(lambda: len(group.finished) == 7, LIMIT)
    assert group.in_order(3, 1, 3)
    assert group.blocked == {1}
    await group.put(2, 0, 2)
    await until(lambda: len(group.finished) == 11, LIMIT)
    assert group.blocked == {1}
    group.broken.clear()
    await until(lambda: len(group.finished) == 13, LIMIT)
    assert [offset for number, offset in group.finished if number == 1] == [0, 1, 2]
    await group.end()


async def test_partitions_stay_apart_where_their_messages_may_not_share() -> None:
    group = Group(2, across=False)
    await group.put(3, 3)
    await until(lambda: len(group.finished) == 6, LIMIT)
    assert all(len({number for number, _ in batch}) == 1 for batch in group.batches)
    await group.end()


async def test_no_batch_is_larger_than_its_limit_and_none_is_left_behind() -> None:
    group = Group(2)
    count = TOGETHER_MESSAGES_MAX
    await group.put(count - 50, count - 50)
    await until(lambda: len(group.finished) == 2 * (count - 50), LIMIT)
    assert max(map(len, group.batches)) <= count
    assert group.in_order(count - 50, count - 50)
    await group.end()


async def test_a_partition_that_is_given_up_is_not_drawn_into_another_turn() -> None:
    group = Group(2)
    async with group.slots.all():
        for number in range(2):
            for offset in range(2):
                value = Message("t", number, offset, None, b"", {}, datetime(2026, 11, 23, tzinfo=UTC))
                group.workers[number].put(value)
        group.workers[1].drain()
        await asyncio.sleep(0)
    await until(lambda: len(group.finished) >= 2, LIMIT)
    assert {number for number, _ in group.finished} == {0}
    await group.end()


async def waiting(group: Group, *keys: Sequence[str]) -> None:
    """Messages of these keys wait in each partition, behind a turn that somebody else has."""
    async with group.slots.all():
        for number, given in enumerate(keys):
            for offset, key in enumerate(given):
                group.workers[number].put(keyed(number, offset, key))
        await asyncio.sleep(0)


MANY = [f"booking-{number}" for number in range(PRESSING_LOOKS_MIN)]


async def test_what_presses_is_handled_before_all_that_waits_each_key_in_its_order() -> None:
    group = Group(3)
    group.press = {"stop-1", "stop-2"}
    await waiting(group, [*MANY, "stop-1", *MANY, "stop-1"], MANY, ["stop-2"])
    await until(lambda: len(group.finished) == 3 * len(MANY) + 3, LIMIT)
    last = 2 * len(MANY) + 1
    assert sorted(group.batches[0]) == [(0, len(MANY)), (0, last), (2, 0)]
    assert group.finished.index((0, len(MANY))) < group.finished.index((0, last))
    assert [offset for number, offset in group.finished if number == 1] == list(range(len(MANY)))
    await group.end()


async def test_a_message_that_presses_alone_is_a_turn_of_its_own_whichever_partition_has_the_turn() -> None:
    for number in range(2):
        group = Group(2)
        group.press = {"stop"}
        await waiting(group, *([*MANY, "stop"] if each == number else MANY for each in range(2)))
        await until(lambda group=group: len(group.finished) == 2 * len(MANY) + 1, LIMIT)  # type: ignore[misc]
        assert group.finished.index((number, len(MANY))) <= 1
        await group.end()


async def test_each_message_is_looked_at_once_and_what_presses_goes_on_to_press() -> None:
    group = Group(1)
    group.press = {"stop"}
    group.done = lambda count: 1
    await waiting(group, [*MANY, "stop", "stop", "stop"])
    await until(lambda: len(group.finished) == len(MANY) + 3, LIMIT)
    assert [offset for _, offset in group.finished[:3]] == [len(MANY), len(MANY) + 1, len(MANY) + 2]
    assert len(group.looked_at) == len(set(group.looked_at))
    await group.end()


async def test_few_messages_and_those_of_which_nothing_is_known_keep_their_order() -> None:
    few = Group(1)
    few.press = {"stop"}
    await waiting(few, ["booking", "stop"])
    unknown = Group(1)
    unknown.press, unknown.unknown = {"stop"}, True
    await waiting(unknown, [*MANY, "stop"])
    await until(lambda: (len(few.finished), len(unknown.finished)) == (2, len(MANY) + 1), LIMIT)
    assert few.in_order(2)
    assert few.looked_at == []
    assert unknown.in_order(len(MANY) + 1)
    await few.end()
    await unknown.end()
