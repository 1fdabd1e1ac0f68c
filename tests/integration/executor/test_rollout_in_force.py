"""The executor keeps to the rollout: at planning, at apply, before a deal is sent again, and under concurrency."""

import asyncio
from decimal import Decimal

import pytest

from services.executor.handlers.rollout import reading
from services.executor.rollout.checking import Kind, WorkItem
from shared.errors import Conflict
from shared.events import identity, murex
from shared.events.base import Event
from shared.events.plans import PlanClosed, PlanRefused
from shared.events.rollout import DayLimitUsed, RolloutTakenIn
from shared.messaging.unit_of_work import UnitOfWork, run_unit
from tests.support import executions, hedges
from tests.support.desk import Desk
from tests.support.rollout import FULL, OBSERVE, OPENED, limited, resumed, stopped, terms_set
from tests.support.units import CAUSE

pytestmark = pytest.mark.integration

USD_25M = hedges.order("USD", "25000000", entity_id="ENTITY0037", nav_type="COI")
USD_20M = hedges.order("USD", "20000000", entity_id="ENTITY0037", nav_type="COI")
CHECK = hedges.order("USD", "25000000", entity_id="ENTITY0037", nav_type="COI", instruction_type="U")


async def ended(desk: Desk, workflow_id: str) -> tuple[str, str]:
    last = (await desk.events(identity.plan_stream(workflow_id)))[-1]
    assert isinstance(last, PlanClosed)
    return last.state, last.code


async def refused(desk: Desk, workflow_id: str) -> str:
    (event,) = await desk.events(identity.plan_stream(workflow_id))
    assert isinstance(event, PlanRefused), event
    assert not event.recorded
    return event.refusal.code.value


async def business_rows(desk: Desk) -> int:
    (row,) = await desk.rows("SELECT count(*) AS n FROM hawk.hedge_instructions")
    return int(row["n"])


async def test_an_order_over_the_cap_or_of_another_type_is_refused_at_planning(desk: Desk) -> None:
    await desk.control(terms_set(limited("I", order="24999999.99")))
    assert await refused(desk, await desk.propose(USD_25M)) == "ROLLOUT_NOT_ALLOWED"
    await desk.control(terms_set(limited("T")))
    assert await refused(desk, await desk.propose(USD_25M)) == "ROLLOUT_NOT_ALLOWED"
    await desk.control(stopped())
    assert await refused(desk, await desk.propose(USD_25M)) == "STOPPED"
    assert await refused(desk, await desk.propose(CHECK)) == "STOPPED"
    assert await business_rows(desk) == 0


@pytest.mark.parametrize(
    ("decision", "code"),
    [
        (terms_set(OBSERVE), "ROLLOUT_NOT_ALLOWED"),
        (terms_set(limited("I", order="24999999.99")), "ROLLOUT_NOT_ALLOWED"),
        (terms_set(limited("R")), "ROLLOUT_NOT_ALLOWED"),
        (stopped(), "STOPPED"),
    ],
    ids=["observe", "cap", "type", "stop"],
)
async def test_a_grant_is_not_applied_when_the_rollout_changed_after_it(desk: Desk, decision: Event, code: str) -> None:
    workflow_id = await desk.propose(USD_25M)
    plan = await desk.plan(workflow_id)
    await desk.control(decision)
    assert await desk.grant(plan) is None
    assert await ended(desk, workflow_id) == ("REFUSED", code)
    assert await business_rows(desk) == 0
    assert await desk.rows("SELECT FROM executor.day_use") == []


async def test_decisions_of_people_stand_over_the_mode_of_the_start(desk: Desk) -> None:
    await desk.control(terms_set(OBSERVE))
    await desk.control(terms_set(limited("I")))
    await desk.run(USD_25M)
    await desk.control(terms_set(FULL))
    await desk.run(USD_20M)
    # A check moves no money: under LIMITED it runs whatever the list says, and counts for nothing.
    await desk.control(terms_set(limited("T")))
    check = await desk.propose(CHECK)
    assert await desk.grant(await desk.plan(check), approvers=()) is None
    assert await desk.state(check) == "COMPLETED"
    used = await desk.rows("SELECT sum(amount_usd) AS usd FROM executor.day_use")
    assert used[0]["usd"] == Decimal(45_000_000)


async def test_a_stop_and_a_resumption_come_in_once_and_in_order(desk: Desk) -> None:
    stop = stopped(follows=OPENED)
    await desk.control(stop, version=4, follow=False)
    await desk.control(resumed(), version=6)
    await desk.control(stop, version=4, follow=False)
    noted = await desk.events(identity.EXECUTOR_CONTROL_STREAM)
    assert [(each.decision.version, each.stopped) for each in noted if isinstance(each, RolloutTakenIn)] == [
        (1, False),
        (4, True),
        (6, False),
    ]
    assert await desk.state(await desk.run(USD_25M)) == "POSTED"


async def test_a_control_event_of_another_stream_is_a_dead_letter(desk: Desk) -> None:
    assert await desk.take(stopped(), stream="rollout-2", topic="hawk.control") == "EVENT_MALFORMED"


async def test_the_morning_counts_when_a_cap_comes_into_force_at_noon_and_the_next_day_begins_anew(desk: Desk) -> None:
    await desk.run(USD_25M)
    late = await desk.plan(await desk.propose(USD_20M))
    await desk.control(terms_set(limited("I", day="44000000")))
    assert await desk.grant(late) is None
    assert await ended(desk, late.workflow_id) == ("REFUSED", "ROLLOUT_NOT_ALLOWED")
    assert await refused(desk, await desk.propose(USD_20M)) == "ROLLOUT_NOT_ALLOWED"


async def test_two_grants_at_once_cannot_share_what_is_left_of_the_day(desk: Desk) -> None:
    """Each fits alone, both do not."""
    await desk.control(terms_set(limited("I", order="25000000", day="40000000")))
    plans = [await desk.plan(await desk.propose(order)) for order in (USD_25M, hedges.order("HKD", "150000000"))]
    assert await asyncio.gather(*(desk.grant(plan) for plan in plans)) == [None, None]
    used = [
        event for event in await desk.events(identity.day_limit_stream(hedges.TODAY)) if isinstance(event, DayLimitUsed)
    ]
    assert len(used) == 1
    assert used[0].used_total_usd <= used[0].day_cap_usd
    codes = [(await desk.events(identity.plan_stream(plan.workflow_id)))[-1] for plan in plans]
    assert [event.code for event in codes if isinstance(event, PlanClosed)] == ["ROLLOUT_NOT_ALLOWED"]


async def test_no_deal_is_sent_again_after_a_stop_and_the_workflow_is_undone(desk: Desk) -> None:
    workflow_id = await desk.propose(USD_25M)
    await desk.grant(await desk.plan(workflow_id))
    sent = await desk.sent(workflow_id)
    await desk.acknowledge(workflow_id, [1, 2])
    await desk.time_passes(workflow_id, 16)
    await desk.control(stopped())
    await desk.time_passes(workflow_id, 16)
    assert await desk.sent(workflow_id) == sent
    assert await desk.state(workflow_id) == "COMPENSATING"
    events = await desk.events(identity.execution_stream(workflow_id))
    for cancel in [event for event in events if isinstance(event, murex.DealCancelSent)]:
        await desk.answer(executions.cancelled(cancel))
    assert await desk.state(workflow_id) == "COMPENSATED"
    (told,) = await desk.rows("SELECT failure_reason FROM hawk.execution_status")
    assert told["failure_reason"].startswith("STOPPED: ")
    assert "rates look odd" in told["failure_reason"]


async def test_a_workflow_whose_deals_are_all_acknowledged_goes_on_after_a_stop(desk: Desk) -> None:
    workflow_id = await desk.propose(USD_25M)
    await desk.grant(await desk.plan(workflow_id))
    await desk.control(stopped())
    await desk.acknowledge(workflow_id)
    await desk.post(workflow_id)
    assert await desk.state(workflow_id) == "POSTED"


async def test_a_stop_waits_for_those_who_begin_and_those_who_come_later_see_it(desk: Desk) -> None:
    """One that holds the rollout is recorded before the stop is taken in, or decides anew and sees it."""
    held, go_on = asyncio.Event(), asyncio.Event()
    seen: list[bool] = []

    async def begin(uow: UnitOfWork) -> None:
        seen.append((await reading.hold(desk.ports, uow)).in_force.stopped)
        held.set()
        await go_on.wait()

    beginning = asyncio.create_task(run_unit(desk.pool, CAUSE, begin, projector=None))
    await held.wait()
    stopping = asyncio.create_task(desk.control(stopped()))
    (waits,) = await _until_waiting(desk)
    assert waits["locktype"] == "relation"
    assert not stopping.done()
    go_on.set()
    await beginning
    await stopping
    assert seen == [False]


async def test_a_decision_on_an_older_snapshot_is_taken_anew(desk: Desk) -> None:
    """Its snapshot is from before the stop, its lock from after it. Seen to fail without the lock of the row."""
    seen: list[bool] = []

    async def begin(uow: UnitOfWork) -> None:
        await uow.connection.fetchval("SELECT count(*) FROM executor.rollout")
        if not seen:
            await desk.control(stopped())
        seen.append((await reading.hold(desk.ports, uow)).in_force.stopped)

    await run_unit(desk.pool, CAUSE, begin, projector=None)
    assert seen == [False, True]


async def test_those_who_begin_do_not_wait_for_each_other(desk: Desk) -> None:
    both = asyncio.Barrier(2)

    async def begin(uow: UnitOfWork) -> None:
        await reading.hold(desk.ports, uow)
        async with asyncio.timeout(30):
            await both.wait()

    work = (run_unit(desk.pool, CAUSE, begin, projector=None, attempts=1) for _ in range(2))
    await asyncio.gather(*work)


async def test_two_notes_of_the_day_cannot_both_be_the_next(desk: Desk) -> None:
    await desk.control(terms_set(limited("I")))
    both = asyncio.Barrier(2)

    async def use(uow: UnitOfWork) -> None:
        standing = await reading.hold(desk.ports, uow)
        work = WorkItem(Kind.HEDGE, "I", Decimal(10))
        await reading.note_use(uow, standing, work, f"wf-{id(uow)}", desk.now)
        await both.wait()

    outcomes = await asyncio.gather(
        *(run_unit(desk.pool, CAUSE, use, projector=None, attempts=1) for _ in range(2)), return_exceptions=True
    )
    assert sorted(isinstance(outcome, Conflict) for outcome in outcomes) == [False, True]


async def _until_waiting(desk: Desk) -> list[dict[str, object]]:
    async with asyncio.timeout(30):
        while True:
            rows = await desk.rows(
                "SELECT locktype FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database"
                " WHERE NOT granted AND datname = current_database()"
            )
            if rows:
                return rows
            await asyncio.sleep(0.01)
