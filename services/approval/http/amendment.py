"""`POST /approvals/{workflow_id}/amendment`: who asked for an order changes its amount while it waits."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path
from pydantic import Field

from services.approval.http.fields import ID_CHARACTERS_MAX, ID_PATTERN, Body, Reason, Traceparent
from services.approval.http.status import accepted
from services.approval.ports import Approvals, Caller, Desk
from services.approval.requests.commands import AmendRequest
from shared.policy.table import SUBMITTING_ROLES
from shared.security.tokens import Person
from shared.web.authentication import Authenticator
from shared.web.description import link, linked
from shared.web.problems import Problem, problem_responses
from shared.web.strict_json import StrictRoute

_AMOUNT: Final = r"^[1-9][0-9]{0,17}(\.[0-9]{1,6})?$"


class AmendmentBody(Body):
    """The amount in the order's own currency, as text, and why it is another one."""

    amount: str = Field(pattern=_AMOUNT, max_length=25)
    reason: Reason


@dataclass(frozen=True, slots=True)
class AmendmentParts:
    """What the route works with."""

    approvals: Approvals
    desk: Desk
    authenticator: Authenticator
    clock: Callable[[], datetime]


def amendment_routes(parts: AmendmentParts) -> APIRouter:
    """Build POST /approvals/{workflow_id}/amendment.

    Raises:
        Problem: it is refused; raised when a request is served, not while the routes are built.
    """
    routes = APIRouter(route_class=StrictRoute, tags=["approvals"])

    @routes.post(
        "/approvals/{workflow_id}/amendment",
        status_code=202,
        responses={
            **linked(202, card=link("GET", "/approvals/{workflow_id}", workflow_id="/successor")),
            **problem_responses(401, 403, 404, 409, 413, 422, 503),
        },
    )
    async def create_amendment(
        person: Annotated[Person, Depends(parts.authenticator.person)],
        workflow_id: Annotated[str, Path(min_length=1, max_length=ID_CHARACTERS_MAX, pattern=ID_PATTERN)],
        body: AmendmentBody,
        traceparent: Traceparent = None,
    ) -> dict[str, Any]:
        """Change the amount of a request of mine that waits. This plan ends, with all that was decided on it; the
        changed order is planned and approved as `successor`."""
        if not SUBMITTING_ROLES.intersection(person.roles):
            wanted = ", ".join(sorted(SUBMITTING_ROLES))
            raise Problem(403, "ROLE_INSUFFICIENT", f"Orders are changed by {wanted} who asked for them.")
        card = await parts.desk.card(workflow_id)
        if card is None:
            raise Problem(404, "WORKFLOW_UNKNOWN", "No plan of this workflow waits, or ever waited, here.")
        order = card.detail.get("order") or {}
        command = AmendRequest(person.name, Decimal(body.amount), body.reason.strip(), order, parts.clock())
        amended = accepted(await parts.approvals.amend(workflow_id, command, Caller(person.name, traceparent)))
        return {
            "workflow_id": workflow_id,
            "successor": amended.successor,
            "response_id": amended.response_id,
            "links": {"approval": f"/approvals/{amended.successor}"},
        }

    return routes
