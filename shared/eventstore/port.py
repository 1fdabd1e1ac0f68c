"""The contract of an event store, whatever keeps the rows.

The contract suite `tests/contract/event_store_contract.py` runs every sentence here against each adapter.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any, Protocol
from uuid import UUID

# The limits of `es.append` are these (a test holds them equal). It refuses on its own: a role may speak SQL.

#: Events in one append. A 125-operation order over three entities needs about 150.
APPEND_EVENTS_MAX = 2_000
#: Bytes of one event's data as JSON text: half of what a topic takes.
EVENT_BYTES_MAX = 4 * 1024 * 1024
#: Bytes of one event's metadata as JSON text: four short texts. They become headers of a message.
METADATA_BYTES_MAX = 16 * 1024
#: Levels of lists and objects in one event. What comes from outside has 64 at most; readers give up at some hundreds.
JSON_DEPTH_MAX = 100
#: The whole numbers an event may hold: those that a bigint of the read tables takes.
NUMBER_MIN, NUMBER_MAX = -(2**63), 2**63 - 1

#: The expected version of a stream that must not exist yet.
NO_STREAM = 0

#: First bytes of what an event id is the hash of: another rule for ids would be another name.
EVENT_ID_RULE = b"hawk.event.v1"


@dataclass(frozen=True, slots=True)
class NewEvent:
    """A fact to be appended. `data` holds JSON values only: no float, amounts as strings.

    `source` is the value that `data` was made of, where there is one: who reads it needs not read `data` again.
    `text` is `data` as JSON, where it was written already; who gives it vouches that nothing in it has to be refused.
    """

    type: str
    schema_version: int
    data: Mapping[str, Any]
    metadata: Mapping[str, str] = field(default_factory=dict)
    source: object = field(default=None, compare=False, repr=False)
    text: str | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class StreamAppend:
    """Events for one stream, and the version the stream must be at (`NO_STREAM`: it must not exist)."""

    stream: str
    expected: int
    events: tuple[NewEvent, ...]


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    """An event as the store holds it. `version` counts from 1 without gaps within its stream.

    `source`: as of `NewEvent`, for an event that this process has appended; or the text that `data` was read from.
    `size`: characters of `data` as JSON, where an adapter has written or read them; about what it takes in memory.
    """

    stream: str
    version: int
    event_id: UUID
    type: str
    schema_version: int
    data: Mapping[str, Any]
    metadata: Mapping[str, str]
    recorded_at: datetime
    source: object = field(default=None, compare=False, repr=False)
    size: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True, order=True)
class FeedPosition:
    """A place in the feed: transaction id, then row id within it. `FEED_START` precedes everything."""

    xid: int
    id: int


FEED_START = FeedPosition(xid=0, id=0)


@dataclass(frozen=True, slots=True)
class FeedEvent:
    """An event of the feed with its place, from which reading goes on."""

    position: FeedPosition
    event: RecordedEvent


def event_id(stream: str, version: int) -> UUID:
    """Return the id of the event at a version of a stream: UUIDv8 (RFC 9562) of a SHA-256, as `es.event_id` makes it.

    The store makes the ids; here they are only known in advance.
    """
    name = stream.encode()
    hashed = sha256(EVENT_ID_RULE + len(name).to_bytes(4, "big") + name + version.to_bytes(8, "big")).digest()
    marked = int.from_bytes(hashed[:16], "big") & ~(0xF << 76) & ~(0x3 << 62)
    return UUID(int=marked | (8 << 76) | (2 << 62))


class EventStore(Protocol):
    """Appends to and reads streams, inside the caller's transaction."""

    async def append(self, appends: Sequence[StreamAppend]) -> tuple[RecordedEvent, ...]:
        """Append to all streams or to none; the first write of its transaction.

        Returns:
            The recorded events, in the order given.
        Raises:
            VersionConflict: a stream is not at its expected version.
            AppendNotFirst: the transaction has written before (`shared.eventstore.errors`, all Defects).
            AppendInvalid: a limit is passed, a stream is given twice or without events.
            EventNotEncodable: an event holds a float or another type that is not JSON of ours.
            StreamForbidden: the role of this connection may not append to a stream of that prefix.
            TypeForbidden: it may, but not an event of that type or version.
            InvalidInput: a text or number cannot be stored, or lists and objects are nested too deep
                (TEXT_NOT_STORABLE, NUMBER_NOT_STORABLE, NESTED_TOO_DEEP).
            Conflict: the database gave this transaction up for another one (serialization, deadlock).
            Transient: the database is away.
        """

    async def read_stream(self, stream: str, after_version: int = 0) -> tuple[RecordedEvent, ...]:
        """Return the events of one stream above a version, in order; empty for a stream that does not exist."""

    async def read_streams(self, after: Mapping[str, int]) -> Mapping[str, tuple[RecordedEvent, ...]]:
        """Return the events of each of these streams above a version of it, as `read_stream` does."""


class Feed(Protocol):
    """Reads all streams in the one order in which every reader sees them."""

    async def read_feed(self, after: FeedPosition, limit: int) -> tuple[FeedEvent, ...]:
        """Return at most `limit` settled events after a position, never passing one that may still appear before it.

        Fewer where they are large, and none only if there is none. A reader that goes on from the position of the last
        event read gets each event exactly once.

        Raises:
            ReadInvalid: `limit` is below 1 or above what one read may hold in memory.
        """
