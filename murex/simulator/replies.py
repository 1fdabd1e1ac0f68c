"""The reply of Murex to a request: request, script and book row in, the new row and the replies out. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID, uuid5

from murex.simulator.script import ACKNOWLEDGED, Match, Rule

#: Everything the simulator names is UUIDv5 under this: a deal always gets its contract, a request
#: its message id, also after the book was lost.
MUREX_NAMESPACE = UUID("7a3c1e57-54a5-5e0e-9a44-52a6e2f0b4d1")

#: Digits of a contract id: with 10^15 of them two of 100,000 deals share one once in 200,000 books.
CONTRACT_DIGITS = 15

#: REORDER turns the deals of an event round by waiting less for a higher sequence: more than a batch takes,
#: and far below any reply timeout. Deals beyond the span come at once.
REORDER_SPAN = timedelta(milliseconds=500)
REORDER_STEP = timedelta(milliseconds=20)

_NO_DELAY = timedelta(0)


class RequestKind(StrEnum):
    """What HAWK asks of Murex."""

    BOOK = "BOOK"
    ENQUIRE = "ENQUIRE"
    CANCEL = "CANCEL"


class BookStatus(StrEnum):
    """What Murex knows of a deal (`MurexStatusReported.status`, without UNKNOWN)."""

    RECEIVED = "RECEIVED"
    BOOKED = "BOOKED"
    DECLINED = "DECLINED"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True, slots=True)
class DealRequest:
    """One message of hawk.murex.requests. `digest` is over the deal, without attempt and time of sending.

    `entity_id`, `exposure_currency`, `legs` and `digest` are empty (0) for an enquiry or a cancel message.
    """

    kind: RequestKind
    message_id: str
    workflow_id: str
    event_id: str
    deal_booking_id: str
    deal_sequence: int
    attempt: int
    entity_id: str = ""
    exposure_currency: str = ""
    legs: int = 0
    digest: str = ""
    message_sequence: int = 1


@dataclass(frozen=True, slots=True)
class BookedDeal:
    """A deal in the book; the key is the external id `deal_booking_id`.

    `status` holds from `decided_at` on; before it the deal is RECEIVED. `digest` is empty for a deal that was
    cancelled before it came.
    """

    deal_booking_id: str
    workflow_id: str
    event_id: str
    deal_sequence: int
    entity_id: str
    exposure_currency: str
    digest: str
    status: BookStatus
    contract_id: str | None
    trade_ids: tuple[str, ...]
    booking_reference: str | None
    level: str
    reason: str | None
    decided_at: datetime

    def status_at(self, now: datetime) -> BookStatus:
        """Return the status that an enquiry gets."""
        return self.status if now >= self.decided_at else BookStatus.RECEIVED


@dataclass(frozen=True, slots=True)
class OutgoingReply:
    """A message of hawk.murex.answers to be sent at `due`; replies due at the same time keep their order."""

    message_id: str
    causation_id: str
    event: Literal["MurexReceipted", "MurexAnswered", "MurexStatusReported", "MurexCancelled"]
    data: Mapping[str, Any]
    due: datetime


@dataclass(frozen=True, slots=True)
class Decision:
    """The row the book holds from now on (None: none) and the replies, in the order of sending."""

    entry: BookedDeal | None
    replies: tuple[OutgoingReply, ...]


def decide(request: DealRequest, rules: Sequence[Rule], entry: BookedDeal | None, now: datetime) -> Decision:
    """Return what Murex does with a request.

    Args:
        entry: the row of the request's external id, if the book has one.
        now: when the request is handled; replies are dated when they are due.
    Returns:
        The same external id with the same digest leads to the same reply again and never to a second
        contract; with another digest to NOK. Nothing else changes the row but a booking and a cancellation.
    """
    rule = matching_rule(request, rules, entry)
    if request.kind is RequestKind.BOOK:
        return _book(request, rule, entry, now)
    if request.kind is RequestKind.ENQUIRE:
        return _report(request, rule, entry, now)
    return _cancel(request, rule, entry, now)


def matching_rule(request: DealRequest, rules: Sequence[Rule], entry: BookedDeal | None = None) -> Rule:
    """Return the first rule that matches; a deal no rule matches is acknowledged.

    Currency and entity of an enquiry or a cancel message are those of the booked deal.
    """
    entity = request.entity_id or (entry.entity_id if entry else "")
    currency = request.exposure_currency or (entry.exposure_currency if entry else "")
    return next((rule for rule in rules if _matches(rule.match, request, entity, currency)), ACKNOWLEDGED)


def contract_id(deal_booking_id: str) -> str:
    """Return MX and digits, a function of the external id."""
    return f"MX{_number(deal_booking_id):0{CONTRACT_DIGITS}d}"


def _matches(match: Match, request: DealRequest, entity: str, currency: str) -> bool:
    facts: tuple[tuple[object, object], ...] = (
        (match.exposure_currency, currency),
        (match.entity_id, entity),
        (match.workflow_id, request.workflow_id),
        (match.deal_sequence, request.deal_sequence),
        (match.attempt, request.attempt),
    )
    return all(wanted is None or wanted == found for wanted, found in facts)


def _book(request: DealRequest, rule: Rule, entry: BookedDeal | None, now: datetime) -> Decision:
    due = now + timedelta(seconds=rule.delay_seconds)
    if rule.answer == "SILENT":
        booked = entry or (_booked(request, rule, now) if rule.booked else None)
        return Decision(booked, ())
    if entry is not None:
        sooner = replace(entry, decided_at=min(entry.decided_at, due))
        return Decision(sooner, _conversation(request, rule, _known(request, entry), now, due))
    if rule.answer == "NOK":
        declined = _declined(request, rule, due)
        kept = None if rule.technical else declined
        return Decision(kept, _conversation(request, rule, declined, now, due))
    booked = _booked(request, rule, due)
    return Decision(booked, _conversation(request, rule, booked, now, due))


def _known(request: DealRequest, entry: BookedDeal) -> BookedDeal:
    """Return the deal to report for a known external id: the booked one, or a refusal of the id."""
    if entry.digest == request.digest and entry.status is not BookStatus.CANCELLED:
        return entry
    reason = (
        f"External id {request.deal_booking_id} was cancelled; a cancelled deal is not booked again."
        if entry.status is BookStatus.CANCELLED
        else f"Duplicate external id {request.deal_booking_id}: it belongs to a deal with other terms."
    )
    refused = replace(entry, status=BookStatus.DECLINED, level="ABORT", reason=reason)
    return replace(refused, contract_id=None, trade_ids=(), booking_reference=None)


def _conversation(
    request: DealRequest, rule: Rule, said: BookedDeal, now: datetime, due: datetime
) -> tuple[OutgoingReply, ...]:
    """Return receipt and business reply, delivered the way the rule says."""
    if rule.answer == "REORDER":
        due += _reorder_delay(request.deal_sequence)
    technical = rule.technical and said.status is BookStatus.DECLINED
    receipt = _reply(request, "MurexReceipted", 0, now, {"received_at": now.isoformat()})
    business = _reply(request, "MurexAnswered", 0, due, _business(said, due, technical=technical))
    if rule.answer == "DUPLICATE":
        again = _reply(request, "MurexAnswered", 1, due, _business(said, due))
        return (receipt, business, again)
    if rule.answer == "CONTRADICT":
        declined = _declined(request, rule, due)
        return (receipt, business, _reply(request, "MurexAnswered", 1, due, _business(declined, due)))
    if rule.answer == "UNKNOWN_DEAL":
        stray = _stray(request)
        unknown = _reply(stray, "MurexAnswered", 0, due, _business(_booked(stray, rule, due), due))
        return (receipt, unknown, business)
    if rule.answer == "REORDER":
        late_receipt = replace(receipt, due=due)
        return (business, late_receipt)
    return (receipt, business)


def _report(request: DealRequest, rule: Rule, entry: BookedDeal | None, now: datetime) -> Decision:
    if rule.enquiry == "SILENT":
        return Decision(entry, ())
    status = "UNKNOWN" if entry is None else entry.status_at(now).value
    facts: dict[str, Any] = {"status": status, "reported_at": now.isoformat()}
    if entry is not None and status != BookStatus.RECEIVED:
        facts |= _contract(entry) | {"reason": entry.reason}
    return Decision(entry, (_reply(request, "MurexStatusReported", 0, now, facts),))


def _cancel(request: DealRequest, rule: Rule, entry: BookedDeal | None, now: datetime) -> Decision:
    """Cancel a deal. One that never came is kept as cancelled, so that its late request books nothing."""
    if rule.cancel == "SILENT":
        return Decision(entry, ())
    if entry is None:
        never_came = _deal(request, BookStatus.CANCELLED, "ABORT", "Cancelled before it came.", now)
        return Decision(never_came, (_cancelled(request, "NOT_FOUND", None, None, now),))
    if entry.contract_id is None:
        return Decision(entry, (_cancelled(request, "NOT_FOUND", None, entry.reason, now),))
    if rule.cancel == "REFUSED" and entry.status is not BookStatus.CANCELLED:
        reason = rule.reason or f"Contract {entry.contract_id} is frozen by the end-of-day process."
        return Decision(entry, (_cancelled(request, "REFUSED", entry.contract_id, reason, now),))
    gone = replace(entry, status=BookStatus.CANCELLED, decided_at=min(entry.decided_at, now))
    return Decision(gone, (_cancelled(request, "CANCELLED", entry.contract_id, None, now),))


def _booked(request: DealRequest, rule: Rule, due: datetime) -> BookedDeal:
    contract = contract_id(request.deal_booking_id)
    trades = tuple(f"TR{contract[2:]}{leg}" for leg in range(1, max(request.legs, 1) + 1))
    level = rule.level if rule.level in ("OK", "WARNING") else "OK"
    reason = rule.reason if rule.level == "WARNING" else None
    booked = _deal(request, BookStatus.BOOKED, level, reason, due)
    reference = f"BKG-{uuid5(MUREX_NAMESPACE, contract).hex[:12].upper()}"
    return replace(booked, contract_id=contract, trade_ids=trades, booking_reference=reference)


def _declined(request: DealRequest, rule: Rule, due: datetime) -> BookedDeal:
    default = "The exchange is not available." if rule.technical else "Declined by the script."
    level = rule.level if rule.level in ("ABORT", "FATAL") else "ABORT"
    return _deal(request, BookStatus.DECLINED, level, rule.reason or default, due)


def _deal(request: DealRequest, status: BookStatus, level: str, reason: str | None, due: datetime) -> BookedDeal:
    """Return the deal of a request, without a contract."""
    return BookedDeal(
        deal_booking_id=request.deal_booking_id,
        workflow_id=request.workflow_id,
        event_id=request.event_id,
        deal_sequence=request.deal_sequence,
        entity_id=request.entity_id,
        exposure_currency=request.exposure_currency,
        digest=request.digest,
        status=status,
        contract_id=None,
        trade_ids=(),
        booking_reference=None,
        level=level,
        reason=reason,
        decided_at=due,
    )


def _stray(request: DealRequest) -> DealRequest:
    """Return a deal that nobody sent: with the event, and a sequence number that nobody planned."""
    return replace(
        request, deal_booking_id=f"{request.deal_booking_id}-STRAY", deal_sequence=request.deal_sequence + 1_000
    )


def _reorder_delay(deal_sequence: int) -> timedelta:
    return max(_NO_DELAY, REORDER_SPAN - REORDER_STEP * deal_sequence)


def _contract(entry: BookedDeal) -> dict[str, Any]:
    return {
        "contract_id": entry.contract_id,
        "trade_ids": list(entry.trade_ids),
        "booking_reference": entry.booking_reference,
    }


def _business(said: BookedDeal, due: datetime, *, technical: bool = False) -> dict[str, Any]:
    return _contract(said) | {
        "answer": "NOK" if said.status is BookStatus.DECLINED else "ACK",
        "level": said.level,
        "technical": technical,
        "reason": said.reason,
        "answered_at": due.isoformat(),
    }


def _cancelled(
    request: DealRequest, outcome: str, contract: str | None, reason: str | None, now: datetime
) -> OutgoingReply:
    facts = {"outcome": outcome, "contract_id": contract, "reason": reason, "answered_at": now.isoformat()}
    return _reply(request, "MurexCancelled", 0, now, facts)


def _reply(
    request: DealRequest,
    event: Literal["MurexReceipted", "MurexAnswered", "MurexStatusReported", "MurexCancelled"],
    ordinal: int,
    due: datetime,
    facts: Mapping[str, Any],
) -> OutgoingReply:
    """Return a reply whose id is a function of the request message: a request delivered twice is answered once."""
    name = f"{request.message_id}\n{request.deal_booking_id}\n{event}\n{ordinal}"
    head = {
        "workflow_id": request.workflow_id,
        "event_id": request.event_id,
        "deal_booking_id": request.deal_booking_id,
        "deal_sequence": request.deal_sequence,
        "attempt": request.attempt,
        "in_reply_to": request.message_sequence,
    }
    return OutgoingReply(str(uuid5(MUREX_NAMESPACE, name)), request.message_id, event, head | dict(facts), due)


def _number(text: str) -> int:
    return int(uuid5(MUREX_NAMESPACE, text).int % 10**CONTRACT_DIGITS)
