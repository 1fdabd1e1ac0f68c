"""Deals settled by hand on a real database: proposed, planned, granted, in the tables, and verified from the events."""

from datetime import timedelta

import pytest

from shared.events import identity, murex
from shared.events.approvals import Approver
from shared.events.overrides import OverrideRefused
from shared.events.plans import PlanClosed
from tests.support import executions, hedges
from tests.support.desk import Desk
from tests.support.hand import propose, settle, two_persons
from tests.support.overriding import asked

pytestmark = pytest.mark.integration

USD_25M = hedges.order("USD", "25000000", entity_id="ENTITY0037", nav_type="COI")


async def in_need(desk: Desk) -> tuple[str, list[str]]:
    """A workflow that needs a person: its first deal declined, no cancel message of the others confirmed."""
    workflow = await desk.propose(USD_25M)
    assert await desk.grant(await desk.plan(workflow)) is None
    first, *others = await desk.sent(workflow)
    for sent in others:
        await desk.answer(executions.answer_of(sent, "ACK"))
    await desk.answer(executions.answer_of(first, "NOK"))
    for event in await cancels(desk, workflow):
        await desk.answer(executions.cancelled(event, "REFUSED"))
    assert await desk.state(workflow) == "NEEDS_INTERVENTION"
    return workflow, [sent.deal_booking_id for sent in others]


async def cancels(desk: Desk, workflow: str) -> list[murex.DealCancelSent]:
    events = await desk.events(identity.execution_stream(workflow))
    return [event for event in events if isinstance(event, murex.DealCancelSent)]


async def test_an_override_gives_the_capacity_back_when_the_last_deal_is_gone(desk: Desk) -> None:
    workflow, deals = await in_need(desk)
    for number, deal in enumerate(deals):
        assert await desk.state(workflow) == "NEEDS_INTERVENTION"
        own = await settle(desk, asked(deal, "CANCELLED"), f"override-{number}")
        assert await desk.state(own) == "COMPLETED"
    assert await desk.state(workflow) == "COMPENSATED"
    rows = await desk.rows("SELECT deal_status FROM hawk.deal_bookings WHERE workflow_id = $1", workflow)
    assert {row["deal_status"] for row in rows} == {"Cancelled"}
    assert await desk.rows("SELECT FROM public.deal_bookings") == []
    trail = await desk.rows("SELECT new_value, approved_by FROM hawk.audit_trail WHERE action = 'OVERRIDE_DEAL'")
    assert [(row["new_value"], row["approved_by"]) for row in trail] == [("CANCELLED", "olga, sam")] * len(deals)


async def test_a_workflow_whose_deals_were_all_booked_by_hand_is_completed_and_posted(desk: Desk) -> None:
    workflow, deals = await in_need(desk)
    first = (await desk.sent(workflow))[0].deal_booking_id
    for number, deal in enumerate([first, *deals]):
        await settle(desk, asked(deal, "BOOKED_MANUALLY"), f"override-{number}")
    await desk.post(workflow)
    assert await desk.state(workflow) == "POSTED"
    rows = await desk.rows("SELECT deal_booking_id, deal_status, external_reference FROM public.deal_bookings")
    assert {row["deal_status"] for row in rows} == {"Booked"}
    assert {row["external_reference"] for row in rows} == {f"MAN-{deal}" for deal in [first, *deals]}
    lines = await desk.rows("SELECT sum(dr_amt) AS dr, sum(cr_amt) AS cr FROM hawk.gl_journal_lines")
    assert lines[0]["dr"] == lines[0]["cr"] > 0
    assert await desk.rows("SELECT FROM hawk.stage2_error_log WHERE resolution_status = 'OPEN'") == []


async def test_an_approved_override_is_stale_when_the_deal_moved_meanwhile(desk: Desk) -> None:
    workflow, deals = await in_need(desk)
    planned = await propose(desk, asked(deals[0], "CANCELLED"), "override-1")
    late = next(event for event in await cancels(desk, workflow) if event.deal_booking_id == deals[0])
    assert await desk.answer(executions.cancelled(late)) is None
    before = len(await desk.events(identity.execution_stream(workflow)))
    assert await desk.grant(planned, approvers=two_persons(desk)) is None
    assert await desk.state(planned.workflow_id) == "STALE_CONTEXT"
    (closed,) = [e for e in await desk.events(identity.plan_stream(planned.workflow_id)) if isinstance(e, PlanClosed)]
    successor = (await desk.events(identity.plan_stream(closed.successor or "")))[0]
    assert isinstance(successor, OverrideRefused)
    assert successor.refusals[0].code == "DEAL_SETTLED"
    assert len(await desk.events(identity.execution_stream(workflow))) == before


async def test_one_person_or_no_operations_is_no_permission(desk: Desk) -> None:
    _, deals = await in_need(desk)
    planned = await propose(desk, asked(deals[0], "CANCELLED"), "override-1")
    olga, sam = two_persons(desk)
    for approvers in ((olga,), (sam, sam), (sam, Approver(person="rita", role="RISK_MANAGER", at=desk.now))):
        assert await desk.grant(planned, approvers=approvers, jti=f"jti-{len(approvers)}") == "GRANT_INSUFFICIENT"
    assert await desk.grant(planned, approvers=(olga, sam)) is None
    assert await desk.grant(planned, approvers=(olga, sam), jti="again") == "GRANT_ALREADY_USED"


@pytest.mark.parametrize(("deal", "code"), [("nobody", "UNKNOWN_DEAL"), (None, "NO_HAND_NEEDED")])
async def test_what_needs_no_hand_is_refused_and_leaves_its_record(desk: Desk, deal: str | None, code: str) -> None:
    workflow = await desk.run(USD_25M)
    known = (await desk.sent(workflow))[0].deal_booking_id
    refused = await propose(desk, asked(deal or known, "CANCELLED"), "override-1")
    assert isinstance(refused, OverrideRefused)
    assert refused.refusals[0].code == code
    assert await desk.state(refused.workflow_id) == "REFUSED"
    (row,) = await desk.rows("SELECT error_code FROM hawk.audit_trail WHERE workflow_id = $1", refused.workflow_id)
    assert row["error_code"] == code


async def test_a_late_confirmation_of_murex_finishes_the_compensation(desk: Desk) -> None:
    workflow, _ = await in_need(desk)
    desk.now += timedelta(hours=3)
    for event in await cancels(desk, workflow):
        assert await desk.answer(executions.cancelled(event)) is None
    assert await desk.state(workflow) == "COMPENSATED"
