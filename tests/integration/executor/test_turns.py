"""As many workflows as there are slots are in flight; the others wait for their turn, and waiting uses nothing up."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.executor.execution.budget import RepeatBudget
from services.executor.execution.slots import WAITING_SECONDS_MAX
from services.executor.handlers.turn_queue import TURNS_PART, TurnQueue
from services.executor.workflow.saga import UNREAD_LOOK
from shared.events import approvals, identity, murex
from shared.events.plans import PlanClosed, PlanDrawn, TurnAwaited
from shared.events.progress import ProgressReported
from shared.hedging.order import InstructionType
from shared.plans.turns import WAITING_FOR_TURN
from shared.telemetry.health import Health, State
from tests.integration.executor.test_verified_runs import verified
from tests.support import executions, hedges
from tests.support.desk import Desk
from tests.support.rollout import stopped
from tests.support.stack import TestDatabase

pytestmark = pytest.mark.integration

ORDER = hedges.order("USD", "1000000", entity_id="ENTITY0037", nav_type="COI")


@pytest.fixture
def narrow(desk: Desk) -> Desk:
    """An executor of an installation with one slot."""
    desk.slots = 1
    return desk


def queue(desk: Desk, health: Health | None = None) -> TurnQueue:
    return TurnQueue(lambda: desk.pool, desk.take_turns, health or Health(), desk.slots)


async def planned(desk: Desk, **changes: Any) -> PlanDrawn:
    return await desk.plan(await desk.propose(replace(ORDER, **changes)))


async def granted(desk: Desk, after: int = 0) -> PlanDrawn:
    """A plan and its grant, so many seconds later."""
    drawn = await planned(desk)
    assert await desk.grant(drawn, iat=desk.now + timedelta(seconds=after)) is None
    return drawn


async def told(desk: Desk, workflow_id: str) -> ProgressReported:
    last = (await desk.events(identity.progress_stream(workflow_id)))[-1]
    assert isinstance(last, ProgressReported)
    return last


async def in_flight(desk: Desk) -> set[str]:
    return {row["workflow_id"] for row in await desk.rows("SELECT workflow_id FROM executor.slots")}


async def waiting(desk: Desk) -> list[str]:
    rows = await desk.rows("SELECT workflow_id FROM executor.todo WHERE task = 'APPLY' ORDER BY due_at, workflow_id")
    return [row["workflow_id"] for row in rows]


async def test_turns_come_in_the_order_of_the_grants_as_slots_come_free(narrow: Desk) -> None:
    first, late, early = await granted(narrow), await granted(narrow, after=9), await granted(narrow, after=3)
    assert await in_flight(narrow) == {first.workflow_id}
    assert await waiting(narrow) == [early.workflow_id, late.workflow_id]
    assert not await narrow.sent(late.workflow_id)
    (reserved,) = await narrow.rows("SELECT count(DISTINCT workflow_id) AS n FROM hawk.exposure_movements")
    assert reserved["n"] == 1
    assert not await queue(narrow).look()
    for done, follows in ((first, early), (early, late)):
        await narrow.acknowledge(done.workflow_id)
        assert await in_flight(narrow) == set()
        await queue(narrow).look()
        assert await in_flight(narrow) == {follows.workflow_id}
        assert await narrow.state(follows.workflow_id) == "PREPARED"
    assert await waiting(narrow) == []


async def test_who_waits_is_told_how_many_are_before_it(narrow: Desk) -> None:
    await granted(narrow)
    for before in range(2):
        drawn = await granted(narrow, after=before)
        last = await told(narrow, drawn.workflow_id)
        assert last.state == "APPROVED"
        assert last.status.startswith(f"Waiting for its turn: {before} before it, about ")
        assert last.reason == f"{WAITING_FOR_TURN}: {last.status}"
        (_, awaited) = await narrow.events(identity.plan_stream(drawn.workflow_id))
        assert isinstance(awaited, TurnAwaited)
        assert (awaited.before, awaited.granted_at) == (before, narrow.now + timedelta(seconds=before))


async def test_nobody_overtakes_those_who_wait(narrow: Desk) -> None:
    first, second = await granted(narrow), await granted(narrow, after=1)
    await narrow.acknowledge(first.workflow_id)
    third = await granted(narrow, after=2)
    assert await waiting(narrow) == [second.workflow_id, third.workflow_id]


async def test_what_sends_no_deals_never_waits(narrow: Desk) -> None:
    await granted(narrow)
    inquiry = await planned(narrow, instruction_type=InstructionType.U)
    assert await narrow.grant(inquiry) is None
    assert await narrow.state(inquiry.workflow_id) == "COMPLETED"
    assert len(await in_flight(narrow)) == 1


async def decline(desk: Desk, workflow_id: str) -> None:
    first, *others = await desk.sent(workflow_id)
    await desk.answer(executions.answer_of(first, "NOK"))
    assert workflow_id in await in_flight(desk)
    for sent in others:
        await desk.answer(executions.answer_of(sent, "NOK"))


async def test_a_workflow_that_is_undone_gives_its_slot_back(narrow: Desk) -> None:
    first, second = await granted(narrow), await granted(narrow, after=1)
    await decline(narrow, first.workflow_id)
    for event in await narrow.events(identity.execution_stream(first.workflow_id)):
        if isinstance(event, murex.DealCancelSent):
            await narrow.answer(executions.cancelled(event))
    assert await narrow.state(first.workflow_id) == "COMPENSATED"
    await queue(narrow).look()
    assert await in_flight(narrow) == {second.workflow_id}


Change = Callable[[Desk], Awaitable[None]]


async def time_is_up(desk: Desk) -> None:
    desk.now += timedelta(hours=25)


async def a_stop_is_thrown(desk: Desk) -> None:
    await desk.control(stopped())


@pytest.mark.parametrize(
    ("change", "state", "code"),
    [(time_is_up, "EXPIRED", "GRANT_EXPIRED"), (a_stop_is_thrown, "REFUSED", "STOPPED")],
)
async def test_what_has_changed_meanwhile_counts_when_the_turn_comes(
    narrow: Desk, change: Change, state: str, code: str
) -> None:
    first, second = await granted(narrow), await granted(narrow, after=1)
    await narrow.acknowledge(first.workflow_id)
    await change(narrow)
    await queue(narrow).look()
    closed = (await narrow.events(identity.plan_stream(second.workflow_id)))[-1]
    assert isinstance(closed, PlanClosed)
    assert (closed.state, closed.code) == (state, code)
    assert (await waiting(narrow), await in_flight(narrow)) == ([], set())


async def test_a_grant_that_lapses_waits_no_more(narrow: Desk) -> None:
    await granted(narrow)
    second = await granted(narrow, after=1)
    lapse = approvals.GrantLapsed(workflow_id=second.workflow_id, jti=f"jti-{second.workflow_id}", lapsed_at=narrow.now)
    stream = identity.approval_stream(second.workflow_id)
    assert await narrow.take(lapse, stream=stream, topic="hawk.approvals", version=9) is None
    assert await narrow.state(second.workflow_id) == "EXPIRED"
    assert await waiting(narrow) == []


async def test_a_grant_that_waits_is_good_once(narrow: Desk) -> None:
    await granted(narrow)
    second = await granted(narrow, after=1)
    assert await narrow.grant(second, iat=narrow.now + timedelta(seconds=2)) == "GRANT_ALREADY_USED"
    assert await waiting(narrow) == [second.workflow_id]


async def test_executors_that_begin_at_the_same_moment_keep_to_the_bound(narrow: Desk) -> None:
    narrow.slots = 3
    plans = [await planned(narrow) for _ in range(8)]
    await asyncio.gather(*(narrow.grant(each, iat=narrow.now) for each in plans))
    assert len(await in_flight(narrow)) == 3
    assert len(await waiting(narrow)) == 5
    queues = [queue(narrow) for _ in range(3)]
    for _ in range(8):
        for workflow_id in await in_flight(narrow):
            await narrow.acknowledge(workflow_id)
        await asyncio.gather(*(each.look() for each in queues))
        assert len(await in_flight(narrow)) <= 3
    states = [await narrow.state(each.workflow_id) for each in plans]
    assert states == ["COMPLETED"] * 8


async def test_one_that_cannot_be_begun_holds_up_nobody(narrow: Desk) -> None:
    first, broken, third = await granted(narrow), await granted(narrow, after=1), await granted(narrow, after=2)

    async def turn(workflow_ids: Sequence[str]) -> int:
        if broken.workflow_id in workflow_ids:
            raise LookupError("a bug")
        return await narrow.take_turns(workflow_ids)

    health = Health()
    turns = TurnQueue(lambda: narrow.pool, turn, health, narrow.slots)
    await narrow.acknowledge(first.workflow_id)
    await turns.look()
    await turns.look()
    assert await in_flight(narrow) == {third.workflow_id}
    part = health.part(TURNS_PART)
    assert part is not None
    assert (part.state, broken.workflow_id in part.detail) == (State.DEFECT, True)


async def test_health_names_a_queue_in_which_the_first_waits_too_long(narrow: Desk) -> None:
    await granted(narrow)
    await granted(narrow, after=1)
    health = Health()
    for seconds, state in ((WAITING_SECONDS_MAX - 30, State.RUNNING), (WAITING_SECONDS_MAX + 30, State.WAITING)):
        await narrow.pool.execute(
            "UPDATE executor.todo SET due_at = now() - make_interval(secs => $1) WHERE task = 'APPLY'", seconds
        )
        await queue(narrow, health).look()
        part = health.part(TURNS_PART)
        assert part is not None
        assert part.state is state
        assert not part.detail or "1 approved plans wait" in part.detail


async def test_silence_asks_again_no_faster_than_the_budget(desk: Desk) -> None:
    desk.repeats = RepeatBudget(per_second=1, at_once=6)
    plans = [await granted(desk) for _ in range(2)]
    deals = [len(await desk.sent(each.workflow_id)) for each in plans]
    assert deals == [6, 6]

    async def enquiries(drawn: PlanDrawn) -> int:
        events = await desk.events(identity.execution_stream(drawn.workflow_id))
        return sum(isinstance(event, murex.DealStatusEnquired) for event in events)

    since = desk.now
    desk.now += timedelta(seconds=20)
    for drawn in plans:
        await desk.look(drawn.workflow_id, since)
    assert [await enquiries(each) for each in plans] == [6, 0]
    (due,) = await desk.rows("SELECT due_at FROM executor.todo WHERE workflow_id = $1", plans[1].workflow_id)
    assert due["due_at"] == desk.now + UNREAD_LOOK
    desk.now += timedelta(seconds=6)
    await desk.look(plans[1].workflow_id, since)
    assert [await enquiries(each) for each in plans] == [6, 6]


async def test_workflows_that_waited_verify(narrow: Desk, desk_database: TestDatabase) -> None:
    first, second, third = await granted(narrow), await granted(narrow, after=1), await granted(narrow, after=2)
    for done in (first, second):
        await narrow.acknowledge(done.workflow_id)
        await queue(narrow).look()
    await narrow.acknowledge(third.workflow_id)
    report = await verified(desk_database)
    assert report.ok, report.findings
