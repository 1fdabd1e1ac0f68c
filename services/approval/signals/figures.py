"""How people decide, as figures: time from card to decision, share of yes, sections ticked. Pure.

A figure is a sign and no proof: who knows the desk decides fast. So nothing is refused by it; it is shown to those who
look after the approvers.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from statistics import median
from typing import Any, Final

from shared.events.approvals import DecisionRecorded, PolicyEarlier
from shared.people.identity import same_person
from shared.security.tokens import Person

#: Who looks after the approvers.
READERS: Final = frozenset({"RISK_MANAGER", "AUDITOR"})
#: Decisions below which a figure says nothing.
ENOUGH: Final = 10
#: Seconds: nobody reads a card of eight sections in less.
REFLEX_SECONDS: Final = 5
#: Per cent of yes from which a no is the exception that nobody has seen.
REFLEX_YES: Final = 95
#: Series that are listed, the latest first.
SERIES_MAX: Final = 50
_MILLISECOND: Final = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Decided:
    """One request that waits no more: its decisions, and the orders that were added up with it."""

    workflow_id: str
    requested_at: datetime
    maker: str
    tier: str
    decisions: Sequence[DecisionRecorded]
    earlier: Sequence[PolicyEarlier] = ()


@dataclass(slots=True)
class _Approver:
    person: str
    decisions: int = 0
    yes: int = 0
    sections: int = 0
    seconds: list[Decimal] = field(default_factory=list)


def may_read(person: Person) -> bool:
    """Return whether somebody may see how others decide."""
    return not READERS.isdisjoint(person.roles)


def signals_document(requests: Iterable[Decided], since: datetime, now: datetime, *, cut: bool) -> dict[str, Any]:
    """Return the figures of each approver, who decides most first, and the series that were found.

    Args:
        requests: those decided since then, the latest first.
        cut: there were more than were read.
    """
    people: list[_Approver] = []
    series: list[dict[str, Any]] = []
    for request in requests:
        if request.earlier and len(series) < SERIES_MAX:
            series.append(_series(request))
        for decision in request.decisions:
            _count(people, decision)
    people.sort(key=lambda each: (-each.decisions, each.person))
    return {
        "since": since.isoformat(),
        "as_of": now.isoformat(),
        "cut": cut,
        "approvers": [_figures(each) for each in people],
        "series": series,
    }


def _count(people: list[_Approver], decision: DecisionRecorded) -> None:
    known = next((each for each in people if same_person(each.person, decision.person)), None)
    if known is None:
        known = _Approver(decision.person)
        people.append(known)
    known.decisions += 1
    known.yes += decision.decision == "APPROVE"
    known.sections += len(decision.viewed)
    if decision.shown_at is not None:
        passed = decision.decided_at - decision.shown_at
        known.seconds.append(Decimal(max(0, passed // _MILLISECOND)) / 1_000)


def _figures(each: _Approver) -> dict[str, Any]:
    half = median(each.seconds) if each.seconds else None
    share = each.yes * 100 // each.decisions
    return {
        "person": each.person,
        "decisions": each.decisions,
        "yes_percent": share,
        "seconds_p50": None if half is None else format(half.quantize(Decimal("0.1")), "f"),
        "timed": len(each.seconds),
        "sections_mean": format((Decimal(each.sections) / each.decisions).quantize(Decimal("0.1")), "f"),
        "signs": _signs(each, half, share),
    }


def _signs(each: _Approver, half: Decimal | None, share: int) -> list[str]:
    if each.decisions < ENOUGH:
        return []
    signs = []
    if half is not None and half < REFLEX_SECONDS:
        signs.append(f"Half of the decisions came within {half:.1f} s of the card, less than it takes to read one.")
    if share >= REFLEX_YES and each.sections == 0:
        signs.append(f"{share}% are a yes, and no section of a card was ever ticked as read.")
    return signs


def _series(request: Decided) -> dict[str, Any]:
    return {
        "workflow_id": request.workflow_id,
        "requested_at": request.requested_at.isoformat(),
        "maker": request.maker,
        "tier": request.tier,
        "sums": [
            {"entity": each.entity, "usd": format(each.usd, "f"), "orders": list(each.orders)}
            for each in request.earlier
        ],
    }


def decided_of(row: Mapping[str, Any]) -> Decided:
    """Read one row of the queue."""
    return Decided(
        row["workflow_id"],
        row["requested_at"],
        row["maker"],
        row["tier"],
        [DecisionRecorded.model_validate(each) for each in row["decisions"]],
        [PolicyEarlier.model_validate(each) for each in row["earlier"] or ()],
    )
