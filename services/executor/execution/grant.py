"""Checks that a grant permits applying a plan. Pure: signature and time are facts that come in.

The executor trusts no other service: not that a message came on the right topic, not that the approval service judged
the tier rightly, not that the maker is who the parser said. It checks workflow, digests, amount, maker, tier and people
itself (design section 7).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from services.executor.execution.signatures import TakenIn, unsigned
from services.executor.planning.state import PlanState
from services.executor.rollout.checking import Standing, WorkItem, bar_to_applying, has_to_wait
from shared.errors import InvalidInput
from shared.events.approvals import PolicyOutcome, UsedGrant
from shared.events.responses import Maker, Originated
from shared.plans.digests import Planned, plan_of
from shared.plans.subjects import subject_of
from shared.policy.delegation import NOBODY, Delegated, counting, unfounded
from shared.policy.emergency import enough, fault_of
from shared.policy.evaluation import covers, evaluate
from shared.policy.floors import beneath, never_the_asker
from shared.policy.table import Policy
from shared.security.grants import GrantClaims

#: State and code of a plan whose facts have changed since it was approved.
STALE: Final = "STALE_CONTEXT"


@dataclass(frozen=True, slots=True)
class Ending:
    """The way a plan ends that is not applied."""

    state: str
    code: str
    reason: str
    successor: str | None = None

    @classmethod
    def stale(cls, reason: str) -> "Ending":
        """Return the ending of a plan that no longer does what was approved."""
        return cls(STALE, STALE, reason)


@dataclass(frozen=True, slots=True)
class Judge:
    """The policy that people were asked under and the proof of who asked, by which a grant is judged.

    `keys`: the passkeys of those who approved, as this service has taken them in.
    `delegated`: who had given roles to whom.
    """

    policy: Policy
    prove_maker: Callable[[Originated], Maker]
    keys: TakenIn = field(default_factory=dict)
    delegated: Delegated = NOBODY


def granted_subject(claims: GrantClaims, workflow_id: str, state: PlanState, judge: Judge, *, applied: bool) -> Planned:
    """Return what a grant permits to apply, if everything about it is right, except perhaps its time.

    Args:
        applied: the workflow has an execution stream: a grant was used before.
    Raises:
        InvalidInput: GRANT_FOR_UNKNOWN_PLAN, GRANT_ALREADY_USED, GRANT_FOR_CLOSED_PLAN, or as `check_grant`.
    """
    subject = state.granted
    if subject is None:
        raise InvalidInput(
            code="GRANT_FOR_UNKNOWN_PLAN", reason=f"Workflow {workflow_id} has no plan that a grant could apply."
        )
    check_grant(claims, workflow_id, subject, judge)
    if applied:
        raise InvalidInput(
            code="GRANT_ALREADY_USED",
            reason=f"Grant {claims.jti}: workflow {workflow_id} was applied before. "
            "Nothing was executed again; no action needed.",
        )
    if state.closed is not None:
        raise InvalidInput(
            code="GRANT_FOR_CLOSED_PLAN",
            reason=f"Workflow {workflow_id} ended {state.closed.state}: {state.closed.reason}.",
        )
    return subject


def used_grant(claims: GrantClaims, subject: Originated) -> UsedGrant:
    """Return what the first event of an execution keeps of the grant it uses."""
    return UsedGrant(
        jti=claims.jti,
        plan_digest=claims.plan_digest,
        effects_digest=claims.effects_digest,
        tier=claims.tier,
        policy_version=claims.policy_version,
        maker=subject.origin.maker.name,
        approvers=claims.approvers,
        emergency=claims.emergency,
    )


def refuse_second(state: PlanState) -> None:
    """Refuse a grant that arrives while the workflow waits for its turn under one.

    Raises:
        InvalidInput: GRANT_ALREADY_USED.
    """
    if state.granted is not None and state.awaited is not None:
        raise InvalidInput(
            code="GRANT_ALREADY_USED",
            reason=f"Workflow {state.granted.workflow_id} waits for its turn under grant {state.awaited.jti}. "
            "No action needed.",
        )


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing may begin now, though it may later."""

    reason: str


def obstacle(rollout: Standing, work: WorkItem) -> Ending | Wait | None:
    """Return the rollout's reason not to apply a granted plan now; None where there is none."""
    if has_to_wait(rollout, work):
        return Wait(rollout.waits)
    bar = bar_to_applying(rollout, work)
    return None if bar is None else Ending("REFUSED", bar.code.value, bar.reason)


def lapsed(claims: GrantClaims, now: datetime) -> Ending | None:
    """End the workflow if its grant has expired, and so gives no permission; None while the grant is valid."""
    if now < claims.exp:
        return None
    reason = f"Grant {claims.jti} expired unused at {claims.exp.isoformat()}; ask for approval again"
    return Ending("EXPIRED", "GRANT_EXPIRED", reason)


def check_grant(claims: GrantClaims, workflow_id: str, subject: Planned, judge: Judge) -> None:
    """Refuse a grant that is not for this plan, or not enough for it.

    Raises:
        InvalidInput: GRANT_WORKFLOW_MISMATCH, GRANT_DIGEST_MISMATCH, GRANT_MAKER_MISMATCH, GRANT_AMOUNT_MISMATCH,
            GRANT_EMERGENCY_REFUSED, GRANT_INSUFFICIENT or GRANT_NOT_SIGNED.
    """
    if claims.workflow_id != workflow_id or subject.workflow_id != workflow_id:
        raise _refused(
            "GRANT_WORKFLOW_MISMATCH",
            f"it is for workflow {claims.workflow_id}, the message for {workflow_id}",
        )
    if claims.plan_digest != subject.plan_digest or claims.effects_digest != subject.effects_digest:
        raise _refused(
            "GRANT_DIGEST_MISMATCH",
            f"it is for plan {claims.plan_digest}, the workflow has {subject.plan_digest}",
        )
    maker, plan = judge.prove_maker(subject), plan_of(subject)
    if (claims.maker, claims.maker_verified) != (maker.name, maker.verified):
        said, known = _told(claims.maker, claims.maker_verified), _told(maker.name, maker.verified)
        raise _refused("GRANT_MAKER_MISMATCH", f"it says that {said} asked, it was {known}")
    if plan is None or subject.policy is None:
        raise _refused("GRANT_INSUFFICIENT", "the workflow has no plan under a policy")
    facts = subject_of(plan, maker_verified=maker.verified)
    if claims.amount_usd != facts.amount_usd:
        raise _refused("GRANT_AMOUNT_MISMATCH", f"it is for USD {claims.amount_usd:f}, not {facts.amount_usd:f}")
    emergency = claims.emergency
    if emergency is not None:
        fault = fault_of(emergency, facts.kind.value, claims.iat, maker.name, facts.entities)
        if fault is not None:
            raise _refused("GRANT_EMERGENCY_REFUSED", fault)
    # What was shown when it was planned, and what people were asked for: the stricter of the two is needed. A policy
    # that came into force since changes nothing about a request that waits.
    if (stranger := unfounded(claims.approvers, judge.delegated)) is not None:
        of = f"{stranger.role} of {stranger.on_behalf_of}"
        raise _refused("GRANT_INSUFFICIENT", f"{stranger.person} used {of}, who had given no such role at that time")
    policies = subject.policy, evaluate(judge.policy, facts)
    for policy in policies:
        _check_people(claims, policy, maker, judge.delegated)
    people = counting(claims.approvers, maker.name, judge.delegated, four_eyes=never_the_asker(facts))
    if (floor := beneath(facts, people, maker.name)) is not None:
        raise _refused("GRANT_INSUFFICIENT", f"it needs {floor}")
    if (fault := unsigned(claims, judge.keys, needed=any(policy.signed for policy in policies))) is not None:
        raise _refused("GRANT_NOT_SIGNED", fault)


def _check_people(claims: GrantClaims, policy: PolicyOutcome, maker: Maker, delegated: Delegated) -> None:
    if not covers(claims.tier, policy.tier):
        raise _refused("GRANT_INSUFFICIENT", f"tier {claims.tier} was granted, {policy.tier} is needed")
    # The proof of who asked is the executor's own: without it an emergency needs one person more.
    proved = maker.verified
    if not enough(policy, claims.approvers, maker.name, delegated, maker_verified=proved, emergency=claims.emergency):
        people = ", ".join(f"{approver.person} ({approver.role})" for approver in claims.approvers) or "nobody"
        raise _refused("GRANT_INSUFFICIENT", f"approved by {people}, {', '.join(policy.required)} are needed")


def _told(maker: str, verified: bool) -> str:
    return maker if verified else f"{maker} (not verified)"


def _refused(code: str, why: str) -> InvalidInput:
    return InvalidInput(
        code=code, reason=f"Grant refused: {why}. Nothing was executed; ask for approval of the present plan."
    )
