"""What counts as the relay being late, on the tables it writes."""

from collections.abc import AsyncIterator
from uuid import uuid4

import asyncpg
import pytest

from services.executor.handlers.availability import relay_keeps_up
from shared.messaging.database import open_pool
from tests.support.stack import Databases

pytestmark = pytest.mark.integration

EVENT = """
    INSERT INTO es.events (stream, version, event_id, type, schema_version, data, metadata, recorded_at)
    VALUES ($1, 1, $2, 'Noted', 1, '{}', '{}', clock_timestamp() - make_interval(secs => $3))
"""
SEAL = """
    INSERT INTO es.seals (position, event_id, hash, sealed_at)
    VALUES ($1, $2, decode(repeat('00', 32), 'hex'), clock_timestamp() - make_interval(secs => $3))
"""


class Relay:
    """Events, seals and the checkpoint with ages of their own."""

    def __init__(self, admin: asyncpg.Connection, pool: asyncpg.Pool) -> None:
        self._admin = admin
        self._pool = pool
        self._position = 0

    async def event(self, age: float, *, sealed: float | None = None) -> None:
        """An event of this many seconds ago, sealed so many seconds ago or not at all."""
        event_id = uuid4()
        await self._admin.execute(EVENT, str(event_id), event_id, age)
        if sealed is not None:
            self._position += 1
            await self._admin.execute(SEAL, self._position, event_id, sealed)

    async def published(self, position: int, age: float) -> None:
        await self._admin.execute(
            "UPDATE es.checkpoints SET position = $1, updated_at = clock_timestamp() - make_interval(secs => $2)",
            position,
            age,
        )

    async def keeps_up(self) -> bool:
        return await relay_keeps_up(self._pool)


@pytest.fixture
async def relay(databases: Databases) -> AsyncIterator[Relay]:
    made = await databases.create()
    admin = await asyncpg.connect(made.admin_dsn)
    pool = await open_pool(made.dsn("hawk_executor"), application="listening", min_size=1, max_size=1)
    yield Relay(admin, pool)
    await pool.close()
    await admin.close()
    await databases.drop(made.name)


async def test_the_relay_keeps_up_when_nothing_waits_for_long(relay: Relay) -> None:
    assert await relay.keeps_up()
    await relay.event(600, sealed=600)
    await relay.published(1, 600)
    assert await relay.keeps_up()
    # Idle for ten minutes, and this one was sealed a moment ago: its publication is not late.
    await relay.event(0, sealed=0)
    await relay.event(0)
    assert await relay.keeps_up()


async def test_the_relay_is_late_when_an_event_waits_for_its_seal_however_fresh_the_newest_is(relay: Relay) -> None:
    await relay.event(600, sealed=600)
    await relay.published(1, 600)
    await relay.event(10)
    await relay.event(0)
    assert not await relay.keeps_up()


async def test_the_relay_is_late_when_a_sealed_event_waits_for_publication(relay: Relay) -> None:
    await relay.event(20, sealed=20)
    await relay.event(10, sealed=10)
    await relay.published(1, 0)
    assert not await relay.keeps_up()
