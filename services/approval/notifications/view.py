"""Notifications as documents, and who may see them and try them again. Pure."""

from typing import Any, Final

from services.approval.notifications.port import Listed
from shared.policy.table import OPERATIONS, RISK_MANAGER

#: Who sees the addresses of colleagues, and what did not reach them.
READERS: Final = frozenset({OPERATIONS, RISK_MANAGER})


def may_read(roles: frozenset[str]) -> bool:
    """Return whether somebody with these roles may see the list."""
    return bool(roles & READERS)


def may_try_again(roles: frozenset[str]) -> bool:
    """Return whether somebody with these roles may have one that was given up tried again."""
    return OPERATIONS in roles


def notification_document(listed: Listed) -> dict[str, Any]:
    """Return one notification."""
    return {
        "notification_id": listed.notification_id,
        "channel": listed.channel,
        "recipient": listed.recipient,
        "kind": listed.kind,
        "workflow_id": listed.workflow_id,
        "state": listed.state,
        "attempts": listed.attempts,
        "noted_at": listed.noted_at.isoformat(),
        "due_at": None if listed.due_at is None else listed.due_at.isoformat(),
        "sent_at": None if listed.sent_at is None else listed.sent_at.isoformat(),
        "why": listed.why,
        "again_by": listed.again_by,
    }
