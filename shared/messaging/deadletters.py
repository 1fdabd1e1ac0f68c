"""Setting a message aside that can never be handled: an audit event with its reason and its beginning."""

import hashlib
from itertools import islice

from shared.errors import Defect, InvalidInput
from shared.events.deadletters import HEAD_BYTES_MAX, MessageRefused
from shared.exact_json import storable
from shared.messaging.message import Message, records_of
from shared.messaging.unit_of_work import InboxEntry, UnitOfWork

#: Headers kept in a dead letter, and characters of each: enough for CloudEvents and tracing, bounded for the
#: store.
HEADERS_MAX = 64
HEADER_CHARACTERS_MAX = 1024
#: Characters of the key and of the reason.
KEY_CHARACTERS_MAX = 1024
REASON_CHARACTERS_MAX = 4096


def dead_letter_stream(service: str, message_id: str) -> str:
    """Return the stream of a refused message: one per message id, so that a repeat finds the first."""
    digest = hashlib.sha256(message_id.encode("utf-8", "backslashreplace")).hexdigest()
    return f"deadletter-{service}-{digest[:32]}"


def message_refused(inbox: InboxEntry, message: Message, refusal: InvalidInput) -> MessageRefused:
    """Return the audit event of a refused message. Its SHA-256 names all of it, `head` shows the beginning."""
    return MessageRefused(
        service=inbox.schema,
        group=inbox.consumer,
        topic=message.topic,
        partition=message.partition,
        offset=message.offset if message.first_offset is None else message.first_offset,
        last_offset=message.offset,
        count=records_of(message),
        key=None if message.key is None else storable(message.key[:KEY_CHARACTERS_MAX]),
        message_id=inbox.message_id,
        code=refusal.code,
        reason=storable(refusal.reason[:REASON_CHARACTERS_MAX]),
        sha256=hashlib.sha256(message.content).hexdigest(),
        size_bytes=len(message.content),
        head=storable(message.content[:HEAD_BYTES_MAX]),
        headers={
            storable(name[:HEADER_CHARACTERS_MAX]): storable(value[:HEADER_CHARACTERS_MAX])
            for name, value in islice(message.headers.items(), HEADERS_MAX)
        },
        headers_kept=_headers_kept(message),
        error=storable(message.unreadable[:REASON_CHARACTERS_MAX]) or None,
    )


def _headers_kept(message: Message) -> bool:
    """Return whether key and headers are in the dead letter as they came, neither cut nor left out nor escaped."""
    short = all(len(text) <= HEADER_CHARACTERS_MAX for pair in message.headers.items() for text in pair)
    texts = (message.key or "", *message.headers, *message.headers.values())
    # A backslash and an x is how bytes are kept that are not text. What looks so is not taken for the original.
    plain = not any("\\x" in text for text in texts)
    return short and plain and len(message.headers) <= HEADERS_MAX and len(message.key or "") <= KEY_CHARACTERS_MAX


async def set_aside(unit: UnitOfWork, message: Message, refusal: InvalidInput) -> None:
    """Append the dead letter; in the same unit as the inbox row, so that the message is refused once.

    A message that was published again and is refused again adds to the dead letter it came from.

    Raises:
        Defect: the unit handles no message.
    """
    inbox = unit.inbox
    if inbox is None:
        raise Defect(f"{message.place} was to be set aside by a unit of work that no message began.")
    stream = dead_letter_stream(inbox.schema, inbox.message_id)
    letters = await unit.load(stream)
    unit.append(stream, letters.version, message_refused(inbox, message, refusal))


async def set_aside_many(unit: UnitOfWork, letter: MessageRefused) -> None:
    """Append the dead letter of many messages. Its stream has the name of the first: after a crash they are counted
    again, and the same letter, or one that goes further, is appended there.
    """
    stream = dead_letter_stream(letter.service, f"{letter.message_id}#{letter.code}")
    letters = await unit.load(stream)
    known = letters.events[-1] if letters.events else None
    if not (isinstance(known, MessageRefused) and known.last_offset >= letter.last_offset):
        unit.append(stream, letters.version, letter)
