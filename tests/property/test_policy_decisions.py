"""No sequence of decisions, expiries and closings grants anything without the people the policy asks for."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.approval.requests.commands import CloseRequest, ExpireRequest, LapseGrant, RecordDecision, WithdrawRequest
from services.approval.requests.decider import GrantDue, Refused, decide
from services.approval.requests.state import NOTHING, Approval, evolve
from shared.events.approvals import GrantIssued
from shared.policy.people import same_person, sufficient
from shared.policy.table import SubjectKind
from tests.support.approvals import DAY, DIGEST, OTHER_DIGEST, request_for
from tests.support.units import WHEN

times = st.integers(min_value=0, max_value=30).map(lambda hours: WHEN + timedelta(hours=hours))
people = st.sampled_from(("ann", "ANN", "bob", "cem"))
roles = st.sets(st.sampled_from(("TRADER", "SENIOR_TRADER", "RISK_MANAGER", "OPERATIONS", "VIEWER"))).map(tuple)
commands = st.one_of(
    st.builds(
        RecordDecision,
        person=people,
        roles=roles,
        decision=st.sampled_from(("APPROVE", "APPROVE", "REJECT")),
        plan_digest=st.sampled_from((DIGEST, DIGEST, OTHER_DIGEST)),
        comment=st.just(""),
        at=times,
        grant_lifetime=st.just(DAY),
    ),
    st.builds(WithdrawRequest, person=people, reason=st.just(""), at=times),
    st.builds(ExpireRequest, at=times),
    st.builds(LapseGrant, at=times),
    st.builds(CloseRequest, workflow_id=st.just("wf-1"), state=st.just("STALE_CONTEXT"), reason=st.just("")),
)


def issued(due: GrantDue) -> GrantIssued:
    claims = due.claims
    return GrantIssued(
        workflow_id=claims.workflow_id,
        jti=claims.jti,
        grant="",
        tier=claims.tier,
        plan_digest=claims.plan_digest,
        approvers=claims.approvers,
        issued_at=claims.iat,
        expires_at=claims.exp,
    )


def happen(state: Approval, command: object) -> tuple[Approval, list[GrantDue]]:
    outcome = decide(state, command)
    if isinstance(outcome, Refused):
        return state, []
    grants = [item for item in outcome if isinstance(item, GrantDue)]
    for item in outcome:
        state = evolve(state, issued(item) if isinstance(item, GrantDue) else item)
    return state, grants


@given(
    st.sampled_from(("25000000", "60000000", "100000000")),
    st.sampled_from((SubjectKind.HEDGE, SubjectKind.CONFIGURATION, SubjectKind.OVERRIDE, SubjectKind.REVERSAL)),
    st.lists(commands, max_size=8),
)
def test_grant_is_issued_at_most_once_and_only_to_enough_other_people(usd, kind, asked) -> None:
    state, grants = happen(NOTHING, request_for(usd=usd, kind=kind))
    assert grants == []
    for command in asked:
        open_before = state.grant is None and state.reason == ""
        state, more = happen(state, command)
        assert open_before or not more
        grants += more
    assert len(grants) <= 1
    for due in grants:
        approvers = due.claims.approvers
        assert sufficient(state.request.policy, approvers, "ann")
        assert len({approver.person.casefold() for approver in approvers}) == len(approvers)
        assert all(approver.at < state.request.expires_at for approver in approvers)
        if state.request.policy.four_eyes:
            assert not any(same_person(approver.person, "ann") for approver in approvers)
