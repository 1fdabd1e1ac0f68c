"""Whose response came last is known of responses, too, that were kept before that was: a store with a history."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import replace

import asyncpg
import pytest

from services.monitor import asked
from services.monitor.asked import latest_response, take_over
from shared.messaging.database import open_pool
from tests.integration.monitor.test_monitor_overview import MIGRATIONS
from tests.integration.monitor.test_monitor_readmodel import keep
from tests.support.recorded import record
from tests.support.stack import TestDatabase
from tests.support.story import Story

pytestmark = pytest.mark.integration

MIGRATION = MIGRATIONS / "0009_asked_before.sql"
RESPONSES = 7
ALL = "SELECT * FROM monitor.asked ORDER BY maker_key, at, response_id"
LEFT = "SELECT count(*) FROM monitor.asked_before"


@pytest.fixture
async def pool(database: TestDatabase) -> AsyncIterator[asyncpg.Pool]:
    opened = await open_pool(database.dsn("hawk_monitor"), application="test", min_size=2, max_size=4)
    yield opened
    await opened.close()


async def with_history(database: TestDatabase, pool: asyncpg.Pool) -> None:
    """Responses as they were recorded and kept, one of them of nothing that could be executed."""
    for number in range(RESPONSES):
        story = Story(f"resp-{number}").received()
        (told,) = (each for each in story.told if each.stream.startswith("response-") and each.version == 1)
        (recorded, *_) = await record(database, told.stream, told.event)
        await keep(pool, [replace(told, at=recorded.recorded_at)], 1)


async def apply(database: TestDatabase) -> None:
    """Do again what the migration does to a store with a history."""
    connection = await asyncpg.connect(database.admin_dsn)
    try:
        statement = re.search(r"^INSERT .*?;", MIGRATION.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
        assert statement is not None
        await connection.execute(statement[0])
    finally:
        await connection.close()


async def test_what_was_kept_before_is_taken_over_once_by_however_many_monitors(
    database: TestDatabase, pool: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asked, "BEFORE_AT_ONCE", 2)
    await with_history(database, pool)
    live = await pool.fetch(ALL)
    latest = await latest_response(pool, "alice")
    assert latest == f"resp-{RESPONSES - 1}"
    await pool.execute("DELETE FROM monitor.asked")
    assert await latest_response(pool, "alice") is None
    await apply(database)
    assert await pool.fetchval(LEFT) == RESPONSES
    await asyncio.gather(take_over(pool), take_over(pool))
    await take_over(pool)  # another monitor may have held some when the first looked
    assert await pool.fetchval(LEFT) == 0
    assert await pool.fetch(ALL) == live
    assert await latest_response(pool, "ALICE") == latest


async def test_what_came_since_is_not_taken_over_again(database: TestDatabase, pool: asyncpg.Pool) -> None:
    await with_history(database, pool)
    await apply(database)
    assert await pool.fetchval(LEFT) == 0
