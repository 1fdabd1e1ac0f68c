"""What a workflow changes that is not an order: a row of the configuration, a deal, an executed workflow. Pure."""

from collections.abc import Mapping
from functools import singledispatch
from typing import Any, Final

from services.approval.console.view.money import USD, amount_text
from services.approval.console.view.subject import Document, Shown
from shared.hedging.changes.configuration import AUTHORSHIP, ConfigurationPlan
from shared.hedging.changes.override import Outcome, OverridePlan
from shared.hedging.changes.reversing import ReversalPlan

#: What becomes of the workflow whose deal is settled by hand.
OUTCOMES: Final[Mapping[Outcome, str]] = {
    "UNDONE": "The workflow is undone and its capacity given back.",
    "COMPLETED": "The workflow is completed and posted.",
    "WAITS": "The workflow waits for its other deals.",
}


@singledispatch
def change(_: Any, __: Shown) -> Document | None:
    """Return the section that only this kind has; None for an order."""
    return None


@change.register
def _configuration(plan: ConfigurationPlan, _: Shown) -> Document:
    """Return the row before and after, column by column; `changed` marks those that differ."""
    differing = {column.column for column in plan.columns}
    names = sorted(
        ((plan.before or {}).keys() | plan.after.keys()) - AUTHORSHIP, key=lambda name: (name not in differing, name)
    )
    return {
        "kind": "configuration",
        "table": plan.table,
        "key": plan.key,
        "operation": plan.operation,
        "version": plan.version,
        "effective_date": None if plan.effective_date is None else plan.effective_date.isoformat(),
        "columns": [
            {
                "column": name,
                "before": None if plan.before is None else plan.before.get(name),
                "after": plan.after.get(name),
                "changed": name in differing,
            }
            for name in names
        ],
        "references": {
            "table": plan.references.table,
            "rows": plan.references.rows,
            "keys": list(plan.references.keys),
        },
    }


@change.register
def _override(plan: OverridePlan, _: Shown) -> Document:
    """Return what Murex said, what a person found, and what follows from it."""
    return {
        "kind": "override",
        "workflow_id": plan.overridden_workflow,
        "workflow_status": plan.workflow_status,
        "why": plan.why,
        "murex": {"status": plan.deal.status, "contract_id": plan.deal.contract_id},
        "found": {
            "resolution": plan.override.resolution,
            "reference": plan.override.external_reference,
            "reason": plan.override.reason,
        },
        "deal": {
            "deal_booking_id": plan.deal.deal_booking_id,
            "number": plan.deal.deal_sequence,
            "event_id": plan.deal.event_id,
        },
        "deals": [
            {
                "deal_booking_id": each.deal_booking_id,
                "number": each.deal_sequence,
                "event_id": each.event_id,
                "status": each.status,
                "contract_id": each.contract_id,
                "this": each.deal_booking_id == plan.deal.deal_booking_id,
            }
            for each in plan.deals
        ],
        "outcome": plan.outcome,
        "outcome_text": OUTCOMES[plan.outcome],
    }


@change.register
def _reversal(plan: ReversalPlan, of: Shown) -> Document:
    """Return what is cancelled, and what stays: the market moved since, nobody takes that back."""
    reason = of.card.plan.get("reversal", {}).get("reason", "")
    return {
        "kind": "reversal",
        "workflow_id": plan.reverses,
        "order_id": plan.order_id,
        "reason": reason,
        "accounting_date": plan.accounting_date.isoformat(),
        "period": plan.period_id,
        "deals": len(plan.cancels),
        "pairs": sum(len(each.entries) for each in plan.entries),
        "journal_lines": sum(len(each.lines) for each in plan.journal),
        "amount": amount_text(plan.allocated, plan.exposure_currency),
        "currency": plan.exposure_currency,
        "amount_usd": amount_text(plan.amount_usd, USD),
        "largest_deal_usd": amount_text(plan.largest_deal_usd, USD),
        "remains": "Murex must confirm each cancel. What the market moved since the deals were booked remains.",
    }
