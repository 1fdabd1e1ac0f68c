"""Murex during a history: the simulator's own exchange and book, between topics in memory."""

from collections.abc import Sequence

from benchmarks.grown.topics import Topics
from murex.gateway.envelope import reply_message, request_of
from murex.gateway.port import REQUESTS_MAX, Reply, Taken
from murex.simulator.wire import SOURCE
from shared.events.topics import MUREX_ANSWERS, MUREX_REQUESTS
from shared.messaging.message import Message


class MemoryGateway:
    """`MurexGateway` over topics in memory."""

    def __init__(self, topics: Topics) -> None:
        self._topics = topics
        self._waiting: list[Message] = []
        topics.watch(MUREX_REQUESTS)

    def has_requests(self) -> bool:
        """Return whether there is something to take."""
        self._waiting += self._topics.take(MUREX_REQUESTS)
        return bool(self._waiting)

    async def take(self, wait_ms: int) -> Taken:  # noqa: ARG002 - what is there is there at once
        """See `MurexGateway.take`."""
        now, self._waiting = self._waiting[:REQUESTS_MAX], self._waiting[REQUESTS_MAX:]
        return Taken(tuple(request_of(message) for message in now))

    async def reply(self, replies: Sequence[Reply]) -> None:
        """See `MurexGateway.reply`."""
        for reply in replies:
            key, value, headers = reply_message(reply, SOURCE)
            self._topics.put(MUREX_ANSWERS, key, value, [(name, text.encode()) for name, text in headers.items()])

    async def acknowledge(self) -> None:
        """See `MurexGateway.acknowledge`."""
