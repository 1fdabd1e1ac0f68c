"""The whole history of the event store as one reader sees it: in feed order, with the sealed positions."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from shared.errors import HawkError
from shared.eventstore.driver_errors import translated
from shared.eventstore.port import RecordedEvent, event_id
from shared.exact_json import parse_stored
from tools.verification.checks.chain import ChainFold

#: Events of one batch: what a replay holds in memory at once, a few megabytes.
BATCH_EVENTS = 2_000

#: A damaged history can be damaged everywhere; further findings would say nothing new.
FINDINGS_MAX = 100

# No bound at the oldest open transaction as in the live feed: the snapshot itself says what is there, and a row of a
# read table is visible in it exactly when its events are.
READ_HISTORY = """
SELECT seals.position, seals.hash, events.xid::text::bigint AS xid, events.id,
       events.stream, events.version, events.event_id, events.type, events.schema_version,
       events.data::text AS data, events.metadata::text AS metadata, events.recorded_at
FROM es.events AS events
LEFT JOIN es.seals AS seals ON seals.event_id = events.event_id
ORDER BY events.xid, events.id
"""

READ_SINCE = """
SELECT seals.position, events.stream, events.version, events.event_id, events.type, events.schema_version,
       events.data::text AS data, events.metadata::text AS metadata, events.recorded_at
FROM es.events AS events
LEFT JOIN es.seals AS seals ON seals.event_id = events.event_id
WHERE events.xid >= pg_snapshot_xmin($1::text::pg_snapshot)
  AND NOT pg_visible_in_snapshot(events.xid, $1::text::pg_snapshot)
ORDER BY events.xid, events.id
"""

READ_GAPS = """
SELECT stream, count(*) AS events, max(version) AS version
FROM es.events GROUP BY stream HAVING count(*) <> max(version) ORDER BY stream
"""


class Findings:
    """Sentences about differences, at most `FINDINGS_MAX`; `total` counts all."""

    def __init__(self) -> None:
        self.sentences: list[str] = []
        self.total = 0

    def add(self, sentence: str) -> None:
        """Add a sentence; beyond `FINDINGS_MAX` it is counted only."""
        self.total += 1
        if self.total <= FINDINGS_MAX:
            self.sentences.append(sentence)

    def __bool__(self) -> bool:
        return self.total > 0


@dataclass(frozen=True, slots=True)
class PastEvent:
    """A recorded event and its position in the sealed order; None while it waits for the relay."""

    position: int | None
    event: RecordedEvent

    @property
    def place(self) -> str:
        """The position of the event, for a finding."""
        where = "Not yet sealed" if self.position is None else f"Position {self.position}"
        return f"{where}, stream {self.event.stream} version {self.event.version}"


@dataclass(frozen=True, slots=True)
class Moment:
    """The snapshot a verification rests on: its text (`pg_snapshot`) and the database's time."""

    snapshot: str
    at: datetime


async def moment_of(connection: asyncpg.Connection) -> Moment:
    """Take the snapshot of the open transaction, which must be REPEATABLE READ or stricter.

    Raises:
        LookupError: the query returned no row, which PostgreSQL never does.
    """
    row = await connection.fetchrow("SELECT pg_current_snapshot()::text AS snapshot, now() AS at")
    if row is None:
        raise LookupError("SELECT without a row")
    return Moment(row["snapshot"], row["at"])


async def sealed_events(connection: asyncpg.Connection) -> int:
    """Return how many events are sealed, from the end of an index: about as many as there are."""
    return int(await connection.fetchval("SELECT coalesce(max(position), 0) FROM es.seals"))


async def read_history(
    connection: asyncpg.Connection, findings: Findings, chain: ChainFold
) -> AsyncIterator[Sequence[PastEvent]]:
    """Yield all events of the open transaction's snapshot, in batches of at most `BATCH_EVENTS`.

    An event that cannot be read, or whose id is not that of its place, and a stream with a gap become findings. While
    the caller works on a batch, the database prepares the next one: the connection is in use until the end.

    Args:
        chain: gets the rows, sealed or not.
    Raises:
        Transient: the database is away.
    """
    with translated(connection):
        for gap in await connection.fetch(READ_GAPS):
            findings.add(
                f"Stream {gap['stream']}: {gap['events']} events, but the last has version {gap['version']}: "
                "events were removed or inserted."
            )
        cursor = await connection.cursor(READ_HISTORY, prefetch=None)
    following = asyncio.create_task(cursor.fetch(BATCH_EVENTS))
    try:
        while True:
            with translated(connection):
                records = await following
            if not records:
                return
            following = asyncio.create_task(cursor.fetch(BATCH_EVENTS))
            await asyncio.sleep(0)  # so that the question is sent before the caller begins
            chain.take(records)
            yield _past(records, findings)
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)


class _Metadata(Mapping[str, str]):
    """The metadata of an event, read when somebody asks for them: of most events nobody does."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def __getitem__(self, name: str) -> str:
        return self._all()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    def _all(self) -> dict[str, str]:
        read: dict[str, str] = parse_stored(self._text)
        return read


def _recorded(record: asyncpg.Record) -> RecordedEvent:
    return RecordedEvent(
        stream=record["stream"],
        version=record["version"],
        event_id=record["event_id"],
        type=record["type"],
        schema_version=record["schema_version"],
        data=parse_stored(record["data"]),
        metadata=_Metadata(record["metadata"]),
        recorded_at=record["recorded_at"],
    )


async def read_since(connection: asyncpg.Connection, snapshot: str, findings: Findings) -> Sequence[PastEvent]:
    """Yield the events committed after a snapshot, in feed order."""
    with translated(connection):
        records = await connection.fetch(READ_SINCE, snapshot)
    return _past(records, findings)


def _past(records: Sequence[asyncpg.Record], findings: Findings) -> list[PastEvent]:
    past = []
    for record in records:
        try:
            one = PastEvent(record["position"], _recorded(record))
        except (HawkError, ValueError) as error:
            where = "Not yet sealed" if record["position"] is None else f"Position {record['position']}"
            findings.add(f"{where}, stream {record['stream']} version {record['version']}: cannot be read: {error}")
            continue
        if event_id(one.event.stream, one.event.version) != one.event.event_id:
            findings.add(f"{one.place}: its id {one.event.event_id} is not that of this stream and version.")
        past.append(one)
    return past
