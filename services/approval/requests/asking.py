"""What a request asks for at a moment: what the policy said, or what is left of it in an emergency. Pure."""

from datetime import datetime

from services.approval.requests.state import Approval
from shared.events.approvals import ApprovalRequested, Emergency, PolicyOutcome
from shared.policy.delegation import Deciding, Delegated, counting, may_decide_with
from shared.policy.emergency import in_emergency, is_open
from shared.policy.people import Decision, Permission, sufficient


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


def permission_at(state: Approval, request: ApprovalRequested, who: Deciding, decision: Decision) -> Permission:
    """Return whether a person may take a decision: by the policy as it stands, or by the emergency."""

    def asked(outcome: PolicyOutcome) -> Permission:
        return may_decide_with(outcome, request.maker.name, who, state.approvals, decision=decision)

    as_it_stands, now = asked(request.policy), asked_at(state, request, who.at)
    return as_it_stands if as_it_stands.allowed or now is request.policy else asked(now)


def enough_at(
    state: Approval, request: ApprovalRequested, at: datetime, delegated: Delegated
) -> tuple[bool, Emergency | None]:
    """Return whether the approvals are enough at a moment, and the emergency without which they would not be."""
    maker = request.maker.name

    def enough(outcome: PolicyOutcome) -> bool:
        counted = counting(state.approvals, maker, delegated, four_eyes=outcome.four_eyes)
        return sufficient(outcome, counted, maker)

    if enough(request.policy):
        return True, None
    emergency = emergency_at(state, at)
    if emergency is None:
        return False, None
    return enough(in_emergency(request.policy, maker_verified=request.maker.verified)), emergency
