"""What a card shows of a change of the configuration: in short and whole. Pure."""

from typing import Any

from shared.events.configuration import ConfigurationPlanned


def configuration_summary_of(event: ConfigurationPlanned) -> dict[str, Any]:
    """Return the change in short, as JSON values: what a list shows and what a person reads first."""
    data = event.model_dump(mode="json")
    plan = data["plan"]
    counts = plan["counts"]
    kept = ("table", "key", "operation", "columns", "references", "effective_date")
    return {
        "configuration": {name: plan[name] for name in kept},
        "operations": {
            "total": counts["total"],
            "READ": counts["read"],
            "INSERT": counts["insert"],
            "UPDATE": counts["update"],
            "stages": {stage["stage"]: stage["total"] for stage in counts["stages"]},
        },
        "reversal_steps": len(plan["reversal"]),
        "claimed": data["claimed"],
        "warnings": data["warnings"] + plan["warnings"],
        "prompt": data["prompt"],
        "analysis": data["analysis"],
        "attempt": data["attempt"],
        "predecessor": data["predecessor"],
    }


def configuration_detail_of(event: ConfigurationPlanned) -> dict[str, Any]:
    """Return the whole plan, as JSON values: the row before and after, every operation, every step of the reversal."""
    detail: dict[str, Any] = event.model_dump(mode="json")["plan"]
    return detail
