"""What is known of an execution: its deals, what was done, how far it is. Folded from `execution-<workflow>`."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from functools import cache
from types import MappingProxyType

from shared.events import execution as facts
from shared.events import murex, undoing
from shared.events.base import Event
from shared.hedging.deals import Deal

_OPERATION_FIELDS = frozenset({"operation", "operations"})


class Status(StrEnum):
    """Where an execution stands. `NONE`: no grant was used."""

    NONE = "NONE"
    BOOKING = "BOOKING"
    COMPLETED = "COMPLETED"
    POSTED = "POSTED"
    COMPENSATING = "COMPENSATING"
    COMPENSATED = "COMPENSATED"
    NEEDS_INTERVENTION = "NEEDS_INTERVENTION"


class DealStatus(StrEnum):
    """Where one deal stands with Murex."""

    PLANNED = "PLANNED"
    SENT = "SENT"
    ACKNOWLEDGED = "ACKNOWLEDGED"
    DECLINED = "DECLINED"
    CANCELLING = "CANCELLING"
    CANCELLED = "CANCELLED"
    CANCEL_REFUSED = "CANCEL_REFUSED"


@dataclass(frozen=True, slots=True)
class DealState:
    """One deal. `asked_at` is the last message sent about it; `enquired`: that message was an enquiry."""

    deal: Deal
    event_id: str
    status: DealStatus = DealStatus.PLANNED
    attempt: int = 0
    cancel_attempt: int = 0
    asked_at: datetime | None = None
    enquired: bool = False
    receipted: bool = False
    entity_id: str = ""
    contract_id: str | None = None
    booking_reference: str | None = None
    code: str = ""
    why: str = ""
    """Of a declined deal: the code and reason recorded."""

    @property
    def open(self) -> bool:
        """HAWK waits for Murex."""
        return self.status in {DealStatus.SENT, DealStatus.CANCELLING}


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

    @property
    def all_acknowledged(self) -> bool:
        """The set of acknowledged deals equals the set of planned ones (design section 8, Q15)."""
        return bool(self.deals) and all(deal.status is DealStatus.ACKNOWLEDGED for deal in self.deals.values())

    @property
    def acknowledged(self) -> int:
        return sum(deal.status is DealStatus.ACKNOWLEDGED for deal in self.deals.values())

    @property
    def cancels_settled(self) -> bool:
        """No deal waits for the answer to its cancel message."""
        return not any(deal.status is DealStatus.CANCELLING for deal in self.deals.values())

    @property
    def cancels_refused(self) -> tuple[DealState, ...]:
        return tuple(deal for deal in self.deals.values() if deal.status is DealStatus.CANCEL_REFUSED)


def fold(events: Iterable[Event]) -> ExecutionState:
    """The state after these events."""
    state = ExecutionState()
    for event in events:
        state = evolve(state, event)
    return state


def evolve(state: ExecutionState, event: Event) -> ExecutionState:
    """The state after one more event; refuses nothing."""
    done = (*state.done, event) if _is_operation(type(event)) else state.done
    state = replace(state, version=state.version + 1, done=done)
    match event:
        case facts.ExecutionPrepared():
            return replace(state, status=Status.BOOKING, prepared=event)
        case facts.DealPlanned(deal=deal):
            return _deal(state, DealState(deal=deal, event_id=event.event_id))
        case facts.ExecutionCompleted():
            return replace(state, status=Status.COMPLETED)
        case facts.JournalPosted():
            return replace(state, status=Status.POSTED)
        case facts.PostingDeferred(attempts=attempts):
            return replace(state, posting_attempts=attempts)
        case undoing.CompensationStarted(code=code, reason=reason):
            return replace(state, status=Status.COMPENSATING, failure_code=code, failure_reason=reason)
        case undoing.WorkflowCompensated():
            return replace(state, status=Status.COMPENSATED)
        case undoing.InterventionRequired():
            return replace(state, status=Status.NEEDS_INTERVENTION)
        case _:
            return _deal_moved(state, event)


def _deal_moved(state: ExecutionState, event: Event) -> ExecutionState:
    """What an event about one deal changes."""
    if not _is_of_a_deal(type(event)):
        return state
    known = state.deals.get(getattr(event, "deal_booking_id", ""))
    if known is None:
        return state
    match event:
        case murex.DealSent():
            moved = replace(
                known, status=DealStatus.SENT, attempt=event.attempt, asked_at=event.sent_at, enquired=False,
                receipted=False, entity_id=event.entity_id,
            )  # fmt: skip
        case murex.DealStatusEnquired():
            moved = replace(known, asked_at=event.enquired_at, enquired=True)
        case facts.DealReceipted():
            moved = replace(known, receipted=True)
        case facts.DealAcknowledged():
            moved = replace(
                known, status=DealStatus.ACKNOWLEDGED, contract_id=event.contract_id,
                booking_reference=event.booking_reference,
            )  # fmt: skip
        case facts.DealDeclined():
            moved = replace(known, status=DealStatus.DECLINED, code=event.code, why=event.reason)
        case murex.DealCancelSent():
            moved = replace(
                known, status=DealStatus.CANCELLING, cancel_attempt=event.attempt, asked_at=event.sent_at,
                contract_id=event.contract_id or known.contract_id,
            )  # fmt: skip
        case undoing.CancelConfirmed():
            moved = replace(known, status=DealStatus.CANCELLED)
        case undoing.CancelRefused():
            moved = replace(known, status=DealStatus.CANCEL_REFUSED)
        case _:
            return state
    return _deal(state, moved)


def _deal(state: ExecutionState, deal: DealState) -> ExecutionState:
    deals = dict(state.deals)
    deals[deal.deal.deal_booking_id] = deal
    return replace(state, deals=MappingProxyType(deals))


@cache
def _is_operation(kind: type[Event]) -> bool:
    """Whether such an event says that an operation took effect. Asked of the class: asking each event is slow."""
    return kind is not undoing.OperationCompensated and not kind.model_fields.keys().isdisjoint(_OPERATION_FIELDS)


@cache
def _is_of_a_deal(kind: type[Event]) -> bool:
    """Whether such an event is about one deal."""
    return "deal_booking_id" in kind.model_fields
