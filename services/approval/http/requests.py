"""The HTTP routes of the approval service: request, command, answer. Nothing is decided here."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, FastAPI, Header, Path, Query, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse

from services.approval.console.changes.feed import ChangeFeed
from services.approval.console.preview import Ask
from services.approval.console.queue.port import QueueRows
from services.approval.http.amendment import AmendmentParts, amendment_routes
from services.approval.http.fields import (
    ID_CHARACTERS_MAX,
    ID_PATTERN,
    Body,
    Comment,
    Digest,
    Reason,
    Sections,
    Traceparent,
)
from services.approval.http.passkeys import AssertionBody
from services.approval.http.questions import QuestionParts, question_routes
from services.approval.http.reading import CARD_LINKS, ReadingParts, card_answer, reading_routes
from services.approval.http.revocation import RevocationParts, revocation_routes
from services.approval.http.rollout import RolloutParts, rollout_routes
from services.approval.http.status import accepted
from services.approval.http.submissions import SubmissionParts, submission_routes
from services.approval.http.tickets import TicketParts, ticket_routes
from services.approval.ports import Approvals, Caller, Desk, Previews, Rollouts, Tickets
from services.approval.requests.cards import CapsLeft
from services.approval.requests.commands import Command, RecordDecision, WithdrawRequest
from services.approval.requests.decider import Outcome
from services.approval.requests.reversal import AskReversal
from services.approval.requests.standing import Standing, nobody_away
from services.approval.requests.state import Approval
from services.approval.signals.store import Signals
from services.approval.tickets import CHARACTERS, Watched
from shared.policy.table import Policy
from shared.security.tokens import Person
from shared.web.authentication import Authenticator, end_session, set_session
from shared.web.description import link, linked
from shared.web.guards import install_guards
from shared.web.problems import Problem, install_problems, problem_responses
from shared.web.progress_feed import ProgressFeed
from shared.web.progress_log import Scope
from shared.web.snippet import ANSWERS, PATH, must_be_named, no_response, open_stream
from shared.web.strict_json import StrictRoute

_Id = Annotated[str, Path(min_length=1, max_length=ID_CHARACTERS_MAX, pattern=ID_PATTERN)]
_QueryId = Annotated[str | None, Query(min_length=1, max_length=ID_CHARACTERS_MAX, pattern=ID_PATTERN)]


class DecisionBody(Body):
    """A decision on the plan with this digest. Who decides is in the token and nowhere else.

    `assertion`: what the person's passkey signed of it, where the policy asks for that.
    """

    decision: Literal["APPROVE", "REJECT"]
    plan_digest: Digest
    comment: Comment = ""
    viewed: Sections = ()
    assertion: AssertionBody | None = None


class WithdrawalBody(Body):
    reason: Comment = ""


class ReversalBody(Body):
    """Why a workflow is to be reversed; shown to who approves it."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class Parts:
    """What the routes work with."""

    approvals: Approvals
    desk: Desk
    feed: ProgressFeed
    authenticator: Authenticator
    clock: Callable[[], datetime]
    grant_lifetime: timedelta
    monitor_url: str
    rollouts: Rollouts
    policy: Callable[[], Policy]
    proposal_lifetime: timedelta
    queue: QueueRows
    changes: ChangeFeed
    previews: Previews
    tickets: Tickets
    ask: Ask
    standing: Callable[[], Awaitable[Standing]] = nobody_away
    signals: Signals | None = None
    caps_left: Callable[[Approval, Sequence[Outcome]], Awaitable[CapsLeft]] | None = None

    @property
    def submissions(self) -> SubmissionParts:
        """What the routes that take answers work with."""
        return SubmissionParts(
            self.approvals, self.previews, self.ask, self.authenticator, self.clock, self.monitor_url
        )

    @property
    def reading(self) -> ReadingParts:
        """What the routes that read work with."""
        parts = (self.desk, self.queue, self.changes, self.feed.log, self.authenticator, self.clock)
        return ReadingParts(*parts, self.standing, self.signals, self.caps_left)


def new_app() -> FastAPI:
    """Return an application with the guards that come before every route."""
    app = FastAPI(title="HAWK approval", docs_url=None, redoc_url=None)
    install_problems(app)
    install_guards(app)
    return app


def add_routes(app: FastAPI, parts: Parts) -> None:
    """Put the routes of this service into an application."""
    app.include_router(reading_routes(parts.reading))
    app.include_router(_approval_routes(parts))
    app.include_router(
        revocation_routes(RevocationParts(parts.approvals, parts.reading, parts.authenticator, parts.clock))
    )
    app.include_router(question_routes(QuestionParts(parts.approvals, parts.reading, parts.authenticator, parts.clock)))
    app.include_router(amendment_routes(AmendmentParts(parts.approvals, parts.desk, parts.authenticator, parts.clock)))
    app.include_router(_reversal_routes(parts))
    app.include_router(submission_routes(parts.submissions))
    app.include_router(ticket_routes(TicketParts(parts.tickets, parts.authenticator, parts.clock)))
    app.include_router(_answer_routes(parts))
    app.include_router(_session_routes(parts))
    app.include_router(
        rollout_routes(
            RolloutParts(parts.rollouts, parts.authenticator, parts.clock, parts.policy, parts.proposal_lifetime)
        )
    )


def _approval_routes(parts: Parts) -> APIRouter:
    routes = APIRouter(route_class=StrictRoute, tags=["approvals"])
    person_of = Depends(parts.authenticator.person)

    @routes.post(
        "/approvals/{workflow_id}/decisions",
        status_code=201,
        responses={**linked(201, **CARD_LINKS), **problem_responses(401, 403, 404, 409, 413, 422, 503)},
    )
    async def create_decision(
        person: Annotated[Person, person_of],
        workflow_id: _Id,
        body: DecisionBody,
        traceparent: Traceparent = None,
    ) -> dict[str, Any]:
        """Approve or reject the plan whose digest was shown."""
        await _must_be_fresh(parts, workflow_id, person, body)
        command = RecordDecision(
            person=person.name,
            roles=person.roles,
            decision=body.decision,
            plan_digest=body.plan_digest,
            comment=body.comment,
            at=parts.clock(),
            grant_lifetime=parts.grant_lifetime,
            viewed=tuple(dict.fromkeys(body.viewed)),
            shown_at=None if parts.signals is None else await parts.signals.first_shown(workflow_id, person.name),
            assertion=None if body.assertion is None else body.assertion.assertion(),
        )
        return await _act(parts, workflow_id, command, person, traceparent)

    @routes.post(
        "/approvals/{workflow_id}/withdrawal",
        status_code=201,
        responses={**linked(201, **CARD_LINKS), **problem_responses(401, 403, 404, 409, 413, 422, 503)},
    )
    async def create_withdrawal(
        person: Annotated[Person, person_of],
        workflow_id: _Id,
        body: WithdrawalBody | None = None,
        traceparent: Traceparent = None,
    ) -> dict[str, Any]:
        """Take a request back; only the person who asked may."""
        reason = "" if body is None else body.reason
        command = WithdrawRequest(person=person.name, reason=reason, at=parts.clock())
        return await _act(parts, workflow_id, command, person, traceparent)

    return routes


def _reversal_routes(parts: Parts) -> APIRouter:
    routes = APIRouter(route_class=StrictRoute, tags=["reversals"])

    @routes.post(
        "/workflows/{workflow_id}/reversal",
        status_code=202,
        responses={
            200: {"description": "It was asked for before", "content": {"application/json": {}}},
            **linked(202, card=link("GET", "/approvals/{workflow_id}", workflow_id="/workflow_id")),
            **problem_responses(401, 403, 404, 409, 413, 422, 503),
        },
    )
    async def create_reversal(
        person: Annotated[Person, Depends(parts.authenticator.person)],
        workflow_id: _Id,
        body: ReversalBody,
        traceparent: Traceparent = None,
    ) -> JSONResponse:
        """Ask for the reversal of an executed workflow. It is planned and approved as a workflow of its own."""
        command = AskReversal(workflow_id, person.name, person.roles, body.reason.strip(), parts.clock())
        asked = accepted(await parts.approvals.ask_reversal(command, Caller(person.name, traceparent)))
        status = f"{parts.monitor_url.rstrip('/')}/workflows/{asked.workflow_id}"
        content = {
            "workflow_id": asked.workflow_id,
            "reverses": workflow_id,
            "attempt": asked.attempt,
            "repeated": asked.repeated,
            "links": {"status": status, "approval": f"/approvals/{asked.workflow_id}"},
        }
        return JSONResponse(content, status_code=200 if asked.repeated else 202, headers={"Location": status})

    return routes


def _answer_routes(parts: Parts) -> APIRouter:
    routes = APIRouter(route_class=StrictRoute, tags=["answers"])

    @routes.get(PATH, response_class=StreamingResponse, responses=ANSWERS)
    async def read_progress(
        request: Request,
        person: Annotated[Person | None, Depends(parts.authenticator.person_or_none)],
        response_id: _QueryId = None,
        workflow_id: _QueryId = None,
        ticket: Annotated[str | None, Query(min_length=CHARACTERS, max_length=CHARACTERS)] = None,
        after: Annotated[str | None, Query(max_length=ID_CHARACTERS_MAX)] = None,
        last_event_id: Annotated[str | None, Header(max_length=ID_CHARACTERS_MAX)] = None,
    ) -> Response:
        """Stream progress of a response or a workflow, or of the caller's latest response, as server-sent events.

        `ticket` opens it for a page of another site, once; `after` is the id of the last event that page has seen.
        """
        # In the demo a named workflow or response may be watched without a token; nothing else may.
        named = bool(response_id or workflow_id)
        taken = ticket is not None and await _taken(parts, ticket, Watched(workflow_id, response_id))
        _may_read(person, open_here=taken or (named and parts.authenticator.reads_without_a_token(request)))
        scope = await _scope(parts, person, response_id, workflow_id)
        seen = last_event_id or after
        return await open_stream(parts.feed, scope, seen, anonymous=person is None and not taken)

    return routes


def _session_routes(parts: Parts) -> APIRouter:
    routes = APIRouter(tags=["session"])

    @routes.post("/session", status_code=204, responses=problem_responses(401))
    async def create_session(
        request: Request, given: Annotated[tuple[Person, str], Depends(parts.authenticator.bearer_only)]
    ) -> Response:
        """Keep the token in a cookie for reading pages and streams; writing still needs the header."""
        response = Response(status_code=204)
        set_session(request, response, given[1])
        return response

    @routes.delete("/session", status_code=204)
    async def delete_session() -> Response:
        """Take the cookie away."""
        response = Response(status_code=204)
        end_session(response)
        return response

    return routes


async def _act(
    parts: Parts, workflow_id: str, command: Command, person: Person, traceparent: str | None
) -> dict[str, Any]:
    accepted(await parts.approvals.act(workflow_id, command, Caller(person.name, traceparent)))
    return await card_answer(parts.reading, workflow_id, person)


async def _must_be_fresh(parts: Parts, workflow_id: str, person: Person, body: DecisionBody) -> None:
    """Refuse who signed in too long ago, or to approve with less proof than the tier asks for. A no needs no more."""
    page = f"/console/approvals/{workflow_id}"
    parts.authenticator.check_decision(person, page)
    if body.decision == "APPROVE" and parts.authenticator.freshness.step_up:
        card = await parts.desk.card(workflow_id)
        request = None if card is None else card.approval.request
        if request is not None:
            parts.authenticator.check_step_up(person, request.policy.tier, page)


async def _taken(parts: Parts, ticket: str, watched: Watched) -> bool:
    """Use a ticket up.

    Raises:
        Problem: 401 TICKET_INVALID.
    """
    if await parts.tickets.take(ticket, watched, parts.clock()) is None:
        raise Problem(401, "TICKET_INVALID", "This ticket was used, is over a minute old, or is for another stream.")
    return True


def _may_read(person: Person | None, *, open_here: bool) -> None:
    """Raise where nobody is signed in and the request may not be read without."""
    if person is None and not open_here:
        raise must_be_named()


async def _scope(parts: Parts, person: Person | None, response: str | None, workflow_id: str | None) -> Scope:
    if workflow_id is not None:
        scope = Scope(workflow_id=workflow_id, response_id=response)
        if not await parts.feed.log.read(scope, 0, 1) and await parts.desk.card(workflow_id) is None:
            raise Problem(404, "WORKFLOW_UNKNOWN", "Nothing is known here of this workflow.")
        return scope
    if response is not None:
        return Scope(response_id=response)
    latest = None if person is None else await parts.desk.latest_response(person.name)
    if latest is None:
        raise no_response()
    return Scope(response_id=latest)
