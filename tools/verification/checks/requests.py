"""Checks that plan, request, decisions, grant and use agree in digests, amount, maker and people. Pure.

Whether a grant is enough for its plan is checked by `grants`; here, whether all these agree.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from shared.events.approvals import (
    ApprovalAmended,
    ApprovalRequested,
    Approver,
    DecisionRecorded,
    GrantIssued,
    QuestionAnswered,
    QuestionAsked,
    RequestEscalated,
)
from shared.events.base import Event
from shared.events.execution import ExecutionBegun
from shared.events.plans import PlanDrawn, PlanRefused, WorkflowPlanned
from shared.events.reversals import ReversalPlanned
from shared.money.amounts import ZERO
from tools.verification.checks.grants import PLANS, USES, GrantUse, claims_of
from tools.verification.checks.history import Findings, PastEvent
from tools.verification.checks.spilled import Spilled

_WHILE_IT_WAITS: Final = frozenset({"RequestEscalated", "QuestionAsked", "QuestionAnswered", "ApprovalAmended"})
EVENTS_OF_REQUESTS: Final = (
    frozenset({"ApprovalRequested", "DecisionRecorded", "GrantIssued"}) | _WHILE_IT_WAITS | PLANS | USES
)


@dataclass(frozen=True, slots=True)
class _PlanOfRequest:
    """`digests`: of the plan and of its effects."""

    digests: tuple[str | None, str | None]
    maker: str
    amount_usd: Decimal


_DOES: Final[dict[type[Event], str]] = {QuestionAsked: "asks", QuestionAnswered: "answers", ApprovalAmended: "amends"}


class RequestFold:
    """Keeps them by workflow and compares them at the end: their streams have no common order."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._plans = Spilled[_PlanOfRequest]()
        self._requests = Spilled[tuple[str, ApprovalRequested]]()
        self._approved = Spilled[set[tuple[str, Approver]]]()
        self._grants = Spilled[GrantIssued]()
        self._escalated = Spilled[RequestEscalated]()
        self._uses = Spilled[GrantUse]()

    def take(self, past: PastEvent, event: Event) -> None:
        """Keep plans, requests, approvals, grants and uses; check at once who recorded a decision."""
        match event:
            case ApprovalRequested():
                self._requests[event.workflow_id] = (past.place, event)
            case DecisionRecorded():
                self._decided(past, event)
            case QuestionAsked() | QuestionAnswered() | ApprovalAmended():
                self._talked(past, event)
            case RequestEscalated():
                self._escalated[past.place] = event
            case GrantIssued():
                self._grants[past.place] = event
            case WorkflowPlanned() | PlanRefused():
                digests = (event.plan_digest, event.effects_digest)
                self._plans[event.workflow_id] = _PlanOfRequest(digests, event.origin.maker.name, amount_of(event))
            case ExecutionBegun():
                self._uses[past.place] = GrantUse(past.place, event.workflow_id, event.grant, event.begun_at)
            case _:
                return

    def finish(self) -> None:
        """Report each request, grant and use that contradicts its plan, its decisions or its grant."""
        for workflow, (place, request) in self._requests.each():
            for why in self._of_request(request):
                self._findings.add(f"{place}: people are asked about workflow {workflow}, but {why}.")
        for place, escalated in self._escalated.each():
            for why in self._of_escalation(escalated):
                self._findings.add(f"{place}: workflow {escalated.workflow_id} is escalated, but {why}.")
        granted = Spilled[dict[str, Any]]()
        for place, grant in self._grants.each():
            granted[grant.jti] = claims_of(grant.grant) or {}
            for why in self._of_grant(grant, granted[grant.jti]):
                self._findings.add(f"{place}: grant {grant.jti} is issued, but {why}.")
        for _, use in self._uses.each():
            for why in self._of_use(use, granted.get(use.grant.jti)):
                self._findings.add(f"{use.place}: workflow {use.workflow_id} is executed, but {why}.")

    def _decided(self, past: PastEvent, event: DecisionRecorded) -> None:
        actor = past.event.metadata.get("actor")
        if actor != f"person:{event.person}":
            self._findings.add(f"{past.place}: {event.person} decides, but {actor} recorded it.")
        if event.decision == "APPROVE":
            approver = Approver(
                person=event.person, role=event.role, at=event.decided_at, on_behalf_of=event.on_behalf_of
            )
            self._approved.setdefault(event.workflow_id, set()).add((event.plan_digest, approver))

    def _talked(self, past: PastEvent, event: QuestionAsked | QuestionAnswered | ApprovalAmended) -> None:
        actor = past.event.metadata.get("actor")
        if actor != f"person:{event.person}":
            what = _DOES[type(event)]
            self._findings.add(f"{past.place}: {event.person} {what}, but {actor} recorded it.")

    def _of_escalation(self, escalated: RequestEscalated) -> Iterator[str]:
        _, request = self._requests.get(escalated.workflow_id, ("", None))
        if request is None or request.escalates_at is None:
            yield "it was not to escalate"
            return
        if escalated.role != request.escalates_to:
            yield f"to {escalated.role}; it was to escalate to {request.escalates_to}"
        if not request.escalates_at <= escalated.escalated_at < request.expires_at:
            yield f"at {escalated.escalated_at.isoformat()}, which is not between its time and its expiry"

    def _of_request(self, request: ApprovalRequested) -> Iterator[str]:
        plan = self._plans.get(request.workflow_id)
        if plan is None:
            yield "it has no plan"
            return
        if plan.digests != (request.plan_digest, request.effects_digest):
            yield f"about plan {request.plan_digest}; its plan is {plan.digests[0]}"
        if plan.maker != request.maker.name:
            yield f"{request.maker.name} is named as the maker; {plan.maker} asked"
        if plan.amount_usd != request.amount_usd:
            yield f"about USD {request.amount_usd}; its plan is of USD {plan.amount_usd}"

    def _of_grant(self, grant: GrantIssued, claims: dict[str, Any]) -> Iterator[str]:
        decided = self._approved.get(grant.workflow_id, set())
        for approver in grant.approvers:
            if (grant.plan_digest, approver) not in decided:
                yield f"{approver.person} ({approver.role}) approved no such plan at {approver.at.isoformat()}"
        _, request = self._requests.get(grant.workflow_id, ("", None))
        if request is None:
            yield "no approval was requested"
            return
        if claims.get("maker") != request.maker.name:
            yield f"it names {claims.get('maker')} as the maker; {request.maker.name} asked"
        if claims.get("maker_verified", request.maker.verified) != request.maker.verified:
            yield "it differs on whether the maker is verified"
        if _amount(claims.get("amount_usd")) != request.amount_usd:
            yield f"it is for USD {claims.get('amount_usd')}; people were asked about USD {request.amount_usd}"
        asked = (request.plan_digest, request.effects_digest, request.policy.tier, request.policy.version)
        said = tuple(claims.get(name) for name in ("plan_digest", "effects_digest", "tier", "policy_version"))
        if said != asked:
            yield "its digests, tier or policy differ from those that people saw"

    def _of_use(self, use: GrantUse, claims: dict[str, Any] | None) -> Iterator[str]:
        plan = self._plans.get(use.workflow_id)
        if plan is not None and plan.maker != use.grant.maker:
            yield f"for {use.grant.maker}; {plan.maker} asked"
        if claims is not None and claims.get("policy_version") != use.grant.policy_version:
            yield f"under policy {use.grant.policy_version}; its grant names {claims.get('policy_version')}"


def amount_of(plan: Event) -> Decimal:
    """Return the amount of a plan that the policy judges; changes of the configuration and overrides have none."""
    match plan:
        case PlanDrawn():
            return plan.plan.usd_equivalent
        case PlanRefused():
            return ZERO if plan.refusal.record is None else plan.refusal.record.usd_equivalent
        case ReversalPlanned():
            return plan.plan.amount_usd
        case _:
            return ZERO


def _amount(text: Any) -> Decimal | None:
    try:
        return Decimal(text) if isinstance(text, str) else None
    except InvalidOperation:
        return None
