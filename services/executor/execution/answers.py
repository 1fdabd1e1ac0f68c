"""Murex's answers about a deal, and its silence, as events. Pure.

Each case has one effect (docs/execution.md has the table): a duplicate, a late answer and one for an unknown deal are
recorded and ignored; silence and technical faults are asked about, then sent again; a business NOK is final. When Murex
contradicts its acknowledgement, its book is asked and has the last word: only a deal that it confirms remains booked.
What answers no message of HAWK's can make it ask, dispute or cancel; it never acknowledges, declines or confirms.
"""

from collections.abc import Iterator
from datetime import datetime

from services.executor.execution.commands import (
    CheckDeadlines,
    MurexCommand,
    RecordAnswer,
    RecordCancel,
    RecordReceipt,
    RecordStatus,
    SettleByHand,
)
from services.executor.execution.state import DealState, DealStatus, ExecutionState, Status
from shared.errors import Defect
from shared.events import booking, disputes, murex, undoing
from shared.events import execution as facts
from shared.events.base import Event
from shared.events.murex import BOOKING_ERROR, CONTRADICTION, NO_ANSWER

#: Grades under which an acknowledgement books; the others decline.
_BOOKING_LEVELS = frozenset({"OK", "WARNING"})
_ASKED = "the answer that was recorded: Murex's book is asked."
_UNASKED = "Answers no request that HAWK sent about this deal"


def decide(state: ExecutionState, command: MurexCommand) -> tuple[Event, ...]:
    """Return the events a command leads to, without those that follow from them (see `process`)."""
    match command:
        case CheckDeadlines():
            return tuple(_overdue(state, command))
        case RecordReceipt(message):
            return _receipt(state, message)
        case RecordAnswer(message, now):
            return _answer(state, message, now)
        case RecordStatus(message, now):
            return _status(state, message, now)
        case RecordCancel(message, now):
            return _cancel(state, message, now)
        case SettleByHand(fact):
            return (fact,)


def cancel(workflow_id: str, deal: DealState, *, contract_id: str | None, reason: str, now: datetime) -> Event:
    """Return the cancel message of a deal that Murex holds or may hold."""
    return murex.DealCancelSent(
        workflow_id=workflow_id,
        event_id=deal.event_id,
        deal_booking_id=deal.deal.deal_booking_id,
        deal_sequence=deal.deal.deal_sequence,
        attempt=deal.cancel_attempt + 1,
        message_sequence=deal.requests + 1,
        contract_id=contract_id,
        reason=reason,
        sent_at=now,
    )


def _workflow(state: ExecutionState) -> facts.ExecutionPrepared:
    if state.prepared is None:
        raise Defect("An answer of Murex was taken to an execution that was never prepared.")
    return state.prepared


def _receipt(state: ExecutionState, message: murex.MurexReceipted) -> tuple[Event, ...]:
    deal = state.deals.get(message.deal_booking_id)
    if deal is None or deal.status is not DealStatus.SENT or deal.receipted:
        return ()
    if not deal.is_answered_by(message, murex.DealSent):
        return ()
    return (
        booking.DealReceipted(
            workflow_id=message.workflow_id,
            event_id=deal.event_id,
            deal_booking_id=message.deal_booking_id,
            deal_sequence=deal.deal.deal_sequence,
            attempt=deal.attempt,
            received_at=message.received_at,
        ),
    )


def _answer(state: ExecutionState, message: murex.MurexAnswered, now: datetime) -> tuple[Event, ...]:
    deal = state.deals.get(message.deal_booking_id)
    said = f"{message.answer} {message.contract_id or message.reason or ''}".strip()
    if deal is None:
        return (_ignored(message, said, "Unknown deal: HAWK sent none with this id.", now),)
    match deal.status:
        case DealStatus.SENT if not deal.is_answered_by(message, murex.DealSent):
            return (_ignored(message, said, f"{_UNASKED}: the deal is asked about.", now),)
        case DealStatus.SENT:
            return (_first_answer(deal, message, said, now),)
        case DealStatus.DECLINED | DealStatus.CANCELLED if message.answer == "ACK":
            # Murex booked what it had declined, or what was thought gone: it must not keep it.
            why = "Booked after it was declined or cancelled: cancelled again."
            return (
                _ignored(message, said, why, now),
                cancel(message.workflow_id, deal, contract_id=message.contract_id, reason=why, now=now),
            )
        case DealStatus.CANCELLING if message.answer == "ACK" and message.contract_id and deal.contract_id is None:
            # The cancel message may have come before the deal: its answer says nothing about this contract.
            why = "Booked after the cancel message was sent: cancelled again."
            return (
                _ignored(message, said, why, now),
                cancel(message.workflow_id, deal, contract_id=message.contract_id, reason=why, now=now),
            )
        case DealStatus.ACKNOWLEDGED:
            return _after_the_acknowledgement(deal, message, said, now)
        case DealStatus.DISPUTED:
            return (_ignored(message, said, "Murex's book is being asked about this deal: only it counts.", now),)
        case _:
            return (_ignored(message, said, f"Late: the deal is {deal.status}.", now),)


def _first_answer(deal: DealState, message: murex.MurexAnswered, said: str, now: datetime) -> Event:
    """Take the business answer to a deal that waits for it; one that proves nothing leaves it waiting."""
    if message.answer == "NOK" and message.technical:
        return _ignored(message, said, "Technical fault of the exchange: the deal is asked about again.", now)
    if (message.answer == "ACK") != (message.level in _BOOKING_LEVELS):
        why = f"{message.answer} graded {message.level} proves nothing: the deal is asked about."
        return _ignored(message, said, why, now)
    if message.answer == "NOK":
        return _declined(message.workflow_id, deal, BOOKING_ERROR, _reason(message), now, message.in_reply_to)
    if message.contract_id is None:
        return _ignored(message, said, "An ACK without a contract id proves nothing: the deal is asked about.", now)
    return _acknowledged(deal, message, message.level, now)


def _after_the_acknowledgement(
    deal: DealState, message: murex.MurexAnswered, said: str, now: datetime
) -> tuple[Event, ...]:
    """Judge what Murex says of a deal after it has booked it: a repeat, nothing, or a contradiction."""
    if message.answer == "ACK" and message.contract_id == deal.contract_id:
        return (_ignored(message, said, "Duplicate of the answer that was recorded.", now),)
    if message.answer == "ACK" and message.contract_id is None:
        return (_ignored(message, said, "An ACK without a contract id proves nothing.", now),)
    if message.answer == "NOK" and message.technical:
        return (_ignored(message, said, "Technical fault of the exchange, after the deal was booked.", now),)
    what = "Corrects" if message.correction else "Contradicts"
    return (_ignored(message, said, f"{what} {_ASKED}", now), _enquiry(message.workflow_id, deal, now))


def _status(state: ExecutionState, message: murex.MurexStatusReported, now: datetime) -> tuple[Event, ...]:
    deal = state.deals.get(message.deal_booking_id)
    if deal is None:
        return (_ignored(message, message.status, "Unknown deal: HAWK sent none with this id.", now),)
    match deal.status:
        case DealStatus.SENT | DealStatus.DISPUTED if not deal.is_answered_by(message, murex.DealStatusEnquired):
            return (_ignored(message, message.status, f"{_UNASKED}: waiting on.", now),)
        case DealStatus.SENT:
            return (_first_report(state, deal, message, now),)
        case DealStatus.DISPUTED:
            return (_report_of_a_disputed(state, deal, message, now),)
        case DealStatus.ACKNOWLEDGED if _denies(message, deal):
            ignored = _ignored(message, message.status, f"Contradicts {_ASKED}", now)
            return (ignored, _enquiry(message.workflow_id, deal, now))
        case _:
            return (_ignored(message, message.status, f"Late: the deal is {deal.status}.", now),)


def _first_report(state: ExecutionState, deal: DealState, message: murex.MurexStatusReported, now: datetime) -> Event:
    """Take what Murex's book says of a deal that waits for its answer. Booked or declined remains true; unknown holds
    only for the time of the enquiry."""
    match message.status:
        case "BOOKED" if message.contract_id is not None:
            return _acknowledged(deal, message, "OK", now)
        case "BOOKED":
            return _ignored(message, message.status, "A booking without a contract id proves nothing.", now)
        case "DECLINED":
            reason = message.reason or "no reason given"
            return _declined(message.workflow_id, deal, BOOKING_ERROR, reason, now, message.in_reply_to)
        case "UNKNOWN" | "CANCELLED" if not deal.enquired or message.in_reply_to < deal.requests:
            # It says how things were before the last request, which may well have arrived since.
            return _ignored(message, message.status, "Reported before the deal was last sent: waiting on.", now)
        case "UNKNOWN" | "CANCELLED":
            return _again(state, deal, now, "Murex does not have the deal")
        case _:
            return _ignored(message, message.status, "Still in work at Murex: waiting on.", now)


def _report_of_a_disputed(
    state: ExecutionState, deal: DealState, message: murex.MurexStatusReported, now: datetime
) -> Event:
    """Take the word of Murex's book, which is the last, on an answer that Murex contradicted."""
    if message.in_reply_to < deal.requests:
        return _ignored(message, message.status, "Answers an earlier enquiry: waiting on.", now)
    if message.status == "RECEIVED":
        return _ignored(message, message.status, "Still in work at Murex: waiting on.", now)
    if message.status == "BOOKED" and message.contract_id == deal.contract_id:
        return disputes.DealConfirmed(
            workflow_id=message.workflow_id,
            event_id=deal.event_id,
            deal_booking_id=deal.deal.deal_booking_id,
            deal_sequence=deal.deal.deal_sequence,
            in_reply_to=message.in_reply_to,
            contract_id=deal.contract_id or "",
            confirmed_at=now,
        )
    told = f"{message.status} {message.contract_id or ''}".strip()
    return _unconfirmed(state, deal, f"acknowledged as {deal.contract_id}, but Murex's book says {told}", now)


def _denies(message: murex.MurexStatusReported, deal: DealState) -> bool:
    """Return True if a report contradicts the acknowledgement, and is not only older than it."""
    if message.status == "BOOKED":
        return message.contract_id not in (None, deal.contract_id)
    return message.status in ("DECLINED", "CANCELLED")


def _cancel(state: ExecutionState, message: murex.MurexCancelled, now: datetime) -> tuple[Event, ...]:
    deal = state.deals.get(message.deal_booking_id)
    if deal is not None and deal.status is DealStatus.ACKNOWLEDGED and message.outcome != "REFUSED":
        ignored = _ignored(message, message.outcome, f"Nobody asked for it. Contradicts {_ASKED}", now)
        return (ignored, _enquiry(message.workflow_id, deal, now))
    if deal is None or deal.status not in {DealStatus.CANCELLING, DealStatus.CANCEL_REFUSED}:
        return (_ignored(message, message.outcome, "No cancel message of this deal is open.", now),)
    if deal.status is DealStatus.CANCEL_REFUSED and message.outcome == "REFUSED":
        return (_ignored(message, message.outcome, "The cancel messages were given up before.", now),)
    if not deal.is_answered_by(message, murex.DealCancelSent):
        return (_ignored(message, message.outcome, f"{_UNASKED}: waiting on.", now),)
    if message.in_reply_to < deal.cancel_from:
        return (_ignored(message, message.outcome, "Answers an earlier cancel message; Murex has booked since.", now),)
    if message.attempt < deal.cancel_attempt and message.outcome == "NOT_FOUND":
        return (_ignored(message, message.outcome, "Answers an earlier cancel message: the last one counts.", now),)
    if message.outcome == "REFUSED":
        return (_cancel_refused(deal, message.workflow_id, message.reason or "no reason given", now),)
    return (
        undoing.CancelConfirmed(
            workflow_id=message.workflow_id,
            event_id=deal.event_id,
            deal_booking_id=message.deal_booking_id,
            deal_sequence=deal.deal.deal_sequence,
            in_reply_to=message.in_reply_to,
            outcome=message.outcome,
            confirmed_at=now,
        ),
    )


def _overdue(state: ExecutionState, command: CheckDeadlines) -> Iterator[Event]:
    """Ask first, send again only when the question stays without answer too."""
    prepared = _workflow(state)
    for deal in state.deals.values():
        if not deal.open or deal.asked_at is None:
            continue
        if not command.silent(deal.asked_at, prepared.retry_seconds):
            continue
        if deal.status is DealStatus.CANCELLING:
            yield _cancel_again(prepared, deal, command.now)
        elif deal.status is DealStatus.DISPUTED and deal.enquiries >= prepared.attempts_max:
            reason = f"acknowledged as {deal.contract_id}, contradicted, and {deal.enquiries} enquiries have no answer"
            yield _unconfirmed(state, deal, reason, command.now)
        elif deal.status is DealStatus.DISPUTED or not deal.enquired:
            yield _enquiry(prepared.workflow_id, deal, command.now)
        else:
            yield _again(state, deal, command.now, "Murex neither books nor declines the deal")


def _again(state: ExecutionState, deal: DealState, now: datetime, why: str) -> Event:
    """Return the next attempt, or the end of attempts; then the deal counts as not booked but possibly held."""
    prepared = _workflow(state)
    if deal.attempt < prepared.attempts_max:
        return murex.DealSent(
            workflow_id=prepared.workflow_id,
            event_id=deal.event_id,
            deal_booking_id=deal.deal.deal_booking_id,
            deal_sequence=deal.deal.deal_sequence,
            attempt=deal.attempt + 1,
            message_sequence=deal.requests + 1,
            entity_id=deal.entity_id,
            exposure_currency=prepared.exposure_currency,
            deal=deal.deal,
            sent_at=now,
        )
    return _declined(
        prepared.workflow_id,
        deal,
        NO_ANSWER,
        f"{why}; {deal.attempt} of {prepared.attempts_max} attempts used",
        now,
    )


def _enquiry(workflow_id: str, deal: DealState, now: datetime) -> Event:
    return murex.DealStatusEnquired(
        workflow_id=workflow_id,
        event_id=deal.event_id,
        deal_booking_id=deal.deal.deal_booking_id,
        deal_sequence=deal.deal.deal_sequence,
        attempt=deal.attempt,
        message_sequence=deal.requests + 1,
        enquired_at=now,
    )


def _unconfirmed(state: ExecutionState, deal: DealState, reason: str, now: datetime) -> Event:
    """Count a deal that Murex's book does not confirm as not booked while that can be undone, else ask a person."""
    workflow_id = _workflow(state).workflow_id
    if state.status is Status.BOOKING:
        return _declined(workflow_id, deal, CONTRADICTION, reason, now)
    return disputes.DealContradicted(
        workflow_id=workflow_id,
        event_id=deal.event_id,
        deal_booking_id=deal.deal.deal_booking_id,
        deal_sequence=deal.deal.deal_sequence,
        contract_id=deal.contract_id or "",
        code=CONTRADICTION,
        reason=reason,
        contradicted_at=now,
    )


def _reason(message: murex.MurexAnswered) -> str:
    reason = message.reason or "no reason given"
    return f"{reason} ({message.reason_code})" if message.reason_code else reason


def _cancel_again(prepared: facts.ExecutionPrepared, deal: DealState, now: datetime) -> Event:
    if deal.cancel_attempt < prepared.attempts_max:
        return cancel(
            prepared.workflow_id,
            deal,
            contract_id=deal.contract_id,
            reason="Cancel message without answer",
            now=now,
        )
    return _cancel_refused(deal, prepared.workflow_id, f"no answer to {deal.cancel_attempt} cancel messages", now)


def _cancel_refused(deal: DealState, workflow_id: str, reason: str, now: datetime) -> Event:
    return undoing.CancelRefused(
        workflow_id=workflow_id,
        event_id=deal.event_id,
        deal_booking_id=deal.deal.deal_booking_id,
        deal_sequence=deal.deal.deal_sequence,
        reason=reason,
        refused_at=now,
    )


def _acknowledged(
    deal: DealState, message: murex.MurexAnswered | murex.MurexStatusReported, level: str, now: datetime
) -> Event:
    return booking.DealAcknowledged(
        workflow_id=message.workflow_id,
        event_id=deal.event_id,
        deal_booking_id=deal.deal.deal_booking_id,
        deal_sequence=deal.deal.deal_sequence,
        attempt=deal.attempt,
        in_reply_to=message.in_reply_to,
        contract_id=message.contract_id or "",
        trade_ids=message.trade_ids,
        booking_reference=message.booking_reference or message.contract_id or "",
        level=level,
        acknowledged_at=now,
    )


def _declined(
    workflow_id: str, deal: DealState, code: str, reason: str, now: datetime, in_reply_to: int | None = None
) -> Event:
    return booking.DealDeclined(
        workflow_id=workflow_id,
        event_id=deal.event_id,
        deal_booking_id=deal.deal.deal_booking_id,
        deal_sequence=deal.deal.deal_sequence,
        attempt=deal.attempt,
        in_reply_to=in_reply_to,
        code=code,
        reason=reason,
        declined_at=now,
    )


def _ignored(
    message: murex.MurexAnswered | murex.MurexStatusReported | murex.MurexCancelled,
    answer: str,
    why: str,
    now: datetime,
) -> Event:
    return booking.AnswerIgnored(
        workflow_id=message.workflow_id,
        event_id=message.event_id,
        deal_booking_id=message.deal_booking_id,
        deal_sequence=message.deal_sequence,
        answer=answer,
        why=why,
        ignored_at=now,
    )
