"""Stage 1 as events: the order enters, is checked, and is allocated (domain facts 10.3, A1 to B12)."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from services.executor.execution.applied import Step, stage_record
from shared.canonical import digest
from shared.events import execution as facts
from shared.events.base import Event
from shared.hedging.plan import LineageKind

REALLOCATION_REASONS: Final[Mapping[LineageKind, str]] = MappingProxyType(
    {
        LineageKind.INCEPTION_NEW: "New hedge: first allocation of this event",
        LineageKind.INCEPTION_EXISTING: "Further hedge beside an open one: first allocation of this event",
        LineageKind.ROLLOVER: "Rollover: the amount goes over to this event",
        LineageKind.TERMINATION: "Termination: the amount is given back",
        LineageKind.AMENDMENT: "Amendment: first allocation of the hedge that supersedes",
    }
)


def instruction_received(step: Step) -> Event:
    """Build the event of A1: the order, with the maker who asked for it."""
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


def feasibility_decided(step: Step) -> Event:
    """Build the event of A8; it has an assessment only where the plan has exactly one."""
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


def sub_order_recorded(step: Step) -> Event:
    """Build the event of B2; the first part of an order without stage 1A has no parent and names the maker."""
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


def hedge_event_created(step: Step) -> Event:
    """Build the event of B3: the hedge event of the part, with its lineage."""
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


def allocation_committed(step: Step) -> Event:
    """Build the event of B4; the execution date is the trade date of the plan."""
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


def lineage_recorded(step: Step) -> Event:
    """Build the event of B5; a new hedge has no original event."""
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


def reallocation_recorded(step: Step) -> Event:
    """Build the event of B6: the allocation before and after in the exposure currency, and the reason."""
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


def allocation_decided(step: Step) -> Event:
    """Build the event of B7: the audit record with amount, currency, NAV type and entity."""
    child, order = step.child, step.plan.order
    return stage_record(
        step,
        action="ALLOCATE",
        message=f"{child.event.business_event_type}: {child.allocated} {order.exposure_currency} "
        f"{child.event.nav_type} of {child.entity_id}",
        record_id=child.ids.allocation_id,
    )


def bundle_sealed(step: Step) -> Event:
    """Build the event of B8; the checksum covers the allocation, the booking model and the notional of every deal."""
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


def booking_queued(step: Step) -> Event:
    """Build the event of B9: the hedge event waits for booking."""
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


def allocation_finalized(step: Step) -> Event:
    """Build the event of B10, which makes the allocation final."""
    return facts.AllocationFinalized(**step.base, allocation_id=step.child.ids.allocation_id, finalized_at=step.now)


def hedge_event_approved(step: Step) -> Event:
    """Build the event of B11, which approves the hedge event for booking."""
    return facts.HedgeEventApproved(**step.base, event_id=step.child.event.event_id, approved_at=step.now)


def instruction_allocated(step: Step) -> Event:
    """Build the event of B12: the capacity of the whole order, and the amount allocated to this part."""
    child = step.child
    return facts.InstructionAllocated(
        **step.base,
        instruction_id=step.plan.instruction_id,
        sub_instruction_id=child.ids.instruction_id,
        capacity=step.plan.capacity,
        allocated=child.allocated,
        allocated_at=step.now,
    )
