"""Facts of a reversal. What was asked for is on `approval-<reversal>`, its plan on `plan-<reversal>`, what it adds on
`execution-<reversal>`; what it takes back is on the stream of the workflow that is reversed, whose rows these are."""

from shared.events.approvals import Approver
from shared.events.base import datetime
from shared.events.execution import ExecutionBegun, ExecutionEvent
from shared.events.plans import WorkflowPlanned, WorkflowRefused
from shared.events.responses import Originated
from shared.hedging.changes.reversing import ExposureChange, LineageEnd, MirroredJournal, ReversalPlan
from shared.hedging.gl_entries import GlEntry, GlEntryDetail
from shared.hedging.operations import OperationKind


class ReversalRequested(Originated):
    """A person asks for the reversal of an executed workflow. `workflow_id` is the reversal's own id."""

    reverses: str
    role: str
    reason: str
    requested_at: datetime


class ReversalPlanned(WorkflowPlanned):
    """The plan that would reverse the workflow `reverses`."""

    reverses: str
    reason: str
    plan: ReversalPlan


class ReversalRefused(WorkflowRefused):
    """The workflow cannot be reversed; `related` are the workflows that the reason names."""

    reverses: str
    reason: str
    order_id: str | None
    related: tuple[str, ...]


class ReversalPrepared(ExecutionBegun):
    """A reversal is executed: cancels leave for Murex. `exposures`: what is given back or taken again."""

    reverses: str
    reason: str
    order_id: str
    total_operations: int
    exposures: tuple[ExposureChange, ...]


class EntryMirrored(ExecutionEvent):
    """The counterpart of one pair of gl_entries."""

    operation: int
    event_id: str
    entity_id: str
    instruction_id: str
    gl_package_id: str
    entry: GlEntry
    mirrors: str
    mirrored_at: datetime


class DetailsMirrored(ExecutionEvent):
    """The counterparts of the sides of one event's pairs."""

    operation: int
    event_id: str
    details: tuple[GlEntryDetail, ...]
    mirrored_at: datetime


class LineageEnded(ExecutionEvent):
    """The history of a hedge ends with the reversal of its event."""

    end: LineageEnd
    ended_at: datetime


class ReversalRecorded(ExecutionEvent):
    """The audit trail keeps the act, and beside it its reversal."""

    operation: int
    audit_id: str
    undoes: int
    record_id: str
    entity_id: str
    currency: str
    message: str
    approvers: tuple[Approver, ...]
    recorded_at: datetime


class ReversalCompleted(ExecutionEvent):
    """Every step of the reversal took effect; `posts`: journal lines are still to be posted."""

    completed_operations: int
    posts: bool
    completed_at: datetime


class ReversalPosted(ExecutionEvent):
    """The counterparts of the journal lines, in one transaction."""

    postings: tuple[MirroredJournal, ...]
    posted_at: datetime


class ReversalPostingDeferred(ExecutionEvent):
    """The counterparts could not be posted; it is tried again at `retry_at`."""

    code: str
    reason: str
    attempts: int
    retry_at: datetime
    deferred_at: datetime


class ReversalStarted(ExecutionEvent):
    """Cancellation of the workflow's deals has begun: nothing may build on it. On the reversed workflow's stream."""

    reversal: str
    reason: str
    event_ids: tuple[str, ...]
    deals_to_cancel: tuple[str, ...]
    started_at: datetime


class OperationReversed(ExecutionEvent):
    """One operation was taken back: its rows stay, carry their reversed status and point to this event.

    `operation` is the one that is taken back, `step` the reversal's own number for it.
    """

    operation: int
    step: int
    kind: OperationKind
    table: str
    action: str
    keys: tuple[str, ...]
    reversal: str
    reversed_at: datetime


class ExecutionReversed(ExecutionEvent):
    """Every operation of the workflow is taken back; its journal remains until its counterparts are posted."""

    reversal: str
    reason: str
    reversed_at: datetime


class JournalReversed(ExecutionEvent):
    """The journal of the workflow has its counterparts: nothing of it is in effect any more."""

    reversal: str
    journal_ids: tuple[str, ...]
    reversed_at: datetime
