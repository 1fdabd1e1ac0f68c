"""A grant is taken back: whoever creates the execution's stream first has decided, whatever the order of messages."""

import asyncio
from itertools import permutations

import pytest

from shared.events import identity, topics
from shared.events.approvals import GrantIssued
from shared.events.base import Event
from shared.events.plans import PlanDrawn
from shared.events.progress import ProgressReported
from shared.events.revocations import AskedToRevoke, RevocationRequested
from tests.integration.executor.test_verified_runs import verified
from tests.support import hedges
from tests.support.desk import Desk
from tests.support.stack import TestDatabase

pytestmark = pytest.mark.integration

USD = hedges.order("USD", "1000000", entity_id="ENTITY0037", nav_type="COI")


def revocation(desk: Desk, drawn: PlanDrawn, jti: str) -> RevocationRequested:
    by = AskedToRevoke(person="sam", role="TRADER", reason="wrong rate", at=desk.now)
    return RevocationRequested(workflow_id=drawn.workflow_id, jti=jti, plan_digest=str(drawn.plan_digest), by=by)


async def take(desk: Desk, event: Event, message_id: str | None = None) -> str | None:
    workflow = str(getattr(event, "workflow_id", ""))
    if isinstance(event, RevocationRequested):
        stream, topic = identity.revocation_stream(workflow), topics.CONTROL
    else:
        stream, topic = identity.approval_stream(workflow), topics.APPROVALS
    return await desk.take(event, stream=stream, topic=topic, message_id=message_id)


async def asked(desk: Desk) -> tuple[str, PlanDrawn, GrantIssued, RevocationRequested]:
    workflow = await desk.propose(USD)
    drawn = await desk.plan(workflow)
    grant = desk.granted(drawn)
    return workflow, drawn, grant, revocation(desk, drawn, grant.jti)


async def names(desk: Desk, workflow: str) -> list[str]:
    return [type(event).__name__ for event in await desk.events(identity.execution_stream(workflow))]


async def nothing_held(desk: Desk) -> None:
    for table in ("executor.slots", "executor.todo", "hawk.exposure_movements"):
        assert await desk.rows(f"SELECT 1 FROM {table}") == []  # noqa: S608


async def test_revocation_that_comes_first_wins_for_good(desk: Desk) -> None:
    workflow, _, grant, word = await asked(desk)
    assert await take(desk, word) is None
    assert await names(desk, workflow) == ["GrantRevoked"]
    assert await desk.state(workflow) == "REVOKED"
    last = (await desk.events(identity.progress_stream(workflow)))[-1]
    assert isinstance(last, ProgressReported)
    assert (last.reason, last.final) == ("REVOKED: Revoked by sam: wrong rate", True)
    # The grant comes later: it is what was to be expected, and no dead letter.
    assert await take(desk, grant) is None
    assert await names(desk, workflow) == ["GrantRevoked"]
    await nothing_held(desk)


async def test_revocation_that_comes_late_changes_nothing(desk: Desk) -> None:
    workflow, _, grant, word = await asked(desk)
    assert await take(desk, grant) is None
    before = await desk.events(identity.progress_stream(workflow))
    assert await take(desk, word) is None
    assert (await names(desk, workflow))[0] == "ExecutionPrepared"
    assert "GrantRevoked" not in await names(desk, workflow)
    assert await desk.events(identity.progress_stream(workflow)) == before
    await desk.acknowledge(workflow)
    assert await desk.state(workflow) == "COMPLETED"


async def test_grant_that_waits_for_its_turn_is_taken_back(desk: Desk) -> None:
    desk.slots = 1
    first = await desk.plan(await desk.propose(USD))
    assert await desk.grant(first) is None
    workflow, _, grant, word = await asked(desk)
    assert await take(desk, grant) is None
    assert await desk.state(workflow) == "APPROVED"
    assert await take(desk, word) is None
    assert await desk.state(workflow) == "REVOKED"
    assert await desk.rows("SELECT 1 FROM executor.todo WHERE task = 'APPLY'") == []
    await desk.acknowledge(first.workflow_id)
    await desk.take_turns([workflow])
    assert await names(desk, workflow) == ["GrantRevoked"]


@pytest.mark.parametrize("order", sorted(set(permutations("GGRR"))))
async def test_any_order_with_repeats_has_one_outcome(desk: Desk, order: tuple[str, ...]) -> None:
    workflow, _, grant, word = await asked(desk)
    for what in order:
        code = await take(desk, grant, "grant") if what == "G" else await take(desk, word, "word")
        assert code in {None, "GRANT_ALREADY_USED"}
    found = await names(desk, workflow)
    assert found[0] == ("ExecutionPrepared" if order[0] == "G" else "GrantRevoked")
    assert ("GrantRevoked" in found) == (order[0] == "R")


async def test_both_at_once_have_one_outcome(desk: Desk) -> None:
    for _ in range(5):
        workflow, _, grant, word = await asked(desk)
        await asyncio.gather(take(desk, grant), take(desk, word), return_exceptions=True)
        # What was too slow is tried again, as a consumer does.
        await take(desk, word)
        await take(desk, grant)
        found = await names(desk, workflow)
        assert found == ["GrantRevoked"] or found.count("ExecutionPrepared") == 1
        assert ("GrantRevoked" in found) == (len(found) == 1)


async def test_revocation_of_an_ended_plan_changes_nothing(desk: Desk) -> None:
    workflow, _, grant, word = await asked(desk)
    desk.now = grant.expires_at
    assert await take(desk, grant) is None
    assert await take(desk, word) is None
    assert (await desk.state(workflow), await names(desk, workflow)) == ("EXPIRED", [])


async def test_a_revoked_workflow_is_verified(desk_database: TestDatabase, desk: Desk) -> None:
    workflow, _, grant, word = await asked(desk)
    assert await take(desk, word) is None
    assert await take(desk, grant) is None
    assert await desk.state(workflow) == "REVOKED"
    report = await verified(desk_database)
    assert report.ok, report.findings
