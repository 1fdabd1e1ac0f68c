"""Previews in PostgreSQL: only what was asked for here is kept, in any order of its messages, for its time."""

from collections.abc import AsyncIterator
from datetime import timedelta

import asyncpg
import pytest

from services.approval.previews.preview import Preview
from services.approval.previews.store import (
    LIFETIME,
    REMOVED_MAX,
    PostgresPreviews,
    keep_asked,
    keep_plan,
    keep_reading,
)
from shared.events.approvals import AnswerSubmitted
from shared.events.identity import PREVIEW_PREFIX
from shared.events.previews import Draft, PlanPreviewed, PreviewRead
from shared.events.responses import Maker
from shared.messaging.database import open_pool
from tests.support.stack import TestDatabase
from tests.support.units import WHEN

pytestmark = pytest.mark.integration

ID = f"{PREVIEW_PREFIX}1"


@pytest.fixture
async def pool(database: TestDatabase) -> AsyncIterator[asyncpg.Pool]:
    pool = await open_pool(database.dsn("hawk_approval"), application="test", min_size=1, max_size=2)
    yield pool
    await pool.close()


async def asked(pool: asyncpg.Pool, response_id: str = ID, *, late: timedelta = timedelta(0)) -> None:
    event = AnswerSubmitted(
        response_id=response_id, maker="ann", maker_proof="", prompt="", answer="{}", submitted_at=WHEN + late
    )
    async with pool.acquire() as connection, connection.transaction():
        await keep_asked(connection, event)


async def read(pool: asyncpg.Pool, drafts: int = 1, analysis: str = "fits") -> None:
    event = PreviewRead(
        response_id=ID, shape="plan", maker=Maker(name="ann"), prompt="", analysis=analysis, outcome="PROPOSED",
        drafts=drafts, refusals=(), warnings=(),
    )  # fmt: skip
    async with pool.acquire() as connection, connection.transaction():
        await keep_reading(connection, event)


async def planned(pool: asyncpg.Pool, component: int = 1, response_id: str = ID) -> None:
    draft = Draft(type="PlanDrawn", schema_version=1, data={"amount": "25000000.00"})
    event = PlanPreviewed(response_id=response_id, component=component, draft=draft, drawn_at=WHEN)
    async with pool.acquire() as connection, connection.transaction():
        await keep_plan(connection, event)


async def shown(pool: asyncpg.Pool, late: timedelta = timedelta(0)) -> Preview | None:
    return await PostgresPreviews(lambda: pool).preview(ID, WHEN + late)


async def test_plan_that_comes_before_the_reading_counts_as_well(pool: asyncpg.Pool) -> None:
    await asked(pool)
    await planned(pool, component=2)
    await planned(pool)
    preview = await shown(pool)
    assert preview is not None
    assert (preview.state, [each.component for each in preview.plans]) == ("READING", [1, 2])
    await read(pool, drafts=2)
    preview = await shown(pool)
    assert preview is not None
    assert (preview.state, preview.maker, preview.lapses_at) == ("DONE", "ann", WHEN + LIFETIME)


async def test_what_nobody_asked_for_here_is_not_kept(pool: asyncpg.Pool) -> None:
    await read(pool)
    await planned(pool)
    assert await shown(pool) is None
    assert await pool.fetchval("SELECT count(*) FROM approval.preview_plans") == 0


async def test_messages_that_come_again_change_nothing(pool: asyncpg.Pool) -> None:
    await asked(pool)
    for analysis in ("first", "second"):
        await read(pool, analysis=analysis)
        await planned(pool)
    preview = await shown(pool)
    assert preview is not None
    assert preview.reading is not None
    assert (preview.reading.analysis, len(preview.plans)) == ("first", 1)


async def test_preview_is_not_shown_after_its_time_and_the_next_one_takes_it_away(pool: asyncpg.Pool) -> None:
    await asked(pool)
    await planned(pool)
    assert await shown(pool, LIFETIME) is None
    await asked(pool, f"{PREVIEW_PREFIX}2", late=LIFETIME + timedelta(seconds=1))
    assert await pool.fetchval("SELECT array_agg(response_id) FROM approval.previews") == [f"{PREVIEW_PREFIX}2"]
    assert await pool.fetchval("SELECT count(*) FROM approval.preview_plans") == 0


async def test_one_preview_takes_away_only_so_many(pool: asyncpg.Pool) -> None:
    await pool.execute(
        "INSERT INTO approval.previews (response_id, maker, lapses_at)"
        " SELECT 'old-' || n, 'ann', $1 FROM generate_series(1, $2) AS n",
        WHEN - timedelta(days=1),
        REMOVED_MAX + 5,
    )
    await asked(pool)
    assert await pool.fetchval("SELECT count(*) FROM approval.previews WHERE response_id LIKE 'old-%'") == 5
