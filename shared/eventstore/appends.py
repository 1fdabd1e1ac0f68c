"""Turns the arguments of an append into rows, and refuses those that no adapter may take. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.eventstore.codec import decode, encode
from shared.eventstore.errors import AppendInvalid, ReadInvalid
from shared.eventstore.port import (
    APPEND_EVENTS_MAX,
    EVENT_BYTES_MAX,
    METADATA_BYTES_MAX,
    NewEvent,
    RecordedEvent,
    StreamAppend,
    event_id,
)

#: Bytes of a stream name in UTF-8: an index entry of it must stay small.
STREAM_NAME_BYTES_MAX = 255

#: Events per call of `read_feed`: what a reader keeps in memory.
FEED_LIMIT_MAX = 10_000


@dataclass(frozen=True, slots=True)
class Row:
    """One event as it will be stored, but for the time."""

    stream: str
    version: int
    event_id: UUID
    type: str
    schema_version: int
    data: str
    metadata: str
    given: NewEvent

    def recorded(self, at: datetime) -> RecordedEvent:
        """Return the event as every later read will give it.

        Data made of a source are JSON values already; others are decoded from the text that was stored.
        """
        made = self.given.source is not None
        return RecordedEvent(
            stream=self.stream,
            version=self.version,
            event_id=self.event_id,
            type=self.type,
            schema_version=self.schema_version,
            data=self.given.data if made else decode(self.data),
            metadata=self.given.metadata if made else decode(self.metadata),
            recorded_at=at,
            source=self.given.source,
            size=len(self.data),
        )


def rows_of(appends: Sequence[StreamAppend]) -> tuple[Row, ...]:
    """Return the rows of an append in the order given.

    Raises:
        AppendInvalid: no events, too many or too large ones, a stream named twice, a version below zero.
        EventNotEncodable, InvalidInput: see `codec.encode`.
    """
    _check_streams(appends)
    rows = tuple(row for append in appends for row in _stream_rows(append))
    if len(rows) > APPEND_EVENTS_MAX:
        raise AppendInvalid(reason=f"{len(rows)} events in one append, expected at most {APPEND_EVENTS_MAX}.")
    return rows


def _check_streams(appends: Sequence[StreamAppend]) -> None:
    if not appends:
        raise AppendInvalid(reason="no streams; expected at least one.")
    seen: set[str] = set()
    for append in appends:
        if append.stream in seen:
            raise AppendInvalid(reason=f"stream {append.stream} is named twice; put its events into one entry.")
        seen.add(append.stream)
        if not 1 <= len(append.stream.encode("utf-8", "surrogatepass")) <= STREAM_NAME_BYTES_MAX:
            raise AppendInvalid(
                reason=f"stream name {append.stream[:64]!r} is empty or above {STREAM_NAME_BYTES_MAX} bytes."
            )
        if append.expected < 0:
            raise AppendInvalid(reason=f"stream {append.stream}: expected version {append.expected} is below zero.")
        if not append.events:
            # A check without a write could be passed by two transactions at once: it would promise too much.
            raise AppendInvalid(reason=f"stream {append.stream}: no events; expected at least one.")


def _stream_rows(append: StreamAppend) -> list[Row]:
    rows = []
    for version, event in enumerate(append.events, append.expected + 1):
        if not event.type or event.schema_version < 1:
            raise AppendInvalid(
                reason=f"stream {append.stream} version {version}: event without type or schema version."
            )
        data = event.text if event.text is not None else encode(event.data)
        metadata = _metadata(append.stream, event)
        if _bytes(data) > EVENT_BYTES_MAX:
            raise AppendInvalid(
                reason=f"stream {append.stream} version {version}: {event.type} has more than {EVENT_BYTES_MAX} bytes."
            )
        rows.append(
            Row(
                stream=append.stream,
                version=version,
                event_id=event_id(append.stream, version),
                type=event.type,
                schema_version=event.schema_version,
                data=data,
                metadata=metadata,
                given=event,
            )
        )
    return rows


def _metadata(stream: str, event: NewEvent) -> str:
    text = encode(event.metadata)
    if _bytes(text) > METADATA_BYTES_MAX or not all(isinstance(value, str) for value in event.metadata.values()):
        raise AppendInvalid(
            reason=f"stream {stream}: the metadata of {event.type} is not an object of texts of at most "
            f"{METADATA_BYTES_MAX} bytes."
        )
    return text


def _bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())


def check_feed_limit(limit: int) -> None:
    """Refuse a read that takes nothing or more than memory should hold.

    Raises:
        ReadInvalid: `limit` is not within 1..FEED_LIMIT_MAX.
    """
    if not 1 <= limit <= FEED_LIMIT_MAX:
        raise ReadInvalid(limit=limit, limit_max=FEED_LIMIT_MAX)
