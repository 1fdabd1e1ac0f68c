"""`GET /waiting`: how much waits for me, page by page of the console. The menu of every page asks for it."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends

from services.approval.console.queue.listing import parted
from services.approval.console.queue.rows import Listed
from services.approval.requests.cards import Viewer
from services.approval.requests.standing import Standing, nobody_away
from shared.security.tokens import Person
from shared.web.authentication import Authenticator
from shared.web.problems import problem_responses
from shared.web.strict_json import StrictRoute

#: For so long everybody's figures come from one reading of the queue: every open page asks several times a minute.
READ_AGAIN: Final = timedelta(seconds=5)


class LatelyRead:
    """What waits, read once for all who ask within some seconds."""

    def __init__(
        self,
        read: Callable[[], Awaitable[Sequence[Listed]]],
        clock: Callable[[], datetime],
        lifetime: timedelta = READ_AGAIN,
    ) -> None:
        self._read, self._clock, self._lifetime = read, clock, lifetime
        self._reading = asyncio.Lock()
        self._found: Sequence[Listed] = ()
        self._until: datetime | None = None

    async def waiting(self) -> Sequence[Listed]:
        """Return what waits, at most some seconds old."""
        async with self._reading:
            if self._until is None or self._clock() >= self._until:
                self._found = await self._read()
                self._until = self._clock() + self._lifetime
            return self._found


#: Counts what waits for a person on one page.
Counting = Callable[[Person], Awaitable[int]]


@dataclass(frozen=True, slots=True)
class WaitingParts:
    """What the route works with. `others`: pages that are no lists of requests, by name."""

    requests: LatelyRead
    others: Mapping[str, Counting]
    authenticator: Authenticator
    clock: Callable[[], datetime]
    dashboard: str
    standing: Callable[[], Awaitable[Standing]] = nobody_away


def waiting_routes(parts: WaitingParts) -> APIRouter:
    """Build GET /waiting."""
    routes = APIRouter(route_class=StrictRoute, tags=["waiting"])

    @routes.get("/waiting", responses=problem_responses(401, 503))
    async def read_waiting(person: Annotated[Person, Depends(parts.authenticator.person)]) -> dict[str, Any]:
        """Return how many requests I may decide now, by kind, and how much else waits for me as a second person."""
        now = parts.clock()
        mine = parted(await parts.requests.waiting(), Viewer(person, now, await parts.standing())).mine
        kinds = Counter(str(each.kind) for each in mine)
        others = {name: await count(person) for name, count in parts.others.items()}
        return {
            "mine": {"all": len(mine), **kinds, **others},
            "dashboard": parts.dashboard.rstrip("/") or None,
            "as_of": now.isoformat(),
        }

    return routes
