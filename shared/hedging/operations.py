"""The numbered operations of a plan (domain facts 10.3): what is read, inserted, updated, stage by stage."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


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
    """The transaction an operation belongs to: before Murex is asked, or after it has acknowledged every
    deal.
    """

    PREPARE = "PREPARE"
    COMPLETE = "COMPLETE"


@dataclass(frozen=True, slots=True)
class Operation:
    """One step. `rows` is what it writes (0 for a READ); a set-based statement is one operation.

    `step` is the row of the ledger in domain facts 10.3 ("A1", "B3", "C4"), the same in every workflow;
    `operation_id` is workflow id and number, so that a replay names the same step. `part` is the place of the event it
    belongs to, from 1; None for what belongs to the whole order.
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
    part: int | None = None


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


_R, _I, _U = OperationKind.READ, OperationKind.INSERT, OperationKind.UPDATE
Step = tuple[str, OperationKind, str, str]

CHECK_STEPS: Final[tuple[Step, ...]] = (
    ("A1", _I, "hedge_instructions", "record the request"),
    ("A2", _R, "entity_master", "entities of the currency"),
    ("A3", _R, "position_nav_master", "snapshot of positions"),
    ("A4", _R, "buffer_configuration", "buffer, falling back to hedging_framework"),
    ("A5", _R, "threshold_configuration", "USD prime-brokerage limits"),
    ("A6", _R, "currency_configuration", "class, deal size, cut-off"),
    ("A7", _R, "waterfall_logic_configuration", "opening order"),
    ("A8", _U, "hedge_instructions", "check result, snapshots, acknowledgement"),
)
ALLOCATION_STEPS: Final[tuple[Step, ...]] = (
    ("B1", _R, "hedge_business_events", "open hedges of the entity"),
    ("B2", _I, "hedge_instructions", "sub-order of the entity"),
    ("B3", _I, "hedge_business_events", "new hedge event"),
    ("B4", _I, "allocation_engine", "allocation of the entity"),
    ("B5", _I, "hedge_event_history", "chain of events"),
    ("B6", _I, "reallocation_audit", "allocation before and after"),
    ("B7", _I, "audit_trail", "record of the decision"),
    ("B8", _I, "stage_bundles", "handoff to stage 2"),
    ("B9", _I, "stage2_queue", "queue for booking"),
    ("B10", _U, "allocation_engine", "Calculated to Finalized"),
    ("B11", _U, "hedge_business_events", "Approved, stage 2 Pending"),
    ("B12", _U, "hedge_instructions", "allocated and residual notional"),
)
BOOKING_STEPS_BEFORE_DEALS: Final[tuple[Step, ...]] = (
    ("C1", _R, "murex_book_config", "book codes of the model (with instruction_event_config)"),
    ("C2", _R, "system_configuration", "retry settings and switches"),
    ("C3", _U, "hedge_business_events", "stage 2 In_Progress, model, expected deals"),
)
DEALS_SENT: Final[Step] = ("sent", _U, "deal_bookings", "Pending to Sent")
DEALS_BOOKED: Final[Step] = ("booked", _U, "deal_bookings", "Booked with Murex references")
BOOKING_STEPS_AFTER_GL: Final[tuple[Step, ...]] = (
    ("details", _I, "gl_entries_detail", "both sides of each entry"),
    ("proxy", _I, "mx_proxy_hedge_report", "proxy report, nil for matched currencies"),
    ("spot", _I, "mx_discounted_spot", "discounted spot"),
    ("hfm", _I, "hfm_template_entries", "HFM template"),
    ("effectiveness", _I, "hedge_effectiveness", "first effectiveness test"),
    ("risk", _I, "risk_monitoring", "exposure record"),
    ("audit", _I, "audit_trail", "record of the stage"),
    ("done", _U, "hedge_business_events", "stage 2 Completed, Booked, GL package"),
)
SIDES_PER_ENTRY: Final = 2


@dataclass(frozen=True, slots=True)
class ChildShape:
    """The values of a child for the operation list: its place, its entity and the purposes of its deals and entries."""

    part: int
    entity_id: str
    deals: tuple[str, ...]
    gl_entries: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Draft:
    stage: Stage
    phase: Phase
    step: Step
    rows: int
    child: ChildShape | None


def draw_operations(workflow_id: str, children: Sequence[ChildShape], *, checked: bool = True) -> tuple[Operation, ...]:
    """Number all operations: stage 1A once, 1B for every event, stage 2 for every event.

    8 + Σ (33 + D) operations for events with D deals each; eight alone without children. `checked` False: the order
    asks for no capacity, as a rollover and a termination do, and has no stage 1A: Σ (33 + D).
    """
    drafts = [_draft(Stage.CHECK, Phase.PREPARE, step) for step in CHECK_STEPS] if checked else []
    for child in children:
        drafts += [_draft(Stage.ALLOCATION, Phase.PREPARE, step, child) for step in ALLOCATION_STEPS]
    for child in children:
        drafts += _booking(child)
    return _numbered(workflow_id, drafts)


def draw_reads(workflow_id: str) -> tuple[Operation, ...]:
    """Draw the reads of an inquiry: those of stage 1A, and the open hedges. Nothing is written."""
    steps = [(Stage.CHECK, step) for step in CHECK_STEPS if step[1] is _R]
    steps.append((Stage.ALLOCATION, ALLOCATION_STEPS[0]))
    return _numbered(workflow_id, [_draft(stage, Phase.PREPARE, step) for stage, step in steps])


def _numbered(workflow_id: str, drafts: Sequence[_Draft]) -> tuple[Operation, ...]:
    return tuple(
        Operation(
            number=number,
            operation_id=f"{workflow_id}:{number:04d}",
            stage=draft.stage,
            phase=draft.phase,
            step=draft.step[0],
            kind=draft.step[1],
            table=draft.step[2],
            purpose=draft.step[3],
            entity_id=None if draft.child is None else draft.child.entity_id,
            rows=draft.rows,
            part=None if draft.child is None else draft.child.part,
        )
        for number, draft in enumerate(drafts, start=1)
    )


def _draft(stage: Stage, phase: Phase, step: Step, child: ChildShape | None = None, rows: int = 1) -> _Draft:
    return _Draft(stage, phase, step, 0 if step[1] is _R else rows, child)


def _booking(child: ChildShape) -> list[_Draft]:
    count = len(child.deals)

    def draft(phase: Phase, step: Step, rows: int = 1) -> _Draft:
        return _draft(Stage.BOOKING, phase, step, child, rows)

    drafts = [draft(Phase.PREPARE, step) for step in BOOKING_STEPS_BEFORE_DEALS]
    for number, purpose in enumerate(child.deals, start=1):
        drafts.append(draft(Phase.PREPARE, (f"deal {number}", _I, "deal_bookings", purpose)))
    drafts.append(draft(Phase.PREPARE, DEALS_SENT, count))
    drafts.append(draft(Phase.COMPLETE, DEALS_BOOKED, count))
    for number, purpose in enumerate(child.gl_entries, start=1):
        drafts.append(draft(Phase.COMPLETE, (f"gl {number}", _I, "gl_entries", purpose)))
    for step in BOOKING_STEPS_AFTER_GL:
        rows = SIDES_PER_ENTRY * len(child.gl_entries) if step[0] == "details" else 1
        drafts.append(draft(Phase.COMPLETE, step, rows))
    return drafts


def operations_at_once(
    workflow_id: str, steps: Iterable[tuple[str, Stage, OperationKind, str, str]]
) -> tuple[Operation, ...]:
    """Return the operations of a workflow that books nothing: all take effect in one transaction.

    Args:
        steps: name, stage, kind, table and purpose of each, in their order.
    """
    return tuple(
        Operation(
            number=number,
            operation_id=f"{workflow_id}:{number:04d}",
            stage=stage,
            phase=Phase.PREPARE,
            step=step,
            kind=kind,
            table=table,
            purpose=purpose,
            entity_id=None,
            rows=0 if kind is OperationKind.READ else 1,
        )
        for number, (step, stage, kind, table, purpose) in enumerate(steps, start=1)
    )


def count_operations(operations: Sequence[Operation]) -> OperationCounts:
    """Totals by kind and by stage; a stage without operations is left out."""
    return OperationCounts(
        total=len(operations),
        read=sum(1 for each in operations if each.kind is _R),
        insert=sum(1 for each in operations if each.kind is _I),
        update=sum(1 for each in operations if each.kind is _U),
        stages=tuple(
            StageCount(stage, total)
            for stage in Stage
            if (total := sum(1 for each in operations if each.stage is stage))
        ),
    )
