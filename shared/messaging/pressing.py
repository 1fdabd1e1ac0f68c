"""What nobody may keep waiting in a queue: named by its kind, and believed only where it is true.

A message of such a kind that was forged would otherwise be handled before true ones.
"""

from collections.abc import Collection, Iterable, Sequence

from shared.errors import InvalidInput
from shared.events.base import Event
from shared.messaging.door import are_recorded
from shared.messaging.message import Message
from shared.messaging.subscription import Pressing, Proof
from shared.messaging.transaction import Pool


def of_kinds(*kinds: type[Event]) -> Pressing:
    """Return what names the keys of events of these kinds that the store holds."""

    async def pressing(pool: Pool, messages: Sequence[Message]) -> Collection[str]:
        told = _of(kinds, messages)
        true = await are_recorded(pool, told) if told else ()
        return _keys(message for message, yes in zip(told, true, strict=True) if yes)

    return pressing


def of_signed(proof: Proof, *kinds: type[Event]) -> Pressing:
    """Return what names the keys of events of these kinds that somebody else has signed."""

    def proved(message: Message) -> bool:
        try:
            proof(message)
        except InvalidInput:
            return False
        return True

    async def pressing(_: Pool, messages: Sequence[Message]) -> Collection[str]:
        return _keys(filter(proved, _of(kinds, messages)))

    return pressing


def _of(kinds: Collection[type[Event]], messages: Sequence[Message]) -> Sequence[Message]:
    wanted = tuple(f"hawk.{kind.__name__}.v" for kind in kinds)
    return [message for message in messages if message.headers.get("ce_type", "").startswith(wanted)]


def _keys(messages: Iterable[Message]) -> Collection[str]:
    return {message.key for message in messages if message.key is not None}
