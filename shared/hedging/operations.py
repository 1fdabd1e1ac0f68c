"""The numbered operations of a plan (domain facts 10.3): what is read, inserted and updated, stage by stage."""

from dataclasses import dataclass
from enum import StrEnum


class Stage(StrEnum):
    """Check, allocation, booking."""

    CHECK = "1A"
    ALLOCATION = "1B"
    BOOKING = "2"


class OperationKind(StrEnum):
    READ = "READ"
    INSERT = "INSERT"
    UPDATE = "UPDATE"


class Phase(StrEnum):
    """The transaction an operation belongs to: before Murex is asked, or after it has acknowledged every deal."""

    PREPARE = "PREPARE"
    COMPLETE = "COMPLETE"


@dataclass(frozen=True, slots=True)
class Operation:
    """One step. `rows` is what it writes (0 for a READ); a set-based statement is one operation.

    `step` is the row of the ledger in domain facts 10.3 ("A1", "B3", "C4"), the same in every workflow;
    `operation_id` is workflow id and number, so that a replay names the same step.
    """

    number: int
    operation_id: str
    stage: Stage
    phase: Phase
    step: str
    kind: OperationKind
    table: str
    purpose: str
    entity_id: str | None
    rows: int


@dataclass(frozen=True, slots=True)
class StageCount:
    stage: Stage
    total: int


@dataclass(frozen=True, slots=True)
class OperationCounts:
    """Totals, computed from the list and never constants."""

    total: int
    read: int
    insert: int
    update: int
    stages: tuple[StageCount, ...]
