"""The routes of events that the relay passed over: request, command, answer. Nothing is decided here."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Final, Protocol

from fastapi import APIRouter, Depends, Path

from services.approval.http.fields import Body, Digest, Reason, Traceparent
from services.approval.http.status import accepted
from services.approval.ports import Caller
from services.approval.publication.decider import (
    Confirm,
    Listed,
    Propose,
    Publication,
    PublicationCommand,
    may_confirm,
    why_not,
)
from services.approval.requests.decider import Refused
from services.approval.two_persons import Actor
from shared.security.tokens import Person
from shared.web.authentication import Authenticator
from shared.web.description import link, linked
from shared.web.problems import problem_responses
from shared.web.strict_json import StrictRoute

#: The highest position asked for: a bigint.
POSITION_MAX = 2**63 - 1

_PUBLICATION: Final = "/events/unpublishable/{position}/publication"
_LINKS: Final = {
    "propose": link("POST", _PUBLICATION, position="/events/0/position"),
    "confirm": link("POST", _PUBLICATION, {"digest": "/events/0/pending/digest"}, position="/events/0/position"),
}

_Position = Annotated[int, Path(ge=1, le=POSITION_MAX)]


class Publications(Protocol):
    """What was passed over, and what people decided about it."""

    async def waiting(self) -> tuple[int, list[tuple[Listed, Publication]]]:
        """Return how many wait, and the first of them."""

    async def act(
        self, position: int, command: PublicationCommand, caller: Caller
    ) -> tuple[Listed, Publication] | Refused:
        """Decide on a command and keep what follows."""


class ProposalBody(Body):
    """What was put right."""

    reason: Reason


class ConfirmationBody(Body):
    """The second person confirms the proposal with this digest."""

    digest: Digest


@dataclass(frozen=True, slots=True)
class PublicationParts:
    """What the routes work with. `lifetime`: how long a proposal waits for its second person."""

    publications: Publications
    authenticator: Authenticator
    clock: Callable[[], datetime]
    lifetime: timedelta


def publication_routes(parts: PublicationParts) -> APIRouter:
    """Build GET /events/unpublishable and POST /events/unpublishable/{position}/publication.

    Raises:
        Problem: a proposal or confirmation is refused; raised when a request is served, not while the routes are built.
    """
    routes = APIRouter(route_class=StrictRoute, tags=["relay"])
    person_of = Depends(parts.authenticator.person)
    decider_of = Depends(parts.authenticator.deciding("/console/messages"))

    @routes.get("/events/unpublishable", responses={**linked(200, **_LINKS), **problem_responses(401, 503)})
    async def read_unpublishable(person: Annotated[Person, person_of]) -> dict[str, Any]:
        """Return events that the relay passed over and that are not published yet, the oldest first."""
        count, found = await parts.publications.waiting()
        now = parts.clock()
        why = why_not(person.roles)
        return {
            "count": count,
            "events": [document(listed, state, person, now) for listed, state in found],
            "may_propose": why is None,
            "why": why or "",
        }

    @routes.post(
        _PUBLICATION,
        status_code=201,
        responses=problem_responses(401, 403, 404, 409, 413, 422, 503),
    )
    async def create_publication(
        person: Annotated[Person, decider_of],
        position: _Position,
        body: ProposalBody | ConfirmationBody,
        traceparent: Traceparent = None,
    ) -> dict[str, Any]:
        """Propose to publish it after all, or confirm by its digest what somebody else proposed."""
        actor = Actor(person.name, tuple(person.roles), parts.clock())
        command: PublicationCommand = (
            Confirm(actor, body.digest)
            if isinstance(body, ConfirmationBody)
            else Propose(actor, body.reason, parts.lifetime)
        )
        done = accepted(await parts.publications.act(position, command, Caller(person.name, traceparent)))
        return document(*done, person, actor.at)

    return routes


def document(listed: Listed, state: Publication, viewer: Person, now: datetime) -> dict[str, Any]:
    """Return one event as people see it. `ordered`: two persons want it published, and the relay has not tried yet."""
    return {
        "position": listed.position,
        "event_id": str(listed.event_id),
        "stream": listed.stream,
        "version": listed.version,
        "type": listed.type,
        "cause": str(listed.cause),
        "reason": listed.reason,
        "listed_at": listed.listed_at.isoformat(),
        "ordered": state.ordered > listed.tried_version,
        "tried": listed.tried_version > 0,
        "pending": _pending(state, viewer, now),
    }


def _pending(state: Publication, viewer: Person, now: datetime) -> dict[str, Any] | None:
    proposal = state.proposal
    if proposal is None or now >= proposal.expires_at:
        return None
    against = may_confirm(proposal, viewer.name, viewer.roles, now)
    by = proposal.proposed_by
    return {
        "digest": proposal.digest,
        "reason": proposal.reason,
        "proposed_by": {"person": by.person, "role": by.role, "at": by.at.isoformat()},
        "expires_at": proposal.expires_at.isoformat(),
        "may_confirm": against is None,
        "why": against or "",
    }
