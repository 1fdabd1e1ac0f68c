"""True messages that overtake each other, on real tables: what is executed is what was approved, once."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import permutations

import pytest

from shared.events import approvals, identity, topics
from shared.events.base import Event
from shared.events.plans import PlanDrawn
from shared.events.progress import ProgressReported
from shared.messaging.database import open_pool
from shared.messaging.unit_of_work import UnitOfWork, run_unit
from shared.web.progress_log import PostgresProgressLog, Scope, keep_messages, message_of
from tests.support import hedges
from tests.support.crowd import seeded
from tests.support.desk import Desk
from tests.support.stack import TestDatabase
from tests.support.story import Story
from tests.support.units import CAUSE

pytestmark = pytest.mark.integration

AUD = hedges.order("AUD", "1000000", entity_id="ENTITY0001", nav_type="COI")


def requested(desk: Desk, drawn: PlanDrawn) -> approvals.ApprovalRequested:
    return approvals.ApprovalRequested(
        workflow_id=drawn.workflow_id, response_id=drawn.response_id, plan_digest=drawn.plan_digest,
        effects_digest=drawn.effects_digest, maker=drawn.origin.maker, amount_usd=drawn.amount_usd, policy=drawn.policy,
        expires_at=desk.now + timedelta(days=1), requested_at=desk.now,
    )  # fmt: skip


def decided(desk: Desk, drawn: PlanDrawn) -> approvals.DecisionRecorded:
    return approvals.DecisionRecorded.model_validate(
        {
            "workflow_id": drawn.workflow_id, "plan_digest": drawn.plan_digest, "decision": "APPROVE",
            "person": "sam", "role": "TRADER", "comment": "", "decided_at": desk.now,
        }
    )  # fmt: skip


async def told(desk: Desk, workflow: str, events: Sequence[Event]) -> list[str | None]:
    stream = identity.approval_stream(workflow)
    return [await desk.take(event, stream=stream, topic=topics.APPROVALS) for event in events]


@pytest.mark.parametrize("order", list(permutations(range(3))))
async def test_grant_that_overtakes_its_decision_is_executed_once_and_told_forwards(
    desk: Desk, order: tuple[int, ...]
) -> None:
    workflow = await desk.propose(AUD)
    drawn = await desk.plan(workflow)
    events = (requested(desk, drawn), decided(desk, drawn), desk.granted(drawn))
    assert await told(desk, workflow, [events[place] for place in order]) == [None] * 3
    executed = [type(event).__name__ for event in await desk.events(identity.execution_stream(workflow))]
    assert executed.count("ExecutionPrepared") == 1
    states = [report.state for report in await desk.events(identity.progress_stream(workflow))]
    steps = ["PROPOSED", "PLANNED", "AWAITING_APPROVAL", "APPROVED", "PREPARED"]
    assert states == sorted(states, key=steps.index)
    assert states[-1] == "PREPARED"


@pytest.mark.parametrize("lapsed_first", [True, False])
async def test_lapse_of_a_grant_and_the_grant_itself_never_both_count(desk: Desk, lapsed_first: bool) -> None:
    workflow = await desk.propose(AUD)
    drawn = await desk.plan(workflow)
    grant = desk.granted(drawn)
    lapse = approvals.GrantLapsed(workflow_id=workflow, jti=grant.jti, lapsed_at=grant.expires_at)
    codes = await told(desk, workflow, (lapse, grant) if lapsed_first else (grant, lapse))
    executed = bool(await desk.events(identity.execution_stream(workflow)))
    assert (executed, codes) == ((False, [None, "GRANT_FOR_CLOSED_PLAN"]) if lapsed_first else (True, [None, None]))
    assert await desk.state(workflow) == ("EXPIRED" if lapsed_first else "PREPARED")


async def test_progress_that_came_early_is_numbered_behind_what_it_overtook(database: TestDatabase) -> None:
    reports = [each.event for each in Story().planned().executed().told if each.topic == topics.PROGRESS]
    pool = await open_pool(database.dsn("hawk_monitor"), application="test", min_size=1, max_size=1)
    log = PostgresProgressLog(lambda: pool, "monitor")
    followed: list[int] = []
    seen = 0
    for place in (3, 0, 5, 2, 1, 4, 3):

        async def work(unit: UnitOfWork, place: int = place) -> None:
            unit.also(lambda connection: keep_messages(connection, "monitor", [message_of(reports[place])]))

        await run_unit(pool, CAUSE, work, projector=None)
        followed += [message.sequence for message in await log.read(Scope(), seen, 100)]
        seen = await log.head()
    assert [message.sequence for message in await log.read(Scope(), 0, 100)] == [1, 2, 3, 4, 5, 6]
    assert followed == [4, 1, 4, 6, 3, 4, 6, 2, 3, 4, 6, 5, 6]
    await pool.close()


async def test_progress_is_numbered_by_its_sequence_however_it_comes_together(database: TestDatabase) -> None:
    """Two workflows whose messages come in any order, some at once and some twice."""
    chance, pool = seeded(), await open_pool(database.dsn("hawk_monitor"), application="test", min_size=1, max_size=1)
    for attempt in range(20):
        told = [*Story(f"a-{attempt}").planned().executed().told, *Story(f"b-{attempt}").planned().executed().told]
        left = [message_of(each.event) for each in told if isinstance(each.event, ProgressReported)]
        wanted = sorted((each.workflow_id, each.sequence) for each in left)
        left += chance.sample(left, 3)
        chance.shuffle(left)
        before = await PostgresProgressLog(lambda: pool, "monitor").head()
        while left:
            count = chance.randint(1, 6)
            batch, left = left[:count], left[count:]
            async with pool.acquire() as connection, connection.transaction():
                await keep_messages(connection, "monitor", batch)
        found = await PostgresProgressLog(lambda: pool, "monitor").read(Scope(), before, 100)
        assert sorted((each.workflow_id, each.sequence) for each in found) == wanted
        for workflow_id in {each.workflow_id for each in found}:
            sequences = [each.sequence for each in found if each.workflow_id == workflow_id]
            assert sequences == sorted(sequences)
    await pool.close()
