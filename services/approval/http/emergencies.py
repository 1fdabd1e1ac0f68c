"""The routes of emergencies: break the glass of a request, list what is to be reviewed, review it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Path

from services.approval.console.queue.rows import subtitle, title
from services.approval.console.view.plans import kind_of
from services.approval.emergency.commands import AnyCommand, BreakGlass, RecordReview
from services.approval.emergency.port import Emergencies
from services.approval.emergency.view import review_document
from services.approval.http.fields import (
    ID_CHARACTERS_MAX,
    ID_PATTERN,
    Body,
    Comment,
    Digest,
    Reason,
    Traceparent,
)
from services.approval.http.reading import CARD_LINKS, ReadingParts, card_answer
from services.approval.http.status import accepted
from services.approval.ports import Approvals, Caller
from services.approval.requests.cards import Card
from services.approval.requests.state import Approval
from shared.security.tokens import Person
from shared.web.description import link, linked
from shared.web.problems import Problem, problem_responses
from shared.web.strict_json import StrictRoute

_Id = Annotated[str, Path(min_length=1, max_length=ID_CHARACTERS_MAX, pattern=ID_PATTERN)]
_REVIEW: Final = "/reviews/{workflow_id}"
_LINKS: Final = {
    "review": link("POST", _REVIEW, {"finding": "JUSTIFIED"}, workflow_id="/reviews/0/workflow_id"),
    "card": link("GET", "/approvals/{workflow_id}", workflow_id="/reviews/0/workflow_id"),
}


class GlassBody(Body):
    """Why the role that is missing cannot be waited for; shown on the card, to the executor and to who reviews it."""

    plan_digest: Digest
    reason: Reason


class ReviewBody(Body):
    """What a person found who had no part in it."""

    finding: Literal["JUSTIFIED", "NOT_JUSTIFIED"]
    comment: Comment = ""


@dataclass(frozen=True, slots=True)
class EmergencyParts:
    """What the routes work with."""

    emergencies: Emergencies
    approvals: Approvals
    reading: ReadingParts


def emergency_routes(parts: EmergencyParts) -> APIRouter:
    """Build POST /approvals/{workflow_id}/break-glass, GET /reviews and POST /reviews/{workflow_id}.

    Raises:
        Problem: a command is refused; raised when a request is served, not while the routes are built.
    """
    routes = APIRouter(route_class=StrictRoute, tags=["emergencies"])
    authenticator, clock = parts.reading.authenticator, parts.reading.clock
    person_of, reviewer_of = Depends(authenticator.person), Depends(authenticator.deciding("/console/reviews"))
    answers = problem_responses(401, 403, 404, 409, 413, 422, 503)

    async def act(workflow_id: str, command: AnyCommand, person: Person, traceparent: str | None) -> Approval:
        return accepted(await parts.approvals.act(workflow_id, command, Caller(person.name, traceparent)))

    @routes.post("/approvals/{workflow_id}/break-glass", status_code=201,
                 responses={**linked(201, **CARD_LINKS), **answers})  # fmt: skip
    async def create_emergency(
        person: Annotated[Person, person_of], workflow_id: _Id, body: GlassBody, traceparent: Traceparent = None
    ) -> dict[str, Any]:
        """Declare an emergency: for half an hour two persons with any approving role may approve this plan."""
        await _must_be_fresh(parts, workflow_id, person)
        command = BreakGlass(person.name, person.roles, body.plan_digest, body.reason, clock())
        await act(workflow_id, command, person, traceparent)
        return await card_answer(parts.reading, workflow_id, person)

    @routes.get("/reviews", responses={**linked(200, **_LINKS), **problem_responses(401, 503)})
    async def list_reviews(person: Annotated[Person, person_of]) -> dict[str, Any]:
        """List what was granted in an emergency and waits for a review, and all emergencies that were declared lately.

        Both lists have at most 200 entries; the first has the longest wait first, the second the latest request.
        """
        now = clock()
        waiting, declared = await parts.emergencies.under_review(), await parts.emergencies.declared()
        return {
            "reviews": [_document(each, person, now) for each in waiting],
            "declared": [_document(each, person, now) for each in declared],
            "as_of": now.isoformat(),
        }

    @routes.post(_REVIEW, status_code=201, responses=answers)
    async def create_review(
        person: Annotated[Person, reviewer_of], workflow_id: _Id, body: ReviewBody, traceparent: Traceparent = None
    ) -> dict[str, Any]:
        """Say whether what was granted in an emergency was justified; the second person closes the review."""
        now = clock()
        command = RecordReview(person.name, person.roles, body.finding, body.comment.strip(), now)
        state = await act(workflow_id, command, person, traceparent)
        card = await parts.reading.desk.card(workflow_id)
        return review_document(state, person, now) if card is None else _document(card, person, now)

    return routes


async def _must_be_fresh(parts: EmergencyParts, workflow_id: str, person: Person) -> None:
    """Refuse who signed in too long ago, or with less proof than an approval of this tier needs."""
    page = f"/console/approvals/{workflow_id}"
    parts.reading.authenticator.check_decision(person, page)
    if not parts.reading.authenticator.freshness.step_up:
        return
    card = await parts.reading.desk.card(workflow_id)
    if card is None or card.approval.request is None:
        raise Problem(404, "WORKFLOW_UNKNOWN", "No plan of this workflow waits, or ever waited, here.")
    parts.reading.authenticator.check_step_up(person, card.approval.request.policy.tier, page)


def _document(card: Card, person: Person, now: datetime) -> dict[str, Any]:
    kind = kind_of(card.plan)
    return {
        "title": title(card.plan, kind),
        "subtitle": subtitle(card.plan, kind),
        "order_id": card.plan.get("order_id"),
        "state": str(card.approval.status),
        **review_document(card.approval, person, now),
    }
