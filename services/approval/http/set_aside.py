"""The routes for setting a blocked message aside: request, command, answer. Nothing is decided here."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends
from pydantic import Field

from services.approval.http.fields import Body, Digest, Reason, Traceparent
from services.approval.http.status import problem_of
from services.approval.ports import Caller
from services.approval.requests.decider import Refused
from services.approval.set_aside import Place, SetAside, document, may_propose
from services.approval.two_persons import Actor
from shared.events.deadletters import SetAsideConfirmed, SetAsideProposed
from shared.policy.table import Policy
from shared.security.tokens import Person
from shared.web.authentication import Authenticator
from shared.web.problems import problem_responses
from shared.web.strict_json import StrictRoute

#: Characters of a group or topic, as Kafka has them.
NAME_CHARACTERS_MAX: Final = 249
#: What Kafka counts partitions and offsets with.
PARTITION_MAX: Final = 2**31 - 1
OFFSET_MAX: Final = 2**63 - 1
#: Proposals listed, the latest first: there never are more than a handful of blocked messages.
LISTED_MAX: Final = 100

_Name = Annotated[str, Field(min_length=1, max_length=NAME_CHARACTERS_MAX, pattern=r"^[A-Za-z0-9._-]+$")]


class SetAsideBody(Body):
    """Which message and why; `digest` confirms what another person proposed."""

    group: _Name
    topic: _Name
    partition: Annotated[int, Field(strict=True, ge=0, le=PARTITION_MAX)]
    offset: Annotated[int, Field(strict=True, ge=0, le=OFFSET_MAX)]
    reason: Reason
    digest: Digest | None = None


@dataclass(frozen=True, slots=True)
class SetAsideParts:
    """What the routes work with. `act` decides and keeps; `waiting` gives the proposals that wait."""

    act: Callable[[SetAside, Caller], Awaitable[SetAsideProposed | SetAsideConfirmed | Refused]]
    waiting: Callable[[datetime, int], Awaitable[Sequence[SetAsideProposed]]]
    authenticator: Authenticator
    clock: Callable[[], datetime]
    policy: Callable[[], Policy]


def set_aside_routes(parts: SetAsideParts) -> APIRouter:
    """Build GET and POST /deadletters/set-aside.

    Raises:
        Problem: a proposal or confirmation is refused; raised when a request is served, not while the routes are built.
    """
    routes = APIRouter(route_class=StrictRoute, tags=["dead letters"])
    person_of = Depends(parts.authenticator.person)

    @routes.get("/deadletters/set-aside", responses=problem_responses(401, 503))
    async def list_proposals(person: Annotated[Person, person_of]) -> dict[str, Any]:
        """Return what waits for a second person, and whether the caller may be a first one."""
        waiting = await parts.waiting(parts.clock(), LISTED_MAX)
        proposals = [document(each, person, parts.policy()) for each in waiting]
        return {"proposals": proposals, **may_propose(person, parts.policy())}

    @routes.post("/deadletters/set-aside", status_code=201, responses=problem_responses(401, 403, 409, 413, 422, 503))
    async def create_set_aside(
        person: Annotated[Person, person_of],
        body: SetAsideBody,
        traceparent: Traceparent = None,
    ) -> dict[str, Any]:
        """Propose to set a message aside that blocks its partition, or confirm by its digest that another did."""
        place = Place(body.group, body.topic, body.partition, body.offset)
        command = SetAside(place, Actor(person.name, tuple(person.roles), parts.clock()), body.reason, body.digest)
        done = await parts.act(command, Caller(person.name, traceparent))
        if isinstance(done, Refused):
            raise problem_of(done)
        return document(done, person, parts.policy())

    return routes
