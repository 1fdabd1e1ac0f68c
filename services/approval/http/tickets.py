"""`POST /stream-tickets`: what opens a stream for an element on another site."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends
from pydantic import Field, model_validator

from services.approval.http.fields import ID_CHARACTERS_MAX, ID_PATTERN, Body
from services.approval.ports import Tickets
from services.approval.tickets import LIFETIME, Watched
from shared.people.identity import person_key
from shared.security.tokens import Person
from shared.web.authentication import Authenticator
from shared.web.problems import problem_responses
from shared.web.rates import RateLimit
from shared.web.strict_json import StrictRoute

#: Tickets one person may take within a minute: a desk with ten cards open that all lost their line at once.
TICKETS_MAX: Final = 60
TICKETS_SPAN: Final = timedelta(minutes=1)

_Id = Annotated[str | None, Field(min_length=1, max_length=ID_CHARACTERS_MAX, pattern=ID_PATTERN)]


class TicketBody(Body):
    """The stream to be opened: of a workflow or of a response."""

    workflow_id: _Id = None
    response_id: _Id = None

    @model_validator(mode="after")
    def _one(self) -> "TicketBody":
        if (self.workflow_id is None) == (self.response_id is None):
            raise ValueError("name a workflow_id or a response_id, and not both")
        return self


@dataclass(frozen=True, slots=True)
class TicketParts:
    """What the route works with."""

    tickets: Tickets
    authenticator: Authenticator
    clock: Callable[[], datetime]


def ticket_routes(parts: TicketParts) -> APIRouter:
    """Build the route that gives tickets.

    Raises:
        Problem: too many were asked for; raised when a request is served, not while the routes are built.
    """
    routes = APIRouter(route_class=StrictRoute, tags=["answers"])
    given = RateLimit(TICKETS_MAX, TICKETS_SPAN)

    @routes.post("/stream-tickets", status_code=201, responses=problem_responses(401, 413, 422, 429, 503))
    async def create_ticket(
        person: Annotated[Person, Depends(parts.authenticator.person)], body: TicketBody
    ) -> dict[str, Any]:
        """Give a ticket that opens one stream once, within a minute: GET /hawk-agent/execute-actions?ticket=…"""
        now = parts.clock()
        sentence = f"You have taken {TICKETS_MAX} tickets within a minute."
        given.count(person_key(person.name), now, code="TOO_MANY_TICKETS", sentence=sentence)
        ticket = await parts.tickets.give(person.name, Watched(body.workflow_id, body.response_id), now)
        return {"ticket": ticket, "expires_at": (now + LIFETIME).isoformat()}

    return routes
