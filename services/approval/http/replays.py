"""A person asks that a dead letter be published again: who may, and the event for the service that refused it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final, Protocol

from fastapi import APIRouter, Depends, Path

from services.approval.http.fields import Body, Comment, Traceparent
from services.approval.letters.letter import replaying_role, why_not
from services.approval.ports import Caller
from shared.events.deadletters import ReplayRequested, replay_stream
from shared.messaging.unit_of_work import UnitOfWork
from shared.security.tokens import Person
from shared.web.authentication import Authenticator
from shared.web.problems import Problem, problem_responses
from shared.web.strict_json import StrictRoute

#: How a dead letter is named; the service that refused the message comes first.
LETTER_PATTERN: Final = r"^(parser|approval|executor|monitor)-[0-9a-f]{32}$"


@dataclass(frozen=True, slots=True)
class AskReplay:
    """A person wants a dead letter published again."""

    letter: str
    person: str
    roles: tuple[str, ...]
    reason: str
    at: datetime


def replay_request(command: AskReplay) -> ReplayRequested | str:
    """Return the event for the service that refused the message; or why this person may not ask. Pure."""
    role = replaying_role(command.roles)
    if role is None:
        return why_not(command.roles) or ""
    return ReplayRequested(
        letter=command.letter,
        service=command.letter.partition("-")[0],
        requested_by=command.person,
        role=role,
        reason=command.reason,
        requested_at=command.at,
    )


async def keep_request(unit: UnitOfWork, request: ReplayRequested) -> None:
    """Append it behind those before it; the relay takes it to hawk.control."""
    stream = await unit.load(replay_stream(request.letter))
    unit.append(stream.stream, stream.version, request)


class ReplayBody(Body):
    """Why it is published again: what was fixed."""

    reason: Comment = ""


class Replays(Protocol):
    """Dead letters as far as people ask about them."""

    async def known(self, letter: str) -> bool:
        """Return whether a service has said that it refused such a message."""

    async def ask(self, request: ReplayRequested, caller: Caller) -> None:
        """Keep what a person asks. Raises Transient: the database is away, nothing happened."""


def replay_routes(
    authenticator: Authenticator, clock: Callable[[], datetime], replays: Replays, monitor_url: str
) -> APIRouter:
    """Build `POST /deadletters/{letter}/replay`.

    Raises:
        Problem: 403 without a role that may ask, 404 for an unknown letter; raised when a request is served, not while
            the route is built.
    """
    routes = APIRouter(route_class=StrictRoute, tags=["dead letters"])

    @routes.post(
        "/deadletters/{letter}/replay",
        status_code=202,
        responses=problem_responses(401, 403, 404, 413, 422, 503),
    )
    async def create_replay(
        person: Annotated[Person, Depends(authenticator.person)],
        letter: Annotated[str, Path(pattern=LETTER_PATTERN)],
        body: ReplayBody | None = None,
        traceparent: Traceparent = None,
    ) -> dict[str, Any]:
        """Ask for it. The service that refused the message answers in the dead letter, which the monitor shows."""
        reason = "" if body is None else body.reason
        asked = replay_request(AskReplay(letter, person.name, tuple(person.roles), reason, clock()))
        if isinstance(asked, str):
            raise Problem(403, "ROLE_INSUFFICIENT", asked)
        if not await replays.known(letter):
            raise Problem(
                404,
                "DEAD_LETTER_UNKNOWN",
                f"Dead letter {letter} is not known. `hawk deadletters` lists them; a new one is known after a moment.",
            )
        await replays.ask(asked, Caller(person.name, traceparent))
        return {
            "letter": letter,
            "requested_by": asked.requested_by,
            "requested_at": asked.requested_at.isoformat(),
            "links": {"status": f"{monitor_url.rstrip('/')}/deadletters/{letter}"},
        }

    return routes
