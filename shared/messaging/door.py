"""The door: a message of a topic that only the relay writes is believed when it is an event of the store.

A process that can write to a topic can write anything: a plan nobody drew, a decision nobody took, junk under the id of
the next true event. So before a handler sees such a message, it is made into the event that it presents itself as,
compared with what `shared.events.routing` does with that event, and the store is asked (`es.recorded`) whether it holds
it: on the primary, in the transaction that handles it, once for all messages of a batch.

The relay publishes an event as the database prints it. So the store is asked by a digest of key, headers and value
first: where the store holds exactly that message, it holds those values, which need not be read then. What differs is
read strictly and compared as values, since a relay of another release may have written them otherwise; only that
comparison says no.

Which topics are checked follows from the routing alone. There is no setting.
"""

import contextlib
import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg

from shared.errors import Defect, InvalidInput
from shared.events.publication import Unpublishable
from shared.events.routing import CONTENT_TYPE, WRITTEN_BY_RELAY, key_of, routes, source_of
from shared.eventstore import codec
from shared.messaging.message import CloudEvent, Message

#: The largest version a stream can have in the store.
VERSION_MAX = 2**63 - 1

_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_BY_DIGEST = "es.recorded($1::uuid[], $2::bytea)"
_AS_VALUES = "es.recorded($1::text::jsonb, $2::text::jsonb)"
#: As the store writes an id. The inbox knows a message by that text, so no other spelling of it is the same.
_EVENT_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\Z")


class NotRecorded(InvalidInput):
    """A message in the form of an event of HAWK that the store does not hold."""

    def __init__(self, place: str) -> None:
        super().__init__(
            code="NOT_RECORDED",
            reason=f"{place} is not an event of the store, or differs from it as published. Nothing of it "
            "was believed. Look who can write to this topic beside the relay.",
        )


@dataclass(frozen=True, slots=True)
class Presented:
    """A message that presents itself as an event, and is published as the relay would publish that event."""

    message: Message

    @property
    def event(self) -> CloudEvent:
        """The event's attributes from the headers, which are read once for each message."""
        return self.message.attributes

    @property
    def place(self) -> str:
        """The place of the message."""
        return self.message.place

    @property
    def digest(self) -> bytes:
        """SHA-256 of all that is published of an event, as `es.message_digest` computes it of a row.

        A NUL follows each part but the value, and none holds one: so nothing else gives the same.
        """
        headers, event = self.message.headers, self.event
        parts = (
            self.message.key or "",
            event.id,
            event.stream,
            headers["ce_sequence"],
            headers["ce_type"],
            headers["ce_time"],
            event.correlation_id,
            event.causation_id,
            headers.get("ce_traceparent", ""),
            "",
        )
        return hashlib.sha256("\0".join(parts).encode() + self.message.value).digest()

    def facts(self) -> Mapping[str, str | int]:
        """Return what the headers say, to hold against the columns of a row."""
        return {
            "event_id": self.event.id,
            "stream": self.event.stream,
            "version": self.event.version,
            "type": self.event.event_name,
            "schema_version": self.event.schema_version,
            "recorded_at": self.event.time.isoformat(),
            "correlation_id": self.event.correlation_id,
            "causation_id": self.event.causation_id,
            "traceparent": self.message.headers.get("ce_traceparent", ""),
        }

    def values(self) -> str:
        """Return the value as JSON text for PostgreSQL, once it was read strictly.

        Raises:
            NotRecorded: no event would be published as this message is.
            InvalidInput: MALFORMED_JSON or TEXT_NOT_STORABLE: it is not an event at all.
        """
        data = self.message.data
        try:
            key = key_of(self.event.stream, data)
        except Unpublishable:
            key = None
        if key is None or key != self.message.key:
            raise NotRecorded(self.place)
        return _text(self.message, data)


def presented(message: Message) -> Presented | None:
    """Return the event to ask the store about; None for a message of a topic that others write too.

    Raises:
        NotRecorded: no event would be published as this message is.
        InvalidInput: NOT_A_CLOUDEVENT; or MALFORMED_JSON or TEXT_NOT_STORABLE, where that is seen without asking.
    """
    if message.topic not in WRITTEN_BY_RELAY:
        return None
    event = message.attributes
    if event.version > VERSION_MAX or not _published_so(message, event):
        raise why_untrue(Presented(message))
    return Presented(message)


def why_untrue(asked: Presented) -> InvalidInput:
    """Return why a message is set aside that the store says no to: what is wrong in itself comes first."""
    try:
        asked.values()
    except InvalidInput as refusal:
        return refusal
    return NotRecorded(asked.place)


def _published_so(message: Message, event: CloudEvent) -> bool:
    """Return whether the relay publishes that event on this topic and with these headers.

    The other headers are what the event is known by, and are held against its row; the key is held against its data.
    """
    try:
        return (
            message.topic in routes(event.stream, event.event_name)
            and event.source == source_of(event.stream)
            and message.headers.get("content-type") == CONTENT_TYPE
            and _EVENT_ID.match(event.id) is not None
        )
    except Unpublishable:
        return False


#: What says what is to be asked about a message: `presented`, but in tests and benchmarks.
Present = Callable[[Message], Presented | None]


@dataclass(frozen=True, slots=True)
class Look:
    """The database's findings on messages: the inbox keys it holds, and whether each presented event is true."""

    seen: frozenset[str]
    recorded: tuple[bool, ...] = ()


async def look(
    connection: asyncpg.Connection, schema: str, consumer: str, keys: Sequence[str], asked: Sequence[Presented]
) -> Look:
    """Ask the inbox of a consumer and the store, in one query.

    Args:
        schema: of the service; the name was checked.
    """
    if not asked:
        seen = f"SELECT message_id FROM {schema}.inbox WHERE consumer = $1 AND message_id = ANY($2::text[])"  # noqa: S608
        return Look(frozenset(row["message_id"] for row in await connection.fetch(seen, consumer, keys)))
    both = f"""SELECT {_BY_DIGEST} AS recorded,
        ARRAY(SELECT message_id FROM {schema}.inbox WHERE consumer = $3 AND message_id = ANY($4::text[])) AS seen"""  # noqa: S608
    (row,) = await connection.fetch(both, *_by_digest(asked), consumer, keys)
    return Look(frozenset(row["seen"]), await _as_values(connection, asked, row["recorded"]))


async def are_recorded(pool: asyncpg.Pool, messages: Sequence[Message]) -> Sequence[bool]:
    """Return which messages of topics that only the relay writes are true: for readers that handle and keep nothing.

    Raises:
        What the driver says of a database that is away.
    """
    asked: dict[int, Presented] = {}
    for place, message in enumerate(messages):
        with contextlib.suppress(InvalidInput):
            found = presented(message)
            if found is None:
                raise Defect(
                    f"Anybody may write to {message.topic}: nothing there is recorded. Ask about other topics."
                )
            asked[place] = found
    if not asked:
        return [False] * len(messages)
    by_digest = await pool.fetchval(f"SELECT {_BY_DIGEST}", *_by_digest(list(asked.values())))
    answers = dict(zip(asked, await _as_values(pool, list(asked.values()), by_digest), strict=True))
    return [answers.get(place, False) for place in range(len(messages))]


async def _as_values(
    asking: asyncpg.Connection | asyncpg.Pool, asked: Sequence[Presented], found: Sequence[bool]
) -> tuple[bool, ...]:
    """Return the answers; events that a digest does not find are compared once more, as values."""
    texts: dict[int, str] = {}
    for place, (each, yes) in enumerate(zip(asked, found, strict=True)):
        if yes:
            each.message.vouch()
        else:
            with contextlib.suppress(InvalidInput):
                texts[place] = each.values()
    if not texts:
        return tuple(found)
    facts = _ENCODER.encode([asked[place].facts() for place in texts])
    equal = await asking.fetchval(f"SELECT {_AS_VALUES}", facts, f"[{','.join(texts.values())}]")
    answers = dict(zip(texts, equal, strict=True))
    return tuple(yes or answers.get(place, False) for place, yes in enumerate(found))


def _text(message: Message, data: Mapping[str, Any]) -> str:
    """Return the value as text that PostgreSQL can read.

    Escapes are written again, which refuses those that it cannot read.
    """
    if b"\\u" not in message.value:
        return message.value.decode()
    try:
        return codec.encode(data)
    except RecursionError:  # nested as deeply as can just be read; no event is
        raise NotRecorded(message.place) from None


def _by_digest(asked: Sequence[Presented]) -> tuple[list[str], bytes]:
    """Return the ids of the presented events, and the digests of their messages one after the other."""
    return [each.event.id for each in asked], b"".join(each.digest for each in asked)
