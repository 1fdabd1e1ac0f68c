"""What is shown of a reversal: JSON values under the names that every workflow has. Pure."""

from typing import Any

from services.monitor.documents import (
    BASE_CURRENCY,
    Document,
    amount_text,
    deal_document,
    ledger_totals,
    operation_counts,
    operation_document,
)
from shared.events.reversals import ReversalPlanned, ReversalRefused, ReversalRequested
from shared.hedging.effects import json_value


def reversal_link(event: ReversalRequested | ReversalPlanned | ReversalRefused) -> Document:
    """What the reversed workflow shows of a reversal of it. The same, whichever of its events comes first."""
    return {
        "workflow_id": event.workflow_id,
        "attempt": event.origin.attempt,
        "reason": event.reason,
        "asked_by": event.origin.maker.name,
    }


def reversal_request_document(event: ReversalRequested) -> Document:
    """What was asked for, before anything was planned."""
    return {
        "attempt": event.origin.attempt,
        "reverses": event.reverses,
        "maker": event.origin.maker.model_dump(mode="json"),
        "prompt": event.reason,
    }


def reversal_plan_document(event: ReversalPlanned) -> Document:
    """The card: the deals that are cancelled, the counterparts, every step, policy and digests."""
    plan, currency = event.plan, event.plan.exposure_currency
    lines = [line for each in plan.journal for line in each.lines]
    entries = [entry for each in plan.entries for entry in each.entries]
    return {
        "attempt": event.origin.attempt,
        "reverses": plan.reverses,
        "predecessor": event.origin.predecessor,
        "maker": event.origin.maker.model_dump(mode="json"),
        "prompt": event.reason,
        "instruction_type": plan.instruction_type,
        "exposure_currency": currency,
        "amount": amount_text(plan.amount, currency),
        "allocated_amount": amount_text(plan.allocated, currency),
        "amount_usd": amount_text(plan.amount_usd, "USD"),
        "largest_deal_usd": amount_text(plan.largest_deal_usd, "USD"),
        "model": plan.model,
        "nav_type": plan.nav_type,
        "order_id": plan.order_id,
        "operations": operation_counts(plan.operations, plan.counts),
        "operations_list": [operation_document(operation) for operation in plan.operations],
        "deals": [
            deal_document(each.deal, each.event_id, each.entity_id) | {"contract_id": each.contract_id}
            for each in plan.cancels
        ],
        "gl": {"entries": len(entries), "lines": len(lines), **ledger_totals(lines)},
        "gl_entries": [json_value(entry) for entry in entries],
        "journal_lines": [json_value(line) for line in lines],
        "capacity_changes": [
            {
                "entity_id": each.entity_id,
                "nav_type": each.nav_type,
                "amount": amount_text(each.amount, currency),
                "amount_usd": amount_text(each.amount_usd, "USD"),
            }
            for each in plan.exposures
        ],
        "dates": {
            "trade_date": plan.trade_date.isoformat(),
            "accounting_date": plan.accounting_date.isoformat(),
            "period_id": plan.period_id,
        },
        "base_currency": BASE_CURRENCY,
        "steps": [json_value(step) for step in plan.steps],
        "warnings": [notice.model_dump(mode="json") for notice in event.origin.warnings],
        "policy": event.policy.model_dump(mode="json"),
        "plan_digest": event.plan_digest,
        "effects_digest": event.effects_digest,
        "drawn_at": event.planned_at.isoformat(),
    }


def reversal_refusal_document(event: ReversalRefused) -> Document:
    """Why it cannot be reversed, and which workflows that names."""
    refusal: dict[str, Any] = event.refusals[0].model_dump(mode="json")
    return {
        "attempt": event.origin.attempt,
        "reverses": event.reverses,
        "predecessor": event.origin.predecessor,
        "maker": event.origin.maker.model_dump(mode="json"),
        "prompt": event.reason,
        "code": refusal["code"],
        "message": refusal["message"],
        "refusals": [refusal],
        "related": list(event.related),
        "recorded": False,
        "refused_at": event.refused_at.isoformat(),
        "record": None,
    }
