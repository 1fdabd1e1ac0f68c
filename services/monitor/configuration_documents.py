"""What is shown of a change of the configuration: JSON values under the names that every workflow has. Pure."""

from typing import Any

from services.monitor.documents import Document, unique
from shared.events.configuration import ConfigurationPlanned, ConfigurationProposed, ConfigurationRefused
from shared.hedging.changes.configuration import ConfigurationChange, ConfigurationPlan
from shared.hedging.effects import json_value
from shared.hedging.operations import Operation, OperationCounts, Stage


def configuration_proposal_document(event: ConfigurationProposed) -> Document:
    """What was asked for, before anything was planned."""
    return _asked(event)


def configuration_plan_document(event: ConfigurationPlanned) -> Document:
    """The card: the row before and after, what refers to it, the four operations, policy and digests."""
    plan = event.plan
    notices = [notice.model_dump(mode="json") for notice in event.origin.warnings]
    return _asked(event) | {
        "predecessor": event.origin.predecessor,
        "configuration": _planned(plan),
        "operations": operation_counts(plan.counts, plan.operations),
        "operations_list": [operation_document(operation) for operation in json_value(plan.operations)],
        "warnings": unique([*notices, *json_value(plan.warnings)]),
        "reversal": json_value(plan.reversal),
        "policy": event.policy.model_dump(mode="json"),
        "plan_digest": event.plan_digest,
        "effects_digest": event.effects_digest,
        "drawn_at": event.planned_at.isoformat(),
    }


def configuration_refusal_document(event: ConfigurationRefused) -> Document:
    """Why there is no plan, with every finding."""
    refusals = [each.model_dump(mode="json") for each in event.refusals]
    return _asked(event) | {
        "predecessor": event.origin.predecessor,
        "code": refusals[0]["code"],
        "message": refusals[0]["message"],
        "refusals": refusals,
        "recorded": False,
        "refused_at": event.refused_at.isoformat(),
        "record": None,
    }


def _asked(event: ConfigurationProposed | ConfigurationPlanned | ConfigurationRefused) -> Document:
    return {
        "component": event.origin.component,
        "attempt": event.origin.attempt,
        "maker": event.origin.maker.model_dump(mode="json"),
        "prompt": event.origin.prompt,
        "analysis": event.origin.analysis,
        "configuration": _stated(event.change),
        "claimed": [claimed.model_dump(mode="json") for claimed in event.origin.claimed],
        "warnings": [notice.model_dump(mode="json") for notice in event.origin.warnings],
    }


def _stated(change: ConfigurationChange) -> Document:
    """The change as the answer states it; what it does to the row is known once it is planned."""
    return {
        "table": change.table,
        "key": change.key,
        "operation": change.operation,
        "effective_date": json_value(change.effective_date),
        "changes": [
            {"column": column, "before": None, "after": json_value(value)} for column, value in change.changes.items()
        ],
        "references": None,
        "before": None,
        "after": None,
    }


def _planned(plan: ConfigurationPlan) -> Document:
    return {
        "table": plan.table,
        "key": plan.key,
        "operation": plan.operation,
        "effective_date": json_value(plan.effective_date),
        "changes": json_value(plan.columns),
        "references": json_value(plan.references),
        "before": json_value(plan.before),
        "after": json_value(plan.after),
    }


def operation_counts(counts: OperationCounts, operations: tuple[Operation, ...]) -> Document:
    """The counted operations of a plan that books nothing."""
    totals = {stage.stage: stage.total for stage in counts.stages}
    return {
        "total": counts.total,
        "READ": counts.read,
        "INSERT": counts.insert,
        "UPDATE": counts.update,
        "stages": {stage.value: totals.get(stage, 0) for stage in Stage},
        "order": [operation.stage.value for operation in operations],
    }


def operation_document(operation: dict[str, Any]) -> Document:
    """One operation of the list."""
    kept = ("number", "stage", "phase", "step", "table", "purpose", "entity_id", "rows")
    return {name: operation[name] for name in kept} | {"operation": operation["kind"]}
