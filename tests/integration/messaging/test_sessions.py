"""Sessions with the broker that end again and again."""

import asyncio
from dataclasses import dataclass, field

import pytest
from aiokafka.errors import KafkaConnectionError, UnsupportedVersionError

from shared.messaging.faults import Backoff
from shared.messaging.records import AIOKafkaConsumer
from shared.messaging.session import Session
from shared.telemetry.health import Health, State
from tests.support.bench import Bench, until

pytestmark = pytest.mark.integration

LIMIT = 30.0
SESSIONS = 4


@dataclass(frozen=True, slots=True)
class Counted(Backoff):
    """Waits shortly, and keeps the number of failures it was asked for."""

    asked: list[int] = field(default_factory=list)

    def seconds(self, failures: int) -> float:
        self.asked.append(failures)
        return 0.01


@pytest.mark.parametrize(
    ("error", "state"),
    [(UnsupportedVersionError("never heard of it"), State.DEFECT), (KafkaConnectionError("gone"), State.WAITING)],
    ids=["stays so", "passes"],
)
async def test_waits_grow_until_something_is_handled_and_what_stays_so_is_a_defect(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, error: Exception, state: State
) -> None:
    fetch, report = Session._fetch, Health.report
    waits, states, may_fetch = Counted(base_seconds=0.01, cap_seconds=0.01), set[State](), asyncio.Event()

    async def failing(self: Session) -> None:
        await until(lambda: bool(self.partitions), LIMIT)
        if may_fetch.is_set():
            fetching = asyncio.create_task(fetch(self))
            await until(lambda: self.handled > 0, LIMIT)
            fetching.cancel()
            may_fetch.clear()
        raise error

    def noted(self: Health, part: str, found: State, why: str = "") -> None:
        states.add(found)
        report(self, part, found, why)

    monkeypatch.setattr(Session, "_fetch", failing)
    monkeypatch.setattr(Health, "report", noted)
    bench.consumer(session_backoff=waits)
    await until(lambda: len(waits.asked) >= SESSIONS, LIMIT)
    assert waits.asked[:SESSIONS] == list(range(1, SESSIONS + 1))
    assert states & {State.DEFECT, State.WAITING} == {state}
    await bench.publish("a")
    before = len(waits.asked)
    may_fetch.set()
    await until(lambda: 1 in waits.asked[before:], LIMIT)
    assert await bench.streams() == ["a"]


async def test_stop_while_the_group_is_joined_ends_without_a_defect(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    joining, states = asyncio.Event(), set[State]()
    report = Health.report

    async def never(self: AIOKafkaConsumer) -> None:
        joining.set()
        await asyncio.Event().wait()

    def noted(self: Health, part: str, found: State, why: str = "") -> None:
        states.add(found)
        report(self, part, found, why)

    monkeypatch.setattr(AIOKafkaConsumer, "start", never)
    monkeypatch.setattr(Health, "report", noted)
    consumer = bench.consumer()
    await joining.wait()
    await consumer.stop()
    await bench.consumers[0][1]
    assert states == {State.STARTING}
