"""A message that meets a defect holds up its partition until two persons set it aside; their order is in the store."""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest
import structlog

from services.approval import set_aside
from services.approval.projection import project
from services.approval.two_persons import Actor
from shared.errors import Defect, Transient
from shared.messaging.database import open_pool
from shared.messaging.message import Message
from shared.messaging.unit_of_work import UnitOfWork, run_unit
from shared.policy.table import PRESETS
from shared.telemetry.health import Health, State
from tests.support.bench import Bench, record_repeat, until
from tests.support.stack import TestDatabase
from tests.support.units import CAUSE

pytestmark = pytest.mark.integration

LIMIT = 60.0
#: Attempts after which a message counts as held: each looks for an order before it.
ATTEMPTS = 2


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Each failed attempt is logged with all its frames, which on a loaded machine takes longer than what is tested."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.reset_defaults()


async def order(database: TestDatabase, bench: Bench, offset: int, *, at: datetime | None = None) -> Any:
    """Olga proposes, Tom confirms, as the approval service keeps it."""
    when = at or datetime.now(UTC)
    place = set_aside.Place(bench.group, bench.topic, 0, offset)
    pool = await open_pool(database.dsn("hawk_approval"), application="test", min_size=1, max_size=1)
    try:

        async def act(person: str, role: str, digest: str | None = None) -> Any:
            command = set_aside.SetAside(place, Actor(person, (role,), when), "It hangs.", digest)
            return await run_unit(
                pool, CAUSE, lambda unit: set_aside.act(unit, command, PRESETS["plan"]), projector=project
            )

        proposed = await act("olga", "OPERATIONS")
        confirmed = await act("tom", "TRADER", proposed.digest)
        (row,) = await pool.fetch("SELECT status, proposal FROM approval.set_aside")
        assert (row["status"], row["proposal"]["confirmed_by"]["person"]) == ("CONFIRMED", "tom")
        return confirmed
    finally:
        await pool.close()


def failing(*offsets: int, error: Exception) -> Any:
    """A handler that a defect of ours keeps from handling messages at these offsets."""
    seen: list[int] = []

    async def handler(unit: UnitOfWork, message: Message) -> None:
        seen.append(message.offset)
        if message.offset in offsets:
            raise error
        await record_repeat(unit, message)

    handler.seen = seen  # type: ignore[attr-defined]
    return handler


async def test_blocked_message_is_set_aside_by_the_order_of_two_and_the_partition_moves_on(
    bench: Bench, database: TestDatabase
) -> None:
    health = Health()
    handler = failing(0, error=Defect("no such model"))
    bench.consumer(handler, health=health)
    await bench.publish("blocked", "behind")

    def told() -> bool:
        part = health.part(f"consumer:{bench.group}")
        return part is not None and part.state is State.DEFECT

    await until(told, LIMIT)
    detail = health.part(f"consumer:{bench.group}").detail  # type: ignore[union-attr]
    assert f"hawk deadletters set-aside {bench.group} {bench.topic} 0 0" in detail
    assert await bench.streams() == []

    await order(database, bench, 0)

    async def moved_on() -> bool:
        return await bench.streams() == ["behind"] and await bench.committed() == 2

    await until(moved_on, LIMIT)
    (letter,) = [row["data"] for row in await bench.events("deadletter-%")]
    assert (letter["code"], letter["offset"]) == ("SET_ASIDE", 0)
    for said in ("olga (OPERATIONS)", "tom (TRADER)", "It hangs.", "no such model"):
        assert said in letter["reason"]
    await until(lambda: health.part(f"consumer:{bench.group}").state is State.RUNNING, LIMIT)  # type: ignore[union-attr]


async def test_message_that_waits_for_a_server_is_not_set_aside(bench: Bench, database: TestDatabase) -> None:
    handler = failing(0, error=Transient("PostgreSQL is away"))
    bench.consumer(handler)
    await bench.publish("waits")
    await order(database, bench, 0)
    await until(lambda: len(handler.seen) > ATTEMPTS, LIMIT)
    assert await bench.events("deadletter-%") == []
    assert await bench.committed() is None


async def test_order_of_another_day_or_place_sets_nothing_aside(bench: Bench, database: TestDatabase) -> None:
    handler = failing(0, error=Defect("no such model"))
    bench.consumer(handler)
    await bench.publish("blocked")
    await order(database, bench, 0, at=datetime.now(UTC) - timedelta(days=2))
    await until(lambda: len(handler.seen) > ATTEMPTS, LIMIT)
    assert await bench.events("deadletter-%") == []


async def test_defect_of_ours_is_never_taken_for_the_fault_of_a_message(bench: Bench) -> None:
    for error in (ZeroDivisionError("ours"), ValueError("ours"), RecursionError("ours"), TypeError("ours")):
        handler = failing(0, error=error)
        consumer = bench.consumer(handler)
        await bench.publish(f"money-{type(error).__name__}")
        await until(lambda handler=handler: len(handler.seen) > ATTEMPTS, LIMIT)
        await consumer.stop(1.0)
    assert await bench.events("deadletter-%") == []
    assert await bench.committed() is None


async def test_value_the_database_refuses_makes_a_dead_letter_and_a_broken_statement_does_not(bench: Bench) -> None:
    statements = {0: "SELECT 99999999999999999999::bigint", 1: "SELECT 1 / 0"}

    async def handler(unit: UnitOfWork, message: Message) -> None:
        connection: asyncpg.Connection = unit.connection
        await connection.fetch(statements[message.offset])

    health = Health()
    bench.consumer(handler, health=health)
    await bench.publish("refused", "defect")
    part = f"consumer:{bench.group}"
    await until(lambda: health.part(part) is not None and health.part(part).state is State.DEFECT, LIMIT)  # type: ignore[union-attr]
    assert "division by zero" in health.part(part).detail  # type: ignore[union-attr]
    assert [row["data"]["code"] for row in await bench.events("deadletter-%")] == ["VALUE_NOT_STORABLE"]
