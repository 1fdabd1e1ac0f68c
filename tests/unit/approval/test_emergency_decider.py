"""An emergency about a request: who declares it, what it changes for how long, and who reviews it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from services.approval.emergency.commands import BreakGlass, RecordReview
from services.approval.emergency.decider import decide, is_under_review
from services.approval.requests.asking import asked_at
from services.approval.requests.commands import RecordDecision
from services.approval.requests.decider import Fault, GrantDue, Refused
from services.approval.requests.state import NOTHING, Approval, Status, evolve
from shared.events.approvals import GrantIssued
from shared.policy.emergency import GLASS_LIFETIME
from shared.policy.table import SubjectKind
from tests.support.approvals import DAY, DIGEST, OTHER_DIGEST, request_for
from tests.support.units import WHEN

LATER = WHEN + timedelta(minutes=5)
OVER = LATER + GLASS_LIFETIME


def apply(state: Approval, *commands) -> Approval:
    for command in commands:
        outcome = decide(state, command)
        assert not isinstance(outcome, Refused), outcome
        for item in outcome:
            state = evolve(state, issued(item) if isinstance(item, GrantDue) else item)
    return state


def issued(due: GrantDue) -> GrantIssued:
    claims = due.claims
    return GrantIssued(
        workflow_id=claims.workflow_id, jti=claims.jti, grant="signed", tier=claims.tier,
        plan_digest=claims.plan_digest, approvers=claims.approvers, issued_at=claims.iat, expires_at=claims.exp,
        emergency=claims.emergency,
    )  # fmt: skip


def waiting(usd: str = "100000000", *, kind: SubjectKind = SubjectKind.HEDGE, verified: bool = True) -> Approval:
    return apply(NOTHING, request_for(usd=usd, kind=kind, verified=verified))


def glass(person: str = "bob", *roles: str, **changes) -> BreakGlass:
    return replace(BreakGlass(person, roles or ("TRADER",), DIGEST, "rita is on a plane", LATER), **changes)


def yes(person: str, *roles: str, at=LATER) -> RecordDecision:
    return RecordDecision(person, roles or ("TRADER",), "APPROVE", DIGEST, "", at, DAY)


def review(person: str, *roles: str, finding="JUSTIFIED") -> RecordReview:
    return RecordReview(person, roles or ("TRADER",), finding, "I called the desk.", OVER)


def refusal(state: Approval, command) -> tuple[Fault, str]:
    outcome = decide(state, command)
    assert isinstance(outcome, Refused), outcome
    assert outcome.reason
    return outcome.fault, outcome.code


def test_two_persons_of_any_role_approve_while_the_glass_is_broken() -> None:
    state = waiting()
    assert refusal(state, yes("bob")) == (Fault.FORBIDDEN, "ROLE_INSUFFICIENT")
    state = apply(state, glass("bob"))
    assert state.glass is not None
    assert state.glass.missing == ("RISK_MANAGER",)
    assert asked_at(state, state.request, LATER).required == ("ANY_APPROVER", "ANY_APPROVER")
    state = apply(state, yes("bob"))
    assert state.status is Status.AWAITING_APPROVAL, "one person alone is never enough"
    assert refusal(state, yes("BOB", "OPERATIONS")) == (Fault.FORBIDDEN, "SAME_PERSON")
    assert refusal(state, yes("ann", "TRADER")) == (Fault.FORBIDDEN, "MAKER_IS_CHECKER")
    state = apply(state, yes("otto", "OPERATIONS"))
    assert state.grant is not None
    assert state.grant.emergency == state.glass.emergency
    assert state.grant.tier == "RISK_MANAGER"


def test_below_the_four_eyes_amount_the_asker_is_none_of_the_two_either() -> None:
    state = apply(waiting("1000000"), glass("otto", "OPERATIONS"), yes("otto", "OPERATIONS"))
    assert refusal(state, yes("ann", "OPERATIONS")) == (Fault.FORBIDDEN, "MAKER_IS_CHECKER")
    assert apply(state, yes("olga", "OPERATIONS")).grant is not None


def test_an_asker_who_is_not_proved_makes_it_three() -> None:
    state = apply(waiting("60000000", verified=False), glass(), yes("bob"), yes("cem"))
    assert state.grant is None
    assert apply(state, yes("dee")).grant is not None


def test_the_role_that_comes_after_all_is_enough_alone_and_makes_no_emergency_of_it() -> None:
    state = apply(waiting(), glass(), yes("rita", "RISK_MANAGER"))
    assert state.grant is not None
    assert state.grant.emergency is None
    assert not is_under_review(state)


def test_after_its_time_the_policy_asks_as_before() -> None:
    state = apply(waiting(), glass(), yes("bob", at=OVER - timedelta(seconds=1)))
    assert refusal(state, yes("cem", at=OVER)) == (Fault.FORBIDDEN, "ROLE_INSUFFICIENT")
    assert refusal(state, glass("cem", at=OVER)) == (Fault.CONFLICT, "GLASS_ALREADY_BROKEN")
    assert apply(state, yes("rita", "RISK_MANAGER", at=OVER)).grant.emergency is None


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (glass("ann", "SENIOR_TRADER"), "MAKER_IS_CHECKER"),
        (glass("ANN", "SENIOR_TRADER"), "MAKER_IS_CHECKER"),
        (glass("eve", "AUDITOR"), "NO_APPROVING_ROLE"),
        (glass("eve", "TRADER@ENTITY0009"), "ROLE_OF_ANOTHER_ENTITY"),
        (glass(plan_digest=OTHER_DIGEST), "DIGEST_MISMATCH"),
        (glass(at=WHEN + DAY), "EXPIRED"),
    ],
)
def test_who_may_not_break_the_glass_is_told_why(command: BreakGlass, code: str) -> None:
    assert refusal(waiting(), command)[1] == code


def test_the_glass_is_broken_only_where_a_role_is_missing() -> None:
    two = waiting("60000000", verified=False)
    assert two.request.policy.required == ("SENIOR_TRADER", "ANY_APPROVER")
    only_any = apply(two, yes("sam", "SENIOR_TRADER"))
    assert refusal(only_any, glass()) == (Fault.CONFLICT, "NO_ROLE_MISSING")
    assert refusal(NOTHING, glass()) == (Fault.UNKNOWN, "WORKFLOW_UNKNOWN")
    granted = apply(waiting("1000000"), yes("bob"))
    assert refusal(granted, glass())[1] == "ALREADY_DECIDED"


@pytest.mark.parametrize("kind", [SubjectKind.CONFIGURATION, SubjectKind.OVERRIDE])
def test_what_the_floors_give_to_a_role_is_decided_in_no_emergency(kind: SubjectKind) -> None:
    assert refusal(waiting("0", kind=kind), glass()) == (Fault.CONFLICT, "NOT_IN_EMERGENCY")


def test_two_others_close_the_review() -> None:
    state = apply(waiting(), glass("dee"), yes("bob"), yes("cem"))
    assert is_under_review(state)
    for person in ("ann", "dee", "bob", "CEM"):
        assert refusal(state, review(person)) == (Fault.FORBIDDEN, "TOOK_PART")
    assert refusal(state, review("eve", "ANALYST")) == (Fault.FORBIDDEN, "NO_REVIEWING_ROLE")
    state = apply(state, review("eve", "AUDITOR", finding="NOT_JUSTIFIED"))
    assert is_under_review(state)
    assert refusal(state, review("EVE", "TRADER")) == (Fault.FORBIDDEN, "SAME_PERSON")
    state = apply(state, review("rita", "RISK_MANAGER"))
    assert not is_under_review(state)
    assert [(each.person, each.role, each.finding) for each in state.reviews] == [
        ("eve", "AUDITOR", "NOT_JUSTIFIED"),
        ("rita", "RISK_MANAGER", "JUSTIFIED"),
    ]
    assert refusal(state, review("sam")) == (Fault.CONFLICT, "REVIEW_CLOSED")


def test_what_was_approved_as_the_policy_says_is_not_reviewed() -> None:
    assert refusal(apply(waiting("1000000"), yes("bob")), review("eve", "AUDITOR")) == (
        Fault.CONFLICT,
        "NOT_IN_REVIEW",
    )
