"""What follows from a command: events, or the reason why nothing does. Pure.

A grant is signed outside, where the key is: the decider says what it has to hold (`GrantDue`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from services.approval.requests.asking import enough_at, permission_at
from services.approval.requests.commands import (
    AnswerQuestion,
    AskMaker,
    CloseRequest,
    Command,
    EscalateRequest,
    ExpireRequest,
    LapseGrant,
    RecordDecision,
    RequestApproval,
    WithdrawRequest,
)
from services.approval.requests.escalation import escalate, escalation_of
from services.approval.requests.questions import answer, ask
from services.approval.requests.refusing import UNKNOWN, Fault, Refused, named, not_open
from services.approval.requests.state import Approval, Status, evolve
from shared.events.approvals import (
    ApprovalClosed,
    ApprovalExpired,
    ApprovalRejected,
    ApprovalRequested,
    ApprovalWithdrawn,
    Approver,
    DecisionRecorded,
    Emergency,
    GrantLapsed,
)
from shared.events.assertions import PersonSigned
from shared.events.base import Event
from shared.people.identity import same_person
from shared.policy.delegation import Deciding
from shared.policy.people import sufficient
from shared.security.grants import GrantClaims

__all__ = ["Fault", "GrantDue", "Outcome", "Refused", "decide", "requested"]

_GRANT_NAMESPACE = UUID("b8a5c1d4-70f1-5d0e-9a39-6f1c8f4f2a77")


@dataclass(frozen=True, slots=True)
class GrantDue:
    """A grant with these claims is to be signed and issued."""

    claims: GrantClaims


Outcome = Event | GrantDue


def decide(state: Approval, command: Command) -> tuple[Outcome, ...] | Refused:
    """Return what a command leads to. An empty tuple: it was done before, or there is nothing left to do.

    Only what people ask for is ever refused.
    """
    match command:
        case RequestApproval():
            return _request(state, command)
        case RecordDecision():
            return _record(state, command)
        case WithdrawRequest():
            return _withdraw(state, command)
        case ExpireRequest():
            return _expire(state, command)
        case LapseGrant():
            return _lapse(state, command)
        case CloseRequest():
            return _close(state, command)
        case EscalateRequest():
            return escalate(state, command)
        case AskMaker():
            return ask(state, command)
        case AnswerQuestion():
            return answer(state, command)


def requested(command: RequestApproval) -> ApprovalRequested:
    """Return the request as its stream begins with it."""
    escalates_at, escalates_to = escalation_of(command)
    return ApprovalRequested(
        workflow_id=command.workflow_id,
        response_id=command.response_id,
        plan_digest=command.plan_digest,
        effects_digest=command.effects_digest,
        maker=command.maker,
        amount_usd=command.amount_usd,
        policy=command.policy,
        expires_at=command.at + command.request_lifetime,
        requested_at=command.at,
        judged=command.judged,
        escalates_at=escalates_at,
        escalates_to=escalates_to,
    )


def _request(state: Approval, command: RequestApproval) -> tuple[Outcome, ...]:
    # Closed without a request: the executor's word came before its plan, which happens when messages change places.
    if state.request is not None or state.status in (Status.CLOSED, Status.REVOKED):
        return ()
    request = requested(command)
    if not sufficient(command.policy, ()):
        return (request,)
    return (request, _grant(request, (), command.at, command.grant_lifetime))


def _record(state: Approval, command: RecordDecision) -> tuple[Outcome, ...] | Refused:
    request = named(state, command.plan_digest, command.at, before="you decide")
    if isinstance(request, Refused):
        return request
    who = Deciding(command.person, command.roles, command.at, command.delegated)
    permission = permission_at(state, request, who, command.decision)
    if not permission.allowed:
        return Refused(Fault.FORBIDDEN, permission.code, permission.reason)
    decided = DecisionRecorded(
        workflow_id=request.workflow_id,
        plan_digest=request.plan_digest,
        decision=command.decision,
        person=command.person,
        role=permission.role,
        comment=command.comment,
        decided_at=command.at,
        viewed=command.viewed,
        shown_at=command.shown_at,
        on_behalf_of=permission.on_behalf_of,
        assertion=command.assertion,
    )
    return (decided, *_consequence(evolve(state, decided), request, decided, command))


def _consequence(
    after: Approval, request: ApprovalRequested, decided: DecisionRecorded, command: RecordDecision
) -> tuple[Outcome, ...]:
    if decided.decision == "REJECT":
        reason = decided.comment or "no reason given"
        return (ApprovalRejected(workflow_id=request.workflow_id, person=decided.person, reason=reason),)
    delegated = command.delegated
    enough, emergency = enough_at(after, request, decided.decided_at, delegated)
    if not enough:
        return ()
    lifetime, at = command.grant_lifetime, decided.decided_at
    return (_grant(request, after.approvals, at, lifetime, delegated.version, emergency),)


def _withdraw(state: Approval, command: WithdrawRequest) -> tuple[Outcome, ...] | Refused:
    request = state.request
    if request is None:
        return UNKNOWN
    if not same_person(command.person, request.maker.name):
        return Refused(
            Fault.FORBIDDEN,
            "NOT_THE_MAKER",
            f"Only the person who asked ({request.maker.name}) withdraws a request; you may reject it.",
        )
    closed = not_open(state, command.at)
    if closed is not None:
        return closed
    reason = command.reason or "no reason given"
    return (ApprovalWithdrawn(workflow_id=request.workflow_id, person=command.person, reason=reason),)


def _expire(state: Approval, command: ExpireRequest) -> tuple[Outcome, ...]:
    request = state.request
    if request is None or state.status is not Status.AWAITING_APPROVAL or command.at < request.expires_at:
        return ()
    return (ApprovalExpired(workflow_id=request.workflow_id, expired_at=command.at),)


def _lapse(state: Approval, command: LapseGrant) -> tuple[Outcome, ...]:
    grant = state.grant
    if grant is None or state.status is not Status.APPROVED or command.at < grant.expires_at:
        return ()
    return (GrantLapsed(workflow_id=grant.workflow_id, jti=grant.jti, lapsed_at=command.at),)


def _close(state: Approval, command: CloseRequest) -> tuple[Outcome, ...]:
    open_ = (Status.UNKNOWN, Status.REQUESTED, Status.AWAITING_APPROVAL, Status.APPROVED)
    if state.status not in open_:
        return ()
    reason = f"{command.state}: {command.reason}"
    return (ApprovalClosed(workflow_id=command.workflow_id, reason=reason, state=command.state),)


def approver_of(decided: DecisionRecorded) -> Approver:
    """Return who decided as a grant names that person."""
    return Approver(person=decided.person, role=decided.role, at=decided.decided_at, on_behalf_of=decided.on_behalf_of)


def _grant(
    request: ApprovalRequested,
    approvals: Sequence[DecisionRecorded],
    at: datetime,
    lifetime: timedelta,
    delegations_version: int = 0,
    emergency: Emergency | None = None,
) -> GrantDue:
    """Return the grant, in whole seconds as in its signed text. Its id follows from the plan: one plan, one id."""
    issued = at.replace(microsecond=0)
    return GrantDue(
        GrantClaims(
            jti=str(uuid5(_GRANT_NAMESPACE, f"{request.workflow_id}\n{request.plan_digest}")),
            workflow_id=request.workflow_id,
            plan_digest=request.plan_digest,
            effects_digest=request.effects_digest,
            amount_usd=request.amount_usd,
            tier=request.policy.tier,
            policy_version=request.policy.version,
            maker=request.maker.name,
            maker_verified=request.maker.verified,
            approvers=tuple(approver_of(approval) for approval in approvals),
            delegations_version=delegations_version,
            assertions=tuple(
                PersonSigned(person=each.person, assertion=each.assertion)
                for each in approvals
                if each.assertion is not None
            ),
            iat=issued,
            exp=issued + lifetime,
            emergency=emergency,
        )
    )
