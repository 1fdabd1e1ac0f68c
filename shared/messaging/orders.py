"""The order of two persons to set aside a message that blocks its partition.

A message that meets a defect of HAWK blocks its partition, since it may be money. Whether the others may pass it is
for people to say, and the consumer looks for their order in the store, before each attempt: on a topic it could lie
behind the very message that it is about.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from shared.errors import InvalidInput
from shared.events.base import Event
from shared.events.deadletters import SetAsideConfirmed, set_aside_stream
from shared.messaging.message import Message
from shared.messaging.transaction import Pool
from shared.messaging.unit_of_work import read_events
from shared.people.identity import same_person

#: How long an order counts. A place names another message once a topic was deleted and created again.
ORDER_LIFETIME: Final = timedelta(days=1)


def standing_order(events: Sequence[Event], now: datetime) -> SetAsideConfirmed | None:
    """Return the order that counts now, of the events of its stream. Pure."""
    last = events[-1] if events else None
    if not isinstance(last, SetAsideConfirmed) or now - last.confirmed_by.at >= ORDER_LIFETIME:
        return None
    return None if same_person(last.proposed_by.person, last.confirmed_by.person) else last


async def order_for(pool: Pool, group: str, message: Message, now: datetime) -> SetAsideConfirmed | None:
    """Return the order that counts now for a message of a group.

    Raises:
        DatabaseAway: look again later.
    """
    stream = set_aside_stream(group, message.topic, message.partition, first_offset(message))
    return standing_order(await read_events(pool, stream), now)


def first_offset(message: Message) -> int:
    """Return the offset people know a message by: of records that could not be read, the first."""
    return message.offset if message.first_offset is None else message.first_offset


def ordered(order: SetAsideConfirmed, why: str) -> InvalidInput:
    """Return why a message is set aside by order, naming who ordered it, and what it failed for."""
    one, other = order.proposed_by, order.confirmed_by
    return InvalidInput(
        code="SET_ASIDE",
        reason=f"Set aside by {one.person} ({one.role}) and {other.person} ({other.role}): {order.reason} "
        f"It could not be handled: {why}",
    )


def cure(group: str, message: Message) -> str:
    """Return what people can do about a message that blocks its partition."""
    place = f"{group} {message.topic} {message.partition} {first_offset(message)}"
    return (
        "A release that can handle it takes it up by itself; or two persons set it aside: "
        f"`hawk deadletters set-aside {place}`"
    )
