"""The undo plan: what would be taken back, last step first, and what cannot be."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from shared.hedging.operations import Operation, OperationKind

#: What a step does, where more follows from it than a row that is marked.
KEEP: Final = "keep"
CANCEL: Final = "cancel in Murex"
MIRROR: Final = "post the mirrored entry"
TAKE_BACK: Final = "take back with its row"
#: Tables whose rows get a counterpart instead of being marked alone.
MIRRORED: Final = frozenset({"gl_entries", "gl_entries_detail"})


@dataclass(frozen=True, slots=True)
class ReversalStep:
    """One step of the undo. `reversible` False: people or the market must act, `note` says what remains."""

    number: int
    undoes: int
    table: str
    action: str
    entity_id: str | None
    reversible: bool
    note: str


def draw_reversal(operations: Sequence[Operation]) -> tuple[ReversalStep, ...]:
    """Draw one step per writing operation, last first. Reads leave nothing to undo; no row is ever deleted."""
    writes = [each for each in reversed(operations) if each.kind is not OperationKind.READ]
    return tuple(_step(number, operation) for number, operation in enumerate(writes, start=1))


def _step(number: int, operation: Operation) -> ReversalStep:
    action, reversible, note = _undo(operation)
    return ReversalStep(number, operation.number, operation.table, action, operation.entity_id, reversible, note)


def _undo(operation: Operation) -> tuple[str, bool, str]:
    if operation.table == "audit_trail":
        return KEEP, False, "the audit trail keeps both the act and its reversal"
    if operation.step == "booked":
        return CANCEL, False, "Murex must confirm each cancel; market moves since then remain"
    if operation.step == "sent":
        return CANCEL, True, "deals Murex holds or may hold get a cancel message"
    if operation.table in MIRRORED:
        return MIRROR, True, "in an open period; the original row stays"
    if operation.kind is OperationKind.UPDATE:
        return TAKE_BACK, True, "the row was inserted by this plan and is taken back whole"
    return "mark as reversed", True, "the row stays and points to the reversing event"
