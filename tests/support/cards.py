"""Cards of real plans, as the desk gives them: for what is made of a card."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from services.approval.requests.cards import Card, Viewer
from services.approval.requests.plan_view import detail_of, summary_of
from services.approval.requests.state import Approval, Status
from shared.events.approvals import ApprovalRequested, DecisionRecorded, PolicyOutcome
from shared.events.responses import Maker
from shared.policy.evaluation import UNVERIFIED_MAKER
from shared.security.tokens import Person
from tests.support.executions import NOW

#: What a list leaves out of a summary: as the column `line` of `approval.plans`.
NOT_IN_LISTS = ("prompt", "analysis", "claimed", "warnings", "provenance")


def card(
    event: Any,
    workflow: str = "w1",
    *,
    usd: str | None = None,
    maker: str = "mira",
    verified: bool = True,
    asked: datetime = NOW - timedelta(minutes=26),
    status: Status = Status.AWAITING_APPROVAL,
    decisions: Sequence[DecisionRecorded] = (),
    **origin: Any,
) -> Card:
    """The card of a planned event, which waits unless `status` says otherwise; `origin` changes its origin."""
    whose = Maker(name=maker, verified=verified)
    said = event.origin.model_copy(update={"maker": whose, **origin})
    event = event.model_copy(update={"workflow_id": workflow, "origin": said})
    data = event.model_dump(mode="json")
    request = ApprovalRequested(
        workflow_id=workflow,
        response_id=event.response_id,
        plan_digest=event.plan_digest,
        effects_digest=event.effects_digest,
        maker=whose,
        amount_usd=usd or getattr(event, "amount_usd", None) or getattr(event.plan, "amount_usd", None) or "0",
        policy=_judged(event.policy, verified=verified),
        expires_at=asked + timedelta(days=1),
        requested_at=asked,
    )
    approval = Approval(status, request, tuple(decisions))
    return Card(approval, None, None, summary_of(event, data), detail_of(event, data))


def _judged(policy: PolicyOutcome, *, verified: bool) -> PolicyOutcome:
    """What the policy says where the maker is verified: without the further person."""
    if not verified or UNVERIFIED_MAKER not in policy.rules:
        return policy
    rules = tuple(rule for rule in policy.rules if rule != UNVERIFIED_MAKER)
    return policy.model_copy(update={"required": policy.required[:-1], "rules": rules})


def short(of: Card, **changes: Any) -> Card:
    """The card as a list has it: without texts and detail."""
    plan = {name: value for name, value in of.plan.items() if name not in NOT_IN_LISTS}
    return replace(of, plan=plan | changes, detail={})


def approved(by: str, role: str, workflow: str = "w1", digest: str = "sha256:" + "a" * 64) -> DecisionRecorded:
    return DecisionRecorded(
        workflow_id=workflow, plan_digest=digest, decision="APPROVE", person=by, role=role, comment="", decided_at=NOW
    )


def viewer(person: str = "sara", *roles: str, at: datetime = NOW) -> Viewer:
    return Viewer(Person(person, roles or ("SENIOR_TRADER",)), at)
