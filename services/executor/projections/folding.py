"""Which fact changes which rows: the one table of projections, used live, in a rebuild and to undo. Pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from services.executor.projections import (
    allocations,
    audit,
    capacity,
    deals,
    hedge_events,
    instructions,
    ledger,
    overrides,
    reports,
    reversals,
    status,
    undo,
)
from services.executor.reference.projection import reference_changes
from services.executor.tables.changes import Change
from shared.errors import Defect
from shared.events import booking, disputes, murex, plans, undoing
from shared.events import capacity as capacity_facts
from shared.events import configuration as configuration_facts
from shared.events import execution as facts
from shared.events import overrides as override_facts
from shared.events import reversals as reversal_facts
from shared.events.base import Event
from shared.events.catalogue import decode
from shared.events.progress import ProgressReported
from shared.events.reference import ReferenceRowRemoved, ReferenceRowSet
from shared.eventstore.port import RecordedEvent

Projection = Callable[[Any, UUID], Iterator[Change]]

#: The projection of each fact of a workflow; the UUID is the id of the event.
PROJECTIONS: Final[Mapping[type[Event], Projection]] = MappingProxyType(
    {
        facts.ExecutionPrepared: audit.prepared,
        facts.InstructionReceived: instructions.received,
        facts.FeasibilityDecided: instructions.feasibility_decided,
        facts.SubOrderRecorded: instructions.sub_order_recorded,
        facts.InstructionAllocated: instructions.allocated,
        facts.HedgeEventCreated: hedge_events.created,
        facts.HedgeEventApproved: hedge_events.approved,
        facts.LineageRecorded: hedge_events.lineage,
        facts.BundleSealed: hedge_events.bundle_sealed,
        facts.BookingQueued: hedge_events.queued,
        booking.BookingStarted: hedge_events.booking_started,
        facts.AllocationCommitted: allocations.committed,
        facts.ReallocationRecorded: allocations.reallocated,
        facts.AllocationFinalized: allocations.finalized,
        facts.StageRecorded: audit.recorded,
        booking.DealPlanned: deals.planned,
        booking.DealsReleased: deals.released,
        murex.DealSent: deals.sent,
        booking.DealAcknowledged: deals.acknowledged,
        booking.DealDeclined: deals.declined,
        disputes.DealContradicted: deals.contradicted,
        murex.DealCancelSent: deals.cancel_sent,
        undoing.CancelConfirmed: deals.cancel_confirmed,
        booking.DealsBooked: deals.booked,
        booking.GlEntryPrepared: ledger.entry_prepared,
        booking.GlDetailPrepared: ledger.detail_prepared,
        booking.ProxyReportPrepared: reports.proxy_report,
        booking.DiscountedSpotRecorded: reports.discounted_spot,
        booking.HfmEntryPrepared: reports.hfm_entry,
        booking.EffectivenessAssessed: reports.effectiveness,
        booking.RiskRecorded: reports.risk,
        booking.EventBooked: ledger.event_booked,
        booking.JournalPosted: ledger.journal_posted,
        booking.PostingDeferred: ledger.posting_deferred,
        undoing.OperationCompensated: undo.compensated,
        undoing.WorkflowCompensated: undo.workflow_compensated,
        undoing.InterventionRequired: audit.intervention,
        reversal_facts.ReversalPrepared: audit.approved,
        reversal_facts.ReversalStarted: reversals.started,
        reversal_facts.OperationReversed: reversals.operation_reversed,
        reversal_facts.ExecutionReversed: reversals.execution_reversed,
        reversal_facts.JournalReversed: reversals.journal_reversed,
        reversal_facts.EntryMirrored: reversals.entry_mirrored,
        reversal_facts.DetailsMirrored: reversals.details_mirrored,
        reversal_facts.LineageEnded: reversals.lineage_ended,
        reversal_facts.ReversalRecorded: audit.recorded,
        reversal_facts.ReversalPosted: reversals.posted,
        reversal_facts.ReversalPostingDeferred: reversals.posting_deferred,
        reversal_facts.ReversalRefused: audit.refused,
        configuration_facts.ConfigurationAuthorized: audit.approved,
        configuration_facts.ConfigurationRecorded: audit.recorded,
        configuration_facts.ConfigurationRefused: audit.refused,
        override_facts.OverrideAuthorized: audit.approved,
        override_facts.OverrideRecorded: audit.recorded,
        override_facts.OverrideRefused: audit.refused,
        override_facts.DealBookedByHand: overrides.booked,
        override_facts.DealCancelledByHand: overrides.cancelled,
        plans.PlanRefused: audit.refused,
        plans.PlanClosed: audit.plan_closed,
    }
)

_EXPOSURES = (capacity_facts.CapacityReserved, capacity_facts.CapacityHedged, capacity_facts.CapacityReleased)
_USD_LIMITS = (
    capacity_facts.UsdLimitReserved,
    capacity_facts.UsdLimitHedged,
    capacity_facts.UsdLimitReleased,
)
_OTHERS: Final[tuple[type[Event], ...]] = (
    ProgressReported,
    ReferenceRowSet,
    ReferenceRowRemoved,
    *_EXPOSURES,
    *_USD_LIMITS,
)
_PLAN: Final = plans.PlanDrawn.__name__
_SHOWN: Final = frozenset({_PLAN, *(kind.__name__ for kind in (*PROJECTIONS, *_OTHERS))})


def changes_of(recorded: RecordedEvent) -> Iterable[Change]:
    """Return the row changes of one recorded event, in order; none for a fact that no table shows.

    Raises:
        Defect: the event cannot be read, or nothing says which rows show it.
    """
    if recorded.type not in _SHOWN:
        return ()
    if recorded.type == _PLAN:
        return status.order_planned(recorded)  # the largest of all: not worth decoding
    event = decode(recorded)
    projection = PROJECTIONS.get(type(event))
    if projection is not None:
        return projection(event, recorded.event_id)
    if isinstance(event, ProgressReported):
        return status.progress(event)
    if isinstance(event, ReferenceRowSet | ReferenceRowRemoved):
        return reference_changes(event, recorded)
    if isinstance(event, _EXPOSURES):
        return capacity.exposure(event, recorded)
    if isinstance(event, _USD_LIMITS):
        return capacity.usd_limit(event, recorded)
    raise Defect(f"{recorded.type} is shown in tables, and nothing says in which rows.")
