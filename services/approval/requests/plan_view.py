"""What a card shows of a plan of any kind: in short and whole, as JSON values. Pure."""

from collections.abc import Mapping
from functools import singledispatch
from typing import Any

from shared.errors import Defect
from shared.events.configuration import ConfigurationPlanned
from shared.events.overrides import OverridePlanned
from shared.events.plans import PlanDrawn, PlanRefused, WorkflowPlanned
from shared.events.reversals import ReversalPlanned

Document = dict[str, Any]


def summary_of(event: WorkflowPlanned | PlanRefused, data: Mapping[str, Any]) -> Document:
    """Return the plan in short: what a list shows and what a person reads first.

    Args:
        data: the event as JSON values, whose digest was checked.
    """
    origin = data["origin"]
    kept = ("prompt", "analysis", "claimed", "warnings", "attempt", "predecessor")
    return {name: origin[name] for name in kept} | own_summary(event, data)


@singledispatch
def own_summary(event: WorkflowPlanned | PlanRefused, data: Mapping[str, Any]) -> Document:
    """Return what the summary of this kind of plan shows. Each kind registers its own.

    Args:
        data: the event as JSON values.
    Raises:
        Defect: nothing is registered for this kind.
    """
    raise Defect(f"The card shows no {type(event).__name__} with {', '.join(data)}.")


@own_summary.register
def _order_summary(_: PlanDrawn, data: Mapping[str, Any]) -> Document:
    plan, origin = data["plan"], data["origin"]
    return {
        **_order(plan),
        "risk": {**plan["risk"], "claimed": origin["claimed"]},
        "warnings": origin["warnings"] + plan["warnings"] + plan["claim_warnings"],
    }


@own_summary.register
def _check_summary(_: PlanRefused, data: Mapping[str, Any]) -> Document:
    record = data["refusal"]["record"]
    refusal = {key: data["refusal"][key] for key in ("code", "message", "path")}
    return {**({} if record is None else _order(record)), "refusal": refusal}


@own_summary.register
def _configuration_summary(_: ConfigurationPlanned, data: Mapping[str, Any]) -> Document:
    plan = data["plan"]
    kept = ("table", "key", "operation", "columns", "references", "effective_date")
    return {
        "configuration": {name: plan[name] for name in kept},
        "operations": _operations(plan),
        "reversal_steps": len(plan["reversal"]),
        "warnings": data["origin"]["warnings"] + plan["warnings"],
    }


@own_summary.register
def _override_summary(_: OverridePlanned, data: Mapping[str, Any]) -> Document:
    plan = data["plan"]
    kept = ("overridden_workflow", "workflow_status", "why", "deal", "deals", "outcome")
    override = plan["override"] | {name: plan[name] for name in kept}
    return {"override": override, "operations": _operations(plan), "reversal_steps": 0}


@own_summary.register
def _reversal_summary(_: ReversalPlanned, data: Mapping[str, Any]) -> Document:
    plan = data["plan"]
    kept = ("instruction_type", "exposure_currency", "amount", "nav_type", "order_id", "model")
    return {
        "reversal": {
            "reverses": plan["reverses"],
            "reason": data["reason"],
            "accounting_date": plan["accounting_date"],
            "period_id": plan["period_id"],
            "deals": len(plan["cancels"]),
            "gl_entries": sum(len(each["entries"]) for each in plan["entries"]),
            "journal_lines": sum(len(each["lines"]) for each in plan["journal"]),
        },
        **{name: plan[name] for name in kept},
        "operations": _operations(plan),
        "reversal_steps": 0,
    }


def detail_of(event: WorkflowPlanned | PlanRefused, data: Mapping[str, Any]) -> Document:
    """Return the whole plan: every operation, deal, ledger entry and step back; empty for a refused check."""
    if isinstance(event, PlanRefused):
        return {}
    detail: Document = data["plan"]
    return detail


def _order(plan: Document) -> Document:
    order = plan["order"]
    return {
        "instruction_type": order["instruction_type"],
        "exposure_currency": order["exposure_currency"],
        "amount": order["amount"],
        "nav_type": order["nav_type"],
        "order_id": order["order_id"],
        "provenance": order["provenance"],
        "usd_equivalent": plan["usd_equivalent"],
        "allocated_usd": plan["allocated_usd"],
        "model": plan["model"],
        "dates": plan["dates"],
        "operations": _operations(plan),
        "entities": [_entity(child) for child in plan["children"]],
        "reversal_steps": len(plan["reversal"]),
    }


def _operations(plan: Document) -> Document:
    counts = plan["counts"]
    return {
        "total": counts["total"],
        "READ": counts["read"],
        "INSERT": counts["insert"],
        "UPDATE": counts["update"],
        "stages": {stage["stage"]: stage["total"] for stage in counts["stages"]},
    }


def _entity(child: Document) -> Document:
    return {
        "entity_id": child["entity_id"],
        "entity_name": child["entity_name"],
        "allocated": child["allocated"],
        "deals": len(child["deals"]),
        "gl_entries": len(child["gl_entries"]),
    }
