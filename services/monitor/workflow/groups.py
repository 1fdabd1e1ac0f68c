"""Events of a workflow in groups: the request, what was prepared, each deal, what followed, what was undone. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from services.monitor.workflow.dealings import Standing, is_open, segments, standing_of
from services.monitor.workflow.history import Document
from services.monitor.workflow.timed import OfDeal, Timed, numbers_of
from shared.events import approvals, booking, murex, overrides, reversals, revocations, undoing
from shared.events import execution as facts
from shared.events.base import Event
from shared.events.streams import OF_REQUESTS

REQUEST, PREPARE, DEAL, COMPLETE, JOURNAL = "request", "prepare", "deal", "complete", "journal"
CANCEL, ROLLBACK, REVERSAL, PERSON = "cancel", "rollback", "reversal", "person"

#: The groups in their order on the page; deals and cancels are in that of the plan.
_ORDER: Final = (REQUEST, PREPARE, DEAL, COMPLETE, JOURNAL, CANCEL, ROLLBACK, REVERSAL, PERSON)
#: After these more is to be heard of the request.
_UNDECIDED: Final = (
    *(reversals.ReversalRequested, approvals.ApprovalRequested, approvals.DecisionRecorded),
    *(approvals.RequestEscalated, approvals.QuestionAsked, approvals.QuestionAnswered),
)
_OF_KIND: Final[Sequence[tuple[tuple[type[Event], ...], str]]] = (
    ((*OF_REQUESTS, revocations.RevocationRequested, revocations.GrantRevoked), REQUEST),
    (
        (booking.JournalPosted, booking.PostingDeferred, reversals.ReversalPosted, reversals.ReversalPostingDeferred),
        JOURNAL,
    ),
    ((undoing.CompensationStarted, undoing.OperationCompensated, undoing.WorkflowCompensated), ROLLBACK),
    (
        (
            reversals.ReversalStarted,
            reversals.OperationReversed,
            reversals.ExecutionReversed,
            reversals.JournalReversed,
        ),
        REVERSAL,
    ),
    ((undoing.InterventionRequired, overrides.InterventionSettled), PERSON),
)
_POSTED: Final = (booking.JournalPosted, reversals.ReversalPosted)
_UNDONE: Final = (undoing.OperationCompensated, reversals.OperationReversed)
_NORMAL: Final = frozenset({REQUEST, PREPARE, COMPLETE})


@dataclass(slots=True)
class _Group:
    kind: str
    deal: str | None = None
    events: list[Timed] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Plan:
    """What the groups are laid beside: the plan's operations and deals, as the card shows them.

    `over` says that nothing more happens by itself, `reverses` that the plan is to cancel and take back.
    """

    operations: Sequence[Mapping[str, Any]]
    deals: Sequence[Mapping[str, Any]]
    over: bool = False
    reverses: bool = False

    @property
    def later(self) -> frozenset[int]:
        """Numbers of the operations that are done once Murex has acknowledged every deal."""
        return frozenset(each["number"] for each in self.operations if each["phase"] == "COMPLETE")


def groups(events: Sequence[Timed], plan: Plan) -> list[Document]:
    """Return a row for each group, with its events, its attempts, its result, and how long it took."""
    found = _grouped(events, plan)
    places = {each["deal_booking_id"]: place for place, each in enumerate(plan.deals)}

    def order(group: _Group) -> tuple[int, int, int]:
        return _ORDER.index(group.kind), places.get(group.deal or "", len(places)), group.events[0].ms

    return [_row(each, found, plan) for each in sorted(found, key=order)]


def _grouped(events: Sequence[Timed], plan: Plan) -> list[_Group]:
    made: dict[tuple[str, str | None], _Group] = {}
    cancelled: set[str] = set()
    later = plan.later
    for timed in events:
        event, deal = timed.event, None
        if isinstance(event, OfDeal):
            deal = event.deal_booking_id
            if isinstance(event, murex.DealCancelSent):
                cancelled.add(deal)
            kind = CANCEL if deal in cancelled else DEAL
        else:
            kind = _kind_of(event, later)
        made.setdefault((kind, deal), _Group(kind, deal)).events.append(timed)
    return list(made.values())


def _kind_of(event: Event, later: frozenset[int]) -> str:
    for kinds, kind in _OF_KIND:
        if isinstance(event, kinds):
            return kind
    if isinstance(event, facts.ExecutionCompleted | reversals.ReversalCompleted | reversals.LineageEnded):
        return COMPLETE if later else PREPARE
    return COMPLETE if later.intersection(numbers_of(event)) else PREPARE


def _row(group: _Group, others: Sequence[_Group], plan: Plan) -> Document:
    events = group.events
    began, ended = _since(group, others), events[-1].ms
    standing = None if group.deal is None else standing_of(events)
    waits = not plan.over and (isinstance(events[-1].event, _UNDECIDED) if standing is None else is_open(standing))
    drawn = [] if group.kind == REQUEST else [*segments(group.kind, events, began)]
    if waits and group.kind != REQUEST:
        drawn.append({"tone": "open", "from": ended, "to": None})
    return {
        "key": group.kind if group.deal is None else f"{group.kind}-{group.deal}",
        "kind": group.kind,
        "deal": _deal(group.deal, plan.deals),
        "attempts": _attempts(group),
        "result": _result(group, standing),
        "began": began,
        "ended": None if waits else ended,
        "segments": drawn,
        "unusual": _is_unusual(group, standing, plan),
        "events": [each.number for each in events],
    }


def _since(group: _Group, others: Sequence[_Group]) -> int:
    """Return when the work of a group began: with what it waited for, or else with its own first event."""
    first = group.events[0].ms
    if group.kind == PREPARE:
        return min(0, first)
    before = {COMPLETE: (PREPARE, DEAL), JOURNAL: (PREPARE, COMPLETE)}.get(group.kind, ())
    ends = [each.ms for other in others if other.kind in before for each in other.events if each.ms <= first]
    return max(ends, default=first)


def _deal(deal: str | None, deals: Sequence[Mapping[str, Any]]) -> Document | None:
    """Return how a deal is called; one that no plan knows has its id alone."""
    if deal is None:
        return None
    several = len({each["event_id"] for each in deals}) > 1
    planned = next((each for each in deals if each["deal_booking_id"] == deal), {})
    return {
        "deal_booking_id": deal,
        "sequence": planned.get("deal_sequence"),
        "entity_id": planned.get("entity_id") if several else None,
        "from": planned.get("portfolio_from"),
        "to": planned.get("portfolio_to"),
        "purpose": planned.get("purpose"),
    }


def _attempts(group: _Group) -> int | None:
    if group.kind == JOURNAL:
        return len(group.events)
    if group.kind not in (DEAL, CANCEL):
        return None
    sent = murex.DealCancelSent if group.kind == CANCEL else murex.DealSent
    return sum(isinstance(each.event, sent) for each in group.events)


def _result(group: _Group, standing: Standing | None) -> Document:
    if standing is not None:
        return {"kind": standing.kind, **standing.said, "silent_ms": silence(group.events)}
    last = group.events[-1].event
    if group.kind in (PREPARE, COMPLETE):
        return {"kind": "operations", "count": sum(len(numbers_of(each.event)) for each in group.events)}
    if group.kind in (ROLLBACK, REVERSAL):
        return {"kind": "undone", "count": sum(isinstance(each.event, _UNDONE) for each in group.events)}
    if isinstance(last, _POSTED):
        return {"kind": "posted", "count": sum(len(each.lines) for each in last.postings)}
    if isinstance(last, undoing.InterventionRequired | booking.PostingDeferred | reversals.ReversalPostingDeferred):
        return {"kind": "waits", "code": last.code, "reason": last.reason}
    if isinstance(last, overrides.InterventionSettled):
        return {"kind": "settled", "reason": last.reason}
    return {"kind": "decided", "type": type(last).__name__}


def silence(events: Sequence[Timed]) -> int:
    """Return for how long, in milliseconds, a deal was silent before HAWK asked or sent it again."""
    return sum(each["to"] - each["from"] for each in segments(DEAL, events, events[0].ms) if each["tone"] == "silent")


def _is_unusual(group: _Group, standing: Standing | None, plan: Plan) -> bool:
    """Return whether a group went otherwise than planned."""
    if plan.reverses and group.kind in (CANCEL, REVERSAL):
        return standing is not None and standing.kind not in ("cancelling", "cancelled")
    if group.kind == JOURNAL:
        return not isinstance(group.events[-1].event, _POSTED) or len(group.events) > 1
    if standing is None or group.kind != DEAL:
        return group.kind not in _NORMAL
    asked = (_attempts(group) or 0) > 1 or any(_is_odd(each.event) for each in group.events)
    return asked or standing.kind not in ("sent", "received", "booked")


def _is_odd(event: Event) -> bool:
    return isinstance(event, murex.DealStatusEnquired | booking.AnswerIgnored)


def deals_in(events: Sequence[Timed], kinds: type[Event] | tuple[type[Event], ...]) -> Iterator[str]:
    """Yield the deal of each event of a kind."""
    for each in events:
        if isinstance(each.event, kinds) and isinstance(each.event, OfDeal):
            yield each.event.deal_booking_id
