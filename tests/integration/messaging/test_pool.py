"""A connection goes back to its pool as it came, without a question to the server."""

import asyncpg
import pytest

from shared.messaging.database import PooledConnection, open_pool
from tests.support.stack import TestDatabase

pytestmark = pytest.mark.integration


async def test_connection_given_back_inside_a_transaction_is_rolled_back(
    database: TestDatabase, caplog: pytest.LogCaptureFixture
) -> None:
    pool = await open_pool(database.dsn("hawk_parser"), application="pool", min_size=1, max_size=1)
    async with pool.acquire() as connection:
        await connection.execute("BEGIN")
        await connection.execute("INSERT INTO parser.inbox (consumer, message_id) VALUES ('pool', 'never')")
        before = await connection.fetchval("SELECT pg_backend_pid()")
    assert "active transaction" in caplog.text
    async with pool.acquire() as connection:
        assert await connection.fetchval("SELECT pg_backend_pid()") == before
        assert not connection.is_in_transaction()
        assert await connection.fetchval("SELECT count(*) FROM parser.inbox WHERE consumer = 'pool'") == 0
    await pool.close()


async def test_no_statement_is_sent_when_a_connection_is_given_back(
    database: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    execute = asyncpg.Connection.execute

    async def noted(self: asyncpg.Connection, query: str, *arguments: object, **options: object) -> str:
        said.append(query)
        return await execute(self, query, *arguments, **options)

    pool = await open_pool(database.dsn("hawk_parser"), application="pool", min_size=1, max_size=1)
    monkeypatch.setattr(PooledConnection, "execute", noted, raising=False)
    async with pool.acquire() as connection:
        await connection.fetchval("SELECT 1")
    assert said == []
    await pool.close()
