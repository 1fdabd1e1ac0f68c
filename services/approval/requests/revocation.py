"""A person asks to take a granted approval back: whether that is asked for now. Pure.

This service only records that it was asked. The executor decides, by whether it has used the grant.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from services.approval.requests.decider import Fault, Refused
from services.approval.requests.state import Approval, Status
from shared.events.approvals import ApprovalRequested, GrantIssued
from shared.events.revocations import AskedToRevoke, RevocationRequested
from shared.people.identity import same_person
from shared.policy.people import Decision, Permission, may_decide

TOO_LATE: Final = "It is too late: the executor has used the grant. Ask for a reversal instead."


@dataclass(frozen=True, slots=True)
class AskRevocation:
    """A person asks; `person` and `roles` are of a verified token."""

    person: str
    roles: tuple[str, ...]
    reason: str
    at: datetime


def decide(
    approval: Approval, asked: RevocationRequested | None, command: AskRevocation, *, used: bool
) -> RevocationRequested | Refused:
    """Return the event that asks; the earlier one where it was asked for before.

    Args:
        asked: what was asked for before.
        used: the executor has said that it used the grant.
    """
    request = approval.request
    if request is None:
        return Refused(Fault.UNKNOWN, "WORKFLOW_UNKNOWN", "No plan of this workflow waits, or ever waited, here.")
    permission = permitted(approval, request, command)
    if not permission.allowed:
        return Refused(Fault.FORBIDDEN, permission.code, permission.reason)
    if asked is not None:
        return asked
    grant = _in_force(approval, command.at, used=used)
    if isinstance(grant, Refused):
        return grant
    by = AskedToRevoke(person=command.person, role=permission.role, reason=command.reason, at=command.at)
    return RevocationRequested(workflow_id=request.workflow_id, jti=grant.jti, plan_digest=request.plan_digest, by=by)


def permitted(approval: Approval, request: ApprovalRequested, command: AskRevocation) -> Permission:
    """Return whether a person may take the grant back: who took part in deciding, or could have approved alone or with
    others. What enough people have decided is not undone by a role that could not have decided it."""
    own = next((each for each in approval.decisions if same_person(each.person, command.person)), None)
    if own is not None:
        return Permission(True, own.role, "ALLOWED", "You took part in deciding this.")
    # What the policy itself grants asks for nobody, so anybody who may reject may take it back.
    decision: Decision = "APPROVE" if request.policy.required else "REJECT"
    return may_decide(request.policy, request.maker.name, command.person, command.roles, (), decision=decision)


def _in_force(approval: Approval, at: datetime, *, used: bool) -> GrantIssued | Refused:
    """Return the grant that can be taken back, or why there is none."""
    grant = approval.grant
    if used:
        return Refused(Fault.CONFLICT, "TOO_LATE", TOO_LATE)
    if grant is None:
        reason = "Nothing is granted yet. A request that waits is withdrawn by who asked, or rejected."
        return Refused(Fault.CONFLICT, "NOT_GRANTED", reason)
    if approval.status is not Status.APPROVED:
        return Refused(Fault.CONFLICT, "ENDED", f"This has ended without being executed. {approval.reason}".strip())
    if at >= grant.expires_at:
        return Refused(Fault.CONFLICT, "EXPIRED", "The grant was not used in time and gives no permission any more.")
    return grant
