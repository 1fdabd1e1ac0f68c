"""Queue, card and stream of changes on the real PostgreSQL, while people decide and transactions overtake."""

import asyncio
import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from services.approval.console.changes.feed import ChangeFeed
from services.approval.console.changes.store import PostgresChangeLog
from tests.integration.approval.test_approval_postgres import Running, approve, planned, proven
from tests.support.eventually import eventually_async
from tests.support.stack import TestDatabase
from tests.support.story import Story

pytestmark = pytest.mark.integration

WRITERS, WRITES = 8, 40
#: Seconds until everything was told; polls are a hundredth of one.
TOLD_SECONDS_MAX = 60.0


@pytest.fixture
async def running(tmp_path: Path, database: TestDatabase) -> AsyncIterator[Running]:
    made = Running(tmp_path, database)
    await made.service.database.open()
    yield made
    await made.service.database.close(2)


async def tab(running: Running, query: str, person: str = "bob", role: str = "SENIOR_TRADER") -> dict[str, Any]:
    async with running.client() as client:
        answer = await client.get(f"/approvals?{query}", headers=running.token(person, role))
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json()
    return document


async def test_request_moves_from_mine_to_decided_as_people_decide(running: Running) -> None:
    plan = proven(running, Story())
    await running.deliver(plan)
    before = await tab(running, "tab=mine")
    assert [each["workflow_id"] for each in before["approvals"]] == [plan.workflow_id]
    row = before["approvals"][0]
    assert (row["title"], row["decided"]["text"]) == ("COI inception, United States Branch1", "nobody yet")
    assert row["subtitle"].endswith(" · A-COI · 6 deals")
    async with running.client() as client:
        url = f"/approvals/{plan.workflow_id}/decisions"
        answer = await client.post(url, json=approve(plan), headers=running.token("bob", "TRADER"))
        assert answer.status_code == 201
        assert answer.json()["view"]["lines"][0]["text"] == "Create hedge instruction (USD 25M)"
    assert (await tab(running, "tab=mine"))["counts"] == {"mine": 0, "others": 0, "decided": 1, "all": 1}
    decided = await tab(running, "tab=decided")
    assert [(each["state"], each["decided"]["text"]) for each in decided["approvals"]] == [("APPROVED", "bob")]
    assert decided["approvals"][0]["decided_at"] is not None


async def test_first_of_two_approvals_is_seen_in_the_list_at_once(running: Running) -> None:
    plan = planned(Story("resp-big", currency="HKD", amount="400000000", entity=None))  # nobody vouches for its maker
    await running.deliver(plan)
    assert (await tab(running, "tab=mine"))["approvals"][0]["decided"]["given"] == 0
    async with running.client() as client:
        url = f"/approvals/{plan.workflow_id}/decisions"
        answer = await client.post(url, json=approve(plan), headers=running.token("rita", "RISK_MANAGER"))
        assert answer.status_code == 201
    row = (await tab(running, "tab=mine"))["approvals"][0]
    assert (row["decided"]["given"], row["decided"]["needed"], row["decided"]["text"]) == (1, 2, "needs any approver")
    assert [
        each["workflow_id"] for each in (await tab(running, "tab=others", "rita", "RISK_MANAGER"))["approvals"]
    ] == [plan.workflow_id]


async def test_stream_tells_every_change_though_transactions_commit_out_of_order(
    running: Running, database: TestDatabase
) -> None:
    pool = running.service.database.pool
    feed = ChangeFeed(PostgresChangeLog(lambda: pool), poll_seconds=0.01)
    listener = feed.join("sara")
    told: set[str] = set()

    async def listen() -> None:
        async for each in feed.told(listener, None):
            assert not each.everything
            told.update(each.workflow_ids)

    listening = asyncio.create_task(listen())
    await eventually_async(lambda: _followed(feed), TOLD_SECONDS_MAX)
    chance = random.Random(7)  # noqa: S311  an order of commits, not a secret

    async def write(writer: int) -> None:
        connection = await asyncpg.connect(database.dsn("hawk_approval"))
        try:
            for number in range(WRITES):
                async with connection.transaction():
                    await connection.execute(_WRITE, f"w{writer}-{number}")
                    for _ in range(chance.randrange(4)):
                        await connection.execute("SELECT pg_current_xact_id()")
        finally:
            await connection.close()

    early = await asyncpg.connect(database.dsn("hawk_approval"))
    try:
        transaction = early.transaction()
        await transaction.start()
        await early.execute(_WRITE, "the-first-to-begin")
        await asyncio.gather(*(write(writer) for writer in range(WRITERS)))
        await transaction.commit()
    finally:
        await early.close()
    expected = {f"w{writer}-{number}" for writer in range(WRITERS) for number in range(WRITES)} | {"the-first-to-begin"}
    await eventually_async(lambda: _missing(expected, told), TOLD_SECONDS_MAX, until=lambda left: not left)
    await feed.close()
    await listening


_WRITE = """
    INSERT INTO approval.queue (workflow_id, response_id, status, maker_keys, requested_at, due_at, request)
    VALUES ($1, 'r', 'AWAITING_APPROVAL', '{}', now(), now(), '{}')"""


async def _followed(feed: ChangeFeed) -> bool:
    return feed._tail is not None


async def _missing(expected: set[str], told: set[str]) -> set[str]:
    return expected - told


async def test_what_changed_after_a_document_was_read_is_told_to_who_names_its_place(running: Running) -> None:
    place = int((await tab(running, "tab=mine"))["place"])
    plan = planned(Story())
    await running.deliver(plan)
    feed = ChangeFeed(PostgresChangeLog(lambda: running.service.database.pool))
    told = feed.told(feed.join("sara"), place)
    async with asyncio.timeout(TOLD_SECONDS_MAX):
        assert plan.workflow_id in (await anext(told)).workflow_ids
    await told.aclose()
    await feed.close()


async def test_place_beyond_this_server_loads_everything(running: Running) -> None:
    feed = ChangeFeed(PostgresChangeLog(lambda: running.service.database.pool))
    told = feed.told(feed.join("sara"), 2**60)
    async with asyncio.timeout(TOLD_SECONDS_MAX):
        assert (await anext(told)).everything
    await told.aclose()
    await feed.close()
