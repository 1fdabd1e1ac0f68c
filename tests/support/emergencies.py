"""The list of emergencies in memory, over the streams of `tests.support.approvals`."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from services.approval.console.queue.rows import Listed
from services.approval.emergency.decider import is_under_review
from services.approval.requests.cards import Card


@dataclass
class MemoryEmergencies:
    """`Emergencies` over whatever lists all requests."""

    everything: Callable[[], Awaitable[Sequence[Listed]]]

    async def under_review(self) -> Sequence[Card]:
        return [each for each in await self.declared() if is_under_review(each.approval)]

    async def declared(self) -> Sequence[Card]:
        return [each.card for each in await self.everything() if each.card.approval.glass is not None]
