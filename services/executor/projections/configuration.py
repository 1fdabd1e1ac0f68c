"""audit_trail of configuration changes: who approved, what the row held before and after, what was refused and why.

The row itself changes by the event on its own stream (`reference.projection`).
"""

import json
from collections.abc import Iterator
from uuid import UUID

from services.executor.projections.audit import audit_record
from services.executor.tables.changes import Change, Insert, Row
from shared.events import configuration as facts
from shared.events.approvals import Approver
from shared.hedging.changes.configuration import ColumnChange


def approvals(event: facts.ConfigurationAuthorized, _: UUID) -> Iterator[Change]:
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


def recorded(event: facts.ConfigurationRecorded, _: UUID) -> Iterator[Change]:
    """Operation F4: the columns before and after, as JSON objects by column."""
    columns = event.columns
    yield Insert(
        "audit_trail",
        {
            **audit_record(event.audit_id, event.workflow_id, event.recorded_at),
            "stage": "CONFIGURATION",
            "process_step": f"operation {event.operation}",
            "action": "CHANGE_CONFIGURATION",
            "operation_type": event.write,
            "table_name": event.table,
            "record_id": event.key,
            "field_name": ", ".join(each.column for each in columns),
            "old_value": None if event.write == "INSERT" else _told(columns, after=False),
            "new_value": _told(columns, after=True),
            "user_id": event.maker,
            "approval_required": True,
            **_approved_by(event.approvers),
            "message": f"{event.write} of {event.table} {event.key}",
            "status": "Recorded",
        },
    )


def refused(event: facts.ConfigurationRefused, origin: UUID) -> Iterator[Change]:
    """One row for all findings, the first one's code in front."""
    message = " ".join(refusal.message for refusal in event.refusals)
    yield Insert(
        "audit_trail",
        {
            **audit_record(f"AUD-{origin}", event.workflow_id, event.refused_at),
            "stage": "PLAN",
            "action": "REFUSE",
            "table_name": event.change.table,
            "record_id": event.change.key,
            "user_id": event.origin.maker.name,
            "message": message,
            "error_code": event.refusals[0].code,
            "error_message": message,
            "status": "Refused",
        },
    )


def _approved_by(approvers: tuple[Approver, ...]) -> Row:
    return {
        "approved_by": ", ".join(approver.person for approver in approvers),
        "authorization_level": ", ".join(approver.role for approver in approvers),
        "approval_timestamp": max((approver.at for approver in approvers), default=None),
    }


def _told(columns: tuple[ColumnChange, ...], *, after: bool) -> str:
    values = {each.column: each.after if after else each.before for each in columns}
    return json.dumps(values, ensure_ascii=False, sort_keys=True)
