"""A person who has to decide asks who asked for the request, and that person answers, both on the record. Pure.

An open question holds up neither the deadline nor the decision of others: one person could keep a request from being
decided by asking, and whoever needs the answer does not approve before it is there.
"""

from typing import Final

from services.approval.requests.commands import AnswerQuestion, AskMaker
from services.approval.requests.refusing import UNKNOWN, Fault, Refused, not_open
from services.approval.requests.state import Approval
from shared.events.approvals import QuestionAnswered, QuestionAsked
from shared.people.identity import same_person
from shared.policy.people import may_decide

#: Questions of one request: each is on its card for good.
QUESTIONS_MAX: Final = 20


def ask(state: Approval, command: AskMaker) -> tuple[QuestionAsked, ...] | Refused:
    """Return the question of somebody who may reject the request and has not asked for it; a repetition asks once."""
    request = state.request
    if request is None:
        return UNKNOWN
    permission = may_decide(
        request.policy, request.maker.name, command.person, command.roles, state.approvals, decision="REJECT"
    )
    if not permission.allowed:
        return Refused(Fault.FORBIDDEN, permission.code, permission.reason)
    if same_person(command.person, request.maker.name):
        return Refused(Fault.FORBIDDEN, "ASKS_ONESELF", "You asked for this yourself; another person asks you.")
    if (closed := not_open(state, command.at)) is not None:
        return closed
    asked = tuple(each.asked for each in state.questions)
    if any((each.person, each.question) == (command.person, command.question) for each in asked):
        return ()
    if len(asked) >= QUESTIONS_MAX:
        reason = f"{QUESTIONS_MAX} questions were asked about this. Reject it where that was not enough."
        return Refused(Fault.CONFLICT, "TOO_MANY_QUESTIONS", reason)
    question = QuestionAsked(
        workflow_id=request.workflow_id,
        plan_digest=request.plan_digest,
        number=len(asked) + 1,
        person=command.person,
        role=permission.role,
        question=command.question,
        asked_at=command.at,
    )
    return (question,)


def answer(state: Approval, command: AnswerQuestion) -> tuple[QuestionAnswered, ...] | Refused:
    """Return the answer of who asked for the request; it stands, so that people decide on what they have read."""
    request = state.request
    if request is None:
        return UNKNOWN
    if not same_person(command.person, request.maker.name):
        reason = f"Only the person who asked for this ({request.maker.name}) answers."
        return Refused(Fault.FORBIDDEN, "NOT_THE_MAKER", reason)
    question = next((each for each in state.questions if each.asked.number == command.number), None)
    if question is None:
        return Refused(Fault.UNKNOWN, "QUESTION_UNKNOWN", f"Question {command.number} was never asked.")
    if question.answered is not None:
        if question.answered.answer == command.answer:
            return ()
        return Refused(Fault.CONFLICT, "ALREADY_ANSWERED", "This was answered already; an answer stands.")
    if (closed := not_open(state, command.at)) is not None:
        return closed
    answered = QuestionAnswered(
        workflow_id=request.workflow_id,
        number=command.number,
        person=command.person,
        answer=command.answer,
        answered_at=command.at,
    )
    return (answered,)
