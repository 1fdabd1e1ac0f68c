"""Which feed a message of hawk.reference is of. Pure but for the keys it is given."""

from collections.abc import Sequence

from shared.errors import InvalidInput
from shared.events.routing import REPLAY_HEADER
from shared.messaging.message import Message
from shared.security.feeds import Feed, signer_of


def feed_of(feeds: Sequence[Feed], message: Message) -> Feed:
    """The feed that signed a message, as its publisher sent it or as a person had it published again.

    Raises:
        InvalidInput: SIGNATURE_INVALID; REFERENCE_ID_MISSING, it bears no id by which a copy of it could be told.
    """
    # A replay is the message itself with one header more, which the relay adds and which gives nothing by itself.
    headers = [(name, value) for name, value in message.raw_headers if name != REPLAY_HEADER]
    feed = signer_of(
        feeds, message.place, topic=message.topic, key=message.raw_key, headers=headers, value=message.value
    )
    if message.id == message.place:
        raise InvalidInput(
            code="REFERENCE_ID_MISSING",
            reason=f"hawk.reference: {message.place} has no usable ce_id, so a copy of it would count again. "
            "Publish it with an id of its own in the header ce_id, which the signature covers.",
        )
    return feed
