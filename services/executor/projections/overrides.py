"""Deals that were settled by hand: the deal's row, and the failure that is settled by it."""

from collections.abc import Iterator
from uuid import UUID

from services.executor.projections.rows import resolved
from services.executor.tables.changes import Change, Update
from shared.events import overrides as facts


def booked(event: facts.DealBookedByHand, _: UUID) -> Iterator[Change]:
    """Update the deal (operation O3). The deal's status follows with what becomes of its workflow."""
    yield from _settled(event, f"BOOKED_MANUALLY by hand: {event.reason}")


def cancelled(event: facts.DealCancelledByHand, _: UUID) -> Iterator[Change]:
    """Update a deal that is not in Murex."""
    yield from _settled(event, f"CANCELLED by hand: {event.reason}")


def _settled(event: facts.DealBookedByHand | facts.DealCancelledByHand, notes: str) -> Iterator[Change]:
    yield Update(
        "deal_bookings",
        {"deal_booking_id": event.deal_booking_id},
        {
            "external_reference": event.external_reference,
            "manual_intervention_required": False,
            "modified_by": event.approvers[-1].person if event.approvers else "HAWK_AGENT",
            "modified_date": event.overridden_at,
        },
    )
    error = {"error_id": f"ERR2-{event.deal_booking_id}"}
    yield Update("stage2_error_log", error, resolved(notes, event.overridden_at), rows=None)
