"""What the routes of reviews read from."""

from collections.abc import Sequence
from typing import Protocol

from services.approval.requests.cards import Card


class Emergencies(Protocol):
    """The requests about which somebody declared an emergency."""

    async def under_review(self) -> Sequence[Card]:
        """Return what was granted in an emergency and too few have looked at, the longest first."""

    async def declared(self) -> Sequence[Card]:
        """Return the latest requests with an emergency, whatever became of them."""
