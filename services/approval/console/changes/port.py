"""What the stream of changes is read from."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Change:
    """A request, and the transaction that wrote it last."""

    workflow_id: str
    transaction: int


@dataclass(frozen=True, slots=True)
class Changes:
    """Changes at or after a place, in order; `place`: where the next look begins.

    A transaction takes its number when it begins to write and shows its rows when it commits, so numbers become visible
    out of order. `place` is the lowest number that is still under way: everything below it has been seen, everything at
    or after it is given once more by the next look, together with what has become visible since.
    """

    rows: Sequence[Change]
    place: int


class ChangeLog(Protocol):
    """The requests by the transaction that wrote them last."""

    async def place(self) -> int:
        """Return the place at which a reader begins who wants only what changes from now on."""

    async def since(self, place: int, limit: int) -> Changes:
        """Return at most `limit` changes at or after a place."""
