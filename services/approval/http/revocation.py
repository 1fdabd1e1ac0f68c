"""`POST /approvals/{workflow_id}/revocation`: a granted approval is to be taken back."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path

from services.approval.http.fields import ID_CHARACTERS_MAX, ID_PATTERN, Body, Reason, Traceparent
from services.approval.http.reading import CARD_LINKS, ReadingParts, card_answer
from services.approval.http.status import accepted
from services.approval.ports import Approvals, Caller
from services.approval.requests.revocation import AskRevocation
from shared.security.tokens import Person
from shared.web.authentication import Authenticator
from shared.web.description import linked
from shared.web.problems import problem_responses
from shared.web.strict_json import StrictRoute


class RevocationBody(Body):
    """Why a granted approval is to be taken back; shown on its card."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class RevocationParts:
    """What the route works with."""

    approvals: Approvals
    reading: ReadingParts
    authenticator: Authenticator
    clock: Callable[[], datetime]


def revocation_routes(parts: RevocationParts) -> APIRouter:
    """Build POST /approvals/{workflow_id}/revocation."""
    routes = APIRouter(route_class=StrictRoute, tags=["approvals"])

    @routes.post(
        "/approvals/{workflow_id}/revocation",
        status_code=202,
        responses={**linked(202, **CARD_LINKS), **problem_responses(401, 403, 404, 409, 413, 422, 503)},
    )
    async def create_revocation(
        person: Annotated[Person, Depends(parts.authenticator.person)],
        workflow_id: Annotated[str, Path(min_length=1, max_length=ID_CHARACTERS_MAX, pattern=ID_PATTERN)],
        body: RevocationBody,
        traceparent: Traceparent = None,
    ) -> dict[str, Any]:
        """Ask to take a granted approval back before it is executed. The executor decides whether it is in time; the
        card says what it decided."""
        parts.authenticator.check_decision(person, f"/console/approvals/{workflow_id}")
        command = AskRevocation(person.name, person.roles, body.reason.strip(), parts.clock())
        accepted(await parts.approvals.revoke(workflow_id, command, Caller(person.name, traceparent)))
        return await card_answer(parts.reading, workflow_id, person)

    return routes
