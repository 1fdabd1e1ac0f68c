"""audit_trail: decisions, approvals, refusals and compensations, told for people. The proof is the event store."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from services.executor.projections import planned
from services.executor.tables.changes import Change, Insert, Row
from shared.events import execution as facts
from shared.events import plans, reversals, undoing
from shared.events.base import Notice


def stage_recorded(event: facts.StageRecorded, _: UUID) -> Iterator[Change]:
    """Insert the record of a stage; approvers share one row, with the time of the last approval."""
    yield Insert(
        "audit_trail",
        {
            **audit_record(event.audit_id, event.workflow_id, event.recorded_at),
            "stage": event.stage.value,
            "process_step": f"operation {event.operation}",
            "action": event.action,
            "operation_type": "INSERT",
            "record_id": event.record_id,
            "entity_id": event.entity_id,
            "currency_code": event.currency,
            "message": event.message,
            "status": "Recorded",
            "approved_by": ", ".join(approver.person for approver in event.approvers) or None,
            "authorization_level": ", ".join(approver.role for approver in event.approvers) or None,
            "approval_timestamp": max((approver.at for approver in event.approvers), default=None),
        },
    )


def prepared(event: facts.ExecutionPrepared, _: UUID) -> Iterator[Change]:
    """Who approved, what planning warned of when the plan was applied; the order waits no more."""
    yield from approved(event)
    for number, warning in enumerate(event.warnings, start=1):
        yield Insert("audit_trail", _warning(event, warning, number))
    yield from planned.over(event.workflow_id)


def approved(event: facts.ExecutionPrepared | reversals.ReversalPrepared) -> Iterator[Change]:
    """One row per approver of the grant; one of the policy itself where nobody had to approve."""
    if not event.grant.approvers:
        yield Insert("audit_trail", _approval(event, "policy", event.grant.tier, event.begun_at, 0))
    for number, approver in enumerate(event.grant.approvers, start=1):
        yield Insert("audit_trail", _approval(event, approver.person, approver.role, approver.at, number))


def plan_refused(event: plans.PlanRefused, origin: UUID) -> Iterator[Change]:
    """Insert the refusal under the name of the maker; the audit id is derived from the id of the event."""
    yield Insert(
        "audit_trail",
        {
            **audit_record(f"AUD-{origin}", event.workflow_id, event.refused_at),
            "stage": "PLAN",
            "action": "REFUSE",
            "user_id": event.origin.maker.name,
            "message": event.refusal.message,
            "error_code": event.refusal.code.value,
            "error_message": event.refusal.message,
            "status": "Refused",
        },
    )


def plan_closed(event: plans.PlanClosed, origin: UUID) -> Iterator[Change]:
    """Insert the ending of a plan that is not applied; its order waits no more."""
    yield Insert(
        "audit_trail",
        {
            **audit_record(f"AUD-{origin}", event.workflow_id, event.closed_at),
            "stage": "PLAN",
            "action": "CLOSE",
            "sub_action": event.state,
            "message": event.reason,
            "error_code": event.code,
            "status": event.state,
        },
    )
    yield from planned.over(event.workflow_id)


def compensated(event: undoing.WorkflowCompensated, origin: UUID) -> Iterator[Change]:
    """Insert the record of a finished compensation, with the failure that led to it."""
    yield Insert("audit_trail", _undoing(event, origin, "COMPENSATE", "Compensated", event.compensated_at))


def intervention(event: undoing.InterventionRequired, origin: UUID) -> Iterator[Change]:
    """Insert the record that a person must act, with the reason."""
    yield Insert("audit_trail", _undoing(event, origin, "COMPENSATE", "Needs_Intervention", event.required_at))


def _undoing(
    event: undoing.WorkflowCompensated | undoing.InterventionRequired,
    origin: UUID,
    action: str,
    status: str,
    at: datetime,
) -> Row:
    return {
        **audit_record(f"AUD-{origin}", event.workflow_id, at),
        "stage": "UNDO",
        "action": action,
        "message": event.reason,
        "error_code": event.code,
        "status": status,
    }


def reversal_record(event: reversals.ExecutionReversed, origin: UUID) -> Row:
    """The row that tells of the reversal beside the workflow's own rows, which stay."""
    return {
        **audit_record(f"AUD-{origin}", event.workflow_id, event.reversed_at),
        "stage": "UNDO",
        "action": "REVERSE",
        "message": event.reason,
        "record_id": event.reversal,
        "status": "Reversed",
    }


def _warning(event: facts.ExecutionPrepared, warning: Notice, number: int) -> Row:
    return {
        **audit_record(f"AUD-{event.workflow_id}-WARNING-{number}", event.workflow_id, event.begun_at),
        "stage": "APPLY",
        "action": "WARN",
        "sub_action": warning.code,
        "message": warning.message,
        "field_name": warning.path,
        "currency_code": event.exposure_currency,
        "status": "Recorded",
    }


def _approval(
    event: facts.ExecutionPrepared | reversals.ReversalPrepared, person: str, role: str, at: datetime, number: int
) -> Row:
    return {
        **audit_record(f"AUD-{event.workflow_id}-APPROVAL-{number}", event.workflow_id, event.begun_at),
        "stage": "APPROVAL",
        "action": "APPROVE",
        "user_id": person,
        "user_role": role,
        "approval_required": bool(event.grant.approvers),
        "approved_by": person,
        "authorization_level": event.grant.tier,
        "approval_timestamp": at,
        "message": f"Plan {event.grant.plan_digest} approved under policy {event.grant.policy_version}",
        "record_id": event.grant.jti,
        "status": "Approved",
    }


def audit_record(audit_id: str, workflow_id: str, at: datetime) -> Row:
    """What every row of the audit trail has."""
    return {
        "audit_id": audit_id,
        "trace_id": workflow_id,
        "transaction_id": workflow_id,
        "workflow_id": workflow_id,
        "application_name": "HAWK",
        "source_system": "HAWK",
        "operation_timestamp": at,
        "created_date": at,
    }
