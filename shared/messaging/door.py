"""The door: a message of a topic that only the relay writes is believed when it is an event of the store.

Whoever can write to a topic can write anything: a plan nobody drew, a decision nobody took, junk under the id of the
next true event. So before a handler sees such a message, it is read strictly, made into the event that it presents
itself as, held against what `shared.events.routing` does with that event, and the store is asked (`es.recorded`)
whether it holds it: on the primary, in the transaction that handles it, once for all messages of a batch. Values are
compared, not bytes, since a relay of another release may have written them otherwise.

Which topics are checked follows from the routing alone. There is no setting.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import asyncpg

from shared.errors import Defect, InvalidInput
from shared.events.publication import Unpublishable
from shared.events.routing import WRITTEN_BY_RELAY, cloud_event_attributes, key_of, routes
from shared.eventstore import codec
from shared.eventstore.port import RecordedEvent
from shared.messaging.message import CloudEvent, Message, cloud_event, message_data

#: The largest version a stream can have in the store.
VERSION_MAX = 2**63 - 1

_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_RECORDED = "es.recorded($1::text::jsonb)"
#: Headers that are compared as values: another release may write them otherwise.
_ASKED_AS_VALUES = frozenset({"ce_time", "ce_sequence"})


class NotRecorded(InvalidInput):
    """A message that bears the form of an event of HAWK and is none of the store's."""

    def __init__(self, place: str) -> None:
        super().__init__(
            code="NOT_RECORDED",
            reason=f"{place} is no event of the store, or not as it stands there and is published. Nothing of it "
            "was believed. Look who can write to this topic beside the relay.",
        )


@dataclass(frozen=True, slots=True)
class Presented:
    """An event as a message presents it, and its data as the JSON text to ask with."""

    place: str
    event: RecordedEvent
    data: str


def presented(message: Message) -> Presented | None:
    """The event to ask the store about; None for a message of a topic that others write too.

    Raises:
        NotRecorded: no event would be published as this message is.
        InvalidInput: NOT_A_CLOUDEVENT, MALFORMED_JSON or TEXT_NOT_STORABLE: it is no event at all.
    """
    if message.topic not in WRITTEN_BY_RELAY:
        return None
    told, data = cloud_event(message), message_data(message)
    event = _event(message, told, data)
    if told.version > VERSION_MAX or not _published_as(message, event):
        raise NotRecorded(message.place)
    return Presented(message.place, event, _text(message, event))


def _published_as(message: Message, event: RecordedEvent) -> bool:
    """Whether the relay publishes that event on this topic, under this key and with these headers."""
    try:
        return (
            message.topic in routes(event)
            and message.key == key_of(event)
            and all(
                message.headers.get(name, "") == text
                for name, text in cloud_event_attributes(event).items()
                if name not in _ASKED_AS_VALUES
            )
        )
    except Unpublishable:
        return False


#: What says what is to be asked about a message: `presented`, but in tests and benchmarks.
Present = Callable[[Message], Presented | None]


@dataclass(frozen=True, slots=True)
class Look:
    """What the database says of messages: the inbox keys it holds, and of each presented event whether it is true."""

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
    both = f"""SELECT {_RECORDED} AS recorded,
        ARRAY(SELECT message_id FROM {schema}.inbox WHERE consumer = $2 AND message_id = ANY($3::text[])) AS seen"""  # noqa: S608
    (row,) = await connection.fetch(both, _question(asked), consumer, keys)
    return Look(frozenset(row["seen"]), tuple(row["recorded"]))


async def is_recorded(pool: asyncpg.Pool, message: Message) -> bool:
    """Whether a message of a topic that only the relay writes is true: for readers that handle and keep nothing.

    Raises:
        What the driver says of a database that is away.
    """
    try:
        asked = presented(message)
    except InvalidInput:
        return False
    if asked is None:
        raise Defect(f"Anybody may write to {message.topic}: nothing there is recorded. Ask about other topics only.")
    return bool((await pool.fetchval(f"SELECT {_RECORDED}", _question([asked])))[0])


def _event(message: Message, told: CloudEvent, data: Mapping[str, object]) -> RecordedEvent:
    try:
        identity = UUID(told.id)
    except ValueError:
        raise NotRecorded(message.place) from None
    return RecordedEvent(
        stream=told.stream,
        version=told.version,
        event_id=identity,
        type=told.event_name,
        schema_version=told.schema_version,
        data=data,
        metadata={
            "correlation_id": told.correlation_id,
            "causation_id": told.causation_id,
            "traceparent": message.headers.get("ce_traceparent", ""),
        },
        recorded_at=told.time,
    )


def _text(message: Message, event: RecordedEvent) -> str:
    """The value as text that PostgreSQL can read. Escapes are written anew, which refuses those that it cannot."""
    if b"\\u" not in message.value:
        return message.value.decode()
    try:
        return codec.encode(event.data)
    except RecursionError:  # nested as deeply as can just be read; no event is
        raise NotRecorded(message.place) from None


def _question(asked: Iterable[Presented]) -> str:
    """An array of what the messages present. Their data go in as the text that was read strictly before."""
    return f"[{','.join(map(_asked, asked))}]"


def _asked(each: Presented) -> str:
    event = each.event
    facts = {
        "event_id": str(event.event_id),
        "stream": event.stream,
        "version": event.version,
        "type": event.type,
        "schema_version": event.schema_version,
        "recorded_at": event.recorded_at.isoformat(),
        **event.metadata,
    }
    return f'{_ENCODER.encode(facts)[:-1]},"data":{each.data}}}'
