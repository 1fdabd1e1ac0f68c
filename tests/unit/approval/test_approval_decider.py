"""Commands on one approval: what follows, what is refused, what is ignored."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.approval.requests.commands import (
    CloseRequest,
    Command,
    ExpireRequest,
    LapseGrant,
    RecordDecision,
    WithdrawRequest,
)
from services.approval.requests.decider import Fault, GrantDue, Refused, decide
from services.approval.requests.state import NOTHING, Approval, Status, evolve
from shared.events.approvals import GrantIssued
from shared.policy.table import SubjectKind
from tests.support.approvals import DAY, DIGEST, OTHER_DIGEST, request_for
from tests.support.units import WHEN

LATER = WHEN + timedelta(minutes=5)


def apply(state: Approval, command: Command) -> Approval:
    outcome = decide(state, command)
    assert not isinstance(outcome, Refused), outcome
    for item in outcome:
        state = evolve(state, issued(item) if isinstance(item, GrantDue) else item)
    return state


def issued(due: GrantDue) -> GrantIssued:
    claims = due.claims
    return GrantIssued(
        workflow_id=claims.workflow_id,
        jti=claims.jti,
        grant="signed",
        tier=claims.tier,
        plan_digest=claims.plan_digest,
        approvers=claims.approvers,
        issued_at=claims.iat,
        expires_at=claims.exp,
    )


def decision(person: str = "ann", *roles: str, **changes: Any) -> RecordDecision:
    command = RecordDecision(person, roles or ("TRADER",), "APPROVE", DIGEST, "", LATER, DAY)
    return replace(command, **changes)


def waiting(usd: str = "25000000", **changes: Any) -> Approval:
    return apply(NOTHING, request_for(usd=usd, **changes))


def names(outcome: object) -> list[str]:
    assert isinstance(outcome, tuple), outcome
    return [type(item).__name__ for item in outcome]


def refusal(state: Approval, command: Command) -> tuple[Fault, str]:
    outcome = decide(state, command)
    assert isinstance(outcome, Refused), outcome
    assert outcome.reason
    return outcome.fault, outcome.code


def test_request_waits_for_people_when_the_plan_books_something() -> None:
    assert names(decide(NOTHING, request_for())) == ["ApprovalRequested"]
    state = waiting()
    assert state.status is Status.AWAITING_APPROVAL
    assert state.request is not None
    assert state.request.expires_at == WHEN + DAY


def test_request_is_granted_by_the_policy_itself_when_it_is_a_check() -> None:
    outcome = decide(NOTHING, request_for(kind=SubjectKind.CHECK))
    assert names(outcome) == ["ApprovalRequested", "GrantDue"]
    claims = outcome[1].claims
    assert (claims.tier, claims.approvers) == ("AUTO", ())


def test_request_is_ignored_when_it_comes_again() -> None:
    assert decide(waiting(), request_for()) == ()


def test_approval_issues_a_grant_with_everything_the_executor_checks() -> None:
    recorded, due = decide(waiting(), decision("ann", "TRADER"))
    assert (recorded.person, recorded.role, recorded.decision) == ("ann", "TRADER", "APPROVE")
    claims = due.claims
    assert (claims.workflow_id, claims.plan_digest, claims.tier) == ("w1", DIGEST, "TRADER")
    assert (claims.policy_version, claims.maker, format(claims.amount_usd, "f")) == ("plan-1", "ann", "25000000")
    assert [(a.person, a.role, a.at) for a in claims.approvers] == [("ann", "TRADER", LATER)]
    assert (claims.iat, claims.exp) == (LATER, LATER + DAY)


def test_second_decision_is_refused_when_one_stands() -> None:
    approved = apply(waiting(), decision())
    rejected = apply(waiting(), decision(decision="REJECT"))
    for state in (approved, rejected):
        assert refusal(state, decision("bob", "RISK_MANAGER")) == (Fault.CONFLICT, "ALREADY_DECIDED")
        assert refusal(state, decision("bob", decision="REJECT")) == (Fault.CONFLICT, "ALREADY_DECIDED")


@pytest.mark.parametrize(
    ("usd", "command", "fault", "code"),
    [
        ("60000000", decision("bob", "TRADER"), Fault.FORBIDDEN, "ROLE_INSUFFICIENT"),
        ("60000000", decision("ann", "SENIOR_TRADER"), Fault.FORBIDDEN, "MAKER_IS_CHECKER"),
        ("25000000", decision("bob", "VIEWER"), Fault.FORBIDDEN, "NO_APPROVING_ROLE"),
        ("25000000", decision("bob", plan_digest=OTHER_DIGEST), Fault.CONFLICT, "DIGEST_MISMATCH"),
        ("25000000", decision("bob", at=WHEN + DAY), Fault.CONFLICT, "EXPIRED"),
        ("25000000", WithdrawRequest("bob", "", LATER), Fault.FORBIDDEN, "NOT_THE_MAKER"),
        ("25000000", WithdrawRequest("ann", "", WHEN + DAY), Fault.CONFLICT, "EXPIRED"),
    ],
)
def test_decision_is_refused_with_its_reason(usd: str, command: Command, fault: Fault, code: str) -> None:
    assert refusal(waiting(usd), command) == (fault, code)


@pytest.mark.parametrize("command", [decision(), WithdrawRequest("ann", "", LATER)])
def test_decision_is_refused_when_nothing_waits(command: Command) -> None:
    assert refusal(NOTHING, command) == (Fault.UNKNOWN, "WORKFLOW_UNKNOWN")


def test_asker_with_senior_role_may_approve_below_the_four_eyes_amount() -> None:
    assert names(decide(waiting(), decision("ann", "SENIOR_TRADER"))) == ["DecisionRecorded", "GrantDue"]


def test_two_persons_are_needed_when_configuration_is_changed_and_each_counts_once() -> None:
    state = apply(waiting(kind=SubjectKind.CONFIGURATION), decision("bob", "RISK_MANAGER"))
    assert state.status is Status.AWAITING_APPROVAL
    assert refusal(state, decision("bob", "RISK_MANAGER")) == (Fault.FORBIDDEN, "SAME_PERSON")
    assert refusal(state, decision("ann", "TRADER")) == (Fault.FORBIDDEN, "MAKER_IS_CHECKER")
    both = apply(state, decision("cem", "TRADER"))
    assert both.grant is not None
    assert [approver.person for approver in both.grant.approvers] == ["bob", "cem"]


def test_one_rejection_ends_the_request_also_after_an_approval_of_the_same_person() -> None:
    state = apply(waiting(kind=SubjectKind.CONFIGURATION), decision("bob", "RISK_MANAGER"))
    outcome = decide(state, decision("bob", "TRADER", decision="REJECT", comment="changed my mind"))
    assert names(outcome) == ["DecisionRecorded", "ApprovalRejected"]
    assert outcome[1].reason == "changed my mind"


def test_withdrawal_by_the_asker_ends_the_request() -> None:
    assert names(decide(waiting(), WithdrawRequest("Ann", "not needed", LATER))) == ["ApprovalWithdrawn"]
    assert refusal(apply(waiting(), WithdrawRequest("ann", "", LATER)), decision()) == (Fault.CONFLICT, "WITHDRAWN")


def test_request_expires_once_and_only_when_its_time_is_over() -> None:
    early, over = ExpireRequest(WHEN + DAY - timedelta(microseconds=1)), ExpireRequest(WHEN + DAY)
    assert decide(waiting(), early) == ()
    assert names(decide(waiting(), over)) == ["ApprovalExpired"]
    assert decide(apply(waiting(), over), over) == ()
    assert decide(apply(waiting(), decision()), over) == ()
    assert decide(NOTHING, over) == ()


def test_grant_lapses_once_and_only_when_its_time_is_over() -> None:
    approved = apply(waiting(), decision())
    over = LapseGrant(LATER + DAY)
    assert decide(approved, LapseGrant(LATER + DAY - timedelta(seconds=1))) == ()
    assert names(decide(approved, over)) == ["GrantLapsed"]
    assert apply(approved, over).status is Status.EXPIRED
    assert decide(apply(approved, over), over) == ()
    assert decide(waiting(), over) == ()


def test_closing_ends_what_waits_or_is_granted_or_comes_yet_and_nothing_else() -> None:
    close = CloseRequest("wf-1", "STALE_CONTEXT", "The USD rate moved by 2%.")
    assert names(decide(waiting(), close)) == ["ApprovalClosed"]
    assert names(decide(apply(waiting(), decision()), close)) == ["ApprovalClosed"]
    assert names(decide(NOTHING, close)) == ["ApprovalClosed"]
    assert decide(apply(NOTHING, close), request_for("25000000")) == ()
    assert decide(apply(waiting(), close), close) == ()
    assert apply(waiting(), close).reason == "STALE_CONTEXT: The USD rate moved by 2%."
    assert refusal(apply(waiting(), close), decision()) == (Fault.CONFLICT, "CLOSED")
