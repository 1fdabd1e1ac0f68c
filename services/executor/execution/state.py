"""The state of an execution: its deals, what was done, its status. Folded from `execution-<workflow>`."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from types import MappingProxyType
from typing import Any, TypeVar

from services.executor.execution.transitions import DEAL, EXECUTION, DealStatus, Status
from shared.errors import Defect
from shared.events import booking, disputes, murex, overrides, reversals, undoing
from shared.events import execution as facts
from shared.events.base import Event
from shared.hedging.deals import Deal

__all__ = ["DealState", "DealStatus", "ExecutionState", "Status", "evolve", "fold"]

StatusT = TypeVar("StatusT", Status, DealStatus)
Reply = murex.MurexReceipted | murex.MurexAnswered | murex.MurexStatusReported | murex.MurexCancelled

#: Why a person is asked when Murex keeps a deal of a workflow that is being reversed.
REVERSAL_UNFINISHED = "REVERSAL_UNFINISHED"
_OPERATION_FIELDS = frozenset({"operation", "operations"})


_GONE = frozenset({DealStatus.PLANNED, DealStatus.DECLINED, DealStatus.CANCELLED})


@dataclass(frozen=True, slots=True)
class DealState:
    """One deal. `asked_at` is the last message sent about it; `enquired`: that message was an enquiry.

    `asked`: kind and attempt of each message about it, numbered from 1; `enquiries` counts those
    enquiries since it was sent or acknowledged.
    """

    deal: Deal
    event_id: str
    status: DealStatus = DealStatus.PLANNED
    attempt: int = 0
    cancel_attempt: int = 0
    asked_at: datetime | None = None
    enquired: bool = False
    asked: tuple[tuple[type[Event], int], ...] = ()
    enquiries: int = 0
    cancel_from: int = 0
    """Number of the first cancel message since the deal was last thought to be in Murex."""
    receipted: bool = False
    entity_id: str = ""
    contract_id: str | None = None
    booking_reference: str | None = None
    acknowledged_by: int = 0
    """Number of the request that Murex answered with its acknowledgement; 0: it has acknowledged nothing."""
    code: str = ""
    why: str = ""
    """Of a declined deal: the code and reason recorded."""

    @property
    def requests(self) -> int:
        """The number of messages that were sent about the deal; it is also the number of the last one."""
        return len(self.asked)

    def kind_of(self, number: int) -> type[Event] | None:
        """Return the kind of message that was sent about the deal under a number; None: none was."""
        return self.asked[number - 1][0] if 1 <= number <= len(self.asked) else None

    def is_answered_by(self, said: Reply, kind: type[Event]) -> bool:
        """Return True if a reply answers a message of this kind that HAWK sent: the one it names, of this deal and
        attempt."""
        if self.kind_of(said.in_reply_to) is not kind or self.asked[said.in_reply_to - 1][1] != said.attempt:
            return False
        return (said.event_id, said.deal_sequence) == (self.event_id, self.deal.deal_sequence)

    @property
    def booking_answered(self) -> bool:
        """True if its booking rests on an answer to a message of HAWK's, or on a person's word."""
        if self.status is DealStatus.BOOKED_MANUALLY:
            return True
        return self.kind_of(self.acknowledged_by) in {murex.DealSent, murex.DealStatusEnquired}

    @property
    def open(self) -> bool:
        """HAWK waits for Murex."""
        return self.status in {DealStatus.SENT, DealStatus.DISPUTED, DealStatus.CANCELLING}

    @property
    def in_murex(self) -> bool:
        """Murex holds it as it was planned: it said so, or a person did."""
        return self.status in {DealStatus.ACKNOWLEDGED, DealStatus.BOOKED_MANUALLY}

    @property
    def may_be_held(self) -> bool:
        """Murex holds the deal, or may: it never said no, or has named a contract."""
        if self.in_murex or self.status in {DealStatus.SENT, DealStatus.DISPUTED, DealStatus.CONTRADICTED}:
            return True
        return self.status is DealStatus.DECLINED and (self.code in murex.MAYBE_HELD or self.contract_id is not None)


@dataclass(frozen=True, slots=True)
class ExecutionState:
    """The fold. `deals` by booking id in the order of the plan."""

    version: int = 0
    status: Status = Status.NONE
    prepared: facts.ExecutionPrepared | None = None
    deals: Mapping[str, DealState] = field(default_factory=lambda: MappingProxyType({}))
    done: tuple[Event, ...] = ()
    """The events of operations that took effect, oldest first."""
    posting_attempts: int = 0
    failure_code: str = ""
    failure_reason: str = ""
    reversal: reversals.ReversalStarted | None = None
    """The reversal that is under way or done: a workflow is reversed once."""
    posted: bool = False
    taken_back: bool = False
    """Every operation was reversed."""
    journal_reversed: bool = False
    """The journal that was posted has its counterparts."""
    booked: bool = False
    """All operations took effect: the deals are in the ledger."""
    undone: bool = False
    """The operations were taken back and the capacity given back: that happens once."""

    @property
    def all_acknowledged(self) -> bool:
        """The set of acknowledged deals equals the set of planned ones (design section 8, Q15).

        A deal that a person found in Murex, or booked there by hand, counts as one that Murex acknowledged.
        """
        return bool(self.deals) and all(deal.in_murex for deal in self.deals.values())

    @property
    def reversing_journal_waits(self) -> bool:
        """Every operation was reversed; the counterparts of the journal are still to be posted."""
        return self.taken_back and self.posted and not self.journal_reversed

    @property
    def acknowledged(self) -> int:
        """The number of deals that Murex holds as planned, those booked by hand among them."""
        return sum(deal.in_murex for deal in self.deals.values())

    @property
    def several_events(self) -> bool:
        """Whether the number of a deal alone does not name it: each event counts its own from 1."""
        return len({deal.event_id for deal in self.deals.values()}) > 1

    @property
    def nothing_held(self) -> bool:
        """True if, as far as HAWK knows, no deal is in Murex or may be."""
        return all(deal.status in _GONE for deal in self.deals.values())

    @property
    def cancels_settled(self) -> bool:
        """No deal waits for the answer to its cancel message."""
        return not any(deal.status is DealStatus.CANCELLING for deal in self.deals.values())

    @property
    def cancels_refused(self) -> tuple[DealState, ...]:
        """The deals whose cancellation Murex refused or left unanswered; a person must act on them."""
        return tuple(deal for deal in self.deals.values() if deal.status is DealStatus.CANCEL_REFUSED)

    @property
    def contradicted(self) -> tuple[DealState, ...]:
        """Deals that count as booked and that Murex's book does not confirm."""
        return tuple(deal for deal in self.deals.values() if deal.status is DealStatus.CONTRADICTED)


def fold(events: Iterable[Event]) -> ExecutionState:
    """Return the state after these events."""
    state = ExecutionState()
    for event in events:
        state = evolve(state, event)
    return state


def evolve(state: ExecutionState, event: Event) -> ExecutionState:
    """Return the state after one more event.

    Raises:
        Defect: the event makes a move that the tables of `transitions` do not have.
    """
    changes = _told_of_all(state, event)
    changes["version"] = state.version + 1
    if _is_operation(type(event)):
        changes["done"] = (*state.done, event)
    moves = EXECUTION.get(type(event))
    if isinstance(event, overrides.InterventionSettled):
        moves = {Status.NEEDS_INTERVENTION: Status(event.outcome)}
    if moves is not None:
        changes["status"] = _moved(moves, state.status, event)
    return replace(state, **changes)


def _told_of_all(state: ExecutionState, event: Event) -> dict[str, Any]:
    """Return the fields that an event changes, besides version, operations done and status."""
    match event:
        case facts.ExecutionPrepared():
            return {"prepared": event}
        case booking.DealPlanned(deal=deal):
            return {"deals": _with(state, DealState(deal=deal, event_id=event.event_id))}
        case booking.PostingDeferred(attempts=attempts):
            return {"posting_attempts": attempts}
        case undoing.CompensationStarted(code=code, reason=reason):
            return {"failure_code": code, "failure_reason": reason}
        case booking.JournalPosted():
            return {"posted": True}
        case reversals.ReversalStarted():
            why = f"The reversal by workflow {event.reversal} cannot go on."
            return {"reversal": event, "failure_code": REVERSAL_UNFINISHED, "failure_reason": why}
        case reversals.ExecutionReversed():
            return {"taken_back": True}
        case reversals.JournalReversed():
            return {"journal_reversed": True}
        case facts.ExecutionCompleted():
            return {"booked": True}
        case undoing.WorkflowCompensated():
            return {"undone": True}
        case _:
            return _told_of_a_deal(state, event)


def _moved(moves: Mapping[StatusT, StatusT], status: StatusT, event: Event) -> StatusT:
    if status not in moves:
        raise Defect(f"{type(event).__name__} finds {status}; it belongs after {', '.join(sorted(moves))}.")
    return moves[status]


def _told_of_a_deal(state: ExecutionState, event: Event) -> dict[str, Any]:
    """Return what an event about one deal changes."""
    if not _is_of_a_deal(type(event)):
        return {}
    known = state.deals.get(getattr(event, "deal_booking_id", ""))
    if known is None:
        return {}
    changes, moves = _told(known, event), DEAL.get(type(event))
    if moves is not None:
        changes["status"] = _moved(moves, known.status, event)
    return {"deals": _with(state, replace(known, **changes))} if changes else {}


def _told(known: DealState, event: Event) -> dict[str, Any]:
    """Return the fields of a deal that an event about it changes, besides its status."""
    match event:
        case murex.DealSent() | murex.DealStatusEnquired() | murex.DealCancelSent():
            return {"asked": (*known.asked, (type(event), event.attempt)), **_asked(known, event)}
        case booking.DealReceipted():
            return {"receipted": True}
        case booking.DealAcknowledged():
            return {
                "contract_id": event.contract_id, "booking_reference": event.booking_reference,
                "acknowledged_by": event.in_reply_to,
            }  # fmt: skip
        case booking.DealDeclined(code=code, reason=reason) | disputes.DealContradicted(code=code, reason=reason):
            return {"code": code, "why": reason}
        case overrides.DealBookedByHand(external_reference=contract):
            return {"contract_id": contract, "booking_reference": contract}
        case overrides.DealCancelledByHand(reason=reason):
            return {"code": murex.OVERRIDDEN, "why": reason, "contract_id": None}
        case _:
            return {}


def _asked(known: DealState, event: murex.DealSent | murex.DealStatusEnquired | murex.DealCancelSent) -> dict[str, Any]:
    """Return the deal after a message about it has left."""
    match event:
        case murex.DealSent():
            return {
                "attempt": event.attempt, "asked_at": event.sent_at, "enquired": False, "receipted": False,
                "entity_id": event.entity_id, "enquiries": 0,
            }  # fmt: skip
        case murex.DealStatusEnquired():
            enquiries = 1 if known.status is DealStatus.ACKNOWLEDGED else known.enquiries + 1
            return {"asked_at": event.enquired_at, "enquired": True, "enquiries": enquiries}
        case murex.DealCancelSent():
            goes_on = known.status is DealStatus.CANCELLING
            return {
                "cancel_attempt": event.attempt, "asked_at": event.sent_at,
                "contract_id": event.contract_id or known.contract_id,
                "cancel_from": known.cancel_from if goes_on else known.requests + 1,
            }  # fmt: skip


def _with(state: ExecutionState, deal: DealState) -> Mapping[str, DealState]:
    return MappingProxyType({**state.deals, deal.deal.deal_booking_id: deal})


@cache
def _is_operation(kind: type[Event]) -> bool:
    """Return True if such an event says that an operation took effect. Takes the class: asking each event is slow."""
    taken_back = kind in {undoing.OperationCompensated, reversals.OperationReversed}
    return not taken_back and not kind.model_fields.keys().isdisjoint(_OPERATION_FIELDS)


@cache
def _is_of_a_deal(kind: type[Event]) -> bool:
    """Return True if such an event is about one deal."""
    return "deal_booking_id" in kind.model_fields
