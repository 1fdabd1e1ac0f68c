"""A stop that fails safe: while hawk.control is not read to its end nothing begins and no deal is sent."""

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from services.executor import app as executor
from services.executor.handlers.rollout import decisions
from services.executor.handlers.rollout.reading import HasToWait, NothingTakenIn
from services.executor.handlers.rollout.watermark import CONTROL_PART, ControlReading
from services.executor.rollout import checking
from services.executor.rollout.state import Taking, take
from shared.errors import Defect
from shared.events import identity, topics
from shared.events.base import Event
from shared.events.booking import AnswerIgnored
from shared.events.plans import PlanClosed
from shared.events.rollout import ControlCaughtUp, ControlFellBehind
from shared.messaging.unit_of_work import run_unit
from shared.telemetry.health import Health, State
from shared.telemetry.metrics import RETRIED
from tests.support import executions, hedges
from tests.support.desk import Desk
from tests.support.eventually import eventually_async
from tests.support.poison import Poisoned, poisoned
from tests.support.rollout import limited, stopped, terms_set
from tests.support.stack import TestDatabase
from tests.support.units import CAUSE

pytestmark = pytest.mark.integration

USD_25M = hedges.order("USD", "25000000", entity_id="ENTITY0037", nav_type="COI")
#: More than ten seconds ago, or never.
UNREAD = ("now() - interval '11 seconds'", "'-infinity'", "NULL")
AGE = "SELECT extract(epoch FROM clock_timestamp() - caught_up_at)::float8 AS age FROM executor.control_watermark"


async def unread(desk: Desk, as_of: str = UNREAD[0]) -> None:
    await desk.pool.execute(f"UPDATE executor.control_watermark SET caught_up_at = {as_of}")  # noqa: S608


@pytest.mark.parametrize("as_of", UNREAD)
async def test_a_grant_waits_and_is_used_once_hawk_control_is_read(desk: Desk, as_of: str) -> None:
    workflow_id = await desk.propose(USD_25M)
    plan = await desk.plan(workflow_id)
    await unread(desk, as_of)
    with pytest.raises(HasToWait, match="a stop may stand there"):
        await desk.grant(plan)
    assert await desk.sent(workflow_id) == []
    assert not any(isinstance(event, PlanClosed) for event in await desk.events(identity.plan_stream(workflow_id)))
    await desk.read_control("now")
    assert await desk.grant(plan) is None
    assert len(await desk.sent(workflow_id)) == 6


async def test_a_deal_is_not_sent_again_and_no_attempt_is_used(desk: Desk) -> None:
    workflow_id = await desk.propose(USD_25M)
    await desk.grant(await desk.plan(workflow_id))
    sent = await desk.sent(workflow_id)
    await desk.acknowledge(workflow_id, [1, 2, 3, 4, 5])
    await desk.time_passes(workflow_id, 16)
    await unread(desk)
    await desk.answer(executions.status_of(await desk.enquiry(sent[5]), "UNKNOWN"))
    await desk.time_passes(workflow_id, 16)
    assert await desk.sent(workflow_id) == sent
    (ignored,) = [each for each in await _execution(desk, workflow_id) if isinstance(each, AnswerIgnored)]
    assert "hawk.control was last read to its end" in ignored.why
    (row,) = await desk.rows("SELECT due_at FROM executor.todo WHERE workflow_id = $1", workflow_id)
    assert row["due_at"] > desk.now, "it is looked at again soon, not at once"
    await desk.read_control("now")
    await desk.time_passes(workflow_id, 16)
    again = (await desk.sent(workflow_id))[6:]
    assert [(each.deal_sequence, each.attempt) for each in again] == [(6, 2)]
    await desk.acknowledge(workflow_id, [6])
    assert await desk.state(workflow_id) == "COMPLETED"


async def test_what_undoes_a_workflow_goes_on(desk: Desk) -> None:
    workflow_id = await desk.propose(USD_25M)
    await desk.grant(await desk.plan(workflow_id))
    sent = await desk.sent(workflow_id)
    await unread(desk)
    await desk.answer(executions.answer_of(sent[0], "NOK"))
    assert await desk.state(workflow_id) == "COMPENSATING"
    await desk.confirm_cancels(workflow_id)
    assert await desk.state(workflow_id) == "COMPENSATED"


async def test_nothing_is_planned_or_begun_before_version_one_came(desk: Desk) -> None:
    workflow_id = await desk.propose(USD_25M)
    plan = await desk.plan(workflow_id)
    await desk.pool.execute("UPDATE executor.rollout SET terms = NULL")
    with pytest.raises(NothingTakenIn):
        await desk.propose(USD_25M, "another")
    with pytest.raises(NothingTakenIn):
        await desk.grant(plan)
    await desk.pool.execute("UPDATE executor.policy SET policy = NULL")
    with pytest.raises(NothingTakenIn):
        await desk.propose(USD_25M, "a third")


async def test_falling_behind_and_catching_up_are_told_once_each(desk: Desk) -> None:
    run = partial(run_unit, desk.pool, CAUSE, projector=None)
    health = Health()
    reading = ControlReading(lambda: desk.pool, health, run)
    other = ControlReading(lambda: desk.pool, Health(), run)
    await reading.look()
    await other.look()
    assert _state(health) is State.RUNNING
    for each in (reading, other):
        each._began = hedges.NOW  # long ago
    await unread(desk)
    for each in (reading, other, reading):
        await each.look()
    assert _state(health) is State.WAITING
    await desk.read_control("now")
    for each in (reading, other, reading):
        await each.look()
    assert await _noted(desk) == [ControlFellBehind, ControlCaughtUp]
    assert _state(health) is State.RUNNING


async def test_a_process_is_not_ready_before_it_has_read_hawk_control_once(desk: Desk) -> None:
    health = Health()
    await unread(desk, "NULL")
    reading = ControlReading(lambda: desk.pool, health, partial(run_unit, desk.pool, CAUSE, projector=None))
    await reading.look()
    assert _state(health) is State.STARTING
    assert not await _noted(desk), "HAWK was down, which is known anyway"
    await desk.read_control("now")
    await desk.pool.execute("UPDATE executor.policy SET policy = NULL")
    await reading.look()
    assert _state(health) is State.STARTING


@pytest.fixture
async def at_work(
    kafka_bootstrap: str, desk: Desk, desk_database: TestDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Poisoned]:
    """An executor whose clock is the desk's: its reference data is of that day."""
    monkeypatch.setattr(executor, "now", lambda: desk.now)
    async with poisoned(kafka_bootstrap, desk_database, desk.keys, tmp_path, only="executor") as running:
        yield running


@pytest.mark.parametrize(
    ("decision", "state"), [(stopped(), "REFUSED"), (terms_set(limited("I")), "PREPARED")], ids=["stop", "terms"]
)
async def test_a_blocked_consumer_of_hawk_control_lets_nothing_begin_and_goes_on_by_itself(
    at_work: Poisoned, desk: Desk, monkeypatch: pytest.MonkeyPatch, decision: Event, state: str
) -> None:
    """Not one second is waited for: the limit is made shorter than the ten it is."""
    monkeypatch.setattr(checking, "CAUGHT_UP_SECONDS_MAX", 2)
    blocked = [True]

    def defective(*given: Any) -> Taking:
        if blocked:
            raise Defect("a decision that this release cannot take in")
        return take(*given)

    monkeypatch.setattr(decisions, "take", defective)
    await unread(desk, "NULL")
    await eventually_async(lambda: _age(desk), 60, until=lambda age: age is not None and age < 2, what="caught up")
    workflow_id = await desk.propose(USD_25M)
    plan = await desk.plan(workflow_id)
    control = next(
        each for each in at_work.places if each.topic == topics.CONTROL and "ExecutionStopped" in each.events
    )
    grants = next(each for each in at_work.places if each.topic == topics.APPROVALS)
    await at_work.tell(control, identity.ROLLOUT_STREAM, decision)
    await eventually_async(lambda: _age(desk), 60, until=lambda age: (age or 0) > 2, what="hawk.control unread")

    await at_work.tell(grants, identity.approval_stream(workflow_id), desk.granted(plan))
    tried = RETRIED.labels(group=grants.group, topic=grants.name, why="waits")
    await eventually_async(lambda: _value(tried), 60, until=lambda times: times > 0, what="the grant to be held back")
    assert await desk.sent(workflow_id) == []
    blocked.clear()
    await at_work.all_done()
    assert await desk.state(workflow_id) == state
    assert bool(await desk.sent(workflow_id)) is (state == "PREPARED")


async def _age(desk: Desk) -> float | None:
    (row,) = await desk.rows(AGE)
    age: float | None = row["age"]
    return age


async def _noted(desk: Desk) -> list[type[Event]]:
    noted = await desk.events(identity.EXECUTOR_CONTROL_STREAM)
    return [type(each) for each in noted if isinstance(each, ControlFellBehind | ControlCaughtUp)]


async def _value(counter: Any) -> float:
    return float(counter._value.get())


def _state(health: Health) -> State | None:
    part = health.part(CONTROL_PART)
    return None if part is None else part.state


async def _execution(desk: Desk, workflow_id: str) -> list[Event]:
    return await desk.events(identity.execution_stream(workflow_id))
