"""A request that nobody decides is put before people with a fallback role, earlier than it expires. Pure.

Nothing is loosened: who has to approve stays as the policy asked, where a higher role may stand in for a lower one
anyway. What changes is who is asked.
"""

from datetime import datetime

from services.approval.requests.commands import EscalateRequest, RequestApproval
from services.approval.requests.state import Approval, Status
from shared.events.approvals import RequestEscalated
from shared.policy.rules import stands_in
from shared.policy.table import LADDER


def escalation_of(command: RequestApproval) -> tuple[datetime | None, str]:
    """Return when a request escalates and to whom; never where nobody is asked, or where it expires before."""
    escalation, required = command.escalation, command.policy.required
    if escalation is None or not required or escalation.after >= command.request_lifetime:
        return None, ""
    return command.at + escalation.after, fallback(required, escalation.role)


def fallback(required: tuple[str, ...], role: str) -> str:
    """Return the fallback role where it may fill a place of the request, else the hardest role that is asked for."""
    if any(stands_in(role, needed) for needed in required):
        return role
    ranked = [needed for needed in reversed(LADDER) if needed in required]
    return next(iter(ranked), required[0])


def escalate(state: Approval, command: EscalateRequest) -> tuple[RequestEscalated, ...]:
    """Return the escalation once, while the request waits and its time is not over."""
    request = state.request
    if request is None or request.escalates_at is None or state.escalated is not None:
        return ()
    waits = state.status is Status.AWAITING_APPROVAL and request.escalates_at <= command.at < request.expires_at
    if not waits:
        return ()
    escalated = RequestEscalated(workflow_id=request.workflow_id, role=request.escalates_to, escalated_at=command.at)
    return (escalated,)
