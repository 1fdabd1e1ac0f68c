"""Deals that a person settles of workflows that were executed: while they are reversed, after it, and where Murex takes
back what is in the ledger. On a real database; verified from the events."""

import pytest

from shared.events import identity, murex
from shared.events.booking import AnswerIgnored
from tests.support import executions
from tests.support.desk import Desk
from tests.support.hand import settle
from tests.support.hedges import order
from tests.support.overriding import asked
from tests.support.stack import TestDatabase
from tools.verification.verify import verify

pytestmark = pytest.mark.integration

USD_25M = order("USD", "25000000", entity_id="ENTITY0037", nav_type="COI")
TASKS = "SELECT task FROM executor.todo WHERE workflow_id = $1 ORDER BY task"
HELD = "SELECT reserved, hedged FROM hawk.exposure_capacity"


async def states(desk: Desk, *workflows: str) -> tuple[str, ...]:
    return tuple([await desk.state(workflow) for workflow in workflows])


async def assert_verified(database: TestDatabase) -> None:
    report = await verify(database.dsn("hawk_reader"), None)
    assert report.findings == ()


async def kept_by_murex(desk: Desk) -> tuple[str, str, list[murex.DealCancelSent]]:
    """A posted workflow, its reversal, and the cancel messages, of which Murex confirms all but the first two."""
    workflow = await desk.run(USD_25M)
    reversal = await desk.start_reversal(workflow)
    sent = await desk.cancels(workflow)
    for number, each in enumerate(sent):
        await desk.answer(executions.cancelled(each, "CANCELLED" if number > 1 else "REFUSED"))
    return workflow, reversal, sent


async def test_reversal_goes_on_by_itself_once_a_person_has_settled_the_deals_murex_kept(
    desk: Desk, desk_database: TestDatabase
) -> None:
    workflow, reversal, (first, second, *_) = await kept_by_murex(desk)
    assert await states(desk, workflow, reversal) == ("NEEDS_INTERVENTION", "NEEDS_INTERVENTION")
    own = await settle(desk, asked(first.deal_booking_id, "CANCELLED"), "override-1")
    assert await states(desk, workflow, reversal, own) == ("NEEDS_INTERVENTION", "NEEDS_INTERVENTION", "COMPLETED")
    await assert_verified(desk_database)
    await settle(desk, asked(second.deal_booking_id, "CANCELLED"), "override-2")
    # The journal was posted, so its counterparts are still to come; nobody is asked any more.
    assert await states(desk, workflow, reversal) == ("REVERSING", "COMPLETED")
    assert await desk.rows(TASKS, reversal) == [{"task": "POST"}]
    await desk.post(reversal)
    assert await states(desk, workflow, reversal) == ("REVERSED", "POSTED")
    (held,) = await desk.rows(HELD)
    assert (held["reserved"], held["hedged"]) == (0, 0)
    await assert_verified(desk_database)


async def test_a_late_confirmation_leaves_both_workflows_with_the_person_until_it_is_the_last(desk: Desk) -> None:
    workflow, reversal, (first, second, *_) = await kept_by_murex(desk)
    await desk.answer(executions.cancelled(first))
    assert await states(desk, workflow, reversal) == ("NEEDS_INTERVENTION", "NEEDS_INTERVENTION")
    await desk.answer(executions.cancelled(second))
    assert await states(desk, workflow, reversal) == ("REVERSING", "COMPLETED")


async def test_reversed_workflow_is_over_only_when_the_deal_that_murex_booked_again_is_settled(
    desk: Desk, desk_database: TestDatabase
) -> None:
    workflow = await desk.run(USD_25M)
    reversal = await desk.start_reversal(workflow)
    await desk.confirm_cancels(workflow)
    deal = (await desk.sent(workflow))[0]
    await desk.answer(executions.answer_of(deal, "ACK", contract_id="MX-again"))
    await desk.answer(executions.cancelled((await desk.cancels(workflow))[-1], "REFUSED"))
    assert await states(desk, workflow, reversal) == ("NEEDS_INTERVENTION", "COMPLETED")
    await desk.post(reversal)
    assert await states(desk, workflow, reversal) == ("NEEDS_INTERVENTION", "POSTED")
    await settle(desk, asked(deal.deal_booking_id, "CANCELLED"), "override-1")
    assert await states(desk, workflow, reversal) == ("REVERSED", "POSTED")
    await assert_verified(desk_database)


async def test_reversed_workflow_that_is_settled_before_its_journal_still_waits_for_it(desk: Desk) -> None:
    workflow = await desk.run(USD_25M)
    reversal = await desk.start_reversal(workflow)
    await desk.confirm_cancels(workflow)
    deal = (await desk.sent(workflow))[0]
    await desk.answer(executions.answer_of(deal, "ACK", contract_id="MX-again"))
    await desk.answer(executions.cancelled((await desk.cancels(workflow))[-1], "REFUSED"))
    await settle(desk, asked(deal.deal_booking_id, "CANCELLED"), "override-1")
    assert await states(desk, workflow, reversal) == ("REVERSING", "COMPLETED")
    await desk.post(reversal)
    assert await states(desk, workflow, reversal) == ("REVERSED", "POSTED")


@pytest.mark.parametrize("posted", [False, True])
async def test_contradicted_workflow_goes_on_where_it_was_once_it_is_settled(
    desk: Desk, desk_database: TestDatabase, posted: bool
) -> None:
    workflow = await desk.propose(USD_25M)
    assert await desk.grant(await desk.plan(workflow)) is None
    await desk.acknowledge(workflow)
    if posted:
        await desk.post(workflow)
    deal = (await desk.sent(workflow))[0]
    await desk.answer(executions.answer_of(deal, "NOK"))
    await desk.answer(executions.status_of(await desk.enquiry(deal), "UNKNOWN"))
    assert await desk.state(workflow) == "NEEDS_INTERVENTION"
    await desk.post(workflow)
    lines = await desk.rows("SELECT count(*) AS n FROM hawk.gl_journal_lines")
    assert (lines[0]["n"] > 0, await desk.rows(TASKS, workflow)) == (posted, [])

    await settle(desk, asked(deal.deal_booking_id, "BOOKED_MANUALLY", "MX-BY-HAND"), "override-1")
    if not posted:
        assert await desk.state(workflow) == "COMPLETED"
        assert await desk.rows(TASKS, workflow) == [{"task": "POST"}]
        await desk.post(workflow)
    assert await desk.state(workflow) == "POSTED"
    (after,) = await desk.rows("SELECT count(*) AS n, sum(dr_amt - cr_amt) AS left FROM hawk.gl_journal_lines")
    assert (after["n"], after["left"]) == (4, 0)
    (row,) = await desk.rows(
        "SELECT deal_status, external_reference FROM public.deal_bookings WHERE deal_booking_id = $1",
        deal.deal_booking_id,
    )
    assert (row["deal_status"], row["external_reference"]) == ("Booked", "MX-BY-HAND")
    await assert_verified(desk_database)


async def test_a_late_answer_about_a_contradicted_deal_settles_nothing(desk: Desk) -> None:
    workflow = await desk.propose(USD_25M)
    assert await desk.grant(await desk.plan(workflow)) is None
    await desk.acknowledge(workflow)
    deal = (await desk.sent(workflow))[0]
    await desk.answer(executions.answer_of(deal, "NOK"))
    await desk.answer(executions.status_of(await desk.enquiry(deal), "UNKNOWN"))
    await desk.answer(executions.answer_of(deal, "ACK"))
    assert isinstance((await desk.events(identity.execution_stream(workflow)))[-1], AnswerIgnored)
    assert await desk.state(workflow) == "NEEDS_INTERVENTION"
