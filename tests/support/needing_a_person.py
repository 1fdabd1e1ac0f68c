"""Every way for a workflow to need a person, by the row of the on-call table it belongs to."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from services.executor.execution.commands import RecordAnswer, RecordCancel, RecordStatus
from services.executor.execution.state import Status
from shared.events import murex
from tests.support.executions import NOW, Execution, all_heard, answer_of, cancelled, drawn, status_of
from tests.support.overriding import asked, in_need, settle
from tests.support.reversing import executed, under_reversal

Scenario = Callable[[], Execution]


def silent(*, stop: str | None = None) -> Execution:
    """All deals but the first are booked; of that one Murex says nothing until it is given up, or HAWK is stopped."""
    execution = _asked_about()
    while execution.state.status is Status.BOOKING:
        _time_passes(execution, stop=stop)
    return execution


def refused(execution: Execution) -> Execution:
    """Murex refuses every cancel message."""
    execution.answer_cancels(())
    return execution


def contradicted() -> Execution:
    """Murex took the first acknowledgement back while the others were still being booked, and has no such deal."""
    execution = Execution(drawn())
    execution.acknowledge(1, 2)
    execution.take(RecordAnswer(answer_of(execution.sent[0], "NOK"), NOW))
    execution.take(RecordStatus(status_of(execution.enquiry(execution.sent[0]), "UNKNOWN"), NOW))
    return execution


def found_gone() -> Execution:
    """A person found that the silent deal is not in Murex."""
    execution = _asked_about()
    settle(execution, asked(execution.sent[0].deal_booking_id, "CANCELLED"))
    return execution


def booked_after_it_was_undone(execution: Execution) -> Execution:
    """Murex holds nothing, so all is taken back; then it books the first deal and does not give it up."""
    execution.cancel_all("NOT_FOUND")
    execution.take(RecordAnswer(answer_of(execution.sent[0], "ACK", contract_id="MX-late"), NOW))
    last = [each for each in execution.events if isinstance(each, murex.DealCancelSent)][-1]
    execution.take(RecordCancel(cancelled(last, "REFUSED"), NOW))
    return execution


def declined() -> Execution:
    """Murex declines the first deal."""
    execution = Execution(drawn())
    execution.take(RecordAnswer(answer_of(execution.sent[0], "NOK"), NOW))
    return execution


def contradicted_in_the_ledger(*, posted: bool) -> Execution:
    """Everything was booked; then Murex takes the first acknowledgement back and answers no enquiry."""
    execution = executed(posted=posted).done
    execution.take(RecordAnswer(answer_of(execution.sent[0], "NOK"), NOW))
    while execution.state.status in {Status.COMPLETED, Status.POSTED}:
        _time_passes(execution)
    return execution


def kept_from_its_reversal() -> Execution:
    """Murex cancels two deals of a workflow that is reversed and refuses the others."""
    execution = under_reversal()
    execution.answer_cancels((2, 3))
    return execution


SCENARIOS: Mapping[str, tuple[Scenario, ...]] = MappingProxyType(
    {
        "declined-kept": (in_need,),
        "silent-kept": (lambda: refused(silent()),),
        "stopped-kept": (lambda: refused(silent(stop="rates look odd")),),
        "contradicted-kept": (lambda: refused(contradicted()),),
        "found-gone-kept": (lambda: refused(found_gone()),),
        "late-kept": tuple(
            lambda made=made: booked_after_it_was_undone(made())  # type: ignore[misc]
            for made in (declined, silent, lambda: silent(stop="odd"), contradicted, found_gone)
        ),
        "contradicted-in-ledger": (
            lambda: contradicted_in_the_ledger(posted=False),
            lambda: contradicted_in_the_ledger(posted=True),
        ),
        "reversal-kept": (kept_from_its_reversal,),
        "late-kept-reversed": (lambda: booked_after_it_was_undone(under_reversal()),),
    }
)


def _asked_about() -> Execution:
    """Booking, and Murex was asked about the first deal; the others are booked."""
    execution = Execution(drawn())
    execution.acknowledge(*[sent.deal_sequence for sent in execution.sent[1:]])
    _time_passes(execution)
    return execution


def _time_passes(execution: Execution, *, stop: str | None = None) -> None:
    since = execution.now
    execution.take(all_heard(execution.later(execution.retry_seconds), since), stop=stop)
