"""A transaction that somebody leaves open: what lies behind it waits, and the member waits with it."""

import asyncio

import pytest

from shared.messaging.session import Session
from shared.telemetry.metrics import LAG, STALLED
from tests.support.bench import Bench, until
from tests.support.eventually import stays_async
from tests.support.pills import Draft
from tests.support.transactions import transaction

pytestmark = pytest.mark.integration

LIMIT = 20.0
STALL_SECONDS = 0.5


async def test_messages_of_an_open_transaction_and_markers_are_no_stall(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    sessions: list[int] = []
    session = Session.run

    async def counted(self: Session, stopping: asyncio.Event) -> None:
        sessions.append(1)
        await session(self, stopping)

    monkeypatch.setattr(Session, "run", counted)
    bench.consumer(watch_seconds=0.1, stalled_seconds=STALL_SECONDS)
    await bench.publish("before")

    async def handled() -> bool:
        return await bench.streams() == ["before"]

    await until(handled, LIMIT)
    joined = len(sessions)
    async with transaction(bench.bootstrap, bench.topic, [Draft({}, [])], commit=False):
        await bench.publish("behind")
        await stays_async(bench.streams, 4 * STALL_SECONDS, value=["before"])
        assert LAG.labels(group=bench.group, topic=bench.topic, partition="0")._value.get() == 0

    async def behind() -> bool:
        return sorted(await bench.streams()) == ["before", "behind"]

    await until(behind, LIMIT)

    async def committed() -> bool:
        return await bench.committed() == 4

    await until(committed, LIMIT)
    assert await bench.streams("deadletter-%") == []
    assert len(sessions) == joined
    assert STALLED.labels(group=bench.group)._value.get() == 0
