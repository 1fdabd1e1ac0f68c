"""What this service keeps of hawk.deadletters: each refusal, and each answer to a person who wants a replay."""

from typing import Final

from services.approval.letters.store import keep_answer, keep_refusal
from shared.events import topics
from shared.events.deadletters import MessageRefused, MessageReplayed, ReplayDeclined, letter_of
from shared.messaging.message import Message
from shared.messaging.subscription import EventHandlers, Subscription
from shared.messaging.unit_of_work import UnitOfWork

#: Consumer group: a flood of dead letters holds up nothing else.
LETTERS_GROUP: Final = "hawk-approval-deadletters"


async def on_message_refused(unit: UnitOfWork, message: Message[MessageRefused]) -> None:
    """Keep a dead letter, so that people see it and may ask for its replay."""
    of, event = message.attributes, message.event
    unit.also(lambda connection: keep_refusal(connection, letter_of(of.stream), of.version, of.time, event))


async def on_answered(unit: UnitOfWork, message: Message[MessageReplayed | ReplayDeclined]) -> None:
    """Keep what became of a request to publish a dead letter again."""
    of, event = message.attributes, message.event
    unit.also(lambda connection: keep_answer(connection, letter_of(of.stream), of.version, of.time, event))


def letters_subscription() -> Subscription:
    """Return what this service consumes to know the dead letters there are."""
    handlers: EventHandlers = {
        MessageRefused: on_message_refused,
        MessageReplayed: on_answered,
        ReplayDeclined: on_answered,
    }
    return Subscription(topics.DEAD_LETTERS, LETTERS_GROUP, handlers)
