"""Deals that a person settles: a workflow is wholly effective or wholly without effect, and capacity follows."""

import asyncio
from decimal import Decimal

import pytest

from services.executor.execution.commands import RecordAnswer, RecordCancel
from services.executor.execution.state import DealStatus, Status
from services.executor.override import decider
from services.executor.override.checking import Standing, check
from services.executor.override.decider import DrawOverride
from services.executor.planning.workflow import Workflow
from shared.events import murex, undoing
from shared.events.base import Event
from shared.events.booking import AnswerIgnored
from shared.events.execution import ExecutionCompleted
from shared.events.overrides import OverridePlanned, OverrideRefused
from shared.events.responses import Maker, Origin
from shared.hedging.changes.override import DealOverride, OverrideCode
from shared.policy.table import PRESETS
from tests.support.executions import NOW, WORKFLOW, Execution, all_heard, answer_of, cancelled, drawn
from tests.support.overriding import asked, deal_ids, in_need, settle
from tests.support.units import MemoryUnitOfWork
from tools.verification.checks.history import PastEvent
from tools.verification.checks.invariants import broken_invariants

ZERO = Decimal(0)


def kinds(events: list[Event]) -> list[str]:
    return [type(event).__name__ for event in events]


def refused_deals(execution: Execution) -> list[str]:
    return [name for name, deal in execution.state.deals.items() if deal.status is DealStatus.CANCEL_REFUSED]


def test_the_workflow_is_undone_and_its_capacity_given_back_when_the_last_deal_is_found_gone() -> None:
    execution = in_need(cancelled=(2, 3, 4))
    one, other = refused_deals(execution)
    assert execution.reserved > ZERO
    assert settle(execution, asked(one, "CANCELLED")) == "WAITS"
    assert execution.state.status is Status.NEEDS_INTERVENTION
    assert execution.reserved > ZERO
    assert settle(execution, asked(other, "CANCELLED")) == "UNDONE"
    assert execution.state.status is Status.COMPENSATED
    assert (execution.reserved, execution.hedged) == (ZERO, ZERO)


def test_the_workflow_completes_when_every_deal_was_booked_by_hand() -> None:
    execution = in_need()
    ids = deal_ids(execution)
    for deal in ids[:-1]:
        assert settle(execution, asked(deal, "BOOKED_MANUALLY")) == "WAITS"
    assert settle(execution, asked(ids[-1], "BOOKED_MANUALLY")) == "COMPLETED"
    assert execution.state.status is Status.COMPLETED
    (booked,) = [event for event in execution.events if type(event).__name__ == "DealsBooked"]
    assert {deal.contract_id for deal in booked.deals} == {f"MAN-{deal}" for deal in ids}
    assert execution.reserved == ZERO
    assert execution.hedged == Decimal(25_000_000)
    assert kinds(execution.events).count("ExecutionCompleted") == 1
    assert "WorkflowCompensated" not in kinds(execution.events)


def test_a_deal_is_not_booked_by_hand_where_others_are_cancelled_and_they_are_named() -> None:
    execution = in_need(cancelled=(2,))
    gone = next(deal for deal in execution.state.deals.values() if deal.status is DealStatus.CANCELLED)
    outcome = check(Standing(asked(refused_deals(execution)[0], "BOOKED_MANUALLY"), WORKFLOW, execution.state))
    assert isinstance(outcome, tuple)
    assert outcome[0].code is OverrideCode.CONTRADICTING_RESOLUTION
    assert gone.deal.deal_booking_id in outcome[0].message
    assert "CANCELLED" in outcome[0].message


def test_a_deal_is_not_cancelled_where_others_were_booked_by_hand_until_these_are_cancelled_too() -> None:
    execution = in_need()
    first, second, *_ = refused_deals(execution)
    assert settle(execution, asked(first, "BOOKED_MANUALLY")) == "WAITS"
    assert settle(execution, asked(second, "CANCELLED")) == "CONTRADICTING_RESOLUTION"
    assert settle(execution, asked(first, "CANCELLED")) == "WAITS"
    for deal in refused_deals(execution):
        settle(execution, asked(deal, "CANCELLED"))
    assert execution.state.status is Status.COMPENSATED
    assert execution.reserved == ZERO


@pytest.mark.parametrize("resolution", ["CANCELLED", "BOOKED_MANUALLY"])
def test_a_deal_is_settled_once(resolution: str) -> None:
    execution = in_need()
    deal = refused_deals(execution)[0]
    assert settle(execution, asked(deal, resolution)) == "WAITS"  # type: ignore[arg-type]
    before = execution.state
    assert settle(execution, asked(deal, resolution)) == "DEAL_SETTLED"  # type: ignore[arg-type]
    assert execution.state == before


def test_two_deals_are_not_one_contract() -> None:
    execution = in_need()
    first, second, *_ = refused_deals(execution)
    settle(execution, asked(first, "BOOKED_MANUALLY", "MX-77"))
    assert settle(execution, asked(second, "BOOKED_MANUALLY", "MX-77")) == "REFERENCE_IN_USE"


def test_an_unknown_deal_is_refused() -> None:
    assert settle(in_need(), asked("nobody", "CANCELLED")) == "UNKNOWN_DEAL"
    outcome = check(Standing(asked("nobody", "CANCELLED"), None, None))
    assert isinstance(outcome, tuple)
    assert outcome[0].code is OverrideCode.UNKNOWN_DEAL


def test_a_workflow_that_needs_no_hand_is_left_alone() -> None:
    waiting = Execution(drawn())
    deal = deal_ids(waiting)[0]
    assert settle(waiting, asked(deal, "CANCELLED")) == "NO_HAND_NEEDED", "Murex still has its time"
    waiting.acknowledge(1)
    assert settle(waiting, asked(deal, "CANCELLED")) == "DEAL_SETTLED"
    waiting.acknowledge()
    assert settle(waiting, asked(deal, "BOOKED_MANUALLY")) == "NO_HAND_NEEDED", "it is completed"
    compensating = Execution(drawn())
    compensating.take(RecordAnswer(answer_of(compensating.sent[0], "NOK"), NOW))
    assert compensating.state.status is Status.COMPENSATING
    assert settle(compensating, asked(deal_ids(compensating)[1], "CANCELLED")) == "NO_HAND_NEEDED"


def silent() -> tuple[Execution, str]:
    """Booking, with one deal that Murex has said nothing of: it was asked about."""
    execution = Execution(drawn())
    execution.acknowledge(*[sent.deal_sequence for sent in execution.sent[1:]])
    since = execution.now
    execution.take(all_heard(execution.later(20), since))
    return execution, execution.sent[0].deal_booking_id


def test_a_deal_in_silence_that_was_booked_by_hand_completes_the_workflow() -> None:
    execution, deal = silent()
    assert settle(execution, asked(deal, "BOOKED_MANUALLY")) == "COMPLETED"
    assert execution.state.status is Status.COMPLETED
    assert execution.reserved == ZERO


def test_a_deal_in_silence_that_is_not_in_murex_undoes_the_workflow_and_is_not_cancelled_there() -> None:
    execution, deal = silent()
    assert settle(execution, asked(deal, "CANCELLED")) == "UNDONE"
    assert execution.state.status is Status.COMPENSATING
    assert deal not in {each.deal_booking_id for each in execution.events if isinstance(each, murex.DealCancelSent)}
    execution.cancel_all()
    assert execution.state.status is Status.COMPENSATED
    assert execution.reserved == ZERO


def test_a_deal_booked_by_hand_is_cancelled_in_murex_when_another_is_declined() -> None:
    execution = Execution(drawn())
    execution.acknowledge(*[sent.deal_sequence for sent in execution.sent[2:]])
    execution.take(all_heard(execution.later(20), NOW))
    first, second = execution.sent[:2]
    assert settle(execution, asked(first.deal_booking_id, "BOOKED_MANUALLY")) == "WAITS"
    execution.take(RecordAnswer(answer_of(second, "NOK"), execution.now))
    sent = [each for each in execution.events if isinstance(each, murex.DealCancelSent)]
    (cancel,) = [each for each in sent if each.deal_booking_id == first.deal_booking_id]
    assert cancel.contract_id == f"MAN-{first.deal_booking_id}"


def test_late_confirmations_finish_the_compensation_when_the_last_one_comes() -> None:
    execution = in_need(cancelled=(2, 3))
    late = [
        each
        for each in execution.events
        if isinstance(each, murex.DealCancelSent) and each.deal_booking_id in refused_deals(execution)
    ]
    assert len(late) > 1
    for event in late[:-1]:
        execution.take(RecordCancel(cancelled(event), NOW))
        assert execution.state.status is Status.NEEDS_INTERVENTION
        assert execution.reserved > ZERO
    execution.take(RecordCancel(cancelled(late[-1], "NOT_FOUND"), NOW))
    assert execution.state.status is Status.COMPENSATED
    assert execution.reserved == ZERO
    assert kinds(execution.events).count("WorkflowCompensated") == 1


def test_a_late_refusal_of_a_cancel_message_changes_nothing() -> None:
    execution = in_need()
    event = next(each for each in execution.events if isinstance(each, murex.DealCancelSent))
    (ignored,) = execution.take(RecordCancel(cancelled(event, "REFUSED"), NOW))
    assert isinstance(ignored, AnswerIgnored)


def booked_after_all_was_undone() -> tuple[Execution, str]:
    """Murex booked what it had declined after everything was undone, and does not give it up."""
    execution = Execution(drawn())
    declined = execution.sent[0]
    execution.take(RecordAnswer(answer_of(declined, "NOK"), NOW))
    execution.cancel_all()
    assert execution.state.status is Status.COMPENSATED
    execution.take(RecordAnswer(answer_of(declined, "ACK"), NOW))
    last = [each for each in execution.events if isinstance(each, murex.DealCancelSent)][-1]
    execution.take(RecordCancel(cancelled(last, "REFUSED"), NOW))
    assert execution.state.status is Status.NEEDS_INTERVENTION
    return execution, declined.deal_booking_id


def test_what_was_undone_is_not_undone_twice() -> None:
    execution, deal = booked_after_all_was_undone()
    assert settle(execution, asked(deal, "BOOKED_MANUALLY")) == "CONTRADICTING_RESOLUTION"
    undone = [event for event in execution.events if isinstance(event, undoing.OperationCompensated)]
    reserved = execution.reserved
    assert settle(execution, asked(deal, "CANCELLED")) == "UNDONE"
    assert execution.state.status is Status.COMPENSATED
    assert [event for event in execution.events if isinstance(event, undoing.OperationCompensated)] == undone
    assert kinds(execution.events)[-2:] == ["DealCancelledByHand", "InterventionSettled"]
    assert execution.reserved == reserved == ZERO


def test_a_late_answer_of_murex_does_not_move_a_deal_that_was_booked_by_hand() -> None:
    execution = in_need()
    deal = execution.sent[1]
    settle(execution, asked(deal.deal_booking_id, "BOOKED_MANUALLY"))
    execution.take(RecordAnswer(answer_of(deal, "ACK", contract_id="MX-late"), NOW))
    settled = execution.state.deals[deal.deal_booking_id]
    assert (settled.status, settled.contract_id) == (DealStatus.BOOKED_MANUALLY, f"MAN-{deal.deal_booking_id}")


def plan_of(
    execution: Execution, override: DealOverride, *, verified: bool = False
) -> OverridePlanned | OverrideRefused:
    standing = Standing(override, WORKFLOW, execution.state)
    origin = Origin(component=1, attempt=1, maker=Maker(name="mira", verified=verified))
    workflow = Workflow("wf-override", "response-1", origin)
    return decider.decide(DrawOverride(workflow, override, standing, NOW), PRESETS["plan"])


def test_the_plan_says_how_the_deal_stands_and_what_follows_and_needs_operations_and_a_second_person() -> None:
    execution = in_need()
    deal = refused_deals(execution)[0]
    event = plan_of(execution, asked(deal, "CANCELLED"), verified=True)
    assert isinstance(event, OverridePlanned)
    assert event.policy.required == ("OPERATIONS", "ANY_APPROVER")
    assert event.policy.four_eyes
    plan = event.plan
    assert (plan.workflow_status, plan.deal.status, plan.outcome) == ("NEEDS_INTERVENTION", "CANCEL_REFUSED", "WAITS")
    assert plan.counts.total == 4
    assert [operation.table for operation in plan.operations] == [
        "deal_bookings", "execution_status", "deal_bookings", "audit_trail",
    ]  # fmt: skip


def test_the_effects_are_others_when_the_deal_moves_and_the_same_when_another_does() -> None:
    execution = in_need()
    first, second, *_ = refused_deals(execution)
    before = plan_of(execution, asked(first, "CANCELLED"))
    settle(execution, asked(second, "CANCELLED"))
    after = plan_of(execution, asked(first, "CANCELLED"))
    assert isinstance(before, OverridePlanned)
    assert isinstance(after, OverridePlanned)
    assert before.effects_digest == after.effects_digest
    assert before.plan_digest != after.plan_digest
    settle(execution, asked(first, "CANCELLED"))
    assert isinstance(plan_of(execution, asked(first, "CANCELLED")), OverrideRefused)


def test_completing_forward_is_one_completion() -> None:
    execution, deal = silent()
    settle(execution, asked(deal, "BOOKED_MANUALLY"))
    assert sum(isinstance(event, ExecutionCompleted) for event in execution.events) == 1


def contradicted_after_completion() -> tuple[Execution, str]:
    """Completed; then Murex takes an acknowledgement back, and its book says nothing of the deal."""
    execution = Execution(drawn())
    execution.acknowledge()
    assert execution.state.status is Status.COMPLETED
    sent = execution.sent[0]
    execution.take(RecordAnswer(answer_of(sent, "NOK"), NOW))
    for _ in range(4):
        since = execution.now
        execution.take(all_heard(execution.later(20), since))
    assert execution.state.status is Status.NEEDS_INTERVENTION
    return execution, sent.deal_booking_id


def test_a_deal_in_the_ledger_that_murex_contradicted_is_confirmed_by_hand_and_nothing_else_changes() -> None:
    execution, deal = contradicted_after_completion()
    hedged = execution.hedged
    assert settle(execution, asked(deal, "CANCELLED")) == "CONTRADICTING_RESOLUTION"
    other = next(name for name in deal_ids(execution) if name != deal)
    assert settle(execution, asked(other, "BOOKED_MANUALLY")) == "DEAL_SETTLED"
    assert settle(execution, asked(deal, "BOOKED_MANUALLY")) == "COMPLETED"
    assert execution.state.status is Status.COMPLETED
    assert execution.hedged == hedged
    assert kinds(execution.events)[-2:] == ["DealBookedByHand", "InterventionSettled"]
    assert kinds(execution.events).count("ExecutionCompleted") == 1


def test_what_was_settled_by_hand_breaks_no_invariant_of_the_audit() -> None:
    forward = in_need()
    for deal in deal_ids(forward):
        settle(forward, asked(deal, "BOOKED_MANUALLY"))
    undone = in_need(cancelled=(2, 3))
    for deal in refused_deals(undone):
        settle(undone, asked(deal, "CANCELLED"))
    confirmed, contradicted = contradicted_after_completion()
    settle(confirmed, asked(contradicted, "BOOKED_MANUALLY"))
    again, booked = booked_after_all_was_undone()
    settle(again, asked(booked, "CANCELLED"))
    for execution in (forward, undone, confirmed, again):
        assert broken_invariants(past_of(execution)).get("executions", []) == []


def past_of(execution: Execution) -> list[tuple[PastEvent, Event]]:
    """The execution's stream as the audit reads it."""
    stream = f"execution-{WORKFLOW}"
    unit = MemoryUnitOfWork()
    unit.append(stream, 0, *execution.events)
    recorded = asyncio.run(unit.commit())
    return [(PastEvent(each.version, each), event) for each, event in zip(recorded, execution.events, strict=True)]
