"""Tickets in PostgreSQL: kept as their digest, used up by whoever is first, gone when old."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import asyncpg
import pytest

from services.approval.tickets import LIFETIME, REMOVED_MAX, PostgresTickets, Watched
from shared.messaging.database import open_pool
from tests.support.stack import TestDatabase
from tests.support.units import WHEN

pytestmark = pytest.mark.integration

W1, R1 = Watched("w1", None), Watched(None, "r1")


@pytest.fixture
async def pool(database: TestDatabase) -> AsyncIterator[asyncpg.Pool]:
    pool = await open_pool(database.dsn("hawk_approval"), application="test", min_size=2, max_size=4)
    yield pool
    await pool.close()


async def test_ticket_is_used_once_also_when_two_come_together(pool: asyncpg.Pool) -> None:
    tickets = PostgresTickets(lambda: pool)
    ticket = await tickets.give("ann", W1, WHEN)
    both = await asyncio.gather(tickets.take(ticket, W1, WHEN), tickets.take(ticket, W1, WHEN))
    assert sorted(both, key=str) == [None, "ann"]


async def test_ticket_of_another_stream_or_of_yesterday_opens_nothing(pool: asyncpg.Pool) -> None:
    tickets = PostgresTickets(lambda: pool)
    ticket = await tickets.give("ann", R1, WHEN)
    assert await tickets.take(ticket, W1, WHEN) is None
    assert await tickets.take(ticket, R1, WHEN + LIFETIME) is None
    assert await tickets.take(ticket, R1, WHEN) is None


async def test_table_holds_digests_only_and_old_ones_go(pool: asyncpg.Pool) -> None:
    tickets = PostgresTickets(lambda: pool)
    ticket = await tickets.give("ann", W1, WHEN)
    held = await pool.fetchval("SELECT encode(key, 'hex') FROM approval.stream_tickets")
    assert ticket not in held
    await tickets.give("ann", W1, WHEN + LIFETIME + timedelta(seconds=1))
    assert await pool.fetchval("SELECT count(*) FROM approval.stream_tickets") == 1
    await pool.execute(
        "INSERT INTO approval.stream_tickets SELECT sha256(n::text::bytea), 'ann', 'w1', NULL, $1"
        " FROM generate_series(1, $2) AS n",
        WHEN,
        REMOVED_MAX + 5,
    )
    await tickets.give("ann", W1, WHEN + timedelta(days=1))
    assert await pool.fetchval("SELECT count(*) FROM approval.stream_tickets") <= 5 + 2
