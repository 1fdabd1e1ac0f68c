"""The read model in PostgreSQL says the same as the one in memory, whatever order the facts came in."""

import random
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import asyncpg
import pytest

from services.monitor.facts import Change, changes_of
from services.monitor.gauges import STATES
from services.monitor.memory import MemoryReadModel
from services.monitor.ports import ReadModel
from services.monitor.readmodel import PostgresReadModel, write_changes
from services.monitor.views import response_view, workflow_summary
from shared.messaging.database import open_pool
from tests.support.stack import TestDatabase
from tests.support.story import Story, Told

pytestmark = pytest.mark.integration


def stories() -> list[Told]:
    done = Story("resp-1").received().repeated(2).planned().approved().executed()
    stuck = Story("resp-2").received().planned().approved().progress("NEEDS_INTERVENTION", final=True)
    refused = Story("resp-3", currency="VND", amount="900000000000", entity="ENTITY0041").received().refused()
    waiting = Story("resp-4").received().planned().progress("AWAITING_APPROVAL")
    first = Story("resp-5").received().planned().approved().waits_for_its_turn(3, 40)
    second = Story("resp-6").received().planned().approved().waits_for_its_turn(3, 40)
    return [*done.told, *stuck.told, *refused.told, *waiting.told, *first.told, *second.told]


def told_of(told: Told) -> tuple[Sequence[Change], datetime]:
    return changes_of(told.event, f"{told.stream}:{told.version}"), told.at


async def keep(pool: asyncpg.Pool, told: Sequence[Told], together: int) -> None:
    """So many events in one transaction."""
    for first in range(0, len(told), together):
        async with pool.acquire() as connection, connection.transaction(isolation="repeatable_read"):
            await write_changes(connection, [told_of(each) for each in told[first : first + together]])


async def everything(model: ReadModel) -> dict[str, Any]:
    rows = await model.workflows(state=None, limit=100, before=None)
    pages = await model.workflows(state=None, limit=2, before=rows[1].workflow_id)
    responses = {}
    for number in range(1, 5):
        row = await model.response(f"resp-{number}")
        responses[number] = row and response_view(row)
    return {
        "list": [workflow_summary(row) for row in rows],
        "page": [row.workflow_id for row in pages],
        "waiting": [row.workflow_id for row in await model.workflows(state="REFUSED", limit=9, before=None)],
        "responses": responses,
        "counts": await model.counts(STATES),
        "oldest": await model.oldest("AWAITING_APPROVAL"),
        "none": await model.oldest("BOOKING"),
        "unknown": await model.workflow("nobody"),
        "latest": [await model.latest_response(person) for person in ("alice", "ALICE", "bob")],
    }


@pytest.mark.parametrize(("seed", "together"), [(0, 1), (1, 1), (2, 7), (3, 1_000)])
async def test_read_model_says_the_same_as_in_memory_when_events_arrive_in_any_order(
    database: TestDatabase, seed: int, together: int
) -> None:
    told = stories()
    memory = MemoryReadModel()
    for each in told:
        memory.write(changes_of(each.event, f"{each.stream}:{each.version}"), each.at)
    mixed = [*told, *told]
    random.Random(seed).shuffle(mixed)  # noqa: S311 - an order, not a secret
    pool = await open_pool(database.dsn("hawk_monitor"), application="test", min_size=1, max_size=2)
    try:
        await keep(pool, mixed, together)
        assert await everything(PostgresReadModel(lambda: pool)) == await everything(memory)
    finally:
        await pool.close()
