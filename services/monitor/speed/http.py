"""The route of the speed page. Reading only, and of memory alone: it asks nobody."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from fastapi import APIRouter

from services.monitor.speed.document import Counting, speed
from shared.web.problems import problem_responses


def speed_routes(counting: Counting, clock: Callable[[], datetime]) -> APIRouter:
    """Build the route of `/speed`."""
    routes = APIRouter(tags=["status"], responses=problem_responses(401))

    @routes.get("/speed")
    async def show_speed() -> dict[str, Any]:
        """Return the last hour: time from approval to COMPLETED, endings per minute and why: a live view, no record.

        Times are counted in buckets. A percentile lies above `over_ms` and is at most `up_to_ms`.
        """
        return speed(counting, clock())

    return routes
