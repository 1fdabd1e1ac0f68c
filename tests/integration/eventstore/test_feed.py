"""The feed gives every event exactly once and never passes over a transaction that is still open."""

import asyncio

import asyncpg
import pytest

from shared.errors import VersionConflict
from shared.eventstore.port import FEED_START, StreamAppend
from shared.eventstore.postgres import PostgresEventStore
from tests.integration.eventstore.support import LIMIT_SECONDS, append, connected, happened
from tests.support.stack import TestDatabase

pytestmark = pytest.mark.integration

WRITERS = 16
APPENDS_PER_WRITER = 25
#: Fewer streams than writers, so that they conflict.
STREAMS = 5


async def test_feed_stops_before_an_open_transaction_when_later_ones_have_committed(
    database: TestDatabase,
) -> None:
    dsn = database.dsn("hawk_executor")
    async with connected(dsn, dsn, dsn) as [slow, fast, reader]:
        store = PostgresEventStore(reader)
        await append(fast, "plan-before", 0)
        open_one = slow.transaction()
        await open_one.start()
        await PostgresEventStore(slow).append([StreamAppend("plan-open", 0, happened())])
        await append(fast, "plan-after", 0)

        assert [entry.event.stream for entry in await _read_once(store, 1)] == ["plan-before"]
        await open_one.commit()
        assert [entry.event.stream for entry in await _read_once(store, 3)] == [
            "plan-before",
            "plan-open",
            "plan-after",
        ]


async def test_feed_goes_on_when_the_open_transaction_rolls_back(database: TestDatabase) -> None:
    dsn = database.dsn("hawk_executor")
    async with connected(dsn, dsn) as [slow, fast]:
        open_one = slow.transaction()
        await open_one.start()
        await PostgresEventStore(slow).append([StreamAppend("plan-open", 0, happened())])
        await append(fast, "plan-after", 0)
        assert await PostgresEventStore(fast).read_feed(FEED_START, 10) == ()
        await open_one.rollback()
        assert [entry.event.stream for entry in await _read_once(PostgresEventStore(fast), 1)] == ["plan-after"]


async def test_feed_loses_nothing_when_a_smaller_transaction_id_has_the_larger_row_id(
    database: TestDatabase,
) -> None:
    """Two appends at once may take their transaction ids in one order and their row ids in the other."""
    async with connected(database.admin_dsn, database.dsn("hawk_executor")) as [early, executor]:
        async with early.transaction():
            await early.execute("SELECT pg_current_xact_id()")
            await append(executor, "plan-late", 0)
            await early.execute(
                "INSERT INTO es.events (stream, version, event_id, type, schema_version, data, metadata) "
                "VALUES ('plan-early', 1, gen_random_uuid(), 'Happened', 1, '{}', '{}')"
            )
        store = PostgresEventStore(executor)
        await _read_once(store, 2)
        first = await store.read_feed(FEED_START, 1)
        second = await store.read_feed(first[-1].position, 1)
        assert [entry.event.stream for entry in (*first, *second)] == ["plan-early", "plan-late"]
        assert first[0].position.id > second[0].position.id


async def test_feed_gives_every_event_once_in_stream_order_when_writers_race_and_one_stays_open(
    database: TestDatabase,
) -> None:
    dsn = database.dsn("hawk_executor")
    async with connected(dsn, dsn) as [slow, reader], asyncpg.create_pool(dsn, max_size=WRITERS) as pool:
        open_one = slow.transaction()
        await open_one.start()
        [held] = await PostgresEventStore(slow).append([StreamAppend("execution-held", 0, happened())])

        reading = asyncio.create_task(_tail(reader, WRITERS * APPENDS_PER_WRITER + 1))
        await asyncio.gather(*(_write(pool, writer) for writer in range(WRITERS)))
        assert not reading.done(), "the feed passed over the open transaction"
        await open_one.commit()
        seen = await reading

    stored = {(event.stream, event.version) for event in seen}
    assert len(seen) == len(stored) == WRITERS * APPENDS_PER_WRITER + 1
    assert held in seen
    for number in range(STREAMS):
        versions = [event.version for event in seen if event.stream == f"plan-{number}"]
        assert versions == list(range(1, len(versions) + 1))


async def _write(pool: asyncpg.Pool, writer: int) -> None:
    stream = f"plan-{writer % STREAMS}"
    for _ in range(APPENDS_PER_WRITER):
        while True:
            async with pool.acquire() as connection:
                version = len(await PostgresEventStore(connection).read_stream(stream))
                try:
                    await append(connection, stream, version)
                except VersionConflict:
                    continue
                break


async def _tail(connection: asyncpg.Connection, count: int) -> list:
    """As the relay reads: poll after the last position, in small steps, until so many have come."""
    store, place, seen = PostgresEventStore(connection), FEED_START, []
    async with asyncio.timeout(4 * LIMIT_SECONDS):
        while len(seen) < count:
            step = await store.read_feed(place, 7)
            seen += [entry.event for entry in step]
            place = step[-1].position if step else place
    return seen


async def _read_once(store: PostgresEventStore, count: int) -> tuple:
    """The feed from its start, once at least so many events are settled."""
    async with asyncio.timeout(LIMIT_SECONDS):
        while len(read := await store.read_feed(FEED_START, 100)) < count:
            pass
    return read
