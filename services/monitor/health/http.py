"""The routes of the health page. Reading only; sources are asked while somebody looks, and what they said is kept."""

import asyncio
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from fastapi import APIRouter

from services.monitor.health.away import Away, away
from services.monitor.health.document import Everything, Windows, health
from services.monitor.health.found import BrokerFound, LimitsFound, ProcessFound, StoreFound
from services.monitor.health.kept import Kept, Known
from services.monitor.health.runbooks import RUNBOOKS
from shared.web.problems import problem_responses

#: Seconds for which an answer is kept: the page reads about as often, and many pages ask no more than one.
KEPT_SECONDS: Final = 3.0
#: Limits and capacities are sums over all positions.
LIMITS_KEPT_SECONDS: Final = 20.0
#: Seconds a source may take before it counts as away; the page waits for all of them.
PATIENCE_SECONDS: Final = 4.0


@dataclass(frozen=True, slots=True)
class Sources:
    """All that is asked. `processes` is None where nobody has said where they are."""

    broker: Kept[BrokerFound]
    store: Kept[StoreFound]
    limits: Kept[LimitsFound]
    processes: Kept[tuple[ProcessFound, ...]] | None
    windows: Callable[[], Windows]
    clock: Callable[[], datetime]

    async def everything(self) -> Everything:
        """Return what is known, after asking those whose answer is old, all at a time."""
        broker, store, limits = await asyncio.gather(self.broker.get(), self.store.get(), self.limits.get())
        return Everything(broker, store, limits, await self._processes(), self.windows())

    async def away(self) -> tuple[Away, ...]:
        """Return what is away, asking as `everything` does; limits tell nothing of it."""
        broker, store, processes = await asyncio.gather(self.broker.get(), self.store.get(), self._processes())
        return away(broker, store, processes, self.clock())

    async def _processes(self) -> Known[tuple[ProcessFound, ...]] | None:
        return None if self.processes is None else await self.processes.get()


def health_routes(sources: Sources, console: str) -> APIRouter:
    """Build the routes of `/health/overview` and `/health/runbooks`.

    Args:
        console: where the console is; empty if that is not known here.
    """
    routes = APIRouter(tags=["status"], responses=problem_responses(401, 503))

    @routes.get("/health/overview")
    async def show_health() -> dict[str, Any]:
        """Return what needs somebody, and how each source stands: what is away is named, and the rest is shown."""
        return health(await sources.everything(), sources.clock(), console)

    @routes.get("/health/runbooks")
    async def show_runbooks() -> dict[str, Any]:
        """Return the runbooks, by the names that `/health/overview` refers to."""
        return {"runbooks": [{"name": name, **asdict(each)} for name, each in RUNBOOKS.items()]}

    return routes
