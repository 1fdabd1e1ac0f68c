"""The event store in PostgreSQL: one function call to append, one indexed query to read."""

from collections.abc import Mapping, Sequence
from typing import Any

import asyncpg

from shared.eventstore.appends import check_feed_limit, rows_of
from shared.eventstore.codec import decode
from shared.eventstore.driver_errors import translated
from shared.eventstore.port import FeedEvent, FeedPosition, RecordedEvent, StreamAppend

#: Bytes in the table above which an event counts as large when many are read at once.
LARGE_BYTES = 2_000
#: Large events read at once: of the largest, some 200 MiB as text.
LARGE_EVENTS_MAX = 32
LARGE_SO_FAR = f"count(*) FILTER (WHERE pg_column_size(next.data) > {LARGE_BYTES})"

# JSON goes in and out as text, so that it does not matter which codecs the pool has set on its connections.
APPEND = """
SELECT stream, version, recorded_at
FROM es.append(
    $1::text[], $2::bigint[], $3::text[], $4::text[], $5::integer[], $6::text[], $7::text[])
"""

READ_STREAM = """
SELECT stream, version, event_id, type, schema_version,
       data::text AS data, metadata::text AS metadata, recorded_at
FROM es.events
WHERE stream = $1 AND version > $2
ORDER BY version
"""

READ_STREAMS = """
SELECT stream, version, event_id, type, schema_version,
       data::text AS data, metadata::text AS metadata, recorded_at
FROM unnest($1::text[], $2::bigint[]) AS wanted(name, after)
JOIN es.events AS events ON events.stream = wanted.name AND events.version > wanted.after
ORDER BY stream, version
"""

# Below the oldest open transaction nothing can appear any more, so nothing is passed over; and a stream's
# next version is written only after the one before has committed, so (xid, id) never shows a stream out of
# order.
# A thousand of the largest events would not fit into memory, so a read ends at the LARGE_EVENTS_MAX-th that is large.
# What is larger than LARGE_BYTES is compressed or kept aside by PostgreSQL; asking its size does not read it.
READ_FEED = f"""
SELECT xid::text::bigint AS xid, id,
       stream, version, event_id, type, schema_version,
       data::text AS data, metadata::text AS metadata, recorded_at
FROM (
    SELECT next.*, {LARGE_SO_FAR} OVER (ORDER BY next.xid, next.id ROWS UNBOUNDED PRECEDING) AS large
    FROM (
        SELECT * FROM es.events
        WHERE (xid, id) > ($1::text::xid8, $2::bigint) AND xid < pg_snapshot_xmin(pg_current_snapshot())
        ORDER BY xid, id
        LIMIT $3
    ) AS next
) AS next
WHERE large <= {LARGE_EVENTS_MAX}
ORDER BY xid, id
"""  # noqa: S608 - two constants


class PostgresEventStore:
    """Appends and reads inside the transaction that is open on `connection`; commits nothing itself.

    Satisfies `port.EventStore` and `port.Feed`. A driver error arrives as an error of `shared.errors`.
    """

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    async def append(self, appends: Sequence[StreamAppend]) -> tuple[RecordedEvent, ...]:
        """See `port.EventStore.append`."""
        rows = rows_of(appends)
        with translated(self._connection):
            written = await self._connection.fetch(
                APPEND,
                [append.stream for append in appends],
                [append.expected for append in appends],
                [row.stream for row in rows],
                [row.type for row in rows],
                [row.schema_version for row in rows],
                [row.data for row in rows],
                [row.metadata for row in rows],
            )
        recorded_at = {(record["stream"], record["version"]): record["recorded_at"] for record in written}
        return tuple(row.recorded(recorded_at[row.stream, row.version]) for row in rows)

    async def read_stream(self, stream: str, after_version: int = 0) -> tuple[RecordedEvent, ...]:
        """See `port.EventStore.read_stream`."""
        with translated(self._connection):
            records = await self._connection.fetch(READ_STREAM, stream, after_version)
        return tuple(recorded_event(record) for record in records)

    async def read_streams(self, after: Mapping[str, int]) -> Mapping[str, tuple[RecordedEvent, ...]]:
        """See `port.EventStore.read_streams`."""
        with translated(self._connection):
            records = await self._connection.fetch(READ_STREAMS, list(after), list(after.values()))
        found: dict[str, list[RecordedEvent]] = {stream: [] for stream in after}
        for record in records:
            found[record["stream"]].append(recorded_event(record))
        return {stream: tuple(events) for stream, events in found.items()}

    async def read_feed(self, after: FeedPosition, limit: int) -> tuple[FeedEvent, ...]:
        """See `port.Feed.read_feed`."""
        check_feed_limit(limit)
        with translated(self._connection):
            records = await self._connection.fetch(READ_FEED, str(after.xid), after.id, limit)
        return tuple(FeedEvent(FeedPosition(record["xid"], record["id"]), recorded_event(record)) for record in records)


def recorded_event(record: asyncpg.Record | Mapping[str, Any], source: object = None) -> RecordedEvent:
    """Return the event of a row that was read with `data` and `metadata` as text; `source` as of the event."""
    return RecordedEvent(
        stream=record["stream"],
        version=record["version"],
        event_id=record["event_id"],
        type=record["type"],
        schema_version=record["schema_version"],
        data=decode(record["data"]),
        metadata=decode(record["metadata"]),
        recorded_at=record["recorded_at"],
        source=source,
        size=len(record["data"]),
    )
