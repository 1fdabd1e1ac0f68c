"""What Murex says (or does not say) about a deal, as events. Pure.

Each case has one effect: a duplicate, a late answer, one for an unknown deal and a contradiction are recorded and
ignored, the first business answer stands; silence and technical faults are asked about, then sent again; a business
NOK is final.
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
    due_at,
)
from services.executor.execution.state import DealState, DealStatus, ExecutionState
from shared.errors import Defect
from shared.events import execution as facts
from shared.events import murex, undoing
from shared.events.base import Event
from shared.events.murex import BOOKING_ERROR, NO_ANSWER


def decide(state: ExecutionState, command: MurexCommand) -> tuple[Event, ...]:
    """The events a command leads to, without what follows from them (see `process`)."""
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


def cancel(workflow_id: str, deal: DealState, *, contract_id: str | None, reason: str, now: datetime) -> Event:
    """The cancel message of a deal that Murex holds or may hold."""
    return murex.DealCancelSent(
        workflow_id=workflow_id,
        event_id=deal.event_id,
        deal_booking_id=deal.deal.deal_booking_id,
        deal_sequence=deal.deal.deal_sequence,
        attempt=deal.cancel_attempt + 1,
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
    return (
        facts.DealReceipted(
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
    if message.answer == "ACK" and message.contract_id is None:
        return (_ignored(message, said, "An ACK without a contract id proves nothing.", now),)
    match deal.status:
        case DealStatus.SENT if message.answer == "ACK":
            return (_acknowledged(deal, message, message.level, now),)
        case DealStatus.SENT if message.technical:
            return (_ignored(message, said, "Technical fault of the exchange: the deal is asked about again.", now),)
        case DealStatus.SENT:
            return (_declined(message.workflow_id, deal, BOOKING_ERROR, message.reason or "no reason given", now),)
        case DealStatus.DECLINED | DealStatus.CANCELLED if message.answer == "ACK":
            # Murex booked what it had declined, or what was thought gone: it must not keep it.
            why = "Booked after it was declined or cancelled: cancelled again."
            return (
                _ignored(message, said, why, now),
                cancel(message.workflow_id, deal, contract_id=message.contract_id, reason=why, now=now),
            )
        case DealStatus.ACKNOWLEDGED if message.answer == "ACK" and message.contract_id == deal.contract_id:
            return (_ignored(message, said, "Duplicate of the answer that was recorded.", now),)
        case DealStatus.ACKNOWLEDGED:
            return (_ignored(message, said, "Contradicts the answer that was recorded; the first one stands.", now),)
        case _:
            return (_ignored(message, said, f"Late: the deal is {deal.status}.", now),)


def _status(state: ExecutionState, message: murex.MurexStatusReported, now: datetime) -> tuple[Event, ...]:
    deal = state.deals.get(message.deal_booking_id)
    if deal is None:
        return (_ignored(message, message.status, "Unknown deal: HAWK sent none with this id.", now),)
    if deal.status is not DealStatus.SENT:
        return (_ignored(message, message.status, f"Late: the deal is {deal.status}.", now),)
    match message.status:
        case "BOOKED" if message.contract_id is not None:
            return (_acknowledged(deal, message, "OK", now),)
        case "DECLINED":
            return (_declined(message.workflow_id, deal, BOOKING_ERROR, message.reason or "no reason given", now),)
        case "UNKNOWN" | "CANCELLED" if not deal.enquired:
            # It says how things were before the last request, which may well have arrived since.
            return (_ignored(message, message.status, "Reported before the deal was last sent: waiting on.", now),)
        case "UNKNOWN" | "CANCELLED":
            return (_again(state, deal, now, "Murex does not have the deal"),)
        case _:
            return (_ignored(message, message.status, "Still in work at Murex: waiting on.", now),)


def _cancel(state: ExecutionState, message: murex.MurexCancelled, now: datetime) -> tuple[Event, ...]:
    deal = state.deals.get(message.deal_booking_id)
    if deal is None or deal.status is not DealStatus.CANCELLING:
        return (_ignored(message, message.outcome, "No cancel message of this deal is open.", now),)
    if message.outcome == "REFUSED":
        return (_cancel_refused(deal, message.workflow_id, message.reason or "no reason given", now),)
    return (
        undoing.CancelConfirmed(
            workflow_id=message.workflow_id,
            event_id=deal.event_id,
            deal_booking_id=message.deal_booking_id,
            deal_sequence=deal.deal.deal_sequence,
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
        if command.now < due_at(deal.asked_at, prepared.retry_seconds, command.listening_since):
            continue
        if deal.status is DealStatus.CANCELLING:
            yield _cancel_again(prepared, deal, command.now)
        elif not deal.enquired:
            yield murex.DealStatusEnquired(
                workflow_id=prepared.workflow_id,
                event_id=deal.event_id,
                deal_booking_id=deal.deal.deal_booking_id,
                deal_sequence=deal.deal.deal_sequence,
                attempt=deal.attempt,
                enquired_at=command.now,
            )
        else:
            yield _again(state, deal, command.now, "Murex answers neither the deal nor the enquiry")


def _again(state: ExecutionState, deal: DealState, now: datetime, why: str) -> Event:
    """The next attempt, or the end of attempts; then the deal counts as not booked but possibly held."""
    prepared = _workflow(state)
    if deal.attempt < prepared.attempts_max:
        return murex.DealSent(
            workflow_id=prepared.workflow_id,
            event_id=deal.event_id,
            deal_booking_id=deal.deal.deal_booking_id,
            deal_sequence=deal.deal.deal_sequence,
            attempt=deal.attempt + 1,
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
    return facts.DealAcknowledged(
        workflow_id=message.workflow_id,
        event_id=deal.event_id,
        deal_booking_id=deal.deal.deal_booking_id,
        deal_sequence=deal.deal.deal_sequence,
        attempt=deal.attempt,
        contract_id=message.contract_id or "",
        trade_ids=message.trade_ids,
        booking_reference=message.booking_reference or message.contract_id or "",
        level=level,
        acknowledged_at=now,
    )


def _declined(workflow_id: str, deal: DealState, code: str, reason: str, now: datetime) -> Event:
    return facts.DealDeclined(
        workflow_id=workflow_id,
        event_id=deal.event_id,
        deal_booking_id=deal.deal.deal_booking_id,
        deal_sequence=deal.deal.deal_sequence,
        attempt=deal.attempt,
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
    return facts.AnswerIgnored(
        workflow_id=message.workflow_id,
        event_id=message.event_id,
        deal_booking_id=message.deal_booking_id,
        deal_sequence=message.deal_sequence,
        answer=answer,
        why=why,
        ignored_at=now,
    )
