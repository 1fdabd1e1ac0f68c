"""Verification waits for what the relay is about to seal, and for nobody where no relay is there."""

import asyncio

import asyncpg
import pytest

from shared.eventstore.chain import ChainReport, verify_chain
from shared.relay.relay import LOCK_KEY
from tests.support.history import seal
from tests.support.recorded import record
from tests.support.stack import TestDatabase
from tests.support.story import Story
from tools.verification.checks import heads

pytestmark = pytest.mark.integration


@pytest.fixture
async def appended(database: TestDatabase) -> TestDatabase:
    """A store whose last event is not sealed."""
    story = Story("resp-awaited").planned()
    told = story.told[0]
    await record(database, told.stream, told.event)
    return database


async def chain_of(database: TestDatabase) -> ChainReport:
    reader = await asyncpg.connect(database.dsn("hawk_reader"))
    try:
        await heads.published_heads(reader, None)
        chain = await verify_chain(reader)
    finally:
        await reader.close()
    return chain


async def test_without_a_relay_nothing_is_waited_for(appended: TestDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    async def waited(_: float) -> None:
        raise AssertionError("nobody seals, and it waits")

    monkeypatch.setattr(f"{heads.__name__}.asyncio.sleep", waited)
    chain = await chain_of(appended)
    assert (chain.length, chain.unsealed > 0) == (0, True)


async def test_what_an_active_relay_seals_meanwhile_belongs_to_the_chain(
    appended: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    relay = await asyncpg.connect(appended.dsn("hawk_relay"))
    await relay.execute("SELECT pg_advisory_lock($1)", LOCK_KEY)
    give_way = asyncio.sleep

    async def sealed_meanwhile(_: float) -> None:
        await seal(relay)
        await give_way(0)

    monkeypatch.setattr(f"{heads.__name__}.asyncio.sleep", sealed_meanwhile)
    chain = await chain_of(appended)
    await relay.close()
    assert (chain.length > 0, chain.unsealed) == (True, 0)
