"""`GET` and `POST /reference/held`: request, command, answer. Nothing is decided here."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import Field

from services.approval.held.decider import DecideHeld
from services.approval.held.view import held_document
from services.approval.http.fields import ID_CHARACTERS_MAX, ID_PATTERN, Body, Comment, Digest, Traceparent
from services.approval.http.status import accepted
from services.approval.ports import Caller, HeldRows
from shared.security.tokens import Person
from shared.web.authentication import Authenticator
from shared.web.description import link, linked
from shared.web.problems import problem_responses
from shared.web.strict_json import StrictRoute

_DECISION: Final = {"held_id": "/held/0/held_id", "digest": "/held/0/digest"}
_LINKS: Final = {
    "row": link("GET", "/reference/held", held_id="/held/0/held_id"),
    "confirm": link("POST", "/reference/held", {"decision": "CONFIRM", **_DECISION}),
    "reject": link("POST", "/reference/held", {"decision": "REJECT", **_DECISION}),
}

_Id = Annotated[str | None, Query(min_length=1, max_length=ID_CHARACTERS_MAX, pattern=ID_PATTERN)]


class HeldBody(Body):
    """A decision on what was shown under this digest. Who decides is in the token and nowhere else."""

    held_id: Annotated[str, Field(min_length=1, max_length=ID_CHARACTERS_MAX, pattern=ID_PATTERN)]
    digest: Digest
    decision: Literal["CONFIRM", "REJECT"]
    comment: Comment = ""


@dataclass(frozen=True, slots=True)
class HeldParts:
    """What the routes work with."""

    held: HeldRows
    authenticator: Authenticator
    clock: Callable[[], datetime]


def held_routes(parts: HeldParts) -> APIRouter:
    """Build the routes of reference rows that wait for people.

    Raises:
        Problem: a decision is refused; raised when a request is served, not while the routes are built.
    """
    routes = APIRouter(route_class=StrictRoute, tags=["reference data"])
    person_of = Depends(parts.authenticator.person)
    decider_of = Depends(parts.authenticator.deciding("/console/held"))

    async def shown(person: Person, held_id: str | None) -> dict[str, Any]:
        return {"held": [held_document(each, person) for each in await parts.held.listed(held_id)]}

    @routes.get("/reference/held", responses={**linked(200, **_LINKS), **problem_responses(401, 422, 503)})
    async def list_held(person: Annotated[Person, person_of], held_id: _Id = None) -> dict[str, Any]:
        """List reference rows that are not plausible and wait, the oldest first.

        With `held_id`, one of them, also when it does not wait any more.
        """
        return await shown(person, held_id)

    @routes.post("/reference/held", status_code=201, responses=problem_responses(401, 403, 404, 409, 413, 422, 503))
    async def create_decision(
        person: Annotated[Person, decider_of], body: HeldBody, traceparent: Traceparent = None
    ) -> dict[str, Any]:
        """Confirm or reject by its digest what was shown."""
        command = DecideHeld(
            body.held_id, body.digest, body.decision, body.comment, person.name, person.roles, parts.clock()
        )
        accepted(await parts.held.decide(command, Caller(person.name, traceparent)))
        return await shown(person, body.held_id)

    return routes
