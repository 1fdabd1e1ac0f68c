"""A Kafka message as HAWK sees it, and the CloudEvent in its headers.

CloudEvents 1.0, Kafka protocol binding, binary mode: attributes are headers `ce_*`, the value is the data.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Generic, Protocol, cast

from typing_extensions import TypeVar

from shared.errors import InvalidInput
from shared.events.base import Event
from shared.events.bounds import moment
from shared.events.catalogue import decode_message
from shared.eventstore import codec
from shared.exact_json import INTEGER_MAX, parse_json, parse_stored, storable
from shared.messaging.cause import Cause
from shared.messaging.records import UnreadableRecord
from shared.telemetry.tracing import new_traceparent, valid_traceparent

#: Characters of a `ce_id`. It becomes an index key of the inbox, which PostgreSQL limits to about 2,700
#: bytes.
MESSAGE_ID_CHARACTERS_MAX = 200
#: Bytes of any other attribute: what a stream's name may have, the longest of them.
ATTRIBUTE_BYTES_MAX = 255
#: Milliseconds of a record's timestamp that are a time at all: to the end of the year 9998, in any time zone.
TIMESTAMP_MS_MAX = 253_370_764_800_000

E_co = TypeVar("E_co", bound=Event, default=Event, covariant=True)

_ID = re.compile(r"[!-~]+\Z")
_TYPE = re.compile(r"hawk\.([A-Z][A-Za-z0-9]*)\.v([1-9][0-9]{0,3})\Z")
_SEQUENCE = re.compile(r"[0-9]{1,20}\Z")


class Record(Protocol):
    """The fields this module needs of a Kafka client's record."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Iterable[tuple[str, bytes | None]]
    timestamp: int


@dataclass(frozen=True)
class Message(Generic[E_co]):
    """One message; `Message[PlanDrawn]` where its subscription says which event it carries.

    Text that is not UTF-8 is kept with backslash escapes; NUL never occurs in text.

    `raw_key` and `raw_headers` are what came, byte for byte: signatures cover those. `unreadable` says why it is only
    the place of records that could not be read, of which `first_offset` is the first and `offset` the last. `unread`
    are their bytes; they are not a value and are never taken for one.
    """

    topic: str
    partition: int
    offset: int
    key: str | None
    value: bytes
    headers: Mapping[str, str]
    timestamp: datetime
    raw_key: bytes | None = None
    raw_headers: tuple[tuple[str, bytes | None], ...] = ()
    unreadable: str = ""
    first_offset: int | None = None
    unread: bytes = b""

    @property
    def content(self) -> bytes:
        """The bytes that a dead letter keeps."""
        return self.unread if self.unreadable else self.value

    @property
    def id(self) -> str:
        """`ce_id` when there is a usable one, else the place of the message."""
        given = self.headers.get("ce_id", "")
        return given if _usable_id(given) else self.place

    @property
    def place(self) -> str:
        """`topic:partition:offset`: identifies this delivery, independent of its publisher."""
        return f"{self.topic}:{self.partition}:{self.offset}"

    @cached_property
    def attributes(self) -> "CloudEvent":
        """The CloudEvent attributes.

        Raises:
            InvalidInput: NOT_A_CLOUDEVENT, naming the header that is missing or malformed.
        """
        return _read_attributes(self)

    def vouch(self) -> None:
        """Note that the store holds this very message: its value is what HAWK wrote, and need not be read strictly."""
        self.__dict__["_vouched"] = True

    @cached_property
    def data(self) -> Mapping[str, Any]:
        """The value as a JSON object. Numbers with a fraction are refused: amounts are strings.

        Raises:
            InvalidInput: MALFORMED_JSON, or TEXT_NOT_STORABLE.
        """
        return _read_data(self)

    @cached_property
    def event(self) -> E_co:
        """The domain event, brought up to the newest schema version. The consumer reads it before a handler does.

        Raises:
            InvalidInput: NOT_A_CLOUDEVENT or MALFORMED_JSON, or the catalogue's refusal of the data.
        """
        attributes = self.attributes
        return cast("E_co", decode_message(attributes.event_name, attributes.schema_version, self.data))


@dataclass(frozen=True, slots=True)
class CloudEvent:
    """The context attributes of a HAWK message. `stream` is `ce_subject`, `version` is `ce_sequence`."""

    id: str
    source: str
    event_name: str
    schema_version: int
    time: datetime
    stream: str
    version: int
    correlation_id: str
    causation_id: str
    traceparent: str | None

    @property
    def type(self) -> str:
        """`ce_type`: `hawk.<EventName>.v<version>`."""
        return f"hawk.{self.event_name}.v{self.schema_version}"


def message_of(record: Record) -> Message:
    """Return the message of a client's record. A repeated header keeps its last value; no value is empty bytes."""
    raw_headers = tuple(record.headers)
    return Message(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        key=None if record.key is None else storable(record.key),
        value=record.value or b"",
        headers={storable(name): storable(value or b"") for name, value in raw_headers},
        timestamp=datetime.fromtimestamp(min(max(record.timestamp, 0), TIMESTAMP_MS_MAX) / 1000, UTC),
        raw_key=record.key,
        raw_headers=raw_headers,
        unreadable=record.error if isinstance(record, UnreadableRecord) else "",
        first_offset=record.first_offset if isinstance(record, UnreadableRecord) else None,
        unread=record.raw if isinstance(record, UnreadableRecord) else b"",
    )


def records_of(message: Message) -> int:
    """Return how many records a message represents: one, unless it replaces records that could not be read."""
    return 1 if message.first_offset is None else message.offset - message.first_offset + 1


def check_readable(message: Message) -> None:
    """Refuse what is only the place of records.

    Raises:
        InvalidInput: RECORD_UNREADABLE.
    """
    if message.unreadable:
        raise InvalidInput(
            code="RECORD_UNREADABLE",
            reason=f"What lies at {message.topic}:{message.partition} from offset {message.first_offset} to "
            f"{message.offset} cannot be read: {message.unreadable}. Have its publisher publish it otherwise.",
        )


def _read_attributes(message: Message) -> CloudEvent:
    if _header(message, "ce_specversion") != "1.0":
        raise _not_a_cloud_event(message, "ce_specversion", "must be 1.0")
    name, schema_version = _type(message)
    return CloudEvent(
        id=_id(message),
        source=_header(message, "ce_source"),
        event_name=name,
        schema_version=schema_version,
        time=_time(message),
        stream=_header(message, "ce_subject"),
        version=_sequence(message),
        correlation_id=_header(message, "ce_correlationid"),
        causation_id=_header(message, "ce_causationid"),
        traceparent=_traceparent(message),
    )


def _read_data(message: Message) -> Mapping[str, Any]:
    if message.__dict__.get("_vouched"):
        stored: Mapping[str, Any] = parse_stored(message.value.decode())
        return stored
    try:
        data = parse_json(message.value)
    except ValueError as error:
        raise InvalidInput(
            code="MALFORMED_JSON",
            reason=f"The value of {message.place} is not JSON of an event: {error}. Publish it corrected.",
        ) from error
    if not isinstance(data, dict):
        raise InvalidInput(
            code="MALFORMED_JSON",
            reason=f"The value of {message.place} is a JSON {type(data).__name__}; an event is an object.",
        )
    if b"\\u" in message.value:  # else it holds neither NUL nor half a surrogate pair
        codec.encode(data)
    return data


def cause_of(message: Message, actor: str, *, raw: bool = False) -> Cause:
    """Return the cause of handling a message: same workflow, caused by this message, a child span of its trace.

    A raw message (open topic) or one without CloudEvent headers begins a story of its own.
    """
    message_id = message.place if raw else message.id
    given = message.headers.get("ce_correlationid", "")
    return Cause(
        actor=actor,
        correlation_id=given if 0 < len(given.encode()) <= ATTRIBUTE_BYTES_MAX else message_id,
        causation_id=message_id,
        traceparent=new_traceparent(_traceparent(message)),
    )


def _usable_id(text: str) -> bool:
    return 0 < len(text) <= MESSAGE_ID_CHARACTERS_MAX and _ID.match(text) is not None


def _not_a_cloud_event(message: Message, header: str, problem: str) -> InvalidInput:
    return InvalidInput(
        code="NOT_A_CLOUDEVENT",
        reason=f"Header {header} of {message.place} {problem}. HAWK's topics carry CloudEvents 1.0 (binary).",
    )


def _header(message: Message, name: str) -> str:
    value = message.headers.get(name, "")
    if not value:
        raise _not_a_cloud_event(message, name, "is missing")
    if len(value.encode()) > ATTRIBUTE_BYTES_MAX:
        raise _not_a_cloud_event(message, name, f"has more than {ATTRIBUTE_BYTES_MAX} bytes")
    return value


def _id(message: Message) -> str:
    given = _header(message, "ce_id")
    if not _usable_id(given):
        raise _not_a_cloud_event(
            message,
            "ce_id",
            f"must be 1 to {MESSAGE_ID_CHARACTERS_MAX} printable ASCII characters without blanks",
        )
    return given


def _type(message: Message) -> tuple[str, int]:
    found = _TYPE.match(_header(message, "ce_type"))
    if found is None:
        raise _not_a_cloud_event(message, "ce_type", "must be hawk.<EventName>.v<version>")
    return found.group(1), int(found.group(2))


def _time(message: Message) -> datetime:
    try:
        return moment(_header(message, "ce_time"))
    except ValueError as error:
        raise _not_a_cloud_event(message, "ce_time", f"must be an RFC 3339 time of our age: {error}") from error


def _sequence(message: Message) -> int:
    text = _header(message, "ce_sequence")
    if _SEQUENCE.match(text) is None:
        raise _not_a_cloud_event(message, "ce_sequence", "must be the stream version in decimal digits")
    if int(text) > INTEGER_MAX:
        raise _not_a_cloud_event(message, "ce_sequence", "is larger than the version of any stream")
    return int(text)


def _traceparent(message: Message) -> str | None:
    """Return the trace context. A malformed one is ignored, as W3C Trace Context 4.3 asks."""
    given = message.headers.get("ce_traceparent") or message.headers.get("traceparent")
    return given if valid_traceparent(given) else None
