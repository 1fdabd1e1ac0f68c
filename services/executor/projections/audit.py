"""audit_trail: decisions, approvals, refusals and compensations, for people to read. The proof is the event store."""

import json
from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from services.executor.projections.status import order_over
from services.executor.tables.changes import Change, Insert, Row
from shared.events import configuration, overrides, plans, reversals, undoing
from shared.events import execution as facts
from shared.events.approvals import Approver
from shared.events.base import Notice
from shared.hedging.changes.configuration import ColumnChange

_Recorded = (
    facts.StageRecorded
    | reversals.ReversalRecorded
    | configuration.ConfigurationRecorded
    | overrides.OverrideRecorded
)  # fmt: skip
_Refused = (
    plans.PlanRefused
    | reversals.ReversalRefused
    | configuration.ConfigurationRefused
    | overrides.OverrideRefused
)  # fmt: skip


def prepared(event: facts.ExecutionPrepared, origin: UUID) -> Iterator[Change]:
    """Insert who approved, and the warnings of planning when the plan was applied; the order waits no more."""
    yield from approved(event, origin)
    for number, warning in enumerate(event.warnings, start=1):
        yield Insert("audit_trail", _warning(event, warning, number))
    yield from order_over(event.workflow_id)


def approved(event: facts.ExecutionBegun, _: UUID) -> Iterator[Change]:
    """Insert one row per approver of the grant; one of the policy itself where no approval was needed."""
    grant, at = event.grant, event.begun_at
    approvers = grant.approvers or (Approver(person="policy", role=grant.tier, at=at),)
    for number, approver in enumerate(approvers, start=1 if grant.approvers else 0):
        yield Insert("audit_trail", _approval(event, approver, number))


def recorded(event: _Recorded, _: UUID) -> Iterator[Change]:
    """Insert the counted record of an act; approvers share one row, with the time of the last approval."""
    yield Insert(
        "audit_trail",
        {
            **_record(event.audit_id, event.workflow_id, event.recorded_at),
            "process_step": f"operation {event.operation}",
            **_act(event),
            "status": "Recorded",
            "approved_by": ", ".join(approver.person for approver in event.approvers) or None,
            "authorization_level": ", ".join(approver.role for approver in event.approvers) or None,
            "approval_timestamp": max((approver.at for approver in event.approvers), default=None),
        },
    )


def refused(event: _Refused, origin: UUID) -> Iterator[Change]:
    """Insert the refusal under the name of the maker; the audit id is derived from the id of the event."""
    about: Row = {}
    match event:
        case configuration.ConfigurationRefused(change=change, refusals=refusals):
            code, message = refusals[0].code, " ".join(each.message for each in refusals)
            about = {"table_name": change.table, "record_id": change.key}
        case overrides.OverrideRefused(override=override, refusals=refusals):
            code, message = refusals[0].code, refusals[0].message
            about = {"table_name": "deal_bookings", "record_id": override.deal_booking_id}
        case reversals.ReversalRefused(refusals=(reason, *_), reverses=reverses):
            code, message, about = reason.code, reason.message, {"record_id": reverses}
        case plans.PlanRefused(refusal=refusal):
            code, message = refusal.code, refusal.message
    yield Insert(
        "audit_trail",
        {
            **_record(f"AUD-{origin}", event.workflow_id, event.refused_at),
            "stage": "PLAN",
            "action": "REFUSE",
            "user_id": event.origin.maker.name,
            "message": message,
            "error_code": code,
            "error_message": message,
            "status": "Refused",
            **about,
        },
    )


def plan_closed(event: plans.PlanClosed, origin: UUID) -> Iterator[Change]:
    """Insert the ending of a plan that is not applied; its order waits no more."""
    yield Insert(
        "audit_trail",
        {
            **_record(f"AUD-{origin}", event.workflow_id, event.closed_at),
            "stage": "PLAN",
            "action": "CLOSE",
            "sub_action": event.state,
            "message": event.reason,
            "error_code": event.code,
            "status": event.state,
        },
    )
    yield from order_over(event.workflow_id)


def compensated(event: undoing.WorkflowCompensated, origin: UUID) -> Iterator[Change]:
    """Insert the record of a finished compensation, with the failure that led to it."""
    yield Insert("audit_trail", _undoing(event, origin, "Compensated", event.compensated_at))


def intervention(event: undoing.InterventionRequired, origin: UUID) -> Iterator[Change]:
    """Insert the record that a person must act, with the reason."""
    yield Insert("audit_trail", _undoing(event, origin, "Needs_Intervention", event.required_at))


def execution_reversed(event: reversals.ExecutionReversed, origin: UUID) -> Iterator[Change]:
    """Insert the record of the reversal beside the workflow's own rows, which stay."""
    yield Insert(
        "audit_trail",
        {
            **_record(f"AUD-{origin}", event.workflow_id, event.reversed_at),
            "stage": "UNDO",
            "action": "REVERSE",
            "message": event.reason,
            "record_id": event.reversal,
            "status": "Reversed",
        },
    )


def _undoing(
    event: undoing.WorkflowCompensated | undoing.InterventionRequired, origin: UUID, status: str, at: datetime
) -> Row:
    return {
        **_record(f"AUD-{origin}", event.workflow_id, at),
        "stage": "UNDO",
        "action": "COMPENSATE",
        "message": event.reason,
        "error_code": event.code,
        "status": status,
    }


def _act(event: _Recorded) -> Row:
    match event:
        case facts.StageRecorded():
            return {"stage": event.stage, "action": event.action, **_of_entity(event)}
        case reversals.ReversalRecorded():
            return {"stage": "UNDO", "action": "REVERSE", **_of_entity(event)}
        case configuration.ConfigurationRecorded(columns=columns, write=write):
            return {
                "stage": "CONFIGURATION",
                "action": "CHANGE_CONFIGURATION",
                "operation_type": write,
                "table_name": event.table,
                "record_id": event.key,
                "field_name": ", ".join(each.column for each in columns),
                "old_value": None if write == "INSERT" else _values(columns, after=False),
                "new_value": _values(columns, after=True),
                "user_id": event.maker,
                "approval_required": True,
                "message": f"{write} of {event.table} {event.key}",
            }
        case overrides.OverrideRecorded():
            reference = f" ({event.external_reference})" if event.external_reference else ""
            return {
                "stage": "OVERRIDE",
                "action": "OVERRIDE_DEAL",
                "operation_type": "UPDATE",
                "table_name": "deal_bookings",
                "record_id": event.deal_booking_id,
                "field_name": "deal_status",
                "old_value": event.before,
                "new_value": f"{event.resolution}{reference}",
                "user_id": event.maker,
                "approval_required": True,
                "message": event.reason,
            }


def _of_entity(event: facts.StageRecorded | reversals.ReversalRecorded) -> Row:
    return {
        "operation_type": "INSERT",
        "record_id": event.record_id,
        "entity_id": event.entity_id,
        "currency_code": event.currency,
        "message": event.message,
    }


def _values(columns: tuple[ColumnChange, ...], *, after: bool) -> str:
    """Return the columns before or after a change as a JSON object."""
    values = {each.column: each.after if after else each.before for each in columns}
    return json.dumps(values, ensure_ascii=False, sort_keys=True)


def _warning(event: facts.ExecutionPrepared, warning: Notice, number: int) -> Row:
    return {
        **_record(f"AUD-{event.workflow_id}-WARNING-{number}", event.workflow_id, event.begun_at),
        "stage": "APPLY",
        "action": "WARN",
        "sub_action": warning.code,
        "message": warning.message,
        "field_name": warning.path,
        "currency_code": event.exposure_currency,
        "status": "Recorded",
    }


def _approval(event: facts.ExecutionBegun, approver: Approver, number: int) -> Row:
    grant = event.grant
    return {
        **_record(f"AUD-{event.workflow_id}-APPROVAL-{number}", event.workflow_id, event.begun_at),
        "stage": "APPROVAL",
        "action": "APPROVE",
        "user_id": approver.person,
        "user_role": approver.role,
        "approval_required": bool(grant.approvers),
        "approved_by": approver.person,
        "authorization_level": grant.tier,
        "approval_timestamp": approver.at,
        "message": f"Plan {grant.plan_digest} approved under policy {grant.policy_version}",
        "record_id": grant.jti,
        "status": "Approved",
    }


def _record(audit_id: str, workflow_id: str, at: datetime) -> Row:
    """Return the columns that every row of the audit trail has."""
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
