"""What hawk.progress says of a workflow, in the executor's own words, with times that a page can show."""

from datetime import timedelta
from functools import cache
from typing import Any

from services.executor.progress import messages
from services.executor.progress.reporting import Progress
from shared.events.approvals import Approver
from shared.events.booking import DealAcknowledged
from shared.events.undoing import CompensationStarted, InterventionRequired, WorkflowCompensated
from tests.support.card_documents import SUCCESSOR, WORKFLOW, one_entity, spread
from tests.support.executions import NOW, Execution

Message = dict[str, Any]
SARA = (Approver(person="sara", role="SENIOR_TRADER", at=NOW),)

#: Milliseconds after the approval.
PREPARED_AT = 245
FIRST_DEAL_AT = 510
BETWEEN_DEALS = 42
FAILED_AT = 1_102
UNDOING_AT = 1_130
DONE_AT = 1_420
POSTED_AT = 1_770
UNDONE_AT = 3_250
BEFORE = timedelta(minutes=26)


def _begun(*, small: bool) -> tuple[Progress, Execution]:
    execution = Execution(one_entity() if small else spread())
    progress = messages.order_opening(execution.subject)
    progress = messages.awaiting(progress, "SENIOR_TRADER", NOW)
    progress = messages.decided(progress, "sara", "SENIOR_TRADER", "APPROVE", NOW)
    return messages.prepared(progress, execution.subject.plan, SARA, NOW), execution


@cache
def granted() -> tuple[Message, ...]:
    """Approved, and not begun: it waits for its turn."""
    execution = Execution(spread())
    progress = messages.awaiting(messages.order_opening(execution.subject), "SENIOR_TRADER", NOW)
    return _timed(messages.approved(progress, SARA, NOW))


def _booked(progress: Progress, execution: Execution, count: int) -> Progress:
    """Deals are answered in the order in which they were sent, across the entities."""
    before = len(execution.events)
    execution.acknowledge()
    answers = [event for event in execution.events[before:] if isinstance(event, DealAcknowledged)]
    total = len(answers)
    named = [each.model_copy(update={"contract_id": _contract(number)}) for number, each in enumerate(answers)]
    return messages.murex_turn(progress, named[:count], 0, total, several=execution.state.several_events)


def _contract(number: int) -> str:
    """As long as Murex's own."""
    return f"MX{498_038_621_266_052 + number * 7_919_000_123}"


@cache
def live(count: int = 11, *, small: bool = False) -> tuple[Message, ...]:
    """Some deals are booked, the others are awaited."""
    progress, execution = _begun(small=small)
    return _timed(_booked(progress, execution, count))


@cache
def done(*, small: bool = False) -> tuple[Message, ...]:
    progress, execution = _begun(small=small)
    progress = _booked(progress, execution, 1_000)
    progress = messages.completed(progress, execution.events[-1])  # type: ignore[arg-type]
    return _timed(messages.posted(progress, 4 if small else 12, NOW))


def _failing() -> tuple[Progress, Execution]:
    progress, execution = _begun(small=False)
    progress = _booked(progress, execution, 12)
    event = execution.subject.plan.children[2].event.event_id
    sentence = f"Deal 1 of event {event} not booked: Counterparty limit of EXTERNAL BANK is exhausted"
    reason = "MX_BOOKING_ERROR: Counterparty limit of EXTERNAL BANK is exhausted"
    return progress.report(sentence, NOW, state="FAILED", stage="2", reason=reason), execution


@cache
def failing() -> tuple[Message, ...]:
    """One deal is declined, seventeen are to be cancelled."""
    progress, _ = _failing()
    return _timed(messages.compensating(progress, _compensation()))


def _compensation() -> CompensationStarted:
    fields: Message = {
        "workflow_id": WORKFLOW,
        "code": "MX_BOOKING_ERROR",
        "reason": "Counterparty limit of EXTERNAL BANK is exhausted",
        "deals_to_cancel": tuple(f"DEAL_{number:02}" for number in range(17)),
        "started_at": NOW,
    }
    return CompensationStarted.model_construct(**fields)


@cache
def rolled_back() -> tuple[Message, ...]:
    progress, _ = _failing()
    progress = messages.compensating(progress, _compensation())
    ended = WorkflowCompensated.model_construct(
        workflow_id=WORKFLOW, code="MX_BOOKING_ERROR", reason=_compensation().reason, compensated_at=NOW
    )
    return _timed(messages.compensated(progress, ended))


@cache
def needs_a_person() -> tuple[Message, ...]:
    progress, execution = _failing()
    progress = messages.compensating(progress, _compensation())
    event = execution.subject.plan.children[0].event.event_id
    asked = InterventionRequired.model_construct(
        workflow_id=WORKFLOW, code="MX_CANCEL_REFUSED", reason=f"Deal 4 of event {event} is settled", required_at=NOW
    )
    return _timed(messages.intervention(progress, asked))


@cache
def stale() -> tuple[Message, ...]:
    """The plan is out of date; another takes its place."""
    progress = messages.order_opening(spread())
    progress = messages.awaiting(progress, "SENIOR_TRADER", NOW)
    reason = "rates moved by more than 50 basis points"
    progress = progress.report(
        reason, NOW, state="STALE_CONTEXT", reason=f"STALE_CONTEXT: {reason}", successor=SUCCESSOR
    )
    return _timed(progress)


def _timed(progress: Progress) -> tuple[Message, ...]:
    """The messages as JSON; each gets the time that the story gives it."""
    told, deals = [], 0
    for report in progress.reports:
        message = report.model_dump(mode="json") | {"workflow_id": WORKFLOW}
        if " booked in Murex" in report.status:
            at = NOW + timedelta(milliseconds=FIRST_DEAL_AT + deals * BETWEEN_DEALS)
            deals += 1
        else:
            at = NOW + _moment(report.state, report.status)
        told.append(message | {"at": at.isoformat()})
    return tuple(told)


def _moment(state: str, status: str) -> timedelta:
    if state in {"PROPOSED", "PLANNED"}:
        return -BEFORE
    if state in {"AWAITING_APPROVAL", "STALE_CONTEXT"} or status.startswith("Approved"):
        return timedelta()
    after = {
        "FAILED": FAILED_AT,
        "COMPENSATING": UNDOING_AT,
        "COMPENSATED": UNDONE_AT,
        "NEEDS_INTERVENTION": UNDONE_AT,
        "COMPLETED": DONE_AT,
        "POSTED": POSTED_AT,
    }
    return timedelta(milliseconds=after.get(state, PREPARED_AT))
