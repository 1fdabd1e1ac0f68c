"""A subscription of a service: a topic, a group, and a handler for each event."""

import hashlib
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.errors import InvalidInput
from shared.events.base import Event
from shared.events.catalogue import EVENTS
from shared.messaging.caught_up import CaughtUpWatch
from shared.messaging.message import Message
from shared.messaging.transaction import Pool
from shared.messaging.unit_of_work import UnitOfWork
from shared.security.message_signing import SIGNATURE_HEADER

#: Loads, decides and appends; never talks to the outside. Raises InvalidInput for what can never be handled.
#: A handler of one event type takes `Message[ThatEvent]`.
Handler = Callable[[UnitOfWork, Message[Any]], Awaitable[None]]
EventHandlers = Mapping[type[Event], Handler]

#: Raises InvalidInput for a message that is not what it says it is, for example an unsigned reply.
Proof = Callable[[Message], None]

#: Returns the keys among those of messages that wait whose messages nobody may keep waiting.
Pressing = Callable[[Pool, Sequence[Message]], Awaitable[Collection[str]]]

#: Hexadecimal digits of a content's SHA-256 in an id: no two contents that one publisher sends share 128 bits.
CONTENT_DIGITS = 32


@dataclass(frozen=True)
class Subscription:
    """A topic read by a consumer group.

    Args:
        topic: the topic's name.
        group: Kafka consumer group, and name of the consumer in the inbox. Subscriptions of one service that
            share a group share one consumer; within a group, one event is handled once, whatever topics
            carry it.
        handlers: by event type (`{PlanDrawn: on_plan_drawn}`) for a CloudEvent topic, or one raw handler for an open
            topic (hawk.ai.responses, hawk.reference). The inbox of a raw topic knows a message by its place, since
            the ids of open publishers are claims: the handler decides what a repeated id means.
        by_id: on a raw topic, know a message with a `ce_id` by it, its content and the key that signed it: a
            second delivery under the same id is a repeat and changes nothing, and nobody else can make one. Another
            content under that id comes to the handler.
        together: messages that wait may share a transaction (see `shared.messaging.batch`). False where nearly every
            handler reads tables: the shared one would end at each of them, after its work was begun in vain.
        caught_up: notified about once a second as of when each partition was read to its end.
        needs: returns the streams that the handler of a message is going to load, so that those of many messages are
            read at once. It may leave some out.
        pressing: names the keys whose messages are handled before all others that wait, each key's in their order. It
            must believe no message: what is on a topic is a claim until it is proved.
        proof: asked before anything else is done with a message. What it refuses is set aside under its place and
            time, so that a forged message can never use up the id of a true one.
    """

    topic: str
    group: str
    handlers: EventHandlers | Handler
    by_id: bool = False
    together: bool = True
    needs: Callable[[Message], Sequence[str]] | None = None
    pressing: Pressing | None = None
    proof: Proof | None = None
    caught_up: CaughtUpWatch | None = None

    @property
    def raw(self) -> bool:
        """True if messages go to one handler as they are, without CloudEvent headers being required."""
        return not isinstance(self.handlers, Mapping)

    def handler_of(self, message: Message) -> Handler | None:
        """Return who handles a message; None for an event of HAWK that this subscription does not want.

        Raises:
            InvalidInput: NOT_A_CLOUDEVENT, or EVENT_TYPE_UNKNOWN for an event that HAWK does not know.
        """
        if not isinstance(self.handlers, Mapping):
            return self.handlers
        name = message.attributes.event_name
        kind = EVENTS.get(name)
        if kind is None:
            raise InvalidInput(
                code="EVENT_TYPE_UNKNOWN",
                reason=f"{message.place} is a {name}; HAWK knows no such event. Publish one of its own.",
            )
        return self.handlers.get(kind)

    def wants(self, message: Message) -> bool:
        """Return whether a message is to be handled. One that no handler can take is: it has to be refused."""
        try:
            return self.handler_of(message) is not None
        except InvalidInput:
            return True

    async def handle(self, unit: UnitOfWork, message: Message) -> None:
        """Run the handler of a message, once its event is decoded.

        Raises:
            InvalidInput: the handler's refusal; or the message has no event that its handler could take, for example
                EVENT_MALFORMED.
        """
        handler = self.handler_of(message)
        if handler is None:
            return
        if not self.raw:
            _ = message.event  # refused here, so that no handler meets an event that cannot be read
        await handler(unit, message)

    def streams(self, message: Message) -> Sequence[str]:
        """Return the streams that `needs` names; none of a message that has no event its handler could take."""
        try:
            return () if self.needs is None else self.needs(message)
        except InvalidInput:
            return ()

    def message_id(self, message: Message) -> str:
        """Return the key of a message in the inbox: its id, or on a raw topic its place and time, or id and content.

        Of a signature only the key's id counts: the same signature can be written in several ways.

        The time distinguishes a delivery from one at the same place of a topic that was deleted and created again.
        """
        if not self.raw:
            return message.id
        if self.by_id and message.id != message.place:
            signer = message.headers.get(SIGNATURE_HEADER, "").partition(".")[0].encode()
            return f"{message.id}#{hashlib.sha256(signer + message.value).hexdigest()[:CONTENT_DIGITS]}"
        return place_and_time(message)


def place_and_time(message: Message) -> str:
    """Return what a message is known by that proves nothing: no other delivery has the same."""
    return f"{message.place}@{message.timestamp.isoformat()}"
