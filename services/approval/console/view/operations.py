"""The numbered operations: by stage, by table, and one by one. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final

from services.approval.console.view.plans import Kind
from services.approval.console.view.subject import Document
from shared.hedging.operations import Operation, OperationKind, Stage

#: The names of the stages, by kind of workflow.
STAGES: Final[Mapping[Kind, Mapping[Stage, str]]] = {
    Kind.HEDGE: {
        Stage.CHECK: "Checks and instruction",
        Stage.ALLOCATION: "Hedge event and allocation",
        Stage.BOOKING: "Murex and ledger",
    },
    Kind.CONFIGURATION: {
        Stage.CHECK: "The row, and the rows that refer to it",
        Stage.ALLOCATION: "The change and its record",
    },
    Kind.OVERRIDE: {
        Stage.CHECK: "The deal, and the state of its workflow",
        Stage.ALLOCATION: "The deal settled and recorded",
    },
    Kind.REVERSAL: {
        Stage.CHECK: "Instruction reversed",
        Stage.ALLOCATION: "Hedge event and allocation reversed",
        Stage.BOOKING: "Cancellations and reversing entries",
    },
}


def operations(plan: Any, kind: Kind) -> Document | None:
    """Return counts and list of a plan's operations; None for a plan that is not kept whole."""
    if plan is None:
        return None
    every: tuple[Operation, ...] = plan.operations
    names = STAGES.get(kind, {})
    stages = [stage for stage in Stage if any(each.stage is stage for each in every)]
    return {
        "total": plan.counts.total,
        "totals": _kinds(every),
        "by_stage": [
            {
                "stage": stage.value,
                "name": names.get(stage, ""),
                **_kinds(each for each in every if each.stage is stage),
            }
            for stage in stages
        ],
        "rows_by_table": _tables(every),
        "list": [_operation(each) for each in every],
    }


def _kinds(operations: Iterable[Operation]) -> Document:
    found = Counter(each.kind for each in operations)
    return {**{kind.value: found[kind] for kind in OperationKind}, "total": found.total()}


def _tables(operations: Iterable[Operation]) -> list[Document]:
    """Return the rows that each table gets or has changed, in the order in which they are first written."""
    found: dict[str, dict[OperationKind, int]] = {}
    for each in operations:
        if each.kind is not OperationKind.READ:
            rows = found.setdefault(each.table, {OperationKind.INSERT: 0, OperationKind.UPDATE: 0})
            rows[each.kind] += each.rows
    return [
        {"table": table, "inserted": rows[OperationKind.INSERT], "updated": rows[OperationKind.UPDATE]}
        for table, rows in found.items()
    ]


def _operation(each: Operation) -> Document:
    return {
        "number": each.number,
        "stage": each.stage.value,
        "phase": each.phase.value,
        "step": each.step,
        "kind": each.kind.value,
        "table": each.table,
        "purpose": each.purpose,
        "entity": each.entity_id,
        "part": each.part,
        "rows": each.rows,
    }
