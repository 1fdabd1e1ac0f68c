"""What happens to a request while it waits: it escalates before it expires, people ask, and the maker answers."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from pydantic import ValidationError

from services.approval.requests.commands import (
    AnswerQuestion,
    AskMaker,
    Command,
    EscalateRequest,
    Escalation,
    ExpireRequest,
    WithdrawRequest,
)
from services.approval.requests.deadlines import Deadline, due
from services.approval.requests.decider import Fault, GrantDue, Refused, decide
from services.approval.requests.life import happened, life_document, lived
from services.approval.requests.questions import QUESTIONS_MAX
from services.approval.requests.state import NOTHING, Approval, Status, evolve
from services.approval.settings import ApprovalSettings
from shared.events.approvals import QuestionAnswered, QuestionAsked, RequestEscalated
from shared.events.base import Event
from shared.security.tokens import Person
from tests.support.approvals import DAY, request_for
from tests.support.units import WHEN

HOUR = timedelta(hours=1)
LATER = WHEN + timedelta(minutes=5)


def after(state: Approval, *commands: Command) -> Approval:
    for command in commands:
        for event in outcome(state, command):
            state = evolve(state, event)
    return state


def outcome(state: Approval, command: Command) -> list[Event]:
    found = decide(state, command)
    assert not isinstance(found, Refused), found
    return [each for each in found if not isinstance(each, GrantDue)]


def refusal(state: Approval, command: Command) -> tuple[Fault, str]:
    found = decide(state, command)
    assert isinstance(found, Refused), found
    return found.fault, found.code


def waiting(usd: str = "25000000", role: str = "RISK_MANAGER", *, after_: timedelta = HOUR) -> Approval:
    """Asked by ann."""
    return after(NOTHING, replace(request_for(usd=usd), escalation=Escalation(after_, role)))


def ask(person: str = "tom", *roles: str, question: str = "Why today?", at: datetime = LATER) -> AskMaker:
    return AskMaker(person, roles or ("TRADER",), question, at)


def reply(person: str = "ann", number: int = 1, text: str = "The fixing is today.", at: datetime = LATER) -> Command:
    return AnswerQuestion(person, number, text, at)


# --- escalation


def test_a_request_escalates_once_and_who_has_to_approve_stays() -> None:
    state = waiting()
    assert outcome(state, EscalateRequest(WHEN + HOUR - timedelta(seconds=1))) == []
    (event,) = outcome(state, EscalateRequest(WHEN + HOUR))
    assert event == RequestEscalated(workflow_id="w1", role="RISK_MANAGER", escalated_at=WHEN + HOUR)
    escalated = evolve(state, event)
    assert escalated.request == state.request
    assert escalated.status is Status.AWAITING_APPROVAL
    assert outcome(escalated, EscalateRequest(WHEN + 2 * HOUR)) == []


def test_an_escalated_request_still_expires() -> None:
    escalated = after(waiting(), EscalateRequest(WHEN + HOUR))
    assert after(escalated, ExpireRequest(WHEN + DAY)).status is Status.EXPIRED


def test_nothing_escalates_that_has_ended_or_is_over() -> None:
    withdrawn = after(waiting(), WithdrawRequest("ann", "", LATER))
    assert outcome(withdrawn, EscalateRequest(WHEN + HOUR)) == []
    # Everything was off for days: it expires, and nobody is asked about it any more.
    assert outcome(waiting(), EscalateRequest(WHEN + DAY)) == []
    assert outcome(NOTHING, EscalateRequest(WHEN + HOUR)) == []


@pytest.mark.parametrize(
    ("usd", "role", "to"),
    [
        ("25000000", "SENIOR_TRADER", "SENIOR_TRADER"),
        ("60000000", "SENIOR_TRADER", "SENIOR_TRADER"),
        # A fallback role that could not decide is never asked: the role that can is asked once more.
        ("150000000", "SENIOR_TRADER", "RISK_MANAGER"),
    ],
)
def test_only_a_role_that_may_decide_is_asked(usd: str, role: str, to: str) -> None:
    request = waiting(usd, role).request
    assert request is not None
    assert (request.escalates_to, request.escalates_at) == (to, WHEN + HOUR)


def test_a_request_that_expires_first_never_escalates() -> None:
    request = waiting(after_=DAY).request
    assert request is not None
    assert (request.escalates_at, request.escalates_to) == (None, "")


def test_escalation_after_the_lifetime_is_a_wrong_setting() -> None:
    given = {"approval_escalation_seconds": 60, "approval_request_lifetime_seconds": 60}
    with pytest.raises(ValidationError, match="HAWK_APPROVAL_ESCALATION_SECONDS"):
        ApprovalSettings.model_validate(
            {**given, "grant_private_key_file": "key", "postgres_dsn": "postgresql://x", "kafka_bootstrap": "k:1"}
        )


def test_of_what_is_due_at_once_the_escalation_comes_first() -> None:
    at = WHEN - HOUR
    both = [
        Deadline("w1", Status.AWAITING_APPROVAL, at),
        Deadline("w1", Status.AWAITING_APPROVAL, at, escalates=True),
    ]
    assert due(both, WHEN) == [("w1", EscalateRequest(WHEN)), ("w1", ExpireRequest(WHEN))]


# --- questions


def test_a_question_and_its_answer_are_on_the_record() -> None:
    state = after(waiting(), ask(), reply())
    (question,) = state.questions
    assert (question.asked.number, question.asked.person, question.asked.question) == (1, "tom", "Why today?")
    assert question.answered == QuestionAnswered(
        workflow_id="w1", number=1, person="ann", answer="The fixing is today.", answered_at=LATER
    )


def test_who_asks_twice_asks_once_and_an_answer_stands() -> None:
    asked = after(waiting(), ask())
    assert outcome(asked, ask()) == []
    answered = after(asked, reply())
    assert outcome(answered, reply()) == []
    assert refusal(answered, reply(text="No, tomorrow.")) == (Fault.CONFLICT, "ALREADY_ANSWERED")


def test_others_neither_ask_nor_answer() -> None:
    state = after(waiting(), ask())
    assert refusal(state, ask("eve", "AUDITOR")) == (Fault.FORBIDDEN, "NO_APPROVING_ROLE")
    assert refusal(state, ask("ANN", "TRADER")) == (Fault.FORBIDDEN, "ASKS_ONESELF")
    assert refusal(state, reply("tom")) == (Fault.FORBIDDEN, "NOT_THE_MAKER")
    assert refusal(state, reply(number=2)) == (Fault.UNKNOWN, "QUESTION_UNKNOWN")
    assert refusal(NOTHING, ask()) == refusal(NOTHING, reply()) == (Fault.UNKNOWN, "WORKFLOW_UNKNOWN")


def test_an_open_question_holds_up_neither_deadline_nor_decision() -> None:
    state = after(waiting(), ask())
    assert after(state, ExpireRequest(WHEN + DAY)).status is Status.EXPIRED
    assert refusal(state, ask("sam", at=WHEN + DAY)) == (Fault.CONFLICT, "EXPIRED")
    assert refusal(state, reply(at=WHEN + DAY)) == (Fault.CONFLICT, "EXPIRED")


def test_questions_of_one_request_are_bounded() -> None:
    state = after(waiting(), *(ask(question=f"Why {number}?") for number in range(QUESTIONS_MAX)))
    assert [each.asked.number for each in state.questions] == [*range(1, QUESTIONS_MAX + 1)]
    assert refusal(state, ask(question="And?")) == (Fault.CONFLICT, "TOO_MANY_QUESTIONS")


# --- the row and the card


def test_a_row_keeps_what_happened() -> None:
    events = [
        RequestEscalated(workflow_id="w1", role="RISK_MANAGER", escalated_at=LATER),
        QuestionAsked(
            workflow_id="w1", plan_digest="d", number=1, person="tom", role="TRADER", question="Why?", asked_at=LATER
        ),
        QuestionAnswered(workflow_id="w1", number=1, person="ann", answer="So.", answered_at=LATER),
    ]
    state = waiting()
    for event in events:
        state = evolve(state, event)
    assert lived(waiting(), [happened(event) for event in events]) == state


def test_the_card_says_who_may_ask_and_answer_and_that_nothing_is_held_up() -> None:
    state = after(waiting(), ask())
    tom, ann = Person("tom", ("TRADER",)), Person("ann", ("TRADER",))
    seen = life_document(state, tom, LATER)
    assert (seen["may_ask"], seen["may_answer"], seen["why_not_ask"]) == (True, False, None)
    assert "holds up neither the deadline nor the decision" in seen["question_note"]
    assert seen["escalation"] == {"at": (WHEN + HOUR).isoformat(), "to": "RISK_MANAGER", "escalated_at": None}
    own = life_document(state, ann, LATER)
    assert (own["may_ask"], own["may_answer"]) == (False, True)
    over = life_document(after(state, ExpireRequest(WHEN + DAY)), ann, WHEN + DAY)
    assert (over["may_answer"], over["question_note"]) == (False, None)
