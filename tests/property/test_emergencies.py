"""Emergencies: whatever is asked for and whoever acts, four eyes, floors and the time hold."""

from datetime import UTC, datetime, timedelta

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from services.approval.emergency.commands import BreakGlass, RecordReview
from services.approval.emergency.decider import decide, is_under_review
from services.approval.requests.commands import RecordDecision, RequestApproval
from services.approval.requests.decider import GrantDue, Refused, requested
from services.approval.requests.state import NOTHING, evolve
from shared.events.approvals import Approver, GrantIssued
from shared.events.emergency import GlassBroken
from shared.events.responses import Maker
from shared.policy.backtest import facts_of
from shared.policy.delegation import NOBODY
from shared.policy.emergency import NEVER, enough, fault_of, in_emergency, is_open
from shared.policy.evaluation import evaluate
from shared.policy.floors import beneath, outcome_beneath
from shared.policy.people import sufficient
from shared.policy.table import SubjectKind
from tests.property.test_policy_floors import subjects, written

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
PEOPLE = ("ann", "bob", "cem", "dee", "eve")
ROLES = ("TRADER", "SENIOR_TRADER", "RISK_MANAGER", "OPERATIONS", "AUDITOR", "TRADER@ENTITY0009")
teams = st.lists(st.tuples(st.sampled_from(PEOPLE), st.sampled_from(ROLES[:4])), max_size=6)
acts = st.lists(
    st.tuples(
        st.sampled_from(("break", "approve", "approve", "approve", "review")),
        st.sampled_from(PEOPLE),
        st.sets(st.sampled_from(ROLES), min_size=1, max_size=2).map(lambda each: tuple(sorted(each))),
        st.integers(min_value=0, max_value=1_500),
    ),
    max_size=12,
)


@settings(max_examples=300)
@given(written(), subjects, teams)
def test_no_emergency_lets_people_through_that_the_floors_refuse(policy, subject, team) -> None:
    assume(subject.kind not in NEVER)
    asked = evaluate(policy, subject)
    outcome = in_emergency(asked, maker_verified=subject.maker_verified)
    assert outcome_beneath(subject, outcome) is None
    assert len(outcome.required) >= max(2, len(asked.required)), "never fewer than before"
    assert outcome.four_eyes
    assert (outcome.entities, outcome.jointly, outcome.tier) == (asked.entities, asked.jointly, asked.tier)
    approvers = [Approver(person=person, role=role, at=NOW) for person, role in team]
    if sufficient(outcome, approvers, "ann"):
        assert beneath(subject, approvers, "ann") is None
        assert len({each.person for each in approvers} - {"ann"}) >= 2


@settings(max_examples=300, deadline=None)
@given(written(), subjects, acts)
def test_a_grant_in_an_emergency_is_what_the_executor_takes_and_nothing_else(policy, subject, acts) -> None:
    assume(subject.kind is not SubjectKind.CHECK)
    request = requested(_request(policy, subject))
    state, at = evolve(NOTHING, request), NOW
    for act, person, roles, seconds in acts:
        at += timedelta(seconds=seconds)
        command = {
            "break": BreakGlass(person, roles, request.plan_digest, "the desk is away", at),
            "approve": RecordDecision(person, roles, "APPROVE", request.plan_digest, "", at, timedelta(hours=1)),
            "review": RecordReview(person, roles, "JUSTIFIED", "", at),
        }[act]
        was_open, reviewed = is_under_review(state), len(state.reviews)
        happened = decide(state, command)
        if isinstance(happened, Refused):
            continue
        for item in happened:
            if isinstance(item, GlassBroken):
                assert state.glass is None
                assert item.missing
                assert person != "ann"
                assert not enough(
                    request.policy,
                    tuple(Approver(person=each.person, role=each.role, at=each.decided_at) for each in state.approvals),
                    "ann",
                    NOBODY,
                    maker_verified=subject.maker_verified,
                    emergency=item.emergency,
                ), "breaking the glass alone never completes a request"
            state = evolve(state, _event(item))
            if isinstance(item, GrantDue):
                _judge(item, subject, request.policy)
        if act == "review":
            assert was_open
            assert len(state.reviews) == reviewed + 1
    if state.reviews:
        took_part = {"ann", state.grant.emergency.person, *(each.person for each in state.grant.approvers)}
        assert not took_part & {each.person for each in state.reviews}
        assert len({each.person for each in state.reviews}) == len(state.reviews) <= 2


def _request(policy, subject) -> RequestApproval:
    return RequestApproval(
        workflow_id="w1",
        response_id="r1",
        plan_digest="sha256:a",
        effects_digest="sha256:b",
        maker=Maker(name="ann", verified=subject.maker_verified),
        amount_usd=subject.amount_usd,
        policy=evaluate(policy, subject),
        at=NOW,
        request_lifetime=timedelta(hours=3),
        grant_lifetime=timedelta(hours=1),
        judged=facts_of(subject),
    )


def _judge(due: GrantDue, subject, policy) -> None:
    claims = due.claims
    assert enough(
        policy,
        claims.approvers,
        "ann",
        NOBODY,
        maker_verified=subject.maker_verified,
        emergency=claims.emergency,
    )
    assert beneath(subject, claims.approvers, "ann") is None
    if claims.emergency is None:
        assert sufficient(policy, claims.approvers, "ann")
        return
    assert fault_of(claims.emergency, subject.kind.value, claims.iat, "ann", subject.entities) is None
    assert is_open(claims.emergency, claims.iat)
    assert not sufficient(policy, claims.approvers, "ann"), "no emergency where none was needed"
    assert len({each.person for each in claims.approvers} - {"ann"}) >= 2


def _event(item):
    if not isinstance(item, GrantDue):
        return item
    claims = item.claims
    return GrantIssued(
        workflow_id=claims.workflow_id, jti=claims.jti, grant="", tier=claims.tier, plan_digest=claims.plan_digest,
        approvers=claims.approvers, issued_at=claims.iat, expires_at=claims.exp, emergency=claims.emergency,
    )  # fmt: skip
