"""A change of one row of the configuration: what is asked for, the plan of it, and how it is undone. Pure.

Interfaces section 4, UPDATE_CONFIGURATION: read the row, read what refers to it, write it, record it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal

from shared.hedging.effects import json_value
from shared.hedging.operations import (
    Operation,
    OperationCounts,
    OperationKind,
    Stage,
    count_operations,
    operations_at_once,
)
from shared.hedging.plan import PlanIdentity, PlanWarning
from shared.hedging.refusals import Reason
from shared.hedging.reversal import ReversalStep

Write = Literal["UPDATE", "INSERT"]


class ConfigurationCode(Reason):
    """Reasons why a change cannot be planned. Stable names: approvers, dashboards and the AI read them."""

    # fmt: off
    UNKNOWN_KEY = "UNKNOWN_KEY", "the table has no row under this key to update", "name the key of a row, or INSERT it"
    KEY_EXISTS = ("KEY_EXISTS",
        "the table has a row under the key that is to be inserted", "UPDATE the row, or take another key")
    UNKNOWN_FIELD = ("UNKNOWN_FIELD",
        "`changes` names a column the table does not have, or one that HAWK keeps", "leave the column out")
    INVALID_VALUE = "INVALID_VALUE", "a value does not fit its column, or its row", "give the value the form named"
    MISSING_FIELDS = ("MISSING_FIELDS",
        "after the change a column that must have a value would have none", "state a value for it")
    INVALID_DATE = "INVALID_DATE", "the effective date lies in the past", "state today or a later day, or none"
    NOTHING_CHANGES = "NOTHING_CHANGES", "the row already holds these values", "nothing is to be done"
    CONFIGURATION_INVALID = ("CONFIGURATION_INVALID",
        "with the change the configuration as a whole would contradict itself", "correct every finding listed")
    # fmt: on


@dataclass(frozen=True, slots=True)
class ConfigurationChange:
    """The request as the answer states it.

    `changes` holds JSON values by column, numbers as the text they were written as; null takes the value away.
    `key_column` is the column the answer named beside the key, if it did. `effective_date` None: at once.
    """

    table: str
    operation: Write
    key: str
    key_column: str | None
    changes: dict[str, Any]
    effective_date: date | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that prevents the change; `path` leads to it from the proposal (`change.changes.x`)."""

    code: ConfigurationCode
    message: str
    path: str


@dataclass(frozen=True, slots=True)
class ColumnChange:
    """One column before and after, as JSON values."""

    column: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class References:
    """The rows of `table` that refer to the row or are governed by it: how many, and the first of their keys."""

    table: str
    rows: int
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ConfigurationPlan:
    """Everything people approve and the executor applies.

    Args:
        stream: of the row; `version` is the one it has, 0 for none.
        before: the row in force as its last event holds it, None when there is none; `after` replaces it whole.
        asked_on: the day of the first plan of this proposal (Singapore); no effective date lies before it.
        effective_date: the day from which the row is in force; None: as soon as it is approved.
    """

    identity: PlanIdentity
    table: str
    key: str
    operation: Write
    stream: str
    version: int
    before: dict[str, Any] | None
    after: dict[str, Any]
    columns: tuple[ColumnChange, ...]
    references: References
    asked_on: date
    effective_date: date | None
    operations: tuple[Operation, ...]
    counts: OperationCounts
    warnings: tuple[PlanWarning, ...]
    reversal: tuple[ReversalStep, ...]


@dataclass(frozen=True, slots=True)
class CheckedChange:
    """A change that nothing prevents: the row before and after it, and what refers to it."""

    change: ConfigurationChange
    key: str
    stream: str
    version: int
    before: dict[str, Any] | None
    after: dict[str, Any]
    references: References
    asked_on: date
    warnings: tuple[PlanWarning, ...] = ()


#: Kept by HAWK itself: who wrote a row, when, and by which workflow.
AUTHORSHIP: Final = frozenset(
    {"workflow_id", "created_by", "created_date", "created_at", "modified_by", "modified_date", "modified_at",
     "last_modified_by", "last_modified_date"}
)  # fmt: skip


def draw_configuration(checked: CheckedChange, identity: PlanIdentity) -> ConfigurationPlan:
    """Draw the plan of a checked change: four operations, what changes column by column, and the undo."""
    change = checked.change
    operations = draw_operations(identity.workflow_id, change.operation, change.table, checked.references.table)
    return ConfigurationPlan(
        identity=identity,
        table=change.table,
        key=checked.key,
        operation=change.operation,
        stream=checked.stream,
        version=checked.version,
        before=checked.before,
        after=checked.after,
        columns=columns_changed(checked.before or {}, checked.after),
        references=checked.references,
        asked_on=checked.asked_on,
        effective_date=change.effective_date,
        operations=operations,
        counts=count_operations(operations),
        warnings=checked.warnings,
        reversal=_reversal(operations, change.operation),
    )


def columns_changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[ColumnChange, ...]:
    """Return the columns that differ, by name. Who wrote the row, and when, does not count as a change."""
    names = sorted((before.keys() | after.keys()) - AUTHORSHIP)
    return tuple(
        ColumnChange(name, before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name)
    )


def draw_operations(workflow_id: str, operation: Write, table: str, referring: str) -> tuple[Operation, ...]:
    """Draw the four operations (interfaces section 4). The reads are stage 1A, the writes 1B; nothing goes to Murex."""
    kind = OperationKind(operation)
    steps = (
        ("F1", Stage.CHECK, OperationKind.READ, table, "the row in force"),
        ("F2", Stage.CHECK, OperationKind.READ, referring, "what refers to the row or is governed by it"),
        ("F3", Stage.ALLOCATION, kind, table, "the row as it is from now on"),
        ("F4", Stage.ALLOCATION, OperationKind.INSERT, "audit_trail", "who asked, who approved, before and after"),
    )
    return operations_at_once(workflow_id, steps)


def configuration_effects(plan: ConfigurationPlan, tier: str) -> dict[str, Any]:
    """Return what apply must reproduce: the row before and after, from when; no version, workflow or references."""
    return {
        "table": plan.table,
        "key": plan.key,
        "operation": plan.operation,
        "before": json_value(plan.before),
        "after": json_value(plan.after),
        "effective_date": json_value(plan.effective_date),
        "tier": tier,
    }


def _reversal(operations: tuple[Operation, ...], operation: Write) -> tuple[ReversalStep, ...]:
    """Last first: the record stays, the row goes back to what it was."""
    write, record = operations[2], operations[3]
    back = ("restore the row before", "from the before-image in the plan") if operation == "UPDATE" else (
        "remove the row", "by an event; its history stays")  # fmt: skip
    kept = "the audit trail keeps both the act and its reversal"
    return (
        ReversalStep(1, record.number, record.table, "keep", None, False, kept),
        ReversalStep(2, write.number, write.table, back[0], None, True, back[1]),
    )
