"""`GET /notifications` and `POST /notifications/{id}/again`: what is told outside, and what did not arrive."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal, Protocol
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from services.approval.notifications.port import Listed
from services.approval.notifications.view import may_read, may_try_again, notification_document
from shared.security.tokens import Person
from shared.web.authentication import Authenticator
from shared.web.description import link, linked
from shared.web.problems import Problem, problem_responses
from shared.web.strict_json import StrictRoute

_LINKS: Final = {
    "again": link("POST", "/notifications/{notification_id}/again", notification_id="/notifications/0/notification_id"),
}
_NEEDS_OPERATIONS: Final = "To try a notification again needs OPERATIONS."
_State = Annotated[Literal["WAITING", "GIVEN_UP", "SENT"], Query(description="which of them, the latest first")]


class Notifications(Protocol):
    """The notifications there are."""

    async def listed(self, state: str) -> Sequence[Listed]:
        """Return the latest of a state."""

    async def again(self, notification_id: UUID, person: str) -> Listed | str | None:
        """Try one that was given up again; return it, its state where it was not given up, None for an unknown one."""


@dataclass(frozen=True, slots=True)
class NotificationParts:
    """What the routes work with. `on`: whether this installation tells anybody anything."""

    notifications: Notifications
    authenticator: Authenticator
    on: bool


def notification_routes(parts: NotificationParts) -> APIRouter:
    """Build the routes.

    Raises:
        Problem: the role does not suffice, 404, 409; raised when a request is served, not while the routes are built.
    """
    routes = APIRouter(route_class=StrictRoute, tags=["notifications"])
    person_of = Depends(parts.authenticator.person)

    @routes.get("/notifications", responses={**linked(200, **_LINKS), **problem_responses(401, 403, 422, 503)})
    async def list_notifications(person: Annotated[Person, person_of], state: _State = "GIVEN_UP") -> dict[str, Any]:
        """List mails and webhooks, the latest first: those that were given up, that wait, or that were sent.

        Addresses of colleagues are in it: it is for OPERATIONS and RISK_MANAGER.
        """
        roles = frozenset(person.roles)
        if not may_read(roles):
            raise Problem(403, "ROLE_INSUFFICIENT", "Notifications are listed for OPERATIONS and RISK_MANAGER.")
        found = await parts.notifications.listed(state)
        return {
            "on": parts.on,
            "state": state,
            "notifications": [notification_document(each) for each in found],
            "may_try_again": may_try_again(roles),
            "why_not": None if may_try_again(roles) else _NEEDS_OPERATIONS,
        }

    @routes.post(
        "/notifications/{notification_id}/again",
        status_code=202,
        responses=problem_responses(401, 403, 404, 409, 422, 503),
    )
    async def create_attempt(person: Annotated[Person, person_of], notification_id: UUID) -> dict[str, Any]:
        """Try a notification again that was given up. Its recipient may hear it twice, under one id."""
        if not may_try_again(frozenset(person.roles)):
            raise Problem(403, "ROLE_INSUFFICIENT", _NEEDS_OPERATIONS)
        found = await parts.notifications.again(notification_id, person.name)
        if found is None:
            raise Problem(404, "NOTIFICATION_UNKNOWN", f"Notification {notification_id} is not known.")
        if isinstance(found, str):
            raise Problem(
                409,
                "NOT_GIVEN_UP",
                f"Notification {notification_id} is {found}; only one that was given up is tried again.",
            )
        return notification_document(found)

    return routes
