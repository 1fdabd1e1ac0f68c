"""The newest progress messages in memory, and who wants which: what makes one reading enough for all streams.

Pure: it knows neither the table nor the network.
"""

import asyncio
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from shared.web.progress_log import FeedMessage, Scope

#: Messages kept in memory: a reader that is no further behind needs no look at the table. Some fifty workflows' worth,
#: about three megabytes; after a restart of the process it is what all browsers come back for at once.
RECENT_MESSAGES_MAX = 1_000


@dataclass(frozen=True, slots=True)
class Portion:
    """Messages for one reader, in order, and the number up to which it has then been told everything."""

    messages: Sequence[FeedMessage]
    place: int


class RecentMessages:
    """All messages of the log with a number above `floor` and up to `head`.

    Args:
        floor: the messages up to this number are in the table only.
    """

    def __init__(self, floor: int, *, messages_max: int = RECENT_MESSAGES_MAX) -> None:
        self.floor = floor
        self.head = floor
        self._messages_max = messages_max
        self._numbers: list[int] = []
        self._messages: list[FeedMessage] = []

    def add(self, messages: Iterable[FeedMessage]) -> None:
        """Add what follows in the log, and let go of the oldest."""
        for message in messages:
            self._numbers.append(message.feed_id)
            self._messages.append(message)
            self.head = message.feed_id
        surplus = len(self._numbers) - self._messages_max
        if surplus > 0:
            self.floor = self._numbers[surplus - 1]
            del self._numbers[:surplus], self._messages[:surplus]

    def reach(self, head: int) -> None:
        """Note that the log holds nothing up to a number besides what was added."""
        self.head = max(self.head, head)

    def since(self, place: int, scope: Scope, limit: int) -> Portion | None:
        """Return at most `limit` messages of a scope above a place; None where the memory does not go back so far."""
        if place < self.floor:
            return None
        found: list[FeedMessage] = []
        for index in range(bisect_right(self._numbers, place), len(self._messages)):
            message = self._messages[index]
            if scope.holds(message):
                found.append(message)
                if len(found) == limit:
                    return Portion(found, message.feed_id)
        return Portion(found, max(place, self.head))


@dataclass(eq=False, slots=True)
class Listener:
    """One open stream: what it wants, whether there is something for it, and since when it has been told nothing."""

    scope: Scope
    quiet_since: float
    woken: asyncio.Event = field(default_factory=asyncio.Event)


class Listeners:
    """Open streams by what they want, so that a message costs those only whom it concerns."""

    def __init__(self) -> None:
        self._by_scope: defaultdict[Scope, set[Listener]] = defaultdict(set)

    def __bool__(self) -> bool:
        return bool(self._by_scope)

    def __iter__(self) -> Iterator[Listener]:
        for listeners in self._by_scope.values():
            yield from listeners

    def join(self, listener: Listener) -> None:
        """Add a stream."""
        self._by_scope[listener.scope].add(listener)

    def leave(self, listener: Listener) -> None:
        """Forget a stream. Repeating it changes nothing."""
        listeners = self._by_scope.get(listener.scope)
        if listeners is not None:
            listeners.discard(listener)
            if not listeners:
                del self._by_scope[listener.scope]

    def wanting(self, messages: Iterable[FeedMessage]) -> list[Listener]:
        """Return the streams that want any of these messages, each once."""
        found: dict[Listener, None] = {}
        for message in messages:
            workflow_id, response_id = message.workflow_id, message.response_id
            for scope in (
                Scope(),
                Scope(workflow_id=workflow_id),
                Scope(response_id=response_id),
                Scope(workflow_id=workflow_id, response_id=response_id),
            ):
                found.update(dict.fromkeys(self._by_scope.get(scope, ())))
        return list(found)
