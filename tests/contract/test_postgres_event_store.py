"""The event store in PostgreSQL keeps the promises of every event store."""

from collections.abc import AsyncIterator, Mapping

import asyncpg
import pytest

from shared.eventstore.port import FEED_START, FeedEvent, FeedPosition, RecordedEvent, StreamAppend
from shared.eventstore.postgres import PostgresEventStore
from tests.contract.event_store_contract import ALLOWED, TYPES, EventStoreContract
from tests.support.eventually import eventually_async
from tests.support.rights import grant_events
from tests.support.stack import TestDatabase

pytestmark = pytest.mark.integration

#: Seconds until an open transaction elsewhere on the shared server ends and the feed goes on.
SETTLED_SECONDS_MAX = 30.0


class _Store:
    """As the executor, one transaction per append. The feed is read when everything committed is settled."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def append(self, *appends: StreamAppend) -> tuple[RecordedEvent, ...]:
        async with self._pool.acquire() as connection, connection.transaction():
            return await PostgresEventStore(connection).append(appends)

    async def read_stream(self, stream: str, after_version: int = 0) -> tuple[RecordedEvent, ...]:
        async with self._pool.acquire() as connection:
            return await PostgresEventStore(connection).read_stream(stream, after_version)

    async def read_streams(self, after: Mapping[str, int]) -> Mapping[str, tuple[RecordedEvent, ...]]:
        async with self._pool.acquire() as connection:
            return await PostgresEventStore(connection).read_streams(after)

    async def read_feed(self, after: FeedPosition, limit: int) -> tuple[FeedEvent, ...]:
        async with self._pool.acquire() as connection:
            await eventually_async(lambda: _settled(connection), SETTLED_SECONDS_MAX, what="all events settled")
            return await PostgresEventStore(connection).read_feed(after, limit)


async def _settled(connection: asyncpg.Connection) -> bool:
    return not await connection.fetchval(
        "SELECT EXISTS (SELECT 1 FROM es.events WHERE xid >= pg_snapshot_xmin(pg_current_snapshot()))"
    )


class TestPostgresEventStore(EventStoreContract):
    @pytest.fixture
    async def store(self, database: TestDatabase) -> AsyncIterator[_Store]:
        await grant_events(database, "hawk_executor", ALLOWED, TYPES)
        async with asyncpg.create_pool(database.dsn("hawk_executor"), min_size=1, max_size=8) as pool:
            assert await _Store(pool).read_feed(FEED_START, 1) == ()
            yield _Store(pool)
