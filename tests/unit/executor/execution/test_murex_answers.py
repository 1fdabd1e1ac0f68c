"""Every kind of answer, and silence, has one effect."""

from datetime import timedelta

import pytest

from services.executor.execution.commands import CheckDeadlines, RecordAnswer, RecordReceipt, RecordStatus
from services.executor.execution.state import DealStatus, Status
from shared.events import murex, undoing
from shared.events.murex import BOOKING_ERROR, NO_ANSWER
from tests.support.executions import NOW, Execution, all_heard, answer_of, drawn, status_of


@pytest.fixture
def execution() -> Execution:
    return Execution(drawn())


def deal(execution: Execution, sequence: int = 3) -> murex.DealSent:
    return next(sent for sent in execution.sent if sent.deal_sequence == sequence)


def names(events: tuple[object, ...]) -> list[str]:
    return [type(event).__name__ for event in events]


def test_an_ack_is_recorded_once_when_it_comes_twice(execution: Execution) -> None:
    first = execution.take(RecordAnswer(answer_of(deal(execution), "ACK"), NOW))
    second = execution.take(RecordAnswer(answer_of(deal(execution), "ACK"), NOW))
    assert names(first) == ["DealAcknowledged"]
    assert names(second) == ["AnswerIgnored"]
    assert "Duplicate" in second[0].why
    assert execution.state.acknowledged == 1


def test_an_answer_for_an_unknown_deal_changes_nothing(execution: Execution) -> None:
    (ignored,) = execution.take(RecordAnswer(answer_of(deal(execution), "ACK", deal_booking_id="DEAL_X"), NOW))
    assert "Unknown deal" in ignored.why
    assert execution.state.acknowledged == 0


@pytest.mark.parametrize(
    "fields",
    [
        {"in_reply_to": 2}, {"in_reply_to": 100_000}, {"attempt": 2}, {"event_id": "EVENT_OF_ANOTHER"},
        {"deal_sequence": 4}, {"in_reply_to": 2, "attempt": 2},
    ],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("answer", ["ACK", "NOK"])
def test_an_answer_to_no_request_of_hawks_settles_nothing(
    execution: Execution, answer: str, fields: dict[str, object]
) -> None:
    (ignored,) = execution.take(RecordAnswer(answer_of(deal(execution), answer, **fields), NOW))
    assert "Answers no request" in ignored.why
    assert execution.state.deals[deal(execution).deal_booking_id].status is DealStatus.SENT


def test_the_answer_to_an_earlier_attempt_answers_a_request_of_hawks(execution: Execution) -> None:
    execution.take(all_heard(execution.later(15), NOW))
    execution.take(RecordStatus(status_of(execution.enquiry(deal(execution)), "UNKNOWN"), execution.now))
    assert execution.state.deals[deal(execution).deal_booking_id].attempt == 2
    (event,) = execution.take(RecordAnswer(answer_of(deal(execution), "ACK"), execution.now))
    assert (type(event).__name__, event.in_reply_to) == ("DealAcknowledged", 1)


def test_an_enquiry_is_no_booking_request_and_a_booking_request_no_enquiry(execution: Execution) -> None:
    execution.take(all_heard(execution.later(15), NOW))
    asked = execution.enquiry(deal(execution))
    (answered,) = execution.take(
        RecordAnswer(answer_of(deal(execution), "ACK", in_reply_to=asked.message_sequence), NOW)
    )
    (reported,) = execution.take(RecordStatus(status_of(asked, "BOOKED", in_reply_to=1), NOW))
    assert names((answered, reported)) == ["AnswerIgnored", "AnswerIgnored"]


def test_an_ack_without_a_contract_proves_nothing(execution: Execution) -> None:
    (ignored,) = execution.take(RecordAnswer(answer_of(deal(execution), "ACK", contract_id=None), NOW))
    assert "contract id" in ignored.why
    assert execution.state.acknowledged == 0


def test_a_receipt_is_recorded_once_and_books_nothing(execution: Execution) -> None:
    sent = deal(execution)
    receipt = murex.MurexReceipted(
        workflow_id=sent.workflow_id,
        event_id=sent.event_id,
        deal_booking_id=sent.deal_booking_id,
        deal_sequence=sent.deal_sequence,
        attempt=1,
        in_reply_to=sent.message_sequence,
        received_at=NOW,
    )
    assert names(execution.take(RecordReceipt(receipt))) == ["DealReceipted"]
    assert execution.take(RecordReceipt(receipt)) == ()
    assert execution.state.acknowledged == 0


def test_a_business_nok_is_final_and_starts_the_compensation(execution: Execution) -> None:
    events = execution.take(RecordAnswer(answer_of(deal(execution), "NOK"), NOW))
    assert names(events)[:2] == ["DealDeclined", "CompensationStarted"]
    assert events[0].code == BOOKING_ERROR
    assert execution.state.status is Status.COMPENSATING


def test_a_technical_fault_is_asked_about_and_never_final(execution: Execution) -> None:
    (ignored,) = execution.take(RecordAnswer(answer_of(deal(execution), "NOK", technical=True), NOW))
    assert "asked about again" in ignored.why
    assert execution.state.deals[deal(execution).deal_booking_id].status is DealStatus.SENT


@pytest.mark.parametrize("unread", [None, timedelta(seconds=14), timedelta(0)], ids=["never", "nearly", "not at all"])
def test_nothing_is_silent_while_what_was_said_in_time_may_lie_unread(
    execution: Execution, unread: timedelta | None
) -> None:
    late = execution.later(3600)
    heard = None if unread is None else NOW + unread
    assert execution.take(CheckDeadlines(late, NOW, heard)) == ()
    assert len(execution.take(CheckDeadlines(late, NOW, NOW + timedelta(seconds=15)))) == 6


def test_silence_is_asked_about_before_anything_is_sent_again(execution: Execution) -> None:
    execution.acknowledge(1, 2, 4, 5, 6)
    early = execution.later(14)
    assert execution.take(all_heard(early, NOW)) == ()
    (enquiry,) = execution.take(all_heard(execution.later(1), NOW))
    assert isinstance(enquiry, murex.DealStatusEnquired)
    (again,) = execution.take(RecordStatus(status_of(execution.enquiry(deal(execution)), "UNKNOWN"), execution.now))
    assert isinstance(again, murex.DealSent)
    assert (again.attempt, again.deal_booking_id) == (2, deal(execution).deal_booking_id)


def test_a_deal_is_given_up_after_three_attempts_and_may_be_held(execution: Execution) -> None:
    execution.acknowledge(1, 2, 4, 5, 6)
    sent = deal(execution)
    for _ in range(2):
        execution.take(all_heard(execution.later(15), NOW))
        execution.take(RecordStatus(status_of(execution.enquiry(sent), "UNKNOWN"), execution.now))
    execution.take(all_heard(execution.later(15), NOW))
    events = execution.take(RecordStatus(status_of(execution.enquiry(sent), "UNKNOWN"), execution.now))
    assert events[0].code == NO_ANSWER
    assert [event.attempt for event in execution.sent if event.deal_sequence == 3] == [1, 2, 3]
    started = next(event for event in events if isinstance(event, undoing.CompensationStarted))
    # Murex never said no: the deal may sit in its book, so it gets a cancel message like the five booked ones.
    assert len(started.deals_to_cancel) == 6


def test_an_enquiry_settles_the_deal_when_murex_has_booked_it(execution: Execution) -> None:
    execution.acknowledge(1, 2, 4, 5, 6)
    execution.take(all_heard(execution.later(15), NOW))
    events = execution.take(RecordStatus(status_of(execution.enquiry(deal(execution)), "BOOKED"), execution.now))
    assert names(events)[0] == "DealAcknowledged"
    assert execution.state.status is Status.COMPLETED


def test_an_enquiry_without_answer_sends_the_deal_again(execution: Execution) -> None:
    execution.acknowledge(1, 2, 4, 5, 6)
    execution.take(all_heard(execution.later(15), NOW))
    (again,) = execution.take(all_heard(execution.later(15), NOW))
    assert isinstance(again, murex.DealSent)
    assert again.attempt == 2


def test_silence_consumes_no_attempt_when_hawk_was_not_listening(execution: Execution) -> None:
    listening_since = execution.later(3600)
    assert execution.take(all_heard(execution.later(14), listening_since)) == ()
    assert len(execution.take(all_heard(execution.later(1), listening_since))) == 6


def test_a_deal_booked_after_its_decline_is_cancelled(execution: Execution) -> None:
    execution.take(RecordAnswer(answer_of(deal(execution), "NOK"), NOW))
    events = execution.take(RecordAnswer(answer_of(deal(execution), "ACK"), NOW))
    assert names(events) == ["AnswerIgnored", "DealCancelSent"]
    assert events[1].contract_id == f"MX-{deal(execution).deal_booking_id}"


def test_the_same_report_that_a_deal_is_unknown_consumes_one_attempt_however_often_it_comes(
    execution: Execution,
) -> None:
    execution.acknowledge(1, 2, 4, 5, 6)
    execution.take(all_heard(execution.later(15), NOW))
    report = RecordStatus(status_of(execution.enquiry(deal(execution)), "UNKNOWN"), execution.now)
    assert names(execution.take(report)) == ["DealSent"]
    for _ in range(3):
        (ignored,) = execution.take(report)
        assert "before" in ignored.why
    assert execution.state.status is Status.BOOKING
