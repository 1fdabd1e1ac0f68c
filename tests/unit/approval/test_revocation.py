"""Taking a granted approval back: who may ask for it, when, and what the card says of it."""

from datetime import datetime, timedelta

import pytest

from services.approval.requests.commands import CloseRequest, RecordDecision
from services.approval.requests.decider import Fault, GrantDue, Refused
from services.approval.requests.decider import decide as decide_request
from services.approval.requests.revocation import AskRevocation, decide
from services.approval.requests.revocation_view import document
from services.approval.requests.state import NOTHING, Approval, Status, evolve
from shared.events.approvals import GrantIssued
from shared.events.revocations import RevocationRequested
from shared.security.tokens import Person
from tests.support.approvals import DAY, DIGEST, request_for
from tests.support.units import WHEN

LATER = WHEN + timedelta(minutes=5)


def after(state: Approval, *commands: object) -> Approval:
    for command in commands:
        outcome = decide_request(state, command)  # type: ignore[arg-type]
        assert not isinstance(outcome, Refused), outcome
        for item in outcome:
            state = evolve(state, _issued(item) if isinstance(item, GrantDue) else item)
    return state


def _issued(due: GrantDue) -> GrantIssued:
    claims = due.claims
    return GrantIssued(
        workflow_id=claims.workflow_id, jti=claims.jti, grant="signed", tier=claims.tier,
        plan_digest=claims.plan_digest, approvers=claims.approvers, issued_at=claims.iat, expires_at=claims.exp,
    )  # fmt: skip


def waiting(usd: str = "60000000") -> Approval:
    return after(NOTHING, request_for(usd=usd))


def granted(usd: str = "60000000") -> Approval:
    """Approved by sam, a SENIOR_TRADER: it needs one."""
    decision = RecordDecision("sam", ("SENIOR_TRADER",), "APPROVE", DIGEST, "", LATER, DAY)
    return after(waiting(usd), decision)


def ask(person: str = "sam", *roles: str, at: datetime = LATER) -> AskRevocation:
    return AskRevocation(person, roles or ("SENIOR_TRADER",), "wrong rate", at)


def asked(state: Approval, command: AskRevocation, before: RevocationRequested | None = None) -> RevocationRequested:
    outcome = decide(state, before, command, used=False)
    assert isinstance(outcome, RevocationRequested), outcome
    return outcome


def refusal(state: Approval, command: AskRevocation, *, used: bool = False) -> tuple[Fault, str]:
    outcome = decide(state, None, command, used=used)
    assert isinstance(outcome, Refused), outcome
    assert outcome.reason
    return outcome.fault, outcome.code


def test_who_decided_asks_with_the_role_that_counted() -> None:
    event = asked(granted(), ask("sam", "AUDITOR"))
    assert (event.by.person, event.by.role, event.by.reason) == ("sam", "SENIOR_TRADER", "wrong rate")
    assert granted().grant is not None
    assert event.jti == granted().grant.jti  # type: ignore[union-attr]


def test_who_could_have_approved_asks_too() -> None:
    assert asked(granted(), ask("rita", "RISK_MANAGER")).by.role == "RISK_MANAGER"


@pytest.mark.parametrize(
    ("person", "role", "code"),
    [
        ("tom", "TRADER", "ROLE_INSUFFICIENT"),
        ("eve", "AUDITOR", "NO_APPROVING_ROLE"),
        # From the four-eyes amount on the asker has no part in it; before the grant a withdrawal was possible.
        ("ann", "SENIOR_TRADER", "MAKER_IS_CHECKER"),
    ],
)
def test_others_may_not(person: str, role: str, code: str) -> None:
    assert refusal(granted(), ask(person, role)) == (Fault.FORBIDDEN, code)


def test_only_a_grant_in_force_is_taken_back() -> None:
    assert refusal(NOTHING, ask()) == (Fault.UNKNOWN, "WORKFLOW_UNKNOWN")
    assert refusal(waiting(), ask()) == (Fault.CONFLICT, "NOT_GRANTED")
    assert refusal(granted(), ask(), used=True) == (Fault.CONFLICT, "TOO_LATE")
    assert refusal(granted(), ask(at=LATER + DAY)) == (Fault.CONFLICT, "EXPIRED")
    closed = after(granted(), CloseRequest("w1", "STALE_CONTEXT", "the rate moved"))
    assert refusal(closed, ask()) == (Fault.CONFLICT, "ENDED")


def test_asking_again_finds_what_was_asked_for_also_when_it_was_too_late() -> None:
    first = asked(granted(), ask())
    assert asked(granted(), ask("rita", "RISK_MANAGER"), first) is first
    assert decide(granted(), first, ask(), used=True) is first


def test_the_executors_end_makes_it_revoked() -> None:
    ended = after(granted(), CloseRequest("w1", "REVOKED", "Revoked by sam: wrong rate"))
    assert (ended.status, ended.reason) == (Status.REVOKED, "REVOKED: Revoked by sam: wrong rate")
    again = after(ended, request_for(usd="60000000"), CloseRequest("w1", "STALE_CONTEXT", "no"))
    assert again == ended


@pytest.mark.parametrize(
    ("state", "used", "expected"),
    [
        (granted(), False, "ASKED"),
        (granted(), True, "TOO_LATE"),
        (after(granted(), CloseRequest("w1", "REVOKED", "Revoked by sam")), False, "REVOKED"),
        (after(granted(), CloseRequest("w1", "STALE_CONTEXT", "moved")), False, "ENDED"),
    ],
)
def test_the_card_says_asked_and_what_the_executor_decided(state: Approval, used: bool, expected: str) -> None:
    event = asked(granted(), ask())
    shown = document(state, event, Person("sam", ("SENIOR_TRADER",)), LATER, used=used)
    assert (shown["revocation"]["state"], shown["may_revoke"]) == (expected, False)
    assert "already" in shown["why_not_revoke"]


def test_the_card_says_who_may_and_why_not() -> None:
    nobody = document(granted(), None, Person("tom", ("TRADER",)), LATER, used=False)
    assert (nobody["revocation"], nobody["may_revoke"]) == (None, False)
    assert "SENIOR_TRADER" in nobody["why_not_revoke"]
    may = document(granted(), None, Person("sam", ("SENIOR_TRADER",)), LATER, used=False)
    assert (may["may_revoke"], may["why_not_revoke"]) == (True, None)
