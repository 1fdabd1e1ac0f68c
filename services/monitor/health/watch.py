"""Tells open pages what is away. One look for all of them, and none while nobody looks."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from services.monitor.health.away import Away

#: Seconds between two looks while a page is open: with what a look itself may take, a page knows within ten seconds.
LOOK_SECONDS: Final = 3.0


class Watch:
    """What is away, as was seen last."""

    def __init__(
        self,
        look: Callable[[], Awaitable[tuple[Away, ...]]],
        wanted: Callable[[], bool],
        *,
        seconds: float = LOOK_SECONDS,
    ) -> None:
        self._look = look
        self._wanted = wanted
        self._seconds = seconds
        self._turn: asyncio.Future[None] | None = None
        self.found: tuple[Away, ...] | None = None
        """None while it is not known, because nobody has looked."""

    def turn(self) -> asyncio.Future[None]:
        """Return what is done when something else is found."""
        if self._turn is None:
            self._turn = asyncio.get_running_loop().create_future()
        return self._turn

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            self._take(await self._look() if self._wanted() else None)
            await asyncio.sleep(self._seconds)

    def _take(self, found: tuple[Away, ...] | None) -> None:
        if found == self.found:
            return
        self.found = found
        if self._turn is not None:
            self._turn.set_result(None)
            self._turn = None
