"""Events of one workflow with their times since it was approved, and what each says. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from services.monitor.workflow.history import Document, Kept, Sought, summary
from shared.events import approvals, booking, disputes, murex, overrides, reversals, undoing
from shared.events import execution as facts
from shared.events.base import Event

#: Events about one deal of a plan.
OfDeal = (
    murex.DealSent
    | murex.DealStatusEnquired
    | murex.DealCancelSent
    | booking.DealEvent
    | undoing.CancelConfirmed
    | undoing.CancelRefused
    | disputes.DealConfirmed
    | disputes.DealContradicted
    | overrides.DealBookedByHand
    | overrides.DealCancelledByHand
)

#: Members of an event that its line says; the whole event is one click away.
_SAID: Final = (
    "action", "answer", "attempt", "attempts", "code", "contract_id", "decision", "deal_booking_id", "deal_sequence",
    "external_reference", "kind", "operation", "operations", "outcome", "person", "reason", "role", "state", "status",
    "table", "tier", "why",
)  # fmt: skip

_MILLISECOND: Final = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Timed:
    """An event as this release reads it. `number` is its place in the page's list, `ms` its time since the approval."""

    number: int
    ms: int
    event: Event


@dataclass(frozen=True, slots=True)
class Told:
    """The events of a page: all of them as lines, and those that the executor and people made, in their order.

    Attributes:
        zero: the time from which is counted: the approval, or else the first event of the execution.
        foreign: numbers of those on the stream of another workflow, which this one reverses.
    """

    lines: Sequence[Document]
    timed: Sequence[Timed]
    zero: datetime | None
    foreign: frozenset[int]


def told(history: Sequence[Kept], of: Sought) -> Told:
    """Read a history."""
    _, approval, revocation, execution, _ = of.streams
    readable = {approval, revocation, execution, of.reversed}
    read = [(number, kept, kept.event) for number, kept in enumerate(history) if kept.recorded.stream in readable]
    zero = _zero([(kept, event) for _, kept, event in read], execution)
    base = zero or next((kept.at for _, kept, _ in read), None)
    return Told(
        lines=[summary(kept) | {"ms": _since(kept, zero), "said": _said(kept)} for kept in history],
        timed=[Timed(number, _since(kept, base) or 0, event) for number, kept, event in read if event is not None],
        zero=zero,
        foreign=frozenset(number for number, kept, _ in read if kept.recorded.stream == of.reversed),
    )


def numbers_of(event: Event) -> tuple[int, ...]:
    """Return the operations of the plan that an event did; those that it undid are none."""
    if isinstance(event, undoing.OperationCompensated | reversals.OperationReversed):
        return ()
    several: tuple[int, ...] | None = getattr(event, "operations", None)
    one: int | None = getattr(event, "operation", None)
    return several if several is not None else () if one is None else (one,)


def _zero(events: Iterable[tuple[Kept, Event | None]], execution: str) -> datetime | None:
    first = None
    for kept, event in events:
        if isinstance(event, approvals.GrantIssued):
            return kept.at
        if first is None and kept.recorded.stream == execution and isinstance(event, facts.ExecutionEvent):
            first = kept.at
    return first


def _since(kept: Kept, zero: datetime | None) -> int | None:
    return None if zero is None else (kept.at - zero) // _MILLISECOND


def _said(kept: Kept) -> Document:
    data = kept.recorded.data
    found: dict[str, Any] = {name: data[name] for name in _SAID if name in data and _is_short(data[name])}
    postings = data.get("postings")
    if isinstance(postings, list):
        found["lines"] = sum(len(each.get("lines", ())) for each in postings if isinstance(each, Mapping))
    return found


def _is_short(value: Any) -> bool:
    """Return whether a value is one that a line can say."""
    return value is None or isinstance(value, str | int) or (isinstance(value, list) and len(value) > 0)
