"""A stop during booking: what would be sent again counts as not booked, and is cancelled in case Murex has it."""

from datetime import timedelta

from services.executor.execution import answers
from services.executor.execution.commands import RecordStatus
from services.executor.execution.decider import start_compensation
from services.executor.execution.holding_back import held_back, sends_deals
from services.executor.execution.state import DealStatus, evolve
from services.executor.workflow.process import Next, next_step
from shared.events import murex
from shared.events.booking import DealDeclined
from tests.support.executions import NOW, Execution, all_heard, drawn, status_of

LATER = NOW + timedelta(seconds=40)


def test_enquiries_are_not_held_back() -> None:
    execution = Execution(drawn())
    events = execution.take(all_heard(NOW + timedelta(seconds=20), NOW))
    assert {type(event).__name__ for event in events} == {"DealStatusEnquired"}
    assert not sends_deals(events)
    assert held_back(events, "HAWK is stopped", NOW) == events


def test_a_deal_that_would_be_sent_again_is_declined_and_cancelled() -> None:
    execution = Execution(drawn())
    sent = execution.sent[2]
    execution.take(all_heard(NOW + timedelta(seconds=20), NOW))
    events = answers.decide(execution.state, RecordStatus(status_of(execution.enquiry(sent), "UNKNOWN"), LATER))
    assert sends_deals(events)
    (declined,) = held_back(events, "HAWK is stopped", LATER)
    assert isinstance(declined, DealDeclined)
    assert (declined.code, declined.attempt, declined.deal_sequence) == (murex.STOPPED, 1, sent.deal_sequence)
    state = evolve(execution.state, declined)
    assert state.deals[sent.deal_booking_id].status is DealStatus.DECLINED
    assert next_step(state) is Next.START_COMPENSATION
    started, *cancels = start_compensation(state, LATER)
    assert started.code == murex.STOPPED  # type: ignore[attr-defined]
    assert {cancel.deal_booking_id for cancel in cancels} == set(state.deals)  # type: ignore[attr-defined]
