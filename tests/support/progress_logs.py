"""A progress log in memory."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from shared.events.progress import ProgressReported
from shared.web.progress_log import FeedMessage, Scope


class MemoryProgressLog:
    """A `ProgressLog` in memory."""

    def __init__(self) -> None:
        self._messages: list[FeedMessage] = []
        self._last = 0

    def add(self, event: ProgressReported) -> None:
        """Keep a message unless its workflow already has that sequence."""
        of_workflow = [kept for kept in self._messages if kept.workflow_id == event.workflow_id]
        if event.sequence in {kept.sequence for kept in of_workflow}:
            return
        early = sorted((kept for kept in of_workflow if kept.sequence > event.sequence), key=lambda kept: kept.sequence)
        self._messages = [kept for kept in self._messages if kept not in early]
        self._keep(FeedMessage(0, event.workflow_id, event.response_id, event.sequence, event.model_dump(mode="json")))
        for kept in early:
            self._keep(kept)

    def note(self, workflow_id: str, response_id: str, message: dict[str, Any]) -> None:
        """Keep what no workflow reports: the end of an answer of which nothing became one."""
        self._keep(FeedMessage(0, workflow_id, response_id, 1, message))

    def _keep(self, message: FeedMessage) -> None:
        self._last += 1
        self._messages.append(replace(message, feed_id=self._last))

    async def head(self) -> int:
        """See `ProgressLog.head`."""
        return self._last

    async def read(self, scope: Scope, after: int, limit: int) -> Sequence[FeedMessage]:
        """See `ProgressLog.read`."""
        return [each for each in self._messages if each.feed_id > after and scope.holds(each)][:limit]

    async def feed_id_at(self, workflow_id: str, sequence: int) -> int:
        """See `ProgressLog.feed_id_at`."""
        scope = Scope(workflow_id=workflow_id)
        reached = (kept for kept in self._messages if scope.holds(kept) and kept.sequence <= sequence)
        return max((kept.feed_id for kept in reached), default=0)
