"""Topics in memory: what the relay publishes goes to the consumer groups of this process, and nowhere else.

Kafka keeps no old messages either: topics have a retention. Everything else is HAWK's own: sealer, publisher, and the
handlers with their batches, inbox and projections.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count

from shared.events.routing import OutMessage
from shared.messaging.handling import MessageHandling
from shared.messaging.message import Message
from shared.messaging.partition import TOGETHER_MESSAGES_MAX
from shared.messaging.streams import StreamMemory
from shared.messaging.subscription import Subscription
from shared.messaging.transaction import Pool
from shared.messaging.unit_of_work import Projector

Headers = Sequence[tuple[str, bytes]]


@dataclass
class Group:
    """A consumer group of a service, and what it has not handled yet, in the order of publication."""

    handling: MessageHandling
    subscriptions: Mapping[str, Subscription]
    one_at_a_time: asyncio.Lock
    waiting: list[Message] = field(default_factory=list)

    def offer(self, message: Message) -> None:
        """Queue a message, if this group wants it."""
        subscription = self.subscriptions.get(message.topic)
        if subscription is not None and subscription.wants(message):
            self.waiting.append(message)

    async def work_off(self) -> None:
        """Handle what waits now, as many messages in one transaction as a consumer takes.

        Raises:
            Exception: of the handler or the database; nothing of that batch was committed then.
        """
        batch, self.waiting = self.waiting, []
        while batch:
            async with self.one_at_a_time:  # as in a process, where a batch is alone
                done = await self.handling.handle_together(batch[:TOGETHER_MESSAGES_MAX])
            del batch[:done]


class Topics:
    """All topics and the groups that read them; `shared.relay.outlet.Outlet` of the publisher.

    Args:
        clock: the time that messages bear.
    """

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._offsets = count()
        self.groups: list[Group] = []
        self.seen: dict[str, list[Message]] = {}
        """Messages of the topics that somebody outside reads; whoever does takes them out."""

    def subscribe(
        self,
        service: str,
        subscriptions: Iterable[Subscription],
        pool: Callable[[], Pool],
        projector: Projector | None,
        memory: StreamMemory,
    ) -> None:
        """Let a service read topics, in its groups."""
        alone, by_group = asyncio.Lock(), dict[str, list[Subscription]]()
        for subscription in subscriptions:
            by_group.setdefault(subscription.group, []).append(subscription)
        for group, own in by_group.items():
            handling = MessageHandling(
                service=service, group=group, subscriptions=own, pool=pool, projector=projector, memory=memory
            )
            self.groups.append(Group(handling, {each.topic: each for each in own}, alone))

    def watch(self, topic: str) -> None:
        """Keep the messages of a topic for somebody outside."""
        self.seen[topic] = []

    def take(self, topic: str) -> list[Message]:
        """Return what a watched topic got since the last call."""
        taken, self.seen[topic] = self.seen[topic], []
        return taken

    def put(self, topic: str, key: str | None, value: bytes, headers: Headers) -> None:
        """Publish one message."""
        message = Message(
            topic=topic,
            partition=0,
            offset=next(self._offsets),
            key=key,
            value=value,
            headers={name: text.decode() for name, text in headers},
            timestamp=self._clock(),
            raw_key=None if key is None else key.encode(),
            raw_headers=tuple(headers),
        )
        for group in self.groups:
            group.offer(message)
        if topic in self.seen:
            self.seen[topic].append(message)

    async def send(self, messages: Sequence[OutMessage]) -> None:
        """See `Outlet.send`."""
        for message in messages:
            self.put(message.topic, message.key, message.value, message.headers)

    async def close(self) -> None:
        """See `Outlet.close`."""

    async def work_off(self) -> bool:
        """Let all groups handle what waits; False when nothing did."""
        busy = [group for group in self.groups if group.waiting]
        await asyncio.gather(*(group.work_off() for group in busy))
        return bool(busy)
