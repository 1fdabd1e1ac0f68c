"""hedge_business_events and the rows of an event on its way to booking: lineage, bundle, queue."""

from collections.abc import Iterator
from uuid import UUID, uuid5

from services.executor.projections.rows import columns_of, modified, written
from services.executor.tables.changes import Change, Insert, Update
from shared.events import booking
from shared.events import execution as facts

_BUNDLES = UUID("8b5f3c52-7f0d-5b0a-9d0e-1f6f0a3b7c41")
#: Fields of a hedge event that its row gets when booking starts.
_OF_BOOKING = (
    "booking_model", "portfolio_routing", "final_hedge_portfolio", "hedge_position_amount", "hedge_position_currency",
    "expected_deal_count",
)  # fmt: skip


def created(event: facts.HedgeEventCreated, _: UUID) -> Iterator[Change]:
    """Insert the hedge event as Pending, with what it opens and what it closes of an earlier one."""
    hedge, lineage = event.event, event.lineage
    follows = lineage is not None and lineage.closes
    yield Insert(
        "hedge_business_events",
        {
            **columns_of(hedge, *_OF_BOOKING),
            "instruction_id": event.ids.instruction_id,
            "entity_id": event.entity_id,
            "exposure_currency": event.exposure_currency,
            "event_status": "Pending",
            "gl_posting_status": "Pending",
            "stage_1a_status": "Completed",
            "stage_1b_status": "In_Progress",
            "stage_1b_start_time": event.created_at,
            "original_hedge_id": lineage.original_event_id if lineage else None,
            "closes_event_id": lineage.original_event_id if lineage and follows else None,
            "closes_amount": lineage.closes_amount if lineage else None,
            "closes_usd": lineage.closes_usd if lineage else None,
            "opens_amount": lineage.opens_amount if lineage else hedge.notional_amount,
            "opens_usd": lineage.opens_usd if lineage else None,
            "carried_amounts": lineage.carried if lineage else None,
            **written(event, event.created_at),
        },
    )


def approved(event: facts.HedgeEventApproved, _: UUID) -> Iterator[Change]:
    """Set the hedge event to Approved and its stage 2 to Pending."""
    yield Update(
        "hedge_business_events",
        {"event_id": event.event_id},
        {
            "event_status": "Approved",
            "stage_1b_status": "Completed",
            "stage_1b_completion_time": event.approved_at,
            "stage_2_status": "Pending",
            **modified(event.approved_at),
        },
    )


def booking_started(event: booking.BookingStarted, _: UUID) -> Iterator[Change]:
    """Set stage 2 of the hedge event to In_Progress, with booking model and portfolios."""
    hedge = event.event
    yield Update(
        "hedge_business_events",
        {"event_id": event.event_id},
        {
            "stage_2_status": "In_Progress",
            "stage_2_start_time": event.started_at,
            "assigned_booking_model": hedge.booking_model,
            "expected_deal_count": hedge.expected_deal_count,
            "portfolio_routing": list(hedge.portfolio_routing),
            "final_hedge_portfolio": hedge.final_hedge_portfolio,
            "hedge_position_amount": hedge.hedge_position_amount,
            "hedge_position_currency": hedge.hedge_position_currency,
            **modified(event.started_at),
        },
    )


def lineage(event: facts.LineageRecorded, _: UUID) -> Iterator[Change]:
    """Insert the link to the event that the hedge follows; a new hedge points to itself."""
    yield Insert(
        "hedge_event_history",
        {
            "event_sequence_id": event.ids.history_id,
            "original_hedge_id": event.original_event_id or event.event_id,
            "event_id": event.event_id,
            "successor_event_id": event.event_id if event.original_event_id else None,
            "event_type": event.event_type,
            "event_date": event.event_date,
            "notional_amount": event.amount,
            "history_status": "Recorded",
            **written(event, event.recorded_at),
        },
    )


def bundle_sealed(event: facts.BundleSealed, _: UUID) -> Iterator[Change]:
    """Insert the hand-over from stage 1B to stage 2, with its checksum."""
    order = event.order
    yield Insert(
        "stage_bundles",
        {
            "bundle_id": bundle_uuid(event.ids.bundle_id),
            "stage_id": "1B",
            "stage_name": "Business events",
            "stage_from": "1B",
            "stage_to": "2",
            "instruction_id": event.ids.instruction_id,
            "instruction_type": order.instruction_type,
            "order_id": event.ids.order_id,
            "sub_order_id": event.ids.sub_order_id,
            "exposure_currency": order.exposure_currency,
            "hedge_method": order.hedge_method,
            "hedge_amount_order": event.allocated,
            "entity_id_filter": event.entity_id,
            "nav_type_filter": order.nav_type,
            "event_ids": [event.event_id],
            "payload": {"bundle_id": event.ids.bundle_id, "event_id": event.event_id},
            "status": "Ready",
            "bundle_status": "Ready",
            "validation_checksum": event.checksum,
            "handoff_timestamp": event.sealed_at,
            "created_at": event.sealed_at,
            "workflow_id": event.workflow_id,
        },
    )


def bundle_uuid(bundle_id: str) -> UUID:
    """Return the UUID by which the live table keys a bundle, derived from HAWK's own id."""
    return uuid5(_BUNDLES, bundle_id)


def queued(event: facts.BookingQueued, _: UUID) -> Iterator[Change]:
    """Insert the hedge event into stage2_queue."""
    yield Insert(
        "stage2_queue",
        {
            "queue_id": event.ids.queue_id,
            "event_id": event.event_id,
            "instruction_id": event.ids.instruction_id,
            "booking_model": event.booking_model,
            "currency_type": event.currency_type,
            "hedging_instrument": event.hedging_instrument,
            "queue_status": "Queued",
            "queued_at": event.queued_at,
            **written(event, event.queued_at),
        },
    )
