"""The event store in memory, for tests without PostgreSQL; held to the contract suite of the PostgreSQL store."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from shared.errors import VersionConflict
from shared.eventstore.appends import check_feed_limit, rows_of
from shared.eventstore.errors import StreamForbidden, TypeForbidden
from shared.eventstore.port import FeedEvent, FeedPosition, RecordedEvent, StreamAppend


def _utc_now() -> datetime:
    return datetime.now(UTC)


class MemoryEventStore:
    """Satisfies `port.EventStore` and `port.Feed`. Each append is a transaction of its own.

    Args:
        prefixes: the stream prefixes this store's user may append to; None: all.
        types: the event types, in their first version; None: all.
        clock: gives `recorded_at`.
    """

    def __init__(
        self,
        *,
        prefixes: tuple[str, ...] | None = None,
        types: frozenset[str] | None = None,
        clock: Callable[[], datetime] = _utc_now,
    ) -> None:
        self._prefixes = prefixes
        self._types = types
        self._clock = clock
        self._streams: dict[str, list[RecordedEvent]] = defaultdict(list)
        self._feed: list[FeedEvent] = []
        self._transactions = 0

    async def append(self, appends: Sequence[StreamAppend]) -> tuple[RecordedEvent, ...]:
        """See `port.EventStore.append`."""
        return self.write(appends)

    def write(self, appends: Sequence[StreamAppend]) -> tuple[RecordedEvent, ...]:
        """Append without waiting: there is nothing to wait for in memory."""
        rows = rows_of(appends)
        for append in appends:
            self._check_right(append)
        for append in appends:
            self._check_version(append)
        now = self._clock()
        self._transactions += 1
        events = tuple(row.recorded(now) for row in rows)
        for event in events:
            self._streams[event.stream].append(event)
            self._feed.append(FeedEvent(FeedPosition(self._transactions, len(self._feed) + 1), event))
        return events

    async def read_stream(self, stream: str, after_version: int = 0) -> tuple[RecordedEvent, ...]:
        """See `port.EventStore.read_stream`."""
        return tuple(self._streams.get(stream, ())[max(after_version, 0) :])

    async def read_streams(self, after: Mapping[str, int]) -> Mapping[str, tuple[RecordedEvent, ...]]:
        """See `port.EventStore.read_streams`."""
        return {stream: await self.read_stream(stream, version) for stream, version in after.items()}

    async def read_feed(self, after: FeedPosition, limit: int) -> tuple[FeedEvent, ...]:
        """See `port.Feed.read_feed`."""
        check_feed_limit(limit)
        return tuple(self._feed[after.id : after.id + limit])

    def _check_right(self, append: StreamAppend) -> None:
        if self._prefixes is not None and not append.stream.startswith(self._prefixes):
            raise StreamForbidden(stream=append.stream, role="(in memory)")
        for event in append.events:
            if self._types is not None and event.type not in self._types:
                raise TypeForbidden(
                    stream=append.stream, role="(in memory)", type=event.type, schema_version=event.schema_version
                )

    def _check_version(self, append: StreamAppend) -> None:
        actual = len(self._streams.get(append.stream, ()))
        if actual != append.expected:
            raise VersionConflict(stream=append.stream, expected=append.expected, actual=actual)
