"""What changed between the plan that was read before and this one. Pure."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from services.approval.console.view.ledger import ledger
from services.approval.console.view.money import (
    USD,
    amount_text,
    figure,
    rate_with_decimals,
    signed_figure,
)
from services.approval.console.view.plans import Kind, plan_of
from services.approval.console.view.subject import Document, Shown
from shared.hedging.plan import HedgePlan
from shared.money.amounts import over, times

_BASIS_POINTS: Final = Decimal(10_000)


def changed(of: Shown) -> Document | None:
    """Return the figures that differ from the predecessor's plan; None without one, or where it cannot be compared."""
    before = of.beside.predecessor
    request = None if before is None else before.approval.request
    if before is None or request is None:
        return None
    old = plan_of(Kind.HEDGE, before.detail) if of.kind is Kind.HEDGE else None
    rows = _rows(old, of.plan) if isinstance(old, HedgePlan) and isinstance(of.plan, HedgePlan) else None
    return {
        "workflow_id": request.workflow_id,
        "order_id": before.plan.get("order_id"),
        "digest": request.plan_digest,
        "ended": before.approval.reason,
        "approved_by": [each.person for each in before.approval.approvals],
        "rows": rows,
    }


def _rows(old: HedgePlan, new: HedgePlan) -> list[Document]:
    return [
        *_rates(old, new),
        *_amounts(old, new),
        *_plain("Entities", old, new, lambda plan: str(len({child.entity_id for child in plan.children}))),
        *_plain("Deals", old, new, lambda plan: str(sum(len(child.deals) for child in plan.children))),
        *_plain("Operations", old, new, lambda plan: str(plan.counts.total)),
        *_plain("Model", old, new, lambda plan: plan.model or "none"),
        *_plain("Trade date", old, new, lambda plan: plan.dates.trade_date.isoformat()),
        *_plain("Value date", old, new, lambda plan: plan.dates.value_date.isoformat()),
        *_plain("Maturity", old, new, lambda plan: plan.dates.maturity_date.isoformat()),
        *_plain("Risk", old, new, lambda plan: plan.risk.level.value),
    ]


def _row(value: str, before: str, now: str, difference: str) -> Document:
    return {"value": value, "before": before, "now": now, "difference": difference}


def _rates(old: HedgePlan, new: HedgePlan) -> list[Document]:
    """Return the pinned rates that moved, with their move in basis points."""
    before = {(each.currency_pair, each.rate_type, each.ledger): each.value for each in old.pins.rates}
    rows = []
    for each in new.pins.rates:
        was = before.get((each.currency_pair, each.rate_type, each.ledger))
        if was is None or was == each.value:
            continue
        move = "" if was == 0 else f"{_points(was, each.value)} basis points"
        name = f"{each.currency_pair} {each.rate_type}, {each.ledger.value}"
        rows.append(_row(name, rate_with_decimals(was), rate_with_decimals(each.value), move))
    return rows


def _points(was: Decimal, now: Decimal) -> str:
    points = over(times(now - was, _BASIS_POINTS), abs(was)).quantize(Decimal(1))
    return ("+" if points > 0 else "") + format(points, "f").replace("-", "\u2212")


def _amounts(old: HedgePlan, new: HedgePlan) -> list[Document]:
    currency = new.order.exposure_currency
    pairs = [
        ("Order", old.order.amount, new.order.amount, currency),
        ("Order in USD", old.usd_equivalent, new.usd_equivalent, USD),
        ("Allocated", old.capacity.allocated, new.capacity.allocated, currency),
    ]
    for kind in ("IFRS", "LOCAL"):
        was, now = _journal(old, kind), _journal(new, kind)
        if was is not None and now is not None:
            pairs.append((f"Journal {kind}, SGD", was, now, "SGD"))
    return [
        _row(name, figure(was, unit), figure(now, unit), signed_figure(now - was, unit))
        for name, was, now, unit in pairs
        if amount_text(was, unit) != amount_text(now, unit)
    ]


def _journal(plan: HedgePlan, kind: str) -> Decimal | None:
    document = ledger(plan)
    return None if document is None else Decimal(document["totals"][kind]["dr"])


def _plain(name: str, old: HedgePlan, new: HedgePlan, of: Callable[[HedgePlan], Any]) -> list[Document]:
    was, now = of(old), of(new)
    return [] if was == now else [_row(name, str(was), str(now), "")]
