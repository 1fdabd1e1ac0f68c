"""Whether a grant permits applying a plan. Pure: signature and time are facts that come in.

The executor trusts nobody's word: not that a message came on the right topic, not that the approval service judged
the tier rightly. It checks digests, workflow, tier and people itself (design section 7).
"""

from shared.errors import InvalidInput
from shared.events.configuration import ConfigurationPlanned
from shared.events.plans import PlanDrawn, PlanRefused
from shared.policy.evaluation import covers
from shared.policy.people import sufficient
from shared.security.grants import GrantClaims


def check_grant(claims: GrantClaims, workflow_id: str, subject: PlanDrawn | PlanRefused | ConfigurationPlanned) -> None:
    """Refuse a grant that is not for this plan, or not enough for it.

    Raises:
        InvalidInput: GRANT_WORKFLOW_MISMATCH, GRANT_DIGEST_MISMATCH or GRANT_INSUFFICIENT.
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
    policy = subject.policy
    if policy is None or not covers(claims.tier, policy.tier):
        needed = policy.tier if policy is not None else "a policy's outcome"
        raise _refused("GRANT_INSUFFICIENT", f"tier {claims.tier} was granted, {needed} is needed")
    if policy.required and not sufficient(policy, claims.approvers, subject.maker.name):
        people = ", ".join(f"{approver.person} ({approver.role})" for approver in claims.approvers) or "nobody"
        raise _refused("GRANT_INSUFFICIENT", f"approved by {people}, {', '.join(policy.required)} are needed")


def _refused(code: str, why: str) -> InvalidInput:
    return InvalidInput(
        code=code, reason=f"Grant refused: {why}. Nothing was executed; ask for approval of the present plan."
    )
