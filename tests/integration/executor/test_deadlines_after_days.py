"""Deadlines are data: after hours without work and days switched off each fires once, in order, on a real database."""

import asyncio
import contextlib
from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise

import pytest

from services.executor.app import do_task
from services.executor.handlers.availability import LOOK_SECONDS, Listening
from services.executor.handlers.timers import Task, Worker
from shared.events import identity
from shared.events.approvals import Approver
from shared.events.booking import JournalPosted, PostingDeferred
from shared.events.configuration import ConfigurationPlanned, ConfigurationProposed
from shared.events.murex import DealSent, DealStatusEnquired
from shared.events.plans import PlanClosed
from shared.events.responses import Origin
from shared.hedging.changes.configuration import ConfigurationChange
from shared.messaging.unit_of_work import Work
from tests.support import executions, hedges
from tests.support.desk import Desk
from tests.support.eventually import eventually_async

pytestmark = pytest.mark.integration

DAYS_OFF = timedelta(days=3)
HALF_A_DAY = timedelta(hours=12)
RETRY = timedelta(seconds=15)
DONE_SECONDS_MAX = 30
ORDER = hedges.order("USD", "25000000", entity_id="ENTITY0037")
DEALS = 6


class Executor:
    """The executor's worker on the desk's database, switched on at the desk's time. Two of them may run at once."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.listening = Listening(lambda: desk.now, lambda: True, self._relay)
        self.done: list[tuple[str, Task]] = []
        self.busy = 0
        self._worker = Worker(lambda: desk.pool, self._perform, lambda: desk.now)

    async def works(self, *others: "Executor") -> None:
        """Run the worker (and others beside it) until nothing is due any more."""
        running = [asyncio.create_task(each._worker.run()) for each in (self, *others)]

        async def idle() -> bool:
            rows = await self._desk.rows("SELECT 1 FROM executor.todo WHERE due_at <= $1", self._desk.now)
            return not rows and not any(each.busy for each in (self, *others))

        try:
            await eventually_async(idle, DONE_SECONDS_MAX, what="nothing due and nothing under way")
        finally:
            for task in running:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task

    async def on_for(self, time: timedelta) -> None:
        """So long with everything there, look by look; then work on what has become due."""
        until = self._desk.now + time
        while self._desk.now < until:
            self._desk.now += min(timedelta(seconds=LOOK_SECONDS), until - self._desk.now)
            await self.listening.look()
        await self.works()

    async def _perform(self, workflow_ids: Sequence[str], task: Task) -> int:
        self.done += ((workflow_id, task) for workflow_id in workflow_ids)
        desk = self._desk

        def work_of(workflow_id: str) -> Work[None]:
            return lambda uow: do_task(desk.ports, uow, workflow_id, task, self.listening.since)

        self.busy += 1
        try:
            return await desk.units([work_of(workflow_id) for workflow_id in workflow_ids])
        finally:
            self.busy -= 1

    async def _relay(self) -> bool:
        return True


async def count(desk: Desk, workflow_id: str, kind: type) -> int:
    return sum(isinstance(event, kind) for event in await desk.events(identity.execution_stream(workflow_id)))


async def prepared(desk: Desk) -> str:
    workflow_id = await desk.propose(ORDER)
    assert await desk.grant(await desk.plan(workflow_id)) is None
    return workflow_id


async def test_days_switched_off_consume_no_attempt_and_then_time_counts(desk: Desk) -> None:
    workflow_id = await prepared(desk)
    desk.now += DAYS_OFF
    executor = Executor(desk)
    await executor.works(Executor(desk))
    assert (await count(desk, workflow_id, DealSent), await count(desk, workflow_id, DealStatusEnquired)) == (DEALS, 0)
    await executor.on_for(RETRY - timedelta(seconds=1))
    assert await count(desk, workflow_id, DealStatusEnquired) == 0
    await executor.on_for(timedelta(seconds=1))
    assert (await count(desk, workflow_id, DealSent), await count(desk, workflow_id, DealStatusEnquired)) == (
        DEALS, DEALS,
    )  # fmt: skip
    desk.now += DAYS_OFF
    again = Executor(desk)
    await again.works(Executor(desk))
    assert await count(desk, workflow_id, DealSent) == DEALS
    await again.on_for(RETRY)
    assert (await count(desk, workflow_id, DealSent), await count(desk, workflow_id, DealStatusEnquired)) == (
        2 * DEALS, DEALS,
    )  # fmt: skip
    for sent in (await desk.sent(workflow_id))[DEALS:]:
        assert sent.attempt == 2
        await desk.answer(executions.answer_of(sent, "ACK"))
    await again.works()
    assert await desk.state(workflow_id) == "POSTED"


async def test_half_a_day_of_silence_uses_each_attempt_once_and_then_gives_up(desk: Desk) -> None:
    workflow_id = await prepared(desk)
    executor = Executor(desk)
    for _ in range(6):
        await executor.on_for(RETRY)
    assert await count(desk, workflow_id, DealSent) == 3 * DEALS
    assert await count(desk, workflow_id, DealStatusEnquired) == 3 * DEALS
    assert await desk.state(workflow_id) == "COMPENSATING"
    for _ in range(3):  # Murex answers no cancel message either: three of each, then a person has to look
        await executor.on_for(RETRY)
    assert await desk.state(workflow_id) == "NEEDS_INTERVENTION"
    events = await desk.events(identity.execution_stream(workflow_id))
    desk.now += HALF_A_DAY
    await Executor(desk).works()
    assert await desk.events(identity.execution_stream(workflow_id)) == events


async def test_a_closed_period_is_told_once_in_half_a_day_and_posted_once_when_it_opens(desk: Desk) -> None:
    workflow_id = await prepared(desk)
    plan = (await desk.plan(workflow_id)).plan
    period = plan.children[0].journal[0].period_id
    (row,) = await desk.rows("SELECT * FROM public.gl_periods WHERE period_id = $1", period)
    known = {name: row[name] for name in ("period_id", "start_date", "end_date")}
    texts = {name: str(value) for name, value in known.items()}
    await desk.set_row("gl_periods", {**texts, "is_open": False})
    await desk.acknowledge(workflow_id)
    executor = Executor(desk)
    await executor.works()
    for _ in range(12):
        desk.now += timedelta(hours=1)
        await executor.works(Executor(desk))
    assert await count(desk, workflow_id, PostingDeferred) == 1
    desk.now += DAYS_OFF
    await desk.set_row("gl_periods", {**texts, "is_open": True})
    restarted = Executor(desk)
    await restarted.works(Executor(desk))
    assert await count(desk, workflow_id, JournalPosted) == 1
    assert await desk.state(workflow_id) == "POSTED"


async def test_a_grant_that_waited_while_hawk_was_off_ends_its_workflow_once(desk: Desk) -> None:
    workflow_id = await desk.propose(ORDER)
    plan = await desk.plan(workflow_id)
    claims = desk.claims(plan)
    desk.now += DAYS_OFF
    for message in ("late", "late", "again"):
        await desk.grant(plan, message_id=message, iat=claims.iat, exp=claims.exp)
    closings = [each for each in await desk.events(identity.plan_stream(workflow_id)) if isinstance(each, PlanClosed)]
    assert [(each.state, each.code) for each in closings] == [("EXPIRED", "GRANT_EXPIRED")]
    assert await desk.events(identity.execution_stream(workflow_id)) == []


def percentage(value: int, rule: str, day: int) -> ConfigurationChange:
    effective = hedges.TODAY + timedelta(days=day)
    return ConfigurationChange(
        "buffer_configuration", "UPDATE", rule, None, {"buffer_percentage": str(value)}, effective
    )


async def approved(desk: Desk, name: str, change: ConfigurationChange) -> str:
    """A change that waits for its day."""
    workflow_id = identity.workflow_id(name, 1, 1)
    proposed = ConfigurationProposed(
        workflow_id=workflow_id,
        response_id=name,
        origin=Origin(component=1, attempt=1, maker=desk.proved(name)),
        change=change,
    )
    await desk.take(proposed, stream=identity.response_stream(name), topic="hawk.proposals")
    (plan, *_) = await desk.events(identity.plan_stream(workflow_id))
    assert isinstance(plan, ConfigurationPlanned), plan
    people = (("rosa", "RISK_MANAGER"), ("tom", "TRADER"))
    approvers = tuple(Approver(person=person, role=role, at=desk.now) for person, role in people)
    assert await desk.grant(plan, approvers=approvers) is None
    return workflow_id


async def test_days_of_the_configuration_that_passed_come_in_their_order(desk: Desk) -> None:
    days = (2, 1, 3)
    rules = {day: f"BUF_{currency}_001" for day, currency in zip(days, ("AUD", "HKD", "USD"), strict=True)}
    waiting = {day: await approved(desk, f"day-{day}", percentage(10 + day, rules[day], day)) for day in days}
    later = await approved(desk, "day-2-too", percentage(40, rules[1], 2))
    desk.now += timedelta(days=4)
    executor = Executor(desk)
    await executor.works()
    assert [workflow for workflow, _ in executor.done if workflow in waiting.values()] == [
        waiting[day] for day in sorted(days)
    ]
    made = [await desk.rows("SELECT min(id) AS id FROM es.events WHERE stream = $1 AND version > 1",
                            identity.execution_stream(waiting[day])) for day in sorted(days)]  # fmt: skip
    assert all(one[0]["id"] < other[0]["id"] for one, other in pairwise(made))
    assert [await desk.state(waiting[day]) for day in days] == ["COMPLETED"] * 3
    # The same row, a day later: the one that is first makes the other stale, never the other way round.
    assert await desk.state(later) == "STALE_CONTEXT"
    before = await desk.rows("SELECT count(*) AS events FROM es.events")
    desk.now += DAYS_OFF
    await Executor(desk).works(executor)
    assert await desk.rows("SELECT count(*) AS events FROM es.events") == before
