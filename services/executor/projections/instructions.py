"""hedge_instructions: the order, and the share of each entity under it."""

from collections.abc import Iterator
from uuid import UUID

from services.executor.projections.rows import modified, written
from services.executor.tables.changes import Change, Insert, Row, Update
from shared.events import execution as facts
from shared.hedging.capacity import CheckStatus, UsdStatus
from shared.hedging.order import CompletedOrder

_CHECK = {CheckStatus.PASS: "Pass", CheckStatus.PARTIAL: "Partial", CheckStatus.FAIL: "Fail"}


def received(event: facts.InstructionReceived, _: UUID) -> Iterator[Change]:
    """Insert the order as Received, with its check Pending."""
    yield Insert(
        "hedge_instructions",
        {
            **_order_columns(event.order),
            "instruction_id": event.instruction_id,
            "msg_uid": event.order.msg_uid,
            "supersedes_msg_uid": event.order.supersedes_msg_uid,
            "sub_order_id": event.order.sub_order_id,
            "hedge_amount_order": event.order.amount,
            "entity_id": event.order.entity_id,
            "instruction_fingerprint": event.order.instruction_fingerprint,
            "instruction_status": "Received",
            "check_status": "Pending",
            "request_id": event.request_id,
            "response_id": event.response_id,
            "requested_by": event.requested_by,
            "trace_id": event.workflow_id,
            "received_timestamp": event.received_at,
            **written(event, event.received_at),
        },
    )


def feasibility_decided(event: facts.FeasibilityDecided, _: UUID) -> Iterator[Change]:
    """Set the result of the check; a breached USD limit fails it however much capacity is left."""
    # A limit that is exceeded comes before capacity: nothing is allocated, however much room there is.
    exceeded = event.usd_status == UsdStatus.BREACH
    check = "Fail" if exceeded or event.failure else _CHECK[event.capacity.status]
    assessed = event.assessment
    yield Update(
        "hedge_instructions",
        {"instruction_id": event.instruction_id},
        {
            "instruction_status": "Rejected" if event.failure else "Checked",
            "check_status": check,
            "usd_pb_check_status": event.usd_status,
            "acknowledgement_status": "Acknowledged",
            "response_notional": event.capacity.ordered,
            "allocated_notional": event.capacity.allocated,
            "not_allocated_notional": event.capacity.not_allocated,
            "buffer_pct_snapshot": assessed.buffer_percentage if assessed else None,
            "car_exemption_snapshot": assessed.car_exemption_flag if assessed else None,
            "hedging_state_snapshot": assessed.hedging_framework if assessed else None,
            "failure_reason": event.failure,
            "result": check,
            "processed_timestamp": event.decided_at,
            "response_timestamp": event.decided_at,
            **modified(event.decided_at),
        },
    )


def sub_order_recorded(event: facts.SubOrderRecorded, _: UUID) -> Iterator[Change]:
    """Insert the share of one entity, or the row of the order itself where stage 1A wrote none."""
    heads = event.parent_instruction_id is None
    own: Row = {
        # The order's row holds the message's own id: the share of an entity needs one that differs.
        "msg_uid": event.order.msg_uid if heads else event.ids.sub_order_id,
        "instruction_fingerprint": event.order.instruction_fingerprint if heads else None,
        "requested_by": event.requested_by if heads else None,
    }
    yield Insert(
        "hedge_instructions",
        {
            **_order_columns(event.order),
            **own,
            "instruction_id": event.ids.instruction_id,
            "parent_instruction_id": event.parent_instruction_id,
            "order_id": event.ids.order_id,
            "sub_order_id": event.ids.sub_order_id,
            "hedge_amount_order": event.order.amount if heads else event.allocated,
            "allocated_notional": event.allocated,
            "entity_id": event.entity_id,
            "instruction_status": "Allocated",
            "check_status": "Pass",
            "request_id": event.request_id,
            "response_id": event.response_id,
            "trace_id": event.workflow_id,
            "received_timestamp": event.recorded_at,
            **written(event, event.recorded_at),
        },
    )


def allocated(event: facts.InstructionAllocated, _: UUID) -> Iterator[Change]:
    """Set the order to Allocated, with the notional that was placed and the notional that was not."""
    partial = event.capacity.status is CheckStatus.PARTIAL
    yield Update(
        "hedge_instructions",
        {"instruction_id": event.instruction_id},
        {
            "instruction_status": "Allocated",
            "check_status": "Allocated_Partial" if partial else "Allocated_Pass",
            "allocated_notional": event.capacity.allocated,
            "not_allocated_notional": event.capacity.not_allocated,
            **modified(event.allocated_at),
        },
    )


def _order_columns(order: CompletedOrder) -> Row:
    """Return the columns that an order and its shares have in common."""
    return {
        "instruction_type": order.instruction_type,
        "instruction_date": order.instruction_date,
        "exposure_currency": order.exposure_currency,
        "order_id": order.order_id,
        "previous_order_id": order.previous_order_id,
        "hedge_method": order.hedge_method,
        "hedging_instrument_hint": order.hedging_instrument,
        "value_date": order.value_date,
        "tenor_or_maturity": order.tenor_or_maturity,
        "nav_type": order.nav_type,
    }
