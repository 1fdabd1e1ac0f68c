"""What a request asks for at a moment: what the policy said, or what is left of it in an emergency. Pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from services.approval.requests.state import Approval
from shared.events.approvals import ApprovalRequested, Emergency, PolicyOutcome
from shared.policy.emergency import in_emergency, is_open
from shared.policy.people import CountedApproval, Decision, Permission, may_decide, sufficient


def emergency_at(state: Approval, at: datetime) -> Emergency | None:
    """Return the emergency that counts for a request at a moment; None where there is none."""
    glass = state.glass
    return glass.emergency if glass is not None and is_open(glass.emergency, at) else None


def asked_at(state: Approval, request: ApprovalRequested, at: datetime) -> PolicyOutcome:
    """Return whom a request waits for at a moment."""
    if emergency_at(state, at) is None:
        return request.policy
    return in_emergency(request.policy, maker_verified=request.maker.verified)


def shown_at(state: Approval, request: ApprovalRequested, at: datetime) -> PolicyOutcome:
    """Return the requirement by which a request is shown: after the grant, the one that it was granted by."""
    if state.grant is None:
        return asked_at(state, request, at)
    if state.grant.emergency is None:
        return request.policy
    return in_emergency(request.policy, maker_verified=request.maker.verified)


def permission_at(
    state: Approval, person: str, roles: Iterable[str], decision: Decision, at: datetime, request: ApprovalRequested
) -> Permission:
    """Return whether a person may take a decision at a moment: by the policy as it stands, or by the emergency."""
    given = tuple(roles)

    def asked(outcome: PolicyOutcome) -> Permission:
        return may_decide(outcome, request.maker.name, person, given, state.approvals, decision=decision)

    as_it_stands, now = asked(request.policy), asked_at(state, request, at)
    return as_it_stands if as_it_stands.allowed or now is request.policy else asked(now)


def enough_at(
    state: Approval, request: ApprovalRequested, approvals: Sequence[CountedApproval], at: datetime
) -> tuple[bool, Emergency | None]:
    """Return whether these approvals are enough at a moment, and the emergency without which they would not be."""
    if sufficient(request.policy, approvals, request.maker.name):
        return True, None
    emergency = emergency_at(state, at)
    if emergency is None:
        return False, None
    outcome = in_emergency(request.policy, maker_verified=request.maker.verified)
    return sufficient(outcome, approvals, request.maker.name), emergency
