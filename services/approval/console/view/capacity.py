"""Capacity of the entities and the USD limit: before, this order, after. Pure.

The whole of an entity is its position: what is protected, what was used before, this order, what is free after. All
figures are the plan's; the warning levels of an entity do not exist, those of the USD limit may not be configured.
"""

from collections.abc import Iterable
from decimal import Decimal
from functools import singledispatch
from typing import Any

from services.approval.console.view.money import USD, amount_text, optional_text
from services.approval.console.view.names import entity_name
from services.approval.console.view.subject import Document
from shared.hedging.capacity import Assessment
from shared.hedging.changes.reversing import ReversalPlan
from shared.hedging.plan import HedgePlan
from shared.money.amounts import ZERO


@singledispatch
def capacity(_: Any) -> list[Document]:
    """Return one row for each entity and NAV part that was looked at; `touched` where this order changes it."""
    return []


@capacity.register
def _of_hedge(plan: HedgePlan) -> list[Document]:
    names = {child.entity_id: child.entity_name for child in plan.children}
    nets: dict[tuple[str, str], Decimal] = {}
    for child in plan.children:
        place = child.assessment.entity_id, child.assessment.nav_type.value
        nets[place] = nets.get(place, ZERO) + child.net
    return [
        _row(each, names.get(each.entity_id), nets.get((each.entity_id, each.nav_type.value), ZERO))
        for each in _assessed(plan)
    ]


def _assessed(plan: HedgePlan) -> Iterable[Assessment]:
    """Return each assessment once, those of the plan's own parts first, in their order."""
    found: dict[tuple[str, str], Assessment] = {}
    for each in (*(child.assessment for child in plan.children), *plan.assessments):
        found.setdefault((each.entity_id, each.nav_type.value), each)
    return found.values()


def _row(each: Assessment, name: str | None, net: Decimal) -> Document:
    currency = each.currency
    protected = each.car_amount - each.manual_overlay + each.buffer_amount
    after = each.unhedged - net
    return {
        "entity": each.entity_id,
        "name": name,
        "short": each.entity_id if name is None else entity_name(name).short,
        "nav_type": each.nav_type.value,
        "currency": currency,
        "position": amount_text(each.sfx_position, currency),
        "protected": amount_text(protected, currency),
        "protected_by": {
            "car": amount_text(each.car_amount, currency),
            "overlay": amount_text(each.manual_overlay, currency),
            "buffer": amount_text(each.buffer_amount, currency),
            "buffer_percentage": format(each.buffer_percentage, "f"),
            "buffer_rule": each.buffer_rule_id,
        },
        "used_before": amount_text(each.hedged + each.reserved, currency),
        "hedged": amount_text(each.hedged, currency),
        "reserved": amount_text(each.reserved, currency),
        "available_before": amount_text(each.available, currency),
        "this_order": amount_text(net, currency),
        "free_after": amount_text(max(after, ZERO), currency),
        "overhedged_before": amount_text(max(-each.unhedged, ZERO), currency),
        "overhedged_after": amount_text(max(-after, ZERO), currency),
        "warning_level": None,
        "critical_level": None,
        "snapshot_date": each.snapshot_date.isoformat(),
        "touched": net != ZERO,
    }


@capacity.register
def _of_reversal(plan: ReversalPlan) -> list[Document]:
    """Return what a reversal gives back; it is drawn without looking at the position, so the rest is not known."""
    currency = plan.exposure_currency
    known = ("position", "protected", "used_before", "available_before", "free_after", "warning_level")
    return [
        {
            "entity": each.entity_id,
            "name": None,
            "short": each.entity_id,
            "nav_type": each.nav_type,
            "currency": currency,
            **dict.fromkeys((*known, "critical_level", "protected_by", "hedged", "reserved"), None),
            "overhedged_before": None,
            "overhedged_after": None,
            "this_order": amount_text(each.amount, currency),
            "snapshot_date": None,
            "touched": True,
        }
        for each in plan.exposures
    ]


@singledispatch
def usd_limit(_: Any) -> Document | None:
    """Return the USD limit of the currency over all entities; None for a kind that does not touch it."""
    return None


@usd_limit.register
def _limit_of_hedge(plan: HedgePlan) -> Document | None:
    check = plan.usd_check
    maximum = check.maximum_usd
    return {
        "currency": USD,
        "of": plan.order.exposure_currency,
        "status": check.status.value,
        "limit": optional_text(maximum, USD),
        "warning_level": optional_text(check.warning_usd, USD),
        "critical_level": optional_text(check.critical_usd, USD),
        "used_before": amount_text(check.used_usd, USD),
        "this_order": amount_text(check.total_after_usd - check.used_usd, USD),
        "used_after": amount_text(check.total_after_usd, USD),
        "available_before": None if maximum is None else amount_text(max(maximum - check.used_usd, ZERO), USD),
        "free_after": None if maximum is None else amount_text(max(maximum - check.total_after_usd, ZERO), USD),
    }


@usd_limit.register
def _limit_of_reversal(plan: ReversalPlan) -> Document | None:
    known = ("status", "limit", "warning_level", "critical_level", "used_before", "used_after", "available_before")
    return {
        "currency": USD,
        "of": plan.exposure_currency,
        **dict.fromkeys((*known, "free_after"), None),
        "this_order": amount_text(plan.usd, USD),
    }
