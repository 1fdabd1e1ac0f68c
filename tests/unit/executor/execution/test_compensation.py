"""A declined deal undoes everything: deals that Murex holds, rows, capacity; last first, nothing deleted."""

import pytest

from services.executor.execution.commands import RecordAnswer, RecordCancel
from services.executor.execution.state import Status
from shared.events import booking, undoing
from shared.events.murex import DealCancelSent
from shared.hedging.operations import OperationKind, Phase
from tests.support.executions import NOW, Execution, all_heard, answer_of, cancelled, drawn


@pytest.fixture
def declined() -> Execution:
    """Deals 1 and 2 are booked, 3 is declined, the others have no answer yet."""
    execution = Execution(drawn())
    execution.acknowledge(1, 2)
    execution.take(RecordAnswer(answer_of(execution.sent[2], "NOK"), NOW))
    return execution


def cancels(execution: Execution) -> list[DealCancelSent]:
    return [event for event in execution.events if isinstance(event, DealCancelSent)]


def test_deals_that_murex_holds_or_may_hold_get_cancel_messages(declined: Execution) -> None:
    assert [event.deal_sequence for event in cancels(declined)] == [1, 2, 4, 5, 6]
    assert cancels(declined)[0].contract_id is not None
    assert cancels(declined)[4].contract_id is None


def test_capacity_stays_reserved_until_murex_holds_nothing(declined: Execution) -> None:
    assert declined.reserved == 25_000_000
    declined.cancel_all()
    assert (declined.reserved, declined.hedged) == (0, 0)
    assert declined.state.status is Status.COMPENSATED


def test_every_write_is_undone_in_reverse_order(declined: Execution) -> None:
    declined.cancel_all("NOT_FOUND")
    undone = [event for event in declined.events if isinstance(event, undoing.OperationCompensated)]
    written = [
        operation.number
        for operation in declined.subject.plan.operations
        if operation.phase is Phase.PREPARE and operation.kind is not OperationKind.READ
    ]
    assert [event.operation for event in undone] == sorted(written, reverse=True)
    assert all(event.keys for event in undone)


def test_late_acks_of_a_known_contract_change_nothing_while_their_cancel_is_open(declined: Execution) -> None:
    events = declined.take(RecordAnswer(answer_of(declined.sent[0], "ACK"), NOW))
    assert [type(event).__name__ for event in events] == ["AnswerIgnored"]
    assert declined.state.status is Status.COMPENSATING


def test_a_deal_booked_while_its_cancel_is_open_is_cancelled_by_its_contract(declined: Execution) -> None:
    """Messages may overtake each other: "not found" was said before the deal came, and is not an end of it."""
    (first,) = [sent for sent in cancels(declined) if sent.deal_sequence == 4]
    ignored, again = declined.take(RecordAnswer(answer_of(declined.sent[3], "ACK"), NOW))
    assert isinstance(ignored, booking.AnswerIgnored)
    assert isinstance(again, DealCancelSent)
    assert (again.attempt, again.contract_id) == (2, f"MX-{first.deal_booking_id}")
    (stale,) = declined.take(RecordCancel(cancelled(first, "NOT_FOUND"), NOW))
    assert isinstance(stale, booking.AnswerIgnored)
    (confirmed,) = declined.take(RecordCancel(cancelled(again), NOW))
    assert isinstance(confirmed, undoing.CancelConfirmed)


def test_a_person_is_asked_when_murex_refuses_to_cancel(declined: Execution) -> None:
    first, *rest = cancels(declined)
    declined.take(RecordCancel(cancelled(first, "REFUSED"), NOW))
    for sent in rest:
        declined.take(RecordCancel(cancelled(sent), NOW))
    assert declined.state.status is Status.NEEDS_INTERVENTION
    assert declined.events[-1].deal_booking_ids == (first.deal_booking_id,)
    # What could not be undone is never shown as undone.
    assert not any(isinstance(event, undoing.WorkflowCompensated) for event in declined.events)
    assert declined.reserved == 25_000_000


def test_silent_cancels_are_repeated_then_handed_to_a_person(declined: Execution) -> None:
    for _ in range(3):
        declined.take(all_heard(declined.later(15), NOW))
    assert max(event.attempt for event in cancels(declined)) == declined.attempts_max
    assert declined.state.status is Status.NEEDS_INTERVENTION


def test_the_cancel_answer_is_ignored_when_none_is_open(declined: Execution) -> None:
    sent = cancels(declined)[0]
    declined.cancel_all()
    (ignored,) = declined.take(RecordCancel(cancelled(sent), NOW))
    assert isinstance(ignored, booking.AnswerIgnored)


def test_a_deal_booked_after_everything_was_undone_is_handed_to_a_person_when_murex_keeps_it(
    declined: Execution,
) -> None:
    declined.cancel_all()
    declined.take(RecordAnswer(answer_of(declined.sent[2], "ACK"), NOW))
    assert declined.state.status is Status.COMPENSATED
    late = cancels(declined)[-1]
    declined.take(RecordCancel(cancelled(late, "REFUSED"), NOW))
    assert declined.state.status is Status.NEEDS_INTERVENTION
    assert declined.events[-1].deal_booking_ids == (late.deal_booking_id,)
