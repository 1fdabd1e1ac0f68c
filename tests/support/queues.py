"""The queue and the stream of changes in memory, over the streams of `tests.support.approvals`."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from services.approval.console.changes.port import Change, Changes
from services.approval.console.queue.listing import Counted, Decided, matches
from services.approval.console.queue.rows import Listed
from services.approval.console.queue.wanted import DECIDED_MAX, WAITING_MAX, Wanted
from services.approval.requests.state import Status


@dataclass
class MemoryQueueRows:
    """`QueueRows` over whatever lists all requests, the latest decision first."""

    everything: Callable[[], Awaitable[Sequence[Listed]]]
    at: int = 1

    async def place(self) -> int:
        return self.at

    async def waiting(self) -> Sequence[Listed]:
        rows = [each for each in await self.everything() if each.card.approval.status is Status.AWAITING_APPROVAL]
        return sorted(rows, key=_due)[:WAITING_MAX]

    async def counted(self) -> Counted:
        decided = len(await self._decided())
        return Counted(min(decided, DECIDED_MAX), decided > DECIDED_MAX)

    async def decided(self, wanted: Wanted, begin: int, rows: int) -> Decided:
        found = [each for each in (await self._decided())[:DECIDED_MAX] if matches(each, wanted)]
        return Decided(found[begin : begin + rows], len(found))

    async def _decided(self) -> list[Listed]:
        return [each for each in await self.everything() if each.card.approval.status is not Status.AWAITING_APPROVAL]


def _due(listed: Listed) -> tuple[str, str]:
    request = listed.card.approval.request
    return ("", "") if request is None else (request.expires_at.isoformat(), request.workflow_id)


@dataclass
class MemoryChangeLog:
    """`ChangeLog` of transactions that begin and commit when a test says so."""

    rows: dict[str, int] = field(default_factory=dict)
    under_way: dict[int, list[str]] = field(default_factory=dict)
    following: int = 1
    reads: int = 0
    broken: bool = False

    def begin(self, *workflow_ids: str) -> int:
        """A transaction takes its number and writes; nobody sees it yet."""
        number, self.following = self.following, self.following + 1
        self.under_way[number] = list(workflow_ids)
        return number

    def commit(self, number: int) -> None:
        """What it wrote becomes visible."""
        self.rows.update(dict.fromkeys(self.under_way.pop(number), number))

    def write(self, *workflow_ids: str) -> None:
        """Begin and commit at once."""
        self.commit(self.begin(*workflow_ids))

    async def place(self) -> int:
        if self.broken:
            raise OSError("the database is away")
        return min(self.under_way, default=self.following)

    async def since(self, place: int, limit: int) -> Changes:
        self.reads += 1
        if self.broken:
            raise OSError("the database is away")
        found = sorted((number, workflow) for workflow, number in self.rows.items() if number >= place)
        return Changes([Change(workflow, number) for number, workflow in found[:limit]], await self.place())
