"""Facts of applying a plan: its start, stages 1A and 1B, and its end. Stream `execution-<workflow>`.

Stages 2 and 3 are in `shared.events.booking`.

Every event that belongs to an operation of the plan carries its number (`operation`, domain facts 10.3), so the list
of what was done can be laid beside the list of what was approved. Events without one lie outside the count.
"""

from shared.events.approvals import Approver, UsedGrant
from shared.events.base import Amount, Event, Notice, date, datetime
from shared.hedging.capacity import Assessment, CapacityResult, UsdCheck
from shared.hedging.operations import Stage
from shared.hedging.order import CompletedOrder, NavType
from shared.hedging.plan import (
    ChildIds,
    HedgeEvent,
    Lineage,
    ReferenceVersion,
)


class ExecutionEvent(Event):
    """An event of one workflow's execution."""

    workflow_id: str


class ExecutionBegun(ExecutionEvent):
    """The grant was verified and used: this is the first event of the stream, so no grant is used twice."""

    response_id: str
    attempt: int
    grant: UsedGrant
    begun_at: datetime


class ExecutionPrepared(ExecutionBegun):
    """An order is executed: stages 1A and 1B are done, and its deals leave for Murex."""

    order_id: str
    exposure_currency: str
    total_operations: int
    attempts_max: int
    retry_seconds: int
    warnings: tuple[Notice, ...] = ()  # what planning says as the plan is applied; the plan has what it said then


class InstructionReceived(ExecutionEvent):
    """A1: the order enters hedge_instructions."""

    operation: int
    instruction_id: str
    request_id: str
    response_id: str
    requested_by: str
    order: CompletedOrder
    received_at: datetime


class CapacityAssessed(ExecutionEvent):
    """A2 to A7: what the reads of stage 1A gave, with the version of every reference row relied on."""

    operations: tuple[int, ...]
    assessments: tuple[Assessment, ...]
    usd_check: UsdCheck
    reference_versions: tuple[ReferenceVersion, ...]


class FeasibilityDecided(ExecutionEvent):
    """A8: the result of the check, also when it is no (`failure` then says why)."""

    operation: int
    instruction_id: str
    capacity: CapacityResult
    usd_status: str
    assessment: Assessment | None
    failure: str | None
    decided_at: datetime


class OpenHedgesConsulted(ExecutionEvent):
    """B1: the open hedges of the exposure were read, for new against existing and against doubling."""

    operation: int
    entity_id: str


class SubOrderRecorded(ExecutionEvent):
    """B2: the share of one entity enters hedge_instructions under its parent.

    An order without stage 1A has no parent row: `parent_instruction_id` is None for its first share, whose row is then
    the order's own, asked for by `requested_by`.
    """

    operation: int
    parent_instruction_id: str | None
    request_id: str
    response_id: str
    ids: ChildIds
    entity_id: str
    allocated: Amount
    order: CompletedOrder
    recorded_at: datetime
    requested_by: str = ""


class HedgeEventCreated(ExecutionEvent):
    """B3: the hedge event of one entity exists. `lineage`: what it opens, and what it takes off an earlier one."""

    operation: int
    entity_id: str
    exposure_currency: str
    ids: ChildIds
    event: HedgeEvent
    created_at: datetime
    lineage: Lineage | None = None


class AllocationCommitted(ExecutionEvent):
    """B4: the entity's allocation, every term of its capacity shown."""

    operation: int
    event_id: str
    request_id: str
    ids: ChildIds
    assessment: Assessment
    execution_date: date
    committed_at: datetime


class LineageRecorded(ExecutionEvent):
    """B5: predecessor and successor of the hedge event."""

    operation: int
    event_id: str
    ids: ChildIds
    event_type: str
    event_date: date
    original_event_id: str | None
    amount: Amount
    recorded_at: datetime


class ReallocationRecorded(ExecutionEvent):
    """B6: from which allocation to which, and why."""

    operation: int
    event_id: str
    entity_id: str
    currency: str
    nav_type: NavType
    ids: ChildIds
    original: Amount
    new: Amount
    reason: str
    recorded_at: datetime


class StageRecorded(ExecutionEvent):
    """B7 and the record of stage 2: a decision as the audit_trail records it."""

    operation: int
    audit_id: str
    stage: Stage
    action: str
    message: str
    entity_id: str
    currency: str
    record_id: str
    approvers: tuple[Approver, ...]
    recorded_at: datetime


class BundleSealed(ExecutionEvent):
    """B8: what stage 1B hands to stage 2, with its checksum."""

    operation: int
    event_id: str
    entity_id: str
    allocated: Amount
    ids: ChildIds
    order: CompletedOrder
    checksum: str
    sealed_at: datetime


class BookingQueued(ExecutionEvent):
    """B9: the event waits for booking."""

    operation: int
    event_id: str
    ids: ChildIds
    booking_model: str
    currency_type: str
    hedging_instrument: str
    queued_at: datetime


class AllocationFinalized(ExecutionEvent):
    """B10: the allocation is final."""

    operation: int
    allocation_id: str
    finalized_at: datetime


class HedgeEventApproved(ExecutionEvent):
    """B11: the event is approved for booking."""

    operation: int
    event_id: str
    approved_at: datetime


class InstructionAllocated(ExecutionEvent):
    """B12: the order knows what was placed and what was not."""

    operation: int
    instruction_id: str
    sub_instruction_id: str
    capacity: CapacityResult
    allocated: Amount
    allocated_at: datetime


class ExecutionCompleted(ExecutionEvent):
    """All operations of the plan took effect."""

    completed_operations: int
    completed_at: datetime
