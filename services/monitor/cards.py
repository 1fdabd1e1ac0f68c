"""The cards of proposals, plans and refusals: their origin, and their subject by kind. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from services.monitor.documents import (
    BASE_CURRENCY,
    Document,
    amount_text,
    deal_document,
    hedge_document,
    ledger_totals,
    operation_counts,
    operation_document,
    plan_warnings,
    unique,
)
from shared.events.base import Event
from shared.events.configuration import ConfigurationPlanned, ConfigurationProposed, ConfigurationRefused
from shared.events.overrides import OverridePlanned, OverrideProposed, OverrideRefused
from shared.events.plans import PlanDrawn, PlanRefused, WorkflowPlanned, WorkflowRefused
from shared.events.responses import Originated, ProposalMade
from shared.events.reversals import ReversalPlanned, ReversalRefused, ReversalRequested
from shared.hedging.effects import json_value

Proposed = ProposalMade | ConfigurationProposed | OverrideProposed | ReversalRequested
Planned = PlanDrawn | ConfigurationPlanned | OverridePlanned | ReversalPlanned
Refused = PlanRefused | ConfigurationRefused | OverrideRefused | ReversalRefused
OfReversal = ReversalRequested | ReversalPlanned | ReversalRefused


@dataclass(frozen=True, slots=True)
class _Shown:
    """The parts of a card that one kind of workflow fills.

    Attributes:
        asked: what was asked for, from any of its events.
        planned: the plan, from the planned event; its warnings are those of the plan alone.
        refused: what a refusal shows besides its reasons.
    """

    asked: Callable[[Any], Document]
    planned: Callable[[Any], Document]
    refused: Callable[[Any], Document] = lambda _: {"recorded": False, "record": None}


def card_of(event: Proposed | Planned | Refused) -> tuple[str, Document]:
    """Return `proposal`, `plan` or `refusal`, and its document."""
    kind = _KINDS[type(event)]
    document = _origin(event) | kind.asked(event)
    if isinstance(event, Proposed):
        return "proposal", document
    document["predecessor"] = event.origin.predecessor
    if isinstance(event, Planned):
        planned = kind.planned(event)
        notices = [*document["warnings"], *planned.pop("warnings", ())]
        return "plan", document | planned | _approvable(event) | {"warnings": unique(notices)}
    return "refusal", document | _reasons(event) | kind.refused(event) | {"refused_at": event.refused_at.isoformat()}


def reversal_link(event: OfReversal) -> Document:
    """Return what the reversed workflow shows of a reversal of it; each of the three events gives an equal one."""
    return {
        "workflow_id": event.workflow_id,
        "attempt": event.origin.attempt,
        "reason": event.reason,
        "asked_by": event.origin.maker.name,
    }


def _origin(event: Originated) -> Document:
    """Return where a workflow comes from; the person who asks for a reversal says why instead of a prompt."""
    origin = event.origin
    document: Document = {"attempt": origin.attempt, "maker": origin.maker.model_dump(mode="json"), "warnings": []}
    if isinstance(event, OfReversal):
        return document | {"prompt": event.reason}
    return document | {
        "component": origin.component,
        "prompt": origin.prompt,
        "analysis": origin.analysis,
        "claimed": [claimed.model_dump(mode="json") for claimed in origin.claimed],
        "warnings": [notice.model_dump(mode="json") for notice in origin.warnings],
    }


def _approvable(event: WorkflowPlanned) -> Document:
    """Return what an approval of the plan is about."""
    return {
        "policy": event.policy.model_dump(mode="json"),
        "plan_digest": event.plan_digest,
        "effects_digest": event.effects_digest,
        "drawn_at": event.planned_at.isoformat(),
    }


def _reasons(event: WorkflowRefused) -> Document:
    """Return every reason of a refusal, the first one's code and message in front."""
    listed = [each.model_dump(mode="json") for each in event.refusals]
    return {"code": listed[0]["code"], "message": listed[0]["message"], "refusals": listed}


def _order(event: ProposalMade | PlanDrawn | PlanRefused) -> Document:
    order = event.order
    return {
        "instruction_type": order.instruction_type.value,
        "exposure_currency": order.exposure_currency,
        "amount": None if order.amount is None else amount_text(order.amount, order.exposure_currency or ""),
        "entity_id": order.entity_id,
        "provenance": dict(order.provenance),
        "claims": [{"action_id": claim.action_id, "action_type": claim.action_type} for claim in event.origin.claims],
    }


def _hedge_plan(event: PlanDrawn) -> Document:
    return hedge_document(event.plan) | {
        "warnings": plan_warnings(event.plan),
        "amount_usd": amount_text(event.amount_usd, "USD"),
        "largest_deal_usd": amount_text(event.largest_deal_usd, "USD"),
    }


def _hedge_refusal(event: PlanRefused) -> Document:
    """Return the figures of the check too, where the refusal keeps its record."""
    record = event.refusal.record
    return {
        "recorded": event.recorded,
        "policy": None if event.policy is None else event.policy.model_dump(mode="json"),
        "plan_digest": event.plan_digest,
        "effects_digest": event.effects_digest,
        "record": None if record is None else hedge_document(record) | {"warnings": unique(plan_warnings(record))},
    }


def _change(event: ConfigurationProposed | ConfigurationPlanned | ConfigurationRefused) -> Document:
    """Return the change as the answer states it; what it does to the row is known once it is planned."""
    change = event.change
    columns = [{"column": name, "before": None, "after": json_value(value)} for name, value in change.changes.items()]
    return {
        "configuration": {
            "table": change.table,
            "key": change.key,
            "operation": change.operation,
            "effective_date": json_value(change.effective_date),
            "changes": columns,
            "references": None,
            "before": None,
            "after": None,
        }
    }


def _changed(event: ConfigurationPlanned) -> Document:
    plan = event.plan
    return _operations(plan) | {
        "configuration": {
            "table": plan.table,
            "key": plan.key,
            "operation": plan.operation,
            "effective_date": json_value(plan.effective_date),
            "changes": json_value(plan.columns),
            "references": json_value(plan.references),
            "before": json_value(plan.before),
            "after": json_value(plan.after),
        },
        "warnings": json_value(plan.warnings),
        "reversal": json_value(plan.reversal),
    }


def _override(event: OverrideProposed | OverridePlanned | OverrideRefused) -> Document:
    """Return the deal as the answer names it; what HAWK holds of it is known once it is planned."""
    override = event.override
    unknown = dict.fromkeys(("overridden_workflow", "workflow_status", "why", "deal", "outcome"))
    return {
        "override": {
            "deal_booking_id": override.deal_booking_id,
            "resolution": override.resolution,
            "external_reference": override.external_reference,
            "reason": override.reason,
            **unknown,
            "deals": [],
        }
    }


def _overridden(event: OverridePlanned) -> Document:
    plan = event.plan
    shown = {
        "overridden_workflow": plan.overridden_workflow,
        "workflow_status": plan.workflow_status,
        "why": plan.why,
        "deal": json_value(plan.deal),
        "deals": json_value(plan.deals),
        "outcome": plan.outcome,
    }
    return _operations(plan) | {"override": _override(event)["override"] | shown, "reversal": []}


def _reversal(event: OfReversal) -> Document:
    return {"reverses": event.plan.reverses if isinstance(event, ReversalPlanned) else event.reverses}


def _reversing(event: ReversalPlanned) -> Document:
    plan, currency = event.plan, event.plan.exposure_currency
    lines = [line for each in plan.journal for line in each.lines]
    entries = [entry for each in plan.entries for entry in each.entries]
    return _operations(plan) | {
        "instruction_type": plan.instruction_type,
        "exposure_currency": currency,
        "amount": amount_text(plan.amount, currency),
        "allocated_amount": amount_text(plan.allocated, currency),
        "amount_usd": amount_text(plan.amount_usd, "USD"),
        "largest_deal_usd": amount_text(plan.largest_deal_usd, "USD"),
        "model": plan.model,
        "nav_type": plan.nav_type,
        "order_id": plan.order_id,
        "deals": [
            deal_document(each.deal, each.event_id, each.entity_id) | {"contract_id": each.contract_id}
            for each in plan.cancels
        ],
        "gl": {"entries": len(entries), "lines": len(lines), **ledger_totals(lines)},
        "gl_entries": json_value(entries),
        "journal_lines": json_value(lines),
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
        "steps": json_value(plan.steps),
        "warnings": [notice.model_dump(mode="json") for notice in event.origin.warnings],
    }


def _irreversible(event: ReversalRefused) -> Document:
    return {"recorded": False, "record": None, "related": list(event.related)}


def _operations(plan: Any) -> Document:
    return {
        "operations": operation_counts(plan.operations, plan.counts),
        "operations_list": [operation_document(operation) for operation in plan.operations],
    }


_HEDGE: Final = _Shown(_order, _hedge_plan, _hedge_refusal)
_CONFIGURATION: Final = _Shown(_change, _changed)
_OVERRIDE: Final = _Shown(_override, _overridden)
_REVERSAL: Final = _Shown(_reversal, _reversing, _irreversible)
_KINDS: Final[Mapping[type[Event], _Shown]] = MappingProxyType(
    {
        **dict.fromkeys((ProposalMade, PlanDrawn, PlanRefused), _HEDGE),
        **dict.fromkeys((ConfigurationProposed, ConfigurationPlanned, ConfigurationRefused), _CONFIGURATION),
        **dict.fromkeys((OverrideProposed, OverridePlanned, OverrideRefused), _OVERRIDE),
        **dict.fromkeys((ReversalRequested, ReversalPlanned, ReversalRefused), _REVERSAL),
    }
)
