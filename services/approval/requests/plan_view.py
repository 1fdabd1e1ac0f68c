"""What a card shows of a plan. Pure."""

from typing import Any

from shared.events.plans import PlanDrawn, PlanRefused


def summary_of(event: PlanDrawn) -> dict[str, Any]:
    """Return the plan in short, as JSON values: what a list shows and what a person reads first."""
    data = event.model_dump(mode="json")
    plan = data["plan"]
    return {
        **_order(plan),
        "risk": {**plan["risk"], "claimed": data["claimed"]},
        "warnings": data["warnings"] + plan["warnings"] + plan["claim_warnings"],
        "prompt": data["prompt"],
        "analysis": data["analysis"],
        "attempt": data["attempt"],
        "predecessor": data["predecessor"],
    }


def refused_summary_of(event: PlanRefused) -> dict[str, Any]:
    """Return the same for the record of a refused check."""
    data = event.model_dump(mode="json")
    record = data["refusal"]["record"]
    return {
        **({} if record is None else _order(record)),
        "refusal": {key: data["refusal"][key] for key in ("code", "message", "path")},
        "attempt": data["attempt"],
        "predecessor": data["predecessor"],
    }


def detail_of(event: PlanDrawn) -> dict[str, Any]:
    """Return the whole plan, as JSON values: every operation, deal, ledger entry and step of the reversal."""
    detail: dict[str, Any] = event.model_dump(mode="json")["plan"]
    return detail


def _order(plan: dict[str, Any]) -> dict[str, Any]:
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


def _operations(plan: dict[str, Any]) -> dict[str, Any]:
    counts = plan["counts"]
    return {
        "total": counts["total"],
        "READ": counts["read"],
        "INSERT": counts["insert"],
        "UPDATE": counts["update"],
        "stages": {stage["stage"]: stage["total"] for stage in counts["stages"]},
    }


def _entity(child: dict[str, Any]) -> dict[str, Any]:
    return {
        "entity_id": child["entity_id"],
        "entity_name": child["entity_name"],
        "allocated": child["allocated"],
        "deals": len(child["deals"]),
        "gl_entries": len(child["gl_entries"]),
    }
