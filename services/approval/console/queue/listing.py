"""The queue as a person sees it: whose a request is, what is left out, in which order, counted. Pure."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from services.approval.console.queue.rows import Listed, row, searched
from services.approval.console.queue.wanted import CHOICES_MAX, PAGE_ROWS, Sort, Tab, Wanted
from services.approval.console.view.attention import attention
from services.approval.console.view.money import USD, amount_text
from services.approval.requests.cards import Viewer, refusal_of
from shared.people.identity import same_person

Document = dict[str, Any]
#: After every request.
_FAR: Final = datetime.max.replace(tzinfo=UTC)
_RISKS: Final = {"HIGH": 0, "MEDIUM": 1, "LOW": 2}


@dataclass(frozen=True, slots=True)
class Counted:
    """How much was decided; `total` ends at `DECIDED_MAX`, and `more` then says so."""

    total: int
    more: bool


@dataclass(frozen=True, slots=True)
class Decided:
    """A slice of what was decided, and how many there are of the search."""

    rows: Sequence[Listed] = ()
    matching: int = 0


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits, parted by whether the viewer may decide now."""

    mine: Sequence[Listed]
    others: Sequence[Listed]

    def of(self, tab: Tab) -> Sequence[Listed]:
        """Return what belongs to a tab."""
        if tab is Tab.MINE:
            return self.mine
        return self.others if tab is Tab.OTHERS else (*self.mine, *self.others) if tab is Tab.ALL else ()


@dataclass(frozen=True, slots=True)
class Queue:
    """All that one page is made of.

    `shown` is what waits of the tab, after search and filters, in order; `decided` the slice that belongs to the page.
    """

    waiting: Waiting
    shown: Sequence[Listed]
    decided: Decided
    counted: Counted


def parted(waiting: Sequence[Listed], viewer: Viewer) -> Waiting:
    """Part what waits by the decider's own answer. What has expired a moment ago waits for nobody, and is left out."""
    open_now = [each for each in waiting if _open(each, viewer.at)]
    mine = [each for each in open_now if refusal_of(each.card.approval, viewer, "APPROVE") is None]
    known = {id(each) for each in mine}
    return Waiting(mine, [each for each in open_now if id(each) not in known])


def _open(listed: Listed, at: datetime) -> bool:
    request = listed.card.approval.request
    return request is not None and at < request.expires_at


def found(waiting: Sequence[Listed], wanted: Wanted, at: datetime) -> list[Listed]:
    """Return what the search and the filters leave, in the wanted order, what needs attention first."""
    left = [each for each in waiting if matches(each, wanted)]
    return sorted(
        sorted(left, key=_by_id), key=lambda each: (not needs_attention(each, at), _ORDERS[wanted.sort](each))
    )


def matches(listed: Listed, wanted: Wanted) -> bool:
    """Return whether a request is one of those that are looked for."""
    request, plan = listed.card.approval.request, listed.card.plan
    if request is None:
        return False
    entities = {str(each.get("entity_id")) for each in plan.get("entities") or []}
    return (
        wanted.kind in {None, str(listed.kind)}
        and wanted.currency in {None, plan.get("exposure_currency")}
        and wanted.risk in {None, listed.risk}
        and wanted.tier in {None, request.policy.tier}
        and (wanted.entity is None or wanted.entity in entities)
        and (wanted.maker is None or same_person(wanted.maker, request.maker.name))
        and (not wanted.search or wanted.search.casefold() in searched(listed))
    )


def needs_attention(listed: Listed, at: datetime) -> bool:
    """Return whether a request comes before the others."""
    return bool(attention(listed.card.approval, listed.card.plan.get("predecessor"), listed.before, at))


def _by_id(listed: Listed) -> str:
    request = listed.card.approval.request
    return "" if request is None else request.workflow_id


def _asked(listed: Listed) -> datetime:
    request = listed.card.approval.request
    return _FAR if request is None else request.requested_at


def _deadline(listed: Listed) -> datetime:
    request = listed.card.approval.request
    return _FAR if request is None else request.expires_at


def _usd(listed: Listed) -> Decimal:
    request = listed.card.approval.request
    return Decimal(0) if request is None else request.amount_usd


_ORDERS: Final[dict[Sort, Callable[[Listed], Any]]] = {
    Sort.DEADLINE: _deadline,
    Sort.AMOUNT: lambda each: -_usd(each),
    Sort.RISK: lambda each: (_RISKS.get(each.risk or "", len(_RISKS)), -_usd(each)),
    Sort.NEWEST: lambda each: _FAR - _asked(each),
    Sort.OLDEST: _asked,
}


def document(wanted: Wanted, queue: Queue, viewer: Viewer) -> Document:
    """Return one tab of the queue: its rows, how many there are of everything, and what waits for the viewer."""
    waiting, shown, decided = queue.waiting, queue.shown, queue.decided
    first = (wanted.page - 1) * PAGE_ROWS
    rows = [*shown[first : first + PAGE_ROWS], *decided.rows]
    matching = len(shown) + decided.matching
    expiring = [each.card.approval.request.expires_at for each in waiting.mine if each.card.approval.request]
    counts = {"mine": len(waiting.mine), "others": len(waiting.others), "decided": queue.counted.total}
    return {
        "tab": str(wanted.tab),
        "approvals": [row(each, viewer) for each in rows],
        "counts": {**counts, "all": sum(counts.values())},
        "decided_more": queue.counted.more,
        "attention": sum(needs_attention(each, viewer.at) for each in shown),
        "matching": matching,
        "choices": choices((*waiting.mine, *waiting.others, *decided.rows)),
        "mine_usd": amount_text(sum((_usd(each) for each in waiting.mine), Decimal(0)), USD),
        "next_expiry": min(expiring).isoformat() if expiring else None,
        "page": wanted.page,
        "pages": max(1, -(-matching // PAGE_ROWS)),
        "page_rows": PAGE_ROWS,
        "as_of": viewer.at.isoformat(),
    }


def choices(rows: Iterable[Listed]) -> Document:
    """Return what the filters can be set to: the values of what waits and of the rows shown, at most `CHOICES_MAX`."""
    found: dict[str, dict[str, str]] = {name: {} for name in ("kind", "currency", "risk", "entity", "tier", "maker")}
    for each in rows:
        request, plan = each.card.approval.request, each.card.plan
        if request is None:
            continue
        values = {"kind": str(each.kind), "currency": plan.get("exposure_currency"), "risk": each.risk}
        for name, value in {**values, "tier": request.policy.tier, "maker": request.maker.name}.items():
            if value:
                found[name][value] = value
        for entity in plan.get("entities") or []:
            found["entity"][str(entity.get("entity_id"))] = str(entity.get("entity_name"))
    return {
        name: [{"value": value, "name": said} for value, said in sorted(own.items())[:CHOICES_MAX]]
        for name, own in found.items()
    }


def decided_slice(wanted: Wanted, before: int) -> tuple[int, int]:
    """Return where the decided rows of a page begin and how many are wanted, behind `before` rows that wait."""
    first = (wanted.page - 1) * PAGE_ROWS
    begin = max(0, first - before)
    return begin, max(0, first + PAGE_ROWS - max(first, before))
