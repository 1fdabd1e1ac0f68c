"""The routes of delegations and absences: request, command, answer. Nothing is decided here."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Final
from uuid import uuid4

from fastapi import APIRouter, Depends, Path
from pydantic import Field

from services.approval.delegations.commands import ComeBack, Confirm, DelegationCommand, End, Give, GoAway
from services.approval.delegations.times import PATTERN, beginning, ending
from services.approval.delegations.view import delegations_document
from services.approval.http.fields import ID_CHARACTERS_MAX, ID_PATTERN, Body, Comment, Digest, Reason, Traceparent
from services.approval.http.status import accepted
from services.approval.ports import Caller, DelegationBook
from services.approval.two_persons import Actor
from shared.people.spelling import PERSON_CHARACTERS_MAX
from shared.policy.delegation import ROLES_MAX
from shared.security.tokens import Person
from shared.web.authentication import Authenticator
from shared.web.problems import Problem, problem_responses
from shared.web.strict_json import StrictRoute

_Id = Annotated[str, Path(min_length=1, max_length=ID_CHARACTERS_MAX, pattern=ID_PATTERN)]
_When = Annotated[str, Field(max_length=25, pattern=PATTERN)]
#: Characters of a role with the entities that it is given for.
_ROLE_CHARACTERS_MAX: Final = 200


class GivingBody(Body):
    """Roles for another person, from a day or time until another, in Singapore time where nothing else is said."""

    delegate: Annotated[str, Field(min_length=1, max_length=PERSON_CHARACTERS_MAX)]
    roles: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=_ROLE_CHARACTERS_MAX)]], Field(max_length=ROLES_MAX)
    ]
    starts: _When
    ends: _When
    reason: Reason


class ConfirmationBody(Body):
    """The second person agrees to the delegation with this digest."""

    digest: Digest


class EndBody(Body):
    """Why a delegation ends before its time."""

    reason: Comment = ""


class AbsenceBody(Body):
    """The days or times between which a person is away, in Singapore time where nothing else is said."""

    starts: _When
    ends: _When
    note: Comment = ""


@dataclass(frozen=True, slots=True)
class DelegationParts:
    """What the routes work with. `lifetime`: how long a delegation waits for its second person."""

    book: DelegationBook
    authenticator: Authenticator
    clock: Callable[[], datetime]
    lifetime: timedelta


def delegation_routes(parts: DelegationParts) -> APIRouter:
    """Build GET and POST /delegations, their confirmation and end, POST /absences and its end.

    Raises:
        Problem: a command is refused; raised when a request is served, not while the routes are built.
    """
    routes = APIRouter(route_class=StrictRoute, tags=["delegations"])
    routes.include_router(_absence_routes(parts))
    person_of = Depends(parts.authenticator.person)
    decider_of = Depends(parts.authenticator.deciding("/console/delegations"))
    answers = problem_responses(401, 403, 404, 409, 413, 422, 503)

    async def act(command: DelegationCommand, person: Person, traceparent: str | None) -> dict[str, Any]:
        refused = await parts.book.change(command, Caller(person.name, traceparent))
        if refused is not None:
            accepted(refused)
        return await _shown(parts, person)

    def actor(person: Person) -> Actor:
        return _actor(parts, person)

    @routes.get("/delegations", responses=problem_responses(401, 503))
    async def read_delegations(person: Annotated[Person, person_of]) -> dict[str, Any]:
        """Return who stands in for whom, what waits for a second person, and who is away."""
        return await _shown(parts, person)

    @routes.post("/delegations", status_code=201, responses=answers)
    async def create_delegation(
        person: Annotated[Person, decider_of], body: GivingBody, traceparent: Traceparent = None
    ) -> dict[str, Any]:
        """Give roles of your own to another person for some days. A second person has to confirm it."""
        starts, ends = _times(body.starts, body.ends)
        roles, delegate = tuple(body.roles), body.delegate.strip()
        command = Give(actor(person), str(uuid4()), delegate, roles, starts, ends, body.reason, parts.lifetime)
        return await act(command, person, traceparent)

    @routes.post("/delegations/{delegation_id}/confirmation", status_code=201, responses=answers)
    async def confirm_delegation(
        person: Annotated[Person, decider_of],
        delegation_id: _Id,
        body: ConfirmationBody,
        traceparent: Traceparent = None,
    ) -> dict[str, Any]:
        """Agree to a delegation as the second person, by its digest."""
        return await act(Confirm(actor(person), delegation_id, body.digest), person, traceparent)

    @routes.post("/delegations/{delegation_id}/end", status_code=201, responses=answers)
    async def end_delegation(
        person: Annotated[Person, decider_of], delegation_id: _Id, body: EndBody, traceparent: Traceparent = None
    ) -> dict[str, Any]:
        """End a delegation before its time, or take a proposed one away."""
        return await act(End(actor(person), delegation_id, body.reason), person, traceparent)

    return routes


def _absence_routes(parts: DelegationParts) -> APIRouter:
    routes = APIRouter(route_class=StrictRoute, tags=["delegations"])
    person_of = Depends(parts.authenticator.person)
    answers = problem_responses(401, 403, 404, 409, 413, 422, 503)

    async def away(command: GoAway | ComeBack, person: Person, traceparent: str | None) -> dict[str, Any]:
        refused = await parts.book.note(command, Caller(person.name, traceparent))
        if refused is not None:
            accepted(refused)
        return await _shown(parts, person)

    @routes.post("/absences", status_code=201, responses=answers)
    async def create_absence(
        person: Annotated[Person, person_of], body: AbsenceBody, traceparent: Traceparent = None
    ) -> dict[str, Any]:
        """Say that you are away. Cards show it, and who stands in; decisions are taken all the same."""
        starts, ends = _times(body.starts, body.ends)
        return await away(GoAway(_actor(parts, person), str(uuid4()), starts, ends, body.note), person, traceparent)

    @routes.post("/absences/{absence_id}/end", status_code=201, responses=answers)
    async def end_absence(
        person: Annotated[Person, person_of], absence_id: _Id, traceparent: Traceparent = None
    ) -> dict[str, Any]:
        """Say that you are back, or do not go."""
        return await away(ComeBack(_actor(parts, person), absence_id), person, traceparent)

    return routes


async def _shown(parts: DelegationParts, person: Person) -> dict[str, Any]:
    given, away = await parts.book.read()
    return delegations_document(given, away, person, parts.clock())


def _actor(parts: DelegationParts, person: Person) -> Actor:
    return Actor(person.name, person.roles, parts.clock())


def _times(starts: str, ends: str) -> tuple[datetime, datetime]:
    """Return two times of a body.

    Raises:
        Problem: 422 INVALID_REQUEST.
    """
    try:
        return beginning(starts), ending(ends)
    except (ValueError, OverflowError) as error:
        raise Problem(422, "INVALID_REQUEST", f"Name a day or a time that the calendar has: {error}.") from error
