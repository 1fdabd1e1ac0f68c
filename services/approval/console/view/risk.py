"""The computed risk beside the claimed one. Pure."""

from functools import singledispatch
from typing import Any

from services.approval.console.view.names import entity_name
from services.approval.console.view.subject import Document, Shown
from services.approval.console.view.wording import reason_sentence
from shared.hedging.plan import HedgePlan


def risk(of: Shown) -> Document:
    """Return the level and reasons that HAWK computed (null for a kind without), and what the AI claims."""
    level, reasons = _computed(of.plan)
    return {"computed": level, "reasons": reasons, "claimed": _claimed(of)}


@singledispatch
def _computed(_: Any) -> tuple[str | None, list[str]]:
    return None, []


@_computed.register
def _of_hedge(plan: HedgePlan) -> tuple[str | None, list[str]]:
    names = {child.entity_id: entity_name(child.entity_name).short for child in plan.children}
    currency = plan.order.exposure_currency
    return plan.risk.level.value, [reason_sentence(each, currency, names) for each in plan.risk.reasons]


def _claimed(of: Shown) -> list[Document]:
    """Return the claims of the AI about approval and risk: recorded, without force."""
    claims = of.card.plan.get("claimed") or []
    kept = ("action_id", "risk_score", "approval_required", "approval_level")
    return [{name: claim.get(name) for name in kept} for claim in claims]
