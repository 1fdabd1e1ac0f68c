"""Facts of applying a plan. Stream `execution-<workflow>`.

Every event that belongs to an operation of the plan carries its number (`operation`, domain facts 10.3), so the list
of what was done can be laid beside the list of what was approved. Events without one lie outside the count.
"""

from shared.events.approvals import Approver
from shared.events.base import Amount, Event, Notice, Value, date, datetime
from shared.hedging.capacity import Assessment, CapacityResult, UsdCheck
from shared.hedging.deals import Deal
from shared.hedging.gl_entries import GlEntry, GlEntryDetail
from shared.hedging.journal import JournalLine
from shared.hedging.operations import Stage
from shared.hedging.order import CompletedOrder, NavType
from shared.hedging.plan import (
    ChildIds,
    DiscountedSpot,
    Effectiveness,
    HedgeEvent,
    HfmEntry,
    Lineage,
    PinnedRate,
    ProxyReport,
    ReferenceVersion,
    RiskRecord,
)


class ExecutionEvent(Event):
    """An event of one workflow's execution."""

    workflow_id: str


class ExecutionPrepared(ExecutionEvent):
    """The grant was verified and used: this is the first event of the stream, so no grant is used twice."""

    response_id: str
    attempt: int
    jti: str
    plan_digest: str
    effects_digest: str
    tier: str
    policy_version: str
    maker: str
    approvers: tuple[Approver, ...]
    order_id: str
    exposure_currency: str
    total_operations: int
    attempts_max: int
    retry_seconds: int
    prepared_at: datetime
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
    """B7 and the record of stage 2: a decision as the audit_trail tells it."""

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


class BlueprintRead(ExecutionEvent):
    """C1, C2: booking configuration and switches were read."""

    operations: tuple[int, ...]
    event_id: str
    booking_model: str


class BookingStarted(ExecutionEvent):
    """C3: stage 2 of an event begins."""

    operation: int
    event_id: str
    event: HedgeEvent
    started_at: datetime


class DealPlanned(ExecutionEvent):
    """C4 on: a deal of the plan exists, not yet sent."""

    operation: int
    event_id: str
    instruction_id: str
    deal: Deal
    planned_at: datetime


class DealsReleased(ExecutionEvent):
    """The set-based update that marks an event's deals as sent; the messages are `DealSent`."""

    operation: int
    event_id: str
    deal_booking_ids: tuple[str, ...]
    released_at: datetime


class DealEvent(ExecutionEvent):
    """An event of one deal."""

    event_id: str
    deal_booking_id: str
    deal_sequence: int


class DealReceipted(DealEvent):
    """Murex has the message of a deal."""

    attempt: int
    received_at: datetime


class DealAcknowledged(DealEvent):
    """Murex booked a deal. `in_reply_to`: the request of HAWK's that it answered, a booking request or an enquiry."""

    attempt: int
    in_reply_to: int
    contract_id: str
    trade_ids: tuple[str, ...]
    booking_reference: str
    level: str
    acknowledged_at: datetime


class DealDeclined(DealEvent):
    """A deal will not be booked; final. `in_reply_to`: the request that Murex answered so; none where HAWK gave up."""

    attempt: int
    in_reply_to: int | None = None
    code: str
    reason: str
    declined_at: datetime


class AnswerIgnored(DealEvent):
    """An answer of Murex settled nothing by itself: a duplicate, a late one, of an unknown deal, a contradiction."""

    answer: str
    why: str
    ignored_at: datetime


class BookedDeal(Value):
    """A deal as Murex holds it."""

    deal_booking_id: str
    contract_id: str
    booking_reference: str


class DealsBooked(ExecutionEvent):
    """The set-based update that marks an event's deals as booked, with Murex's references."""

    operation: int
    event_id: str
    deals: tuple[BookedDeal, ...]
    booked_at: datetime


class GlEntryPrepared(ExecutionEvent):
    """One of the eight balanced pairs."""

    operation: int
    event_id: str
    entity_id: str
    instruction_id: str
    gl_package_id: str
    entry: GlEntry
    prepared_at: datetime


class GlDetailPrepared(ExecutionEvent):
    """The lines of the eight pairs, one set-based insert."""

    operation: int
    event_id: str
    details: tuple[GlEntryDetail, ...]
    prepared_at: datetime


class ProxyReportPrepared(ExecutionEvent):
    operation: int
    event_id: str
    report: ProxyReport
    prepared_at: datetime


class DiscountedSpotRecorded(ExecutionEvent):
    operation: int
    event_id: str
    spot: DiscountedSpot
    recorded_at: datetime


class HfmEntryPrepared(ExecutionEvent):
    operation: int
    event_id: str
    entry: HfmEntry
    prepared_at: datetime


class EffectivenessAssessed(ExecutionEvent):
    operation: int
    event_id: str
    entity_id: str
    currency: str
    nav_type: NavType
    hedging_instrument: str
    inception_date: date
    result: Effectiveness
    assessed_at: datetime


class RiskRecorded(ExecutionEvent):
    operation: int
    event_id: str
    entity_id: str
    currency: str
    record: RiskRecord
    recorded_at: datetime


class EventBooked(ExecutionEvent):
    """The last operation of an event: stage 2 completed, with the package that stage 3 posts from."""

    operation: int
    event_id: str
    entity_id: str
    currency: str
    nav_type: NavType
    booking_model: str
    allocated: Amount
    fx_rate: Amount
    gl_package_id: str
    gl_date: date
    amounts: dict[str, str]
    rates: tuple[PinnedRate, ...]
    deals: int
    murex_reference: str
    booked_at: datetime


class ExecutionCompleted(ExecutionEvent):
    """All operations of the plan took effect."""

    completed_operations: int
    completed_at: datetime


class EventPosting(Value):
    """The journal lines of one hedge event, made from its package."""

    event_id: str
    gl_package_id: str
    entity_id: str
    lines: tuple[JournalLine, ...]


class JournalPosted(ExecutionEvent):
    """Stage 3 of the workflow: the journal lines of every event, in one transaction."""

    postings: tuple[EventPosting, ...]
    posted_at: datetime


class PostingDeferred(ExecutionEvent):
    """Stage 3 could not post; it is tried again at `retry_at`."""

    event_ids: tuple[str, ...]
    code: str
    reason: str
    attempts: int
    retry_at: datetime
    deferred_at: datetime
