"""`GET /signals`: how people decide, and orders that were split. For those who look after the approvers."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from services.approval.signals.figures import may_read, signals_document
from services.approval.signals.store import Signals
from shared.security.tokens import Person
from shared.web.authentication import Authenticator
from shared.web.problems import Problem, problem_responses
from shared.web.strict_json import StrictRoute


@dataclass(frozen=True, slots=True)
class SignalParts:
    """What the route works with."""

    signals: Signals
    authenticator: Authenticator
    clock: Callable[[], datetime]


def signal_routes(parts: SignalParts) -> APIRouter:
    """Build GET /signals.

    Raises:
        Problem: the role does not suffice; raised when a request is served, not while the routes are built.
    """
    routes = APIRouter(route_class=StrictRoute, tags=["signals"])

    @routes.get("/signals", responses=problem_responses(401, 403, 422, 503))
    async def read_signals(
        person: Annotated[Person, Depends(parts.authenticator.person)],
        days: Annotated[int, Query(ge=1, le=90, description="how far back")] = 30,
    ) -> dict[str, Any]:
        """Return per approver how many decisions, how fast, how many a yes, and which orders were added up.

        It is about colleagues: for RISK_MANAGER and AUDITOR.
        """
        if not may_read(person):
            raise Problem(403, "ROLE_INSUFFICIENT", "How people decide is shown to RISK_MANAGER and AUDITOR.")
        now = parts.clock()
        since = now - timedelta(days=days)
        requests, cut = await parts.signals.decided(since)
        return signals_document(requests, since, now, cut=cut)

    return routes
