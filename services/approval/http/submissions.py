"""Routes that take an answer of the AI: to be published like any other, or to be previewed only."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Final
from uuid import uuid4

from fastapi import APIRouter, Depends, Header, Path, Request
from fastapi.responses import JSONResponse
from pydantic import Field

from services.approval.console.preview import Ask, preview_document
from services.approval.http.fields import ID_CHARACTERS_MAX, ID_PATTERN, Body, Traceparent
from services.approval.ports import Approvals, Caller, Previews
from services.approval.requests.cards import Viewer
from services.approval.requests.submission import Submission, response_id
from shared.events.identity import PREVIEW_PREFIX
from shared.people.identity import person_key, same_person
from shared.policy.table import SUBMITTING_ROLES
from shared.security.tokens import Person
from shared.web.authentication import Authenticator
from shared.web.description import link, linked
from shared.web.problems import Problem, problem_responses
from shared.web.rates import RateLimit
from shared.web.strict_json import StrictRoute, member_text

#: Characters of a prompt.
PROMPT_CHARACTERS_MAX: Final = 20_000
#: Answers one person may hand in within a minute: a desk hands in some an hour.
SUBMISSIONS_MAX: Final = 30
SUBMISSIONS_SPAN: Final = timedelta(minutes=1)

_Id = Annotated[str, Path(min_length=1, max_length=ID_CHARACTERS_MAX, pattern=ID_PATTERN)]
_IdempotencyKey = Annotated[str | None, Header(min_length=1, max_length=ID_CHARACTERS_MAX, pattern=r"^[ -~]+$")]


class AnswerBody(Body):
    """An answer of the AI: its JSON as it is, or its text."""

    ai_response: Any
    prompt: str = Field(default="", max_length=PROMPT_CHARACTERS_MAX)


@dataclass(frozen=True, slots=True)
class SubmissionParts:
    """What the routes work with. `ask` makes the request that the plan of a preview would have."""

    approvals: Approvals
    previews: Previews
    ask: Ask
    authenticator: Authenticator
    clock: Callable[[], datetime]
    monitor_url: str


def submission_routes(parts: SubmissionParts) -> APIRouter:
    """Build the routes that take answers.

    Raises:
        Problem: an answer is refused; raised when a request is served, not while the routes are built.
    """
    routes = APIRouter(route_class=StrictRoute, tags=["answers"])
    submissions = RateLimit(SUBMISSIONS_MAX, SUBMISSIONS_SPAN)
    previews = RateLimit(SUBMISSIONS_MAX, SUBMISSIONS_SPAN)
    person_of = Depends(parts.authenticator.person)

    @routes.post(
        "/hawk-agent/execute-actions",
        status_code=202,
        responses={
            **linked(202, progress=link("GET", "/hawk-agent/execute-actions", response_id="/response_id")),
            **problem_responses(401, 403, 409, 413, 422, 429, 503),
        },
    )
    async def create_submission(
        request: Request,
        person: Annotated[Person, person_of],
        body: AnswerBody,
        idempotency_key: _IdempotencyKey = None,
        traceparent: Traceparent = None,
    ) -> JSONResponse:
        """Hand in an answer of the AI; the caller is its maker. It is published like any other answer."""
        _may_submit(person, submissions, parts.clock())
        submission = await _submission(request, body, person, response_id(person.name, idempotency_key), parts)
        submitted = await parts.approvals.submit(submission, Caller(person.name, traceparent))
        if not submitted.same:
            raise Problem(
                409,
                "IDEMPOTENCY_KEY_REUSED",
                "Another answer came under this Idempotency-Key. Send a new key with a new answer.",
            )
        links = _links(parts, submitted.response_id)
        content = {"response_id": submitted.response_id, "links": links}
        return JSONResponse(content, status_code=202, headers={"Location": links["status"]})

    @routes.post(
        "/hawk-agent/previews",
        status_code=202,
        responses={
            **linked(202, preview=link("GET", "/hawk-agent/previews/{preview_id}", preview_id="/preview_id")),
            **problem_responses(401, 403, 413, 422, 429, 503),
        },
    )
    async def create_preview(
        request: Request, person: Annotated[Person, person_of], body: AnswerBody, traceparent: Traceparent = None
    ) -> JSONResponse:
        """Ask what an answer would become. It goes the ordinary way, reserves nothing and never becomes a workflow."""
        _may_submit(person, previews, parts.clock())
        submission = await _submission(request, body, person, f"{PREVIEW_PREFIX}{uuid4()}", parts)
        await parts.approvals.submit(submission, Caller(person.name, traceparent))
        at = f"/hawk-agent/previews/{submission.response_id}"
        content = {"preview_id": submission.response_id, "links": {"preview": at}}
        return JSONResponse(content, status_code=202, headers={"Location": at})

    @routes.get("/hawk-agent/previews/{preview_id}", responses=problem_responses(401, 404, 422, 503))
    async def read_preview(person: Annotated[Person, person_of], preview_id: _Id) -> dict[str, Any]:
        """Return a preview of mine: READING, then PLANNING, then DONE; some minutes later it is gone."""
        now = parts.clock()
        preview = await parts.previews.preview(preview_id, now)
        if preview is None or not same_person(preview.maker, person.name):
            raise Problem(404, "PREVIEW_UNKNOWN", "No such preview of yours is kept. Ask for a new one.")
        return preview_document(preview, Viewer(person, now), parts.ask)

    return routes


async def _submission(
    request: Request, body: AnswerBody, person: Person, response: str, parts: SubmissionParts
) -> Submission:
    return Submission(
        response_id=response,
        maker=person.name,
        answer=await _answer_text(request, body),
        prompt=body.prompt,
        at=parts.clock(),
    )


async def _answer_text(request: Request, body: AnswerBody) -> str:
    """Return the answer as text, as it came: JSON is not written again, so that no digit of a number changes."""
    if isinstance(body.ai_response, str):
        return body.ai_response
    sent = (await request.body()).decode("utf-8")
    return member_text(sent, "ai_response") or ""


def _links(parts: SubmissionParts, response: str) -> dict[str, str]:
    return {
        "status": f"{parts.monitor_url.rstrip('/')}/responses/{response}",
        "progress": f"/hawk-agent/execute-actions?response_id={response}",
    }


def _may_submit(person: Person, submissions: RateLimit, now: datetime) -> None:
    if not SUBMITTING_ROLES.intersection(person.roles):
        held = ", ".join(person.roles) or "no role"
        wanted = ", ".join(sorted(SUBMITTING_ROLES))
        raise Problem(403, "ROLE_INSUFFICIENT", f"Answers are handed in by {wanted}; you hold {held}.")
    sentence = f"You have handed in {SUBMISSIONS_MAX} answers within a minute."
    submissions.count(person_key(person.name), now, code="TOO_MANY_SUBMISSIONS", sentence=sentence)
