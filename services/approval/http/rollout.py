"""The routes of the rollout and the stop switch: request, command, answer. Nothing is decided here."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends
from pydantic import Field

from services.approval.http.fields import Body, Comment, Digest, Reason, Traceparent
from services.approval.http.status import accepted
from services.approval.ports import Caller, Rollouts
from services.approval.rollout.commands import (
    ConfirmChange,
    ConfirmResumption,
    ProposeChange,
    ProposeResumption,
    RolloutCommand,
    Stop,
)
from services.approval.rollout.state import Rollout
from services.approval.rollout.view import rollout_document
from services.approval.two_persons import Actor
from shared.events.rollout import Admitted, Mode, RolloutLimits, RolloutTerms
from shared.policy.table import Policy
from shared.security.tokens import Person
from shared.web.authentication import Authenticator
from shared.web.description import link, linked
from shared.web.problems import problem_responses
from shared.web.strict_json import StrictRoute

#: Characters of an amount: far beyond the largest cap.
AMOUNT_CHARACTERS_MAX = 40
#: Proposals an installation will ever see.
VERSION_MAX = 1_000_000_000

_LINKS: Final = {
    "observe": link("POST", "/rollout", {"mode": "OBSERVE", "expected_version": "/version"}),
    "confirm": link("POST", "/rollout", {"digest": "/pending/digest"}),
    "resume": link("POST", "/resume", {"expected_version": "/version"}),
    "confirm_resumption": link("POST", "/resume", {"digest": "/pending_resumption/digest"}),
}

_Version = Annotated[int, Field(strict=True, ge=0, le=VERSION_MAX)]
_Cap = Annotated[str, Field(max_length=AMOUNT_CHARACTERS_MAX, pattern=r"^[0-9]+(\.[0-9]{1,2})?$")]


class LimitsBody(Body):
    """What LIMITED admits; both caps are strings of USD."""

    action_types: list[Admitted] = Field(min_length=1, max_length=10)
    order_cap_usd: _Cap
    day_cap_usd: _Cap

    def limits(self) -> RolloutLimits:
        """Convert to the limits of the event: the action types sorted, both caps as amounts in USD."""
        return RolloutLimits.model_validate(self.model_dump() | {"action_types": tuple(sorted(self.action_types))})


class ChangeBody(Body):
    """Other terms, proposed on the version that was shown."""

    mode: Mode
    limits: LimitsBody | None = None
    expected_version: _Version
    comment: Comment = ""


class ResumptionBody(Body):
    """Go on, proposed on the version that was shown."""

    expected_version: _Version
    reason: Comment = ""


class ConfirmationBody(Body):
    """The second person confirms the proposal with this digest."""

    digest: Digest


class StopBody(Body):
    reason: Reason


@dataclass(frozen=True, slots=True)
class RolloutParts:
    """What the routes work with. `lifetime`: how long a proposal waits for its second person."""

    rollouts: Rollouts
    authenticator: Authenticator
    clock: Callable[[], datetime]
    policy: Callable[[], Policy]
    lifetime: timedelta


def rollout_routes(parts: RolloutParts) -> APIRouter:
    """Build GET and POST /rollout, POST /stop and POST /resume.

    Raises:
        Problem: a command is refused; raised when a request is served, not while the routes are built.
    """
    routes = APIRouter(route_class=StrictRoute, tags=["rollout"])
    person_of = Depends(parts.authenticator.person)
    decider_of = Depends(parts.authenticator.deciding("/console/rollout"))
    answers = {**linked(201, **_LINKS), **problem_responses(401, 403, 409, 413, 422, 503)}

    def actor(person: Person) -> Actor:
        return Actor(person.name, person.roles, parts.clock())

    async def act(command: RolloutCommand, person: Person, traceparent: str | None) -> dict[str, Any]:
        return await shown(accepted(await parts.rollouts.change(command, Caller(person.name, traceparent))), person)

    async def shown(state: Rollout, person: Person) -> dict[str, Any]:
        return rollout_document(state, await parts.rollouts.taken_in(), person, parts.policy(), parts.clock())

    @routes.get("/rollout", responses={**linked(200, **_LINKS), **problem_responses(401, 503)})
    async def read_rollout(person: Annotated[Person, person_of]) -> dict[str, Any]:
        """Return mode, limits, stop switch, and what waits for a second person."""
        return await shown(await parts.rollouts.read(), person)

    @routes.post("/rollout", status_code=201, responses=answers)
    async def create_rollout(
        person: Annotated[Person, decider_of],
        body: ChangeBody | ConfirmationBody,
        traceparent: Traceparent = None,
    ) -> dict[str, Any]:
        """Propose other terms, or confirm by its digest what somebody else proposed."""
        if isinstance(body, ConfirmationBody):
            return await act(ConfirmChange(actor(person), body.digest), person, traceparent)
        terms = RolloutTerms(mode=body.mode, limits=None if body.limits is None else body.limits.limits())
        command = ProposeChange(actor(person), terms, body.expected_version, body.comment, parts.lifetime)
        return await act(command, person, traceparent)

    @routes.post("/stop", status_code=201, responses=answers)
    async def create_stop(
        person: Annotated[Person, person_of], body: StopBody, traceparent: Traceparent = None
    ) -> dict[str, Any]:
        """Stop at once: nothing new starts. One person is enough, however long ago they signed in."""
        executor = await parts.rollouts.taken_in()
        kept = executor.decision if executor is not None and executor.stopped and executor.doubted is None else None
        return await act(Stop(actor(person), body.reason, kept), person, traceparent)

    @routes.post("/resume", status_code=201, responses=answers)
    async def create_resumption(
        person: Annotated[Person, decider_of],
        body: ResumptionBody | ConfirmationBody,
        traceparent: Traceparent = None,
    ) -> dict[str, Any]:
        """Propose to go on after a stop, or confirm by its digest that somebody else proposed it."""
        if isinstance(body, ConfirmationBody):
            return await act(ConfirmResumption(actor(person), body.digest), person, traceparent)
        command = ProposeResumption(actor(person), body.expected_version, body.reason, parts.lifetime)
        return await act(command, person, traceparent)

    return routes
