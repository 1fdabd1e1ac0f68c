"""The operations of a plan as events: one builder per step, found by what the plan says of the operation.

What is executed is therefore what was planned: the loop runs over `plan.operations`, and an operation without a
builder stops the execution before anything is written.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from shared.canonical import digest
from shared.errors import Defect
from shared.events import execution as facts
from shared.events.approvals import Approver
from shared.events.base import Event
from shared.hedging.operations import Operation, OperationKind, Phase, Stage
from shared.hedging.plan import ChildPlan, HedgePlan, LineageKind

#: In the record of a read that is not about one entity.
EVERY_ENTITY: Final = "ALL"
REALLOCATION_REASONS: Final[Mapping[LineageKind, str]] = MappingProxyType(
    {
        LineageKind.INCEPTION_NEW: "New hedge: first allocation of this event",
        LineageKind.INCEPTION_EXISTING: "Further hedge beside an open one: first allocation of this event",
        LineageKind.ROLLOVER: "Rollover: the amount goes over to this event",
        LineageKind.TERMINATION: "Termination: the amount is given back",
        LineageKind.AMENDMENT: "Amendment: first allocation of the hedge that supersedes",
    }
)


@dataclass(frozen=True, slots=True)
class Applied:
    """What is the same for every step of one transaction."""

    plan: HedgePlan
    maker: str
    approvers: tuple[Approver, ...]
    now: datetime
    failure: str | None = None
    booked: Mapping[str, facts.BookedDeal] = field(default_factory=dict)
    """By deal booking id, what Murex holds; complete when the phase COMPLETE runs."""

    @property
    def workflow_id(self) -> str:
        return self.plan.identity.workflow_id

    def child(self, operation: Operation) -> ChildPlan:
        """The part of the order an operation belongs to; plans drawn before parts were numbered have one per entity."""
        for child in self.plan.children:
            if operation.part == child.index or (operation.part is None and operation.entity_id == child.entity_id):
                return child
        raise Defect(
            f"Workflow {self.workflow_id}: operation {operation.number} belongs to part {operation.part} "
            f"({operation.entity_id}), which the plan lacks."
        )


@dataclass(frozen=True, slots=True)
class Step:
    """One operation on its way to becoming an event. `ordinal` counts operations of the same kind from 0."""

    applied: Applied
    operation: Operation
    ordinal: int

    @property
    def plan(self) -> HedgePlan:
        return self.applied.plan

    @property
    def child(self) -> ChildPlan:
        return self.applied.child(self.operation)

    @property
    def now(self) -> datetime:
        return self.applied.now

    @property
    def base(self) -> dict[str, Any]:
        """The two fields every event of an operation has."""
        return {"workflow_id": self.applied.workflow_id, "operation": self.operation.number}


def events_of(applied: Applied, phase: Phase) -> Iterator[Event]:
    """The events of all operations of a phase, in the order of their numbers; adjacent reads become one event.

    Raises:
        Defect: the plan names an operation this release cannot execute.
    """
    seen: dict[tuple[int | None, str | None, str, str, str], int] = {}
    reads: list[Operation] = []
    for operation in applied.plan.operations:
        if operation.phase is not phase:
            continue
        if operation.kind is OperationKind.READ:
            reads.append(operation)
            continue
        if reads:
            yield _reads(applied, tuple(reads))
            reads.clear()
        ordinal_key = (operation.part, operation.entity_id, operation.stage, operation.kind, operation.table)
        ordinal = seen.get(ordinal_key, 0)
        seen[ordinal_key] = ordinal + 1
        build = BUILDERS.get((operation.stage, phase, operation.kind, operation.table))
        if build is None:
            raise Defect(
                f"Workflow {applied.workflow_id}: operation {operation.number} ({operation.kind} {operation.table}, "
                f"stage {operation.stage}) has no builder. Nothing was written."
            )
        yield build(Step(applied, operation, ordinal))
    if reads:
        yield _reads(applied, tuple(reads))


def _reads(applied: Applied, operations: tuple[Operation, ...]) -> Event:
    """Adjacent reads as the fact they established."""
    numbers = tuple(operation.number for operation in operations)
    plan, first = applied.plan, operations[0]
    if first.stage is Stage.CHECK:
        return facts.CapacityAssessed(
            workflow_id=applied.workflow_id,
            operations=numbers,
            assessments=plan.assessments,
            usd_check=plan.usd_check,
            reference_versions=plan.reference_versions,
        )
    if first.stage is Stage.ALLOCATION:
        return facts.OpenHedgesConsulted(
            workflow_id=applied.workflow_id, operation=first.number, entity_id=first.entity_id or EVERY_ENTITY
        )
    child = applied.child(first)
    return facts.BlueprintRead(
        workflow_id=applied.workflow_id,
        operations=numbers,
        event_id=child.event.event_id,
        booking_model=child.event.booking_model,
    )


# Stage 1A


def _instruction_received(step: Step) -> Event:
    plan = step.plan
    return facts.InstructionReceived(
        **step.base,
        instruction_id=plan.instruction_id,
        request_id=plan.request_id,
        response_id=plan.identity.response_id,
        requested_by=step.applied.maker,
        order=plan.order,
        received_at=step.now,
    )


def _feasibility_decided(step: Step) -> Event:
    plan = step.plan
    return facts.FeasibilityDecided(
        **step.base,
        instruction_id=plan.instruction_id,
        capacity=plan.capacity,
        usd_status=plan.usd_check.status,
        assessment=plan.assessments[0] if len(plan.assessments) == 1 else None,
        failure=step.applied.failure,
        decided_at=step.now,
    )


# Stage 1B


def _sub_order_recorded(step: Step) -> Event:
    child = step.child
    heads = child.ids.instruction_id == step.plan.instruction_id
    return facts.SubOrderRecorded(
        **step.base,
        parent_instruction_id=None if heads else step.plan.instruction_id,
        requested_by=step.applied.maker if heads else "",
        request_id=step.plan.request_id,
        response_id=step.plan.identity.response_id,
        ids=child.ids,
        entity_id=child.entity_id,
        allocated=child.allocated,
        order=step.plan.order,
        recorded_at=step.now,
    )


def _hedge_event_created(step: Step) -> Event:
    child = step.child
    return facts.HedgeEventCreated(
        **step.base,
        entity_id=child.entity_id,
        exposure_currency=step.plan.order.exposure_currency,
        ids=child.ids,
        event=child.event,
        created_at=step.now,
        lineage=child.lineage,
    )


def _allocation_committed(step: Step) -> Event:
    child = step.child
    return facts.AllocationCommitted(
        **step.base,
        event_id=child.event.event_id,
        request_id=step.plan.request_id,
        ids=child.ids,
        assessment=child.assessment,
        execution_date=step.plan.dates.trade_date,
        committed_at=step.now,
    )


def _lineage_recorded(step: Step) -> Event:
    child = step.child
    return facts.LineageRecorded(
        **step.base,
        event_id=child.event.event_id,
        ids=child.ids,
        event_type=child.event.business_event_type,
        event_date=child.event.trade_date,
        original_event_id=child.lineage.original_event_id if child.lineage else None,
        amount=child.allocated,
        recorded_at=step.now,
    )


def _reallocation_recorded(step: Step) -> Event:
    child = step.child
    return facts.ReallocationRecorded(
        **step.base,
        event_id=child.event.event_id,
        entity_id=child.entity_id,
        currency=step.plan.order.exposure_currency,
        nav_type=child.event.nav_type,
        ids=child.ids,
        original=child.lineage.before if child.lineage else child.allocated - child.allocated,
        new=child.lineage.after if child.lineage else child.allocated,
        reason=REALLOCATION_REASONS[child.lineage.kind if child.lineage else LineageKind.INCEPTION_NEW],
        recorded_at=step.now,
    )


def _allocation_decided(step: Step) -> Event:
    child, order = step.child, step.plan.order
    return _stage_record(
        step,
        action="ALLOCATE",
        message=f"{child.event.business_event_type}: {child.allocated} {order.exposure_currency} "
        f"{child.event.nav_type} of {child.entity_id}",
        record_id=child.ids.allocation_id,
    )


def _bundle_sealed(step: Step) -> Event:
    child, order = step.child, step.plan.order
    return facts.BundleSealed(
        **step.base,
        event_id=child.event.event_id,
        entity_id=child.entity_id,
        allocated=child.allocated,
        ids=child.ids,
        order=order,
        checksum=digest(
            {
                "event_id": child.event.event_id,
                "entity_id": child.entity_id,
                "currency": order.exposure_currency,
                "nav_type": child.event.nav_type.value,
                "allocated": str(child.allocated),
                "model": child.event.booking_model,
                "deals": [
                    {
                        "sequence": deal.deal_sequence,
                        "id": deal.deal_booking_id,
                        "notional": str(deal.notional_amount),
                    }
                    for deal in child.deals
                ],
            }
        ),
        sealed_at=step.now,
    )


def _booking_queued(step: Step) -> Event:
    child = step.child
    return facts.BookingQueued(
        **step.base,
        event_id=child.event.event_id,
        ids=child.ids,
        booking_model=child.event.booking_model,
        currency_type=child.event.currency_type,
        hedging_instrument=child.event.hedging_instrument,
        queued_at=step.now,
    )


def _allocation_finalized(step: Step) -> Event:
    return facts.AllocationFinalized(**step.base, allocation_id=step.child.ids.allocation_id, finalized_at=step.now)


def _hedge_event_approved(step: Step) -> Event:
    return facts.HedgeEventApproved(**step.base, event_id=step.child.event.event_id, approved_at=step.now)


def _instruction_allocated(step: Step) -> Event:
    child = step.child
    return facts.InstructionAllocated(
        **step.base,
        instruction_id=step.plan.instruction_id,
        sub_instruction_id=child.ids.instruction_id,
        capacity=step.plan.capacity,
        allocated=child.allocated,
        allocated_at=step.now,
    )


# Stage 2 before Murex


def _booking_started(step: Step) -> Event:
    child = step.child
    return facts.BookingStarted(**step.base, event_id=child.event.event_id, event=child.event, started_at=step.now)


def _deal_planned(step: Step) -> Event:
    child = step.child
    return facts.DealPlanned(
        **step.base,
        event_id=child.event.event_id,
        instruction_id=child.ids.instruction_id,
        deal=child.deals[step.ordinal],
        planned_at=step.now,
    )


def _deals_released(step: Step) -> Event:
    child = step.child
    return facts.DealsReleased(
        **step.base,
        event_id=child.event.event_id,
        deal_booking_ids=tuple(deal.deal_booking_id for deal in child.deals),
        released_at=step.now,
    )


# Stage 2 after Murex


def _deals_booked(step: Step) -> Event:
    return facts.DealsBooked(
        **step.base, event_id=step.child.event.event_id, deals=_held_by_murex(step), booked_at=step.now
    )


def _held_by_murex(step: Step) -> tuple[facts.BookedDeal, ...]:
    """What Murex holds of this event, exactly the planned deals.

    Raises:
        Defect: a planned deal is missing. The caller completes only when the sets are equal.
    """
    held = step.applied.booked
    missing = [deal.deal_booking_id for deal in step.child.deals if deal.deal_booking_id not in held]
    if missing:
        raise Defect(f"Event {step.child.event.event_id}: completing without Murex's answer for {missing}.")
    return tuple(held[deal.deal_booking_id] for deal in step.child.deals)


def _gl_entry_prepared(step: Step) -> Event:
    child = step.child
    return facts.GlEntryPrepared(
        **step.base,
        event_id=child.event.event_id,
        entity_id=child.entity_id,
        instruction_id=child.ids.instruction_id,
        gl_package_id=child.ids.gl_package_id,
        entry=child.gl_entries[step.ordinal],
        prepared_at=step.now,
    )


def _gl_detail_prepared(step: Step) -> Event:
    child = step.child
    return facts.GlDetailPrepared(
        **step.base, event_id=child.event.event_id, details=child.gl_details, prepared_at=step.now
    )


def _proxy_report_prepared(step: Step) -> Event:
    child = step.child
    return facts.ProxyReportPrepared(
        **step.base, event_id=child.event.event_id, report=child.proxy_report, prepared_at=step.now
    )


def _discounted_spot_recorded(step: Step) -> Event:
    child = step.child
    return facts.DiscountedSpotRecorded(
        **step.base, event_id=child.event.event_id, spot=child.discounted_spot, recorded_at=step.now
    )


def _hfm_entry_prepared(step: Step) -> Event:
    child = step.child
    return facts.HfmEntryPrepared(
        **step.base, event_id=child.event.event_id, entry=child.hfm_entry, prepared_at=step.now
    )


def _effectiveness_assessed(step: Step) -> Event:
    child = step.child
    return facts.EffectivenessAssessed(
        **step.base,
        event_id=child.event.event_id,
        entity_id=child.entity_id,
        currency=step.plan.order.exposure_currency,
        nav_type=child.event.nav_type,
        hedging_instrument=child.event.hedging_instrument,
        inception_date=child.event.start_date,
        result=child.effectiveness,
        assessed_at=step.now,
    )


def _risk_recorded(step: Step) -> Event:
    child = step.child
    return facts.RiskRecorded(
        **step.base,
        event_id=child.event.event_id,
        entity_id=child.entity_id,
        currency=step.plan.order.exposure_currency,
        record=child.risk_record,
        recorded_at=step.now,
    )


def _booking_recorded(step: Step) -> Event:
    child = step.child
    return _stage_record(
        step,
        action="BOOK",
        message=f"{len(child.deals)} deals of model {child.event.booking_model} booked for {child.entity_id}",
        record_id=child.event.event_id,
    )


def _event_booked(step: Step) -> Event:
    child, plan = step.child, step.plan
    final = next((deal for deal in child.deals if deal.final), child.deals[-1])
    return facts.EventBooked(
        **step.base,
        event_id=child.event.event_id,
        entity_id=child.entity_id,
        currency=plan.order.exposure_currency,
        nav_type=child.event.nav_type,
        booking_model=child.event.booking_model,
        allocated=child.allocated,
        fx_rate=child.event.fx_rate,
        gl_package_id=child.ids.gl_package_id,
        gl_date=plan.dates.accounting_date,
        amounts=child.amount_keys,
        rates=plan.pins.rates,
        deals=len(child.deals),
        murex_reference=step.applied.booked[final.deal_booking_id].contract_id,
        booked_at=step.now,
    )


def _stage_record(step: Step, *, action: str, message: str, record_id: str) -> Event:
    return facts.StageRecorded(
        **step.base,
        audit_id=f"AUD-{step.operation.operation_id}",
        stage=step.operation.stage,
        action=action,
        message=message,
        entity_id=step.child.entity_id,
        currency=step.plan.order.exposure_currency,
        record_id=record_id,
        approvers=step.applied.approvers,
        recorded_at=step.now,
    )


_1A, _1B, _2 = Stage.CHECK, Stage.ALLOCATION, Stage.BOOKING
_PREPARE, _COMPLETE = Phase.PREPARE, Phase.COMPLETE
_INSERT, _UPDATE = OperationKind.INSERT, OperationKind.UPDATE

Builder = Callable[[Step], Event]

BUILDERS: Final[Mapping[tuple[Stage, Phase, OperationKind, str], Builder]] = MappingProxyType(
    {
        (_1A, _PREPARE, _INSERT, "hedge_instructions"): _instruction_received,
        (_1A, _PREPARE, _UPDATE, "hedge_instructions"): _feasibility_decided,
        (_1B, _PREPARE, _INSERT, "hedge_instructions"): _sub_order_recorded,
        (_1B, _PREPARE, _INSERT, "hedge_business_events"): _hedge_event_created,
        (_1B, _PREPARE, _INSERT, "allocation_engine"): _allocation_committed,
        (_1B, _PREPARE, _INSERT, "hedge_event_history"): _lineage_recorded,
        (_1B, _PREPARE, _INSERT, "reallocation_audit"): _reallocation_recorded,
        (_1B, _PREPARE, _INSERT, "audit_trail"): _allocation_decided,
        (_1B, _PREPARE, _INSERT, "stage_bundles"): _bundle_sealed,
        (_1B, _PREPARE, _INSERT, "stage2_queue"): _booking_queued,
        (_1B, _PREPARE, _UPDATE, "allocation_engine"): _allocation_finalized,
        (_1B, _PREPARE, _UPDATE, "hedge_business_events"): _hedge_event_approved,
        (_1B, _PREPARE, _UPDATE, "hedge_instructions"): _instruction_allocated,
        (_2, _PREPARE, _UPDATE, "hedge_business_events"): _booking_started,
        (_2, _PREPARE, _INSERT, "deal_bookings"): _deal_planned,
        (_2, _PREPARE, _UPDATE, "deal_bookings"): _deals_released,
        (_2, _COMPLETE, _UPDATE, "deal_bookings"): _deals_booked,
        (_2, _COMPLETE, _INSERT, "gl_entries"): _gl_entry_prepared,
        (_2, _COMPLETE, _INSERT, "gl_entries_detail"): _gl_detail_prepared,
        (_2, _COMPLETE, _INSERT, "mx_proxy_hedge_report"): _proxy_report_prepared,
        (_2, _COMPLETE, _INSERT, "mx_discounted_spot"): _discounted_spot_recorded,
        (_2, _COMPLETE, _INSERT, "hfm_template_entries"): _hfm_entry_prepared,
        (_2, _COMPLETE, _INSERT, "hedge_effectiveness"): _effectiveness_assessed,
        (_2, _COMPLETE, _INSERT, "risk_monitoring"): _risk_recorded,
        (_2, _COMPLETE, _INSERT, "audit_trail"): _booking_recorded,
        (_2, _COMPLETE, _UPDATE, "hedge_business_events"): _event_booked,
    }
)
