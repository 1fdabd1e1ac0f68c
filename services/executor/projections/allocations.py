"""allocation_engine and reallocation_audit."""

from collections.abc import Iterator
from uuid import UUID

from services.executor.projections.rows import modified, written
from services.executor.tables.changes import Change, Insert, Update
from shared.events import execution as facts


def committed(event: facts.AllocationCommitted, _: UUID) -> Iterator[Change]:
    """Insert the allocation as Calculated, with every term of its capacity."""
    assessed = event.assessment
    yield Insert(
        "allocation_engine",
        {
            "allocation_id": event.ids.allocation_id,
            "request_id": event.request_id,
            "instruction_id": event.ids.instruction_id,
            "event_id": event.event_id,
            "entity_id": assessed.entity_id,
            "currency_code": assessed.currency,
            "nav_type": assessed.nav_type,
            "sfx_position": assessed.sfx_position,
            "car_exemption_flag": assessed.car_exemption_flag,
            "car_amount_distribution": assessed.car_amount,
            "manual_overlay_amount": assessed.manual_overlay,
            "buffer_percentage": assessed.buffer_percentage,
            "buffer_amount": assessed.buffer_amount,
            "hedged_position": assessed.hedged,
            "unhedged_position": assessed.unhedged,
            "available_amount_for_hedging": assessed.available,
            "hedge_amount_allocation": assessed.allocated,
            "waterfall_priority": assessed.waterfall_position,
            "allocation_sequence": assessed.waterfall_position,
            "allocation_status": "Calculated",
            "calculation_date": event.execution_date,
            "execution_date": event.execution_date,
            **written(event, event.committed_at),
        },
    )


def finalized(event: facts.AllocationFinalized, _: UUID) -> Iterator[Change]:
    """Set the allocation to Finalized."""
    yield Update(
        "allocation_engine",
        {"allocation_id": event.allocation_id},
        {
            "allocation_status": "Finalized",
            "finalized": True,
            **modified(event.finalized_at),
        },
    )


def reallocated(event: facts.ReallocationRecorded, _: UUID) -> Iterator[Change]:
    """Insert the allocation before and after, in the exposure currency, with the reason."""
    yield Insert(
        "reallocation_audit",
        {
            "reallocation_id": event.ids.reallocation_id,
            "allocation_id": event.ids.allocation_id,
            "event_id": event.event_id,
            "entity_id": event.entity_id,
            "currency_code": event.currency,
            "nav_type": event.nav_type,
            "original_allocation": event.original,
            "new_allocation": event.new,
            "reallocation_reason": event.reason,
            "reallocation_status": "Recorded",
            **written(event, event.recorded_at),
        },
    )
