"""Setting a message aside that can never be handled: an audit event with its reason and its beginning."""

import hashlib
from itertools import islice

from shared.errors import InvalidInput
from shared.events.deadletters import HEAD_BYTES_MAX, MessageRefused
from shared.messaging.message import Message, readable
from shared.messaging.unit_of_work import UnitOfWork

#: Headers kept in a dead letter, and characters of each: enough for CloudEvents and tracing, bounded for the
#: store.
HEADERS_MAX = 64
HEADER_CHARACTERS_MAX = 1024
#: Characters of the key and of the reason.
KEY_CHARACTERS_MAX = 1024
REASON_CHARACTERS_MAX = 4096


def dead_letter_stream(service: str, message_id: str) -> str:
    """The stream of a refused message: one per message id, so that a repeat finds the first."""
    digest = hashlib.sha256(message_id.encode("utf-8", "backslashreplace")).hexdigest()
    return f"deadletter-{service}-{digest[:32]}"


def message_refused(service: str, message_id: str, message: Message, refusal: InvalidInput) -> MessageRefused:
    """The audit event of a refused message. Its SHA-256 names the whole value, `head` shows the beginning."""
    return MessageRefused(
        service=service,
        topic=message.topic,
        partition=message.partition,
        offset=message.offset,
        key=None if message.key is None else _storable(message.key, KEY_CHARACTERS_MAX),
        message_id=message_id,
        code=refusal.code,
        reason=_storable(refusal.reason, REASON_CHARACTERS_MAX),
        sha256=hashlib.sha256(message.value).hexdigest(),
        size_bytes=len(message.value),
        head=readable(message.value[:HEAD_BYTES_MAX]),
        headers={
            _storable(name, HEADER_CHARACTERS_MAX): _storable(value, HEADER_CHARACTERS_MAX)
            for name, value in islice(message.headers.items(), HEADERS_MAX)
        },
    )


async def set_aside(unit: UnitOfWork, service: str, message_id: str, message: Message, refusal: InvalidInput) -> None:
    """Append the dead letter; in the same unit as the inbox row, so that the message is refused once."""
    stream = dead_letter_stream(service, message_id)
    letters = await unit.load(stream)
    unit.append(stream, letters.version, message_refused(service, message_id, message, refusal))


def _storable(text: str, characters: int) -> str:
    """Text cut to a length that PostgreSQL can keep: no NUL, no half of a surrogate pair."""
    return readable(text[:characters].encode("utf-8", "backslashreplace"))
