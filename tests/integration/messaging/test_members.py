"""Members of a group on real servers: they share partitions, hand them on, stop, and join again."""

import asyncio

import pytest

from shared.errors import Defect
from shared.messaging.message import Message
from shared.messaging.offsets import OffsetLedger, Partition
from shared.messaging.session import Session
from shared.messaging.unit_of_work import UnitOfWork
from shared.telemetry.health import Health, State
from shared.telemetry.metrics import STALLED
from tests.support.bench import Bench, record_repeat, until

pytestmark = pytest.mark.integration

LIMIT = 20.0


async def test_message_in_flight_is_finished_once_when_its_partition_is_revoked(bench: Bench) -> None:
    calls: list[str] = []
    entered, go_on = asyncio.Event(), asyncio.Event()

    async def slow(unit: UnitOfWork, message: Message) -> None:
        calls.append(message.id)
        entered.set()
        await go_on.wait()
        await record_repeat(unit, message)

    first = bench.consumer(slow)
    await bench.publish("p0")
    await bench.publish("p1", partition=1)
    await until(entered.is_set, LIMIT)
    second = bench.consumer(slow)

    def draining() -> bool:
        return any(worker._draining.is_set() for worker in first._session._workers.values())

    await until(draining, LIMIT)
    assert await bench.events() == []
    go_on.set()

    async def shared() -> bool:
        committed = [await bench.committed(number) for number in (0, 1)]
        return committed == [1, 1] and len(first.partitions) == 1 and len(second.partitions) == 1

    await until(shared, LIMIT)
    assert sorted(await bench.streams()) == ["p0", "p1"]
    assert len(calls) == 2


async def test_two_members_share_the_partitions_and_take_over_when_one_leaves(bench: Bench) -> None:
    first, second = bench.consumer(), bench.consumer()

    def split() -> bool:
        return len(first.partitions) == 1 and len(second.partitions) == 1

    await until(split, LIMIT)
    await bench.publish("a", "b")
    await bench.publish("c", "d", partition=1)

    async def handled() -> bool:
        return len(await bench.events()) == 4

    await until(handled, LIMIT)
    await first.stop()

    def taken_over() -> bool:
        return len(second.partitions) == 2

    await until(taken_over, LIMIT)
    await bench.publish("e")
    await bench.publish("f", partition=1)

    async def all_handled() -> bool:
        return len(await bench.events()) == 6

    await until(all_handled, LIMIT)
    assert sorted(await bench.streams()) == ["a", "b", "c", "d", "e", "f"]


async def test_stop_returns_quickly_and_keeps_what_is_done_when_messages_are_queued(bench: Bench) -> None:
    entered = asyncio.Event()

    async def handler(unit: UnitOfWork, message: Message) -> None:
        entered.set()
        await record_repeat(unit, message)

    consumer = bench.consumer(handler)
    await bench.publish(*(f"n{number}" for number in range(200)))
    await until(entered.is_set, LIMIT)
    await asyncio.wait_for(consumer.stop(5.0), 8.0)
    handled = len(await bench.events())
    assert handled > 0
    assert await bench.committed() == handled


async def test_consumer_waits_and_can_be_stopped_when_there_is_no_broker(bench: Bench) -> None:
    health = Health()
    bench.bootstrap, real = "127.0.0.1:9", bench.bootstrap
    consumer = bench.consumer(health=health)
    bench.bootstrap = real

    def tried() -> bool:
        part = health.part(f"consumer:{bench.group}")
        return part is not None and "KafkaConnectionError" in part.detail

    await until(tried, LIMIT)
    part = health.part(f"consumer:{bench.group}")
    assert part is not None
    assert part.state is State.STARTING
    await asyncio.wait_for(consumer.stop(1.0), 5.0)


async def test_unfinished_message_goes_to_the_other_member_when_draining_takes_too_long(
    bench: Bench,
) -> None:
    """Fencing: what the first member still holds is rolled back, and nothing of it is committed."""
    stuck: list[int] = []

    async def never_ends(unit: UnitOfWork, message: Message) -> None:
        stuck.append(message.partition)
        await asyncio.Event().wait()

    first = bench.consumer(never_ends, together=False)
    first._drain_seconds = 0.2
    await bench.publish("p0")
    await bench.publish("p1", partition=1)
    await until(lambda: sorted(stuck) == [0, 1], LIMIT)
    second = bench.consumer()
    await until(lambda: len(second.partitions) == 1, LIMIT)

    async def taken_over() -> bool:
        return len(await bench.events()) == 1

    await until(taken_over, LIMIT)
    assert len(first.partitions) == 1
    await first.stop(0.2)

    async def all_taken_over() -> bool:
        return [await bench.committed(0), await bench.committed(1)] == [1, 1]

    await until(all_taken_over, LIMIT)
    assert sorted(await bench.streams()) == ["p0", "p1"]


async def test_session_is_begun_anew_when_messages_wait_and_nothing_is_fetched(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetch = Session._fetch
    fetches: list[int] = []

    async def deaf_at_first(self: Session) -> None:
        fetches.append(1)
        if len(fetches) == 1:
            await asyncio.Event().wait()
        await fetch(self)

    monkeypatch.setattr(Session, "_fetch", deaf_at_first)
    health = Health()
    bench.consumer(health=health, watch_seconds=0.1, stalled_seconds=1.0)
    await bench.publish("a")

    async def handled() -> bool:
        return await bench.committed() == 1

    await until(handled, LIMIT)
    assert len(fetches) >= 2, "more, where joining takes longer than the stall"
    assert STALLED.labels(group=bench.group)._value.get() >= 1


async def test_session_is_begun_anew_when_the_bookkeeping_of_a_partition_fails(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    finish = OffsetLedger.finish
    failures: list[int] = []

    def broken_once(self: OffsetLedger, partition: Partition, epoch: int, offset: int) -> bool:
        if not failures:
            failures.append(offset)
            raise Defect("the bookkeeping fails")
        return finish(self, partition, epoch, offset)

    monkeypatch.setattr(OffsetLedger, "finish", broken_once)
    bench.consumer()
    await bench.publish("a")

    async def handled() -> bool:
        return await bench.committed() == 1

    await until(handled, LIMIT)
    assert await bench.streams() == ["a"]
