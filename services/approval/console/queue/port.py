"""What the queue is read from."""

from collections.abc import Sequence
from typing import Protocol

from services.approval.console.queue.listing import Counted, Decided
from services.approval.console.queue.rows import Listed
from services.approval.console.queue.wanted import Wanted


class QueueRows(Protocol):
    """The requests, in the short form that lists need."""

    async def place(self) -> int:
        """Return the place in the stream of changes up to which what is read afterwards is up to date."""

    async def waiting(self) -> Sequence[Listed]:
        """Return what waits for people, by deadline, at most `WAITING_MAX`."""

    async def counted(self) -> Counted:
        """Return how much was decided, at most `DECIDED_MAX`."""

    async def decided(self, wanted: Wanted, begin: int, rows: int) -> Decided:
        """Return a slice of what waits no more, the latest decision first, after search and filters.

        The latest `DECIDED_MAX` are looked at; an older one is found by the exact id of its workflow, order or answer.
        """
