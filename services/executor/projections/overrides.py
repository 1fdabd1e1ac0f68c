"""Deals that were settled by hand: the deal's row, the failure it settles, and audit_trail."""

from collections.abc import Iterator
from uuid import UUID

from services.executor.projections.audit import audit_record
from services.executor.tables.changes import Change, Insert, Update
from shared.events import overrides as facts


def approvals(event: facts.OverrideAuthorized, _: UUID) -> Iterator[Change]:
    """One row per approver of the grant, beside the counted operation."""
    for number, approver in enumerate(event.grant.approvers, start=1):
        yield Insert(
            "audit_trail",
            {
                **audit_record(f"AUD-{event.workflow_id}-APPROVAL-{number}", event.workflow_id, event.begun_at),
                "stage": "APPROVAL",
                "action": "APPROVE",
                "user_id": approver.person,
                "user_role": approver.role,
                "approval_required": True,
                "approved_by": approver.person,
                "authorization_level": event.grant.tier,
                "approval_timestamp": approver.at,
                "message": f"Plan {event.grant.plan_digest} approved under policy {event.grant.policy_version}",
                "record_id": event.grant.jti,
                "status": "Approved",
            },
        )


def recorded(event: facts.OverrideRecorded, _: UUID) -> Iterator[Change]:
    """Operation O4."""
    reference = f" ({event.external_reference})" if event.external_reference else ""
    yield Insert(
        "audit_trail",
        {
            **audit_record(event.audit_id, event.workflow_id, event.recorded_at),
            "stage": "OVERRIDE",
            "process_step": f"operation {event.operation}",
            "action": "OVERRIDE_DEAL",
            "operation_type": "UPDATE",
            "table_name": "deal_bookings",
            "record_id": event.deal_booking_id,
            "field_name": "deal_status",
            "old_value": event.before,
            "new_value": f"{event.resolution}{reference}",
            "user_id": event.maker,
            "approval_required": True,
            "approved_by": ", ".join(approver.person for approver in event.approvers),
            "authorization_level": ", ".join(approver.role for approver in event.approvers),
            "approval_timestamp": max((approver.at for approver in event.approvers), default=None),
            "message": event.reason,
            "status": "Recorded",
        },
    )


def refused(event: facts.OverrideRefused, origin: UUID) -> Iterator[Change]:
    """Insert the refusal with the first of its findings; the event has them all."""
    first = event.refusals[0]
    yield Insert(
        "audit_trail",
        {
            **audit_record(f"AUD-{origin}", event.workflow_id, event.refused_at),
            "stage": "PLAN",
            "action": "REFUSE",
            "table_name": "deal_bookings",
            "record_id": event.override.deal_booking_id,
            "user_id": event.origin.maker.name,
            "message": first.message,
            "error_code": first.code,
            "error_message": first.message,
            "status": "Refused",
        },
    )


def booked(event: facts.DealBookedByHand, _: UUID) -> Iterator[Change]:
    """Operation O3. The deal's status follows with what becomes of its workflow."""
    yield from _settled(event, f"BOOKED_MANUALLY by hand: {event.reason}")


def cancelled(event: facts.DealCancelledByHand, _: UUID) -> Iterator[Change]:
    """The same of a deal that is not in Murex."""
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
    yield Update(
        "stage2_error_log",
        {"error_id": f"ERR2-{event.deal_booking_id}"},
        {"resolution_status": "RESOLVED", "resolution_notes": notes, "resolved_date": event.overridden_at},
        rows=None,
    )
