"""What a card shows of settling a deal by hand: in short and whole. Pure."""

from typing import Any

from shared.events.overrides import OverridePlanned


def override_summary_of(event: OverridePlanned) -> dict[str, Any]:
    """Return the plan in short, as JSON values: what a list shows and what a person reads first."""
    data = event.model_dump(mode="json")
    plan = data["plan"]
    counts = plan["counts"]
    kept = ("overridden_workflow", "workflow_status", "why", "deal", "deals", "outcome")
    return {
        "override": plan["override"] | {name: plan[name] for name in kept},
        "operations": {
            "total": counts["total"],
            "READ": counts["read"],
            "INSERT": counts["insert"],
            "UPDATE": counts["update"],
            "stages": {stage["stage"]: stage["total"] for stage in counts["stages"]},
        },
        "reversal_steps": 0,
        "claimed": data["claimed"],
        "warnings": data["warnings"],
        "prompt": data["prompt"],
        "analysis": data["analysis"],
        "attempt": data["attempt"],
        "predecessor": data["predecessor"],
    }


def override_detail_of(event: OverridePlanned) -> dict[str, Any]:
    """Return the whole plan, as JSON values."""
    detail: dict[str, Any] = event.model_dump(mode="json")["plan"]
    return detail
