"""`POST /approvals/{workflow_id}/questions` and the answer: who decides asks who asked for the request."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path

from services.approval.http.fields import ID_CHARACTERS_MAX, ID_PATTERN, Body, Reason, Traceparent
from services.approval.http.reading import CARD_LINKS, ReadingParts, card_answer
from services.approval.http.status import accepted
from services.approval.ports import Approvals, Caller
from services.approval.requests.commands import AnswerQuestion, AskMaker
from services.approval.requests.questions import QUESTIONS_MAX
from shared.security.tokens import Person
from shared.web.authentication import Authenticator
from shared.web.description import linked
from shared.web.problems import problem_responses
from shared.web.strict_json import StrictRoute

_Id = Annotated[str, Path(min_length=1, max_length=ID_CHARACTERS_MAX, pattern=ID_PATTERN)]
_Number = Annotated[int, Path(ge=1, le=QUESTIONS_MAX)]


class QuestionBody(Body):
    """A question to who asked for the request; shown on its card."""

    question: Reason


class AnswerBody(Body):
    """The answer to one question; it stands."""

    answer: Reason


@dataclass(frozen=True, slots=True)
class QuestionParts:
    """What the routes work with."""

    approvals: Approvals
    reading: ReadingParts
    authenticator: Authenticator
    clock: Callable[[], datetime]


def question_routes(parts: QuestionParts) -> APIRouter:
    """Build the routes of questions and answers."""
    routes = APIRouter(route_class=StrictRoute, tags=["approvals"])
    person_of = Depends(parts.authenticator.person)
    responses = {**linked(201, **CARD_LINKS), **problem_responses(401, 403, 404, 409, 413, 422, 503)}

    @routes.post("/approvals/{workflow_id}/questions", status_code=201, responses=responses)
    async def create_question(
        person: Annotated[Person, person_of], workflow_id: _Id, body: QuestionBody, traceparent: Traceparent = None
    ) -> dict[str, Any]:
        """Ask who asked for the request. The deadline goes on, and others may decide."""
        command = AskMaker(person.name, person.roles, body.question.strip(), parts.clock())
        accepted(await parts.approvals.act(workflow_id, command, Caller(person.name, traceparent)))
        return await card_answer(parts.reading, workflow_id, person)

    @routes.post("/approvals/{workflow_id}/questions/{number}/answer", status_code=201, responses=responses)
    async def create_answer(
        person: Annotated[Person, person_of],
        workflow_id: _Id,
        number: _Number,
        body: AnswerBody,
        traceparent: Traceparent = None,
    ) -> dict[str, Any]:
        """Answer a question; only the person who asked for the request may."""
        command = AnswerQuestion(person.name, number, body.answer.strip(), parts.clock())
        accepted(await parts.approvals.act(workflow_id, command, Caller(person.name, traceparent)))
        return await card_answer(parts.reading, workflow_id, person)

    return routes
