"""Whether everything that stands on a partition is handled, asked of a real broker."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from aiokafka import AIOKafkaProducer

from shared.errors import Defect
from shared.messaging.message import Message
from shared.messaging.offsets import Partition
from shared.messaging.unit_of_work import UnitOfWork
from tests.support.bench import Bench, record_repeat, until

pytestmark = pytest.mark.integration

LIMIT = 30.0


@dataclass
class Told:
    """A watch that keeps what it is told."""

    last: dict[int, datetime] = field(default_factory=dict)
    looks: int = 0

    async def now(self) -> datetime:
        self.looks += 1
        return datetime.now(UTC)

    async def caught_up(self, found: Mapping[Partition, datetime], partitions: frozenset[int]) -> None:
        assert partitions == {0, 1}
        self.last |= {partition.number: as_of for partition, as_of in found.items()}

    async def since(self, moment: datetime, *partitions: int) -> None:
        """Wait until it was told of all of them, as of later than a moment."""

        def told() -> bool:
            return all(number in self.last and self.last[number] > moment for number in partitions)

        await until(told, LIMIT)


async def test_partitions_where_nothing_ever_comes_are_caught_up_again_and_again(bench: Bench) -> None:
    told = Told()
    bench.consumer(caught_up=told)
    await told.since(datetime.now(UTC), 0, 1)
    await told.since(datetime.now(UTC), 0, 1)


async def test_a_partition_is_not_caught_up_while_a_defect_blocks_it_and_others_are(bench: Bench) -> None:
    told, blocked = Told(), [True]

    async def handler(unit: UnitOfWork, message: Message) -> None:
        if blocked:
            raise Defect("a message that cannot be handled yet")
        await record_repeat(unit, message)

    bench.consumer(handler, caught_up=told)
    await told.since(datetime.now(UTC), 0, 1)
    await bench.publish("a", partition=0)
    published = datetime.now(UTC)
    await told.since(published, 1)
    looks = told.looks
    await until(lambda: told.looks > looks + 2, LIMIT)
    assert told.last[0] <= published
    blocked.clear()
    await told.since(datetime.now(UTC), 0)
    assert await bench.streams() == ["a"]


async def test_markers_of_transactions_hold_nothing_back(bench: Bench) -> None:
    """Anybody may end a partition with offsets that hold no message: committed and aborted transactions."""
    told = Told()
    bench.consumer(caught_up=told)
    await bench.publish("a", partition=0)
    producer = AIOKafkaProducer(bootstrap_servers=bench.bootstrap, transactional_id=f"{bench.topic}-{time.time_ns()}")
    await producer.start()
    try:
        for _ in range(2):
            await producer.begin_transaction()
            await producer.send_and_wait(bench.topic, b"{", partition=0)
            await producer.abort_transaction()
    finally:
        await producer.stop()
    await told.since(datetime.now(UTC), 0, 1)


async def test_a_member_that_takes_a_partition_over_asks_for_itself(bench: Bench) -> None:
    first, second = Told(), Told()
    await bench.publish("a", "b")
    old = bench.consumer(caught_up=first)
    await first.since(datetime.now(UTC), 0, 1)
    await old.stop(1.0)
    bench.consumer(caught_up=second)
    await second.since(datetime.now(UTC), 0, 1)
