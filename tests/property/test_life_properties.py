"""Any order of what people, the clock and the executor do to one request: what holds whatever happens."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.approval.requests.commands import (
    AnswerQuestion,
    AskMaker,
    CloseRequest,
    Command,
    EscalateRequest,
    Escalation,
    ExpireRequest,
    LapseGrant,
    RecordDecision,
    RequestApproval,
    WithdrawRequest,
)
from services.approval.requests.decider import GrantDue, Refused, decide
from services.approval.requests.revocation import AskRevocation
from services.approval.requests.revocation import decide as ask_back
from services.approval.requests.state import NOTHING, Status, evolve
from shared.events.approvals import GrantIssued, RequestEscalated
from shared.events.base import Event
from shared.events.revocations import RevocationRequested
from shared.policy.people import sufficient
from tests.support.approvals import DAY, DIGEST, request_for
from tests.support.examples import examples
from tests.support.units import WHEN

HOUR = timedelta(hours=1)
PEOPLE = (("ann", "TRADER"), ("tom", "TRADER"), ("sam", "SENIOR_TRADER"), ("rita", "RISK_MANAGER"), ("eve", "AUDITOR"))


def commands() -> st.SearchStrategy[Command]:
    person = st.sampled_from(PEOPLE)
    at = st.integers(0, 30).map(lambda hours: WHEN + hours * HOUR)
    decision = st.sampled_from(["APPROVE", "REJECT"])
    return st.one_of(
        st.builds(lambda who, what, when: RecordDecision(who[0], (who[1],), what, DIGEST, "", when, DAY), person,
                  decision, at),
        st.builds(lambda who, when: AskMaker(who[0], (who[1],), "Why?", when), person, at),
        st.builds(lambda who, number, when: AnswerQuestion(who[0], number, "So.", when), person, st.integers(1, 3), at),
        st.builds(lambda who, when: WithdrawRequest(who[0], "", when), person, at),
        at.map(EscalateRequest), at.map(ExpireRequest), at.map(LapseGrant),
        st.sampled_from(["REVOKED", "STALE_CONTEXT"]).map(lambda state: CloseRequest("w1", state, "because")),
    )  # fmt: skip


def asked(usd: str, after: int) -> RequestApproval:
    return replace(request_for(usd=usd), escalation=Escalation(after * HOUR, "RISK_MANAGER"))


@given(
    usd=st.sampled_from(["1000000", "60000000", "150000000"]),
    after=st.integers(1, 30),
    then=st.lists(commands(), max_size=15),
)
@examples(200)
def test_nothing_that_happens_loosens_who_has_to_approve(usd: str, after: int, then: list[Command]) -> None:
    state, request = NOTHING, asked(usd, after)
    escalations = 0
    for command in (request, *then):
        outcome = decide(state, command)
        for each in () if isinstance(outcome, Refused) else outcome:
            event: Event = _issued(each) if isinstance(each, GrantDue) else each
            before, state = state, evolve(state, event)
            escalations += isinstance(event, RequestEscalated)
            if isinstance(event, GrantIssued):
                assert before.request is not None
                assert sufficient(request.policy, before.approvals, "ann")
    assert escalations <= 1
    assert state.request is not None
    assert state.request.policy == request.policy
    numbers = [each.asked.number for each in state.questions]
    assert numbers == [*range(1, len(numbers) + 1)]
    assert all(each.asked.person != "ann" for each in state.questions)
    assert all(each.answered is None or each.answered.person == "ann" for each in state.questions)
    for name, role in PEOPLE:
        word = ask_back(state, None, AskRevocation(name, (role,), "wrong", WHEN), used=False)
        if isinstance(word, RevocationRequested):
            assert state.status is Status.APPROVED
            assert role != "AUDITOR"


def _issued(due: GrantDue) -> GrantIssued:
    claims = due.claims
    return GrantIssued(
        workflow_id=claims.workflow_id, jti=claims.jti, grant="signed", tier=claims.tier,
        plan_digest=claims.plan_digest, approvers=claims.approvers, issued_at=claims.iat, expires_at=claims.exp,
    )  # fmt: skip
