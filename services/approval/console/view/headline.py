"""What is asked for, in one line and its facts. Pure."""

from functools import singledispatch
from typing import Any

from services.approval.console.view.money import USD, amount_text, count
from services.approval.console.view.names import entities_title, entity_name, instruction_title
from services.approval.console.view.plans import Kind
from services.approval.console.view.subject import Document, Shown
from services.approval.requests.cards import state_of
from shared.hedging.changes.configuration import ConfigurationPlan
from shared.hedging.changes.override import OverridePlan
from shared.hedging.changes.reversing import ReversalPlan
from shared.hedging.plan import HedgePlan


def headline(of: Shown) -> Document:
    """Return title, amount in both currencies, entities, dates, who asked and when."""
    request, summary = of.request, of.card.plan
    before = of.beside.predecessor
    predecessor = summary.get("predecessor")
    return {
        "kind": str(of.kind),
        "title": "",
        "subject": "",
        "instruction_type": None,
        "nav_type": None,
        "amount": None,
        "currency": None,
        "amount_usd": None,
        "order_id": summary.get("order_id"),
        "model": None,
        "entities": [],
        "entities_text": "",
        "dates": {"trade": None, "value": None, "maturity": None},
        "partial": None,
        "deals": 0,
        "operations": summary.get("operations", {}).get("total", 0),
        **_own(of.plan, of),
        "state": str(state_of(of.card.approval, of.viewer.at)),
        "state_reason": of.card.approval.reason,
        "maker": {"name": request.maker.name, "verified": request.maker.verified},
        "requested_at": request.requested_at.isoformat(),
        "expires_at": request.expires_at.isoformat(),
        "attempt": summary.get("attempt"),
        "predecessor": None
        if predecessor is None
        else {"workflow_id": predecessor, "order_id": None if before is None else before.plan.get("order_id")},
    }


@singledispatch
def _own(_: Any, of: Shown) -> Document:
    """Return what the summary alone has, for a plan that is not kept whole."""
    summary = of.card.plan
    currency, amount = summary.get("exposure_currency"), summary.get("amount")
    title = instruction_title(str(summary.get("instruction_type", "")), str(summary.get("nav_type", "")))
    refused = summary.get("refusal") or {}
    return {
        "title": f"Check of a {title}, refused" if of.kind is Kind.CHECK else title or "Plan",
        "subject": str(refused.get("code", "")),
        "instruction_type": summary.get("instruction_type"),
        "nav_type": summary.get("nav_type"),
        "amount": amount,
        "currency": currency,
        "amount_usd": amount_text(of.request.amount_usd, USD),
    }


@_own.register
def _hedge(plan: HedgePlan, _: Shown) -> Document:
    order, currency = plan.order, plan.order.exposure_currency
    names = [child.entity_name for child in plan.children]
    return {
        "title": instruction_title(order.instruction_type.value, order.nav_type.value),
        "subject": entities_title(names),
        "instruction_type": order.instruction_type.value,
        "nav_type": order.nav_type.value,
        "amount": amount_text(order.amount, currency),
        "currency": currency,
        "amount_usd": amount_text(plan.usd_equivalent, USD),
        "order_id": order.order_id,
        "model": plan.model,
        "entities": [
            {"entity_id": child.entity_id, "name": child.entity_name, "short": entity_name(child.entity_name).short}
            for child in plan.children
        ],
        "entities_text": count(len(set(names)), "entity", "entities") if len(set(names)) > 1 else entities_title(names),
        "dates": {
            "trade": plan.dates.trade_date.isoformat(),
            "value": plan.dates.value_date.isoformat(),
            "maturity": plan.dates.maturity_date.isoformat(),
        },
        "partial": _partial(plan),
        "deals": sum(len(child.deals) for child in plan.children),
    }


def _partial(plan: HedgePlan) -> Document | None:
    """Return what fits and what does not; None where all of it fits."""
    if not plan.capacity.not_allocated or not plan.children:
        return None
    currency = plan.order.exposure_currency
    return {
        "allocated": amount_text(plan.capacity.allocated, currency),
        "not_allocated": amount_text(plan.capacity.not_allocated, currency),
        "allocated_usd": amount_text(plan.allocated_usd, USD),
    }


@_own.register
def _configuration(plan: ConfigurationPlan, _: Shown) -> Document:
    changed = ", ".join(column.column for column in plan.columns)
    what = changed if len(plan.columns) == 1 else count(len(plan.columns), "column")
    day = "as soon as it is approved" if plan.effective_date is None else f"from {plan.effective_date.isoformat()}"
    return {"title": f"Configuration: {what} of {plan.key}", "subject": f"{plan.table}, {day}"}


@_own.register
def _override(plan: OverridePlan, _: Shown) -> Document:
    found = "booked by hand" if plan.override.resolution == "BOOKED_MANUALLY" else "cancelled"
    return {
        "title": f"Deal settled by hand: {found}",
        "subject": f"deal {plan.deal.deal_sequence} of {plan.deal.event_id}",
    }


@_own.register
def _reversal(plan: ReversalPlan, _: Shown) -> Document:
    return {
        "title": f"Reversal of {plan.order_id}",
        "subject": f"{instruction_title(plan.instruction_type, plan.nav_type)}, {count(len(plan.cancels), 'deal')} "
        "to cancel",
        "instruction_type": plan.instruction_type,
        "nav_type": plan.nav_type,
        "amount": amount_text(plan.amount, plan.exposure_currency),
        "currency": plan.exposure_currency,
        "amount_usd": amount_text(plan.amount_usd, USD),
        "order_id": plan.order_id,
        "model": plan.model,
        "entities": [
            {"entity_id": entity, "name": None, "short": entity}
            for entity in dict.fromkeys(each.entity_id for each in plan.exposures)
        ],
        "dates": {"trade": plan.trade_date.isoformat(), "value": None, "maturity": None},
        "deals": len(plan.cancels),
    }
