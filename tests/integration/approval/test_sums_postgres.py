"""A series of 9 x 5.5M on the real PostgreSQL: the ninth needs a senior trader, and its card lists the eight before."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.approval.policy.view import written
from services.approval.signals import store, sums
from shared.policy.recorded import table_of
from shared.policy.table import DEFAULT_POLICY
from tests.integration.approval.test_approval_postgres import Running, approve, proven
from tests.support.stack import TestDatabase
from tests.support.story import Story

pytestmark = pytest.mark.integration

ENTITY = "ENTITY0037"


@pytest.fixture
async def running(tmp_path: Path, database: TestDatabase) -> AsyncIterator[Running]:
    made = Running(tmp_path, database)
    await made.service.database.open()
    for step in made.service.first_steps:
        await step()
    yield made
    await made.service.database.close(2)


async def adding_up(running: Running, client: httpx.AsyncClient) -> None:
    """Three persons put a table in force that adds orders up."""
    table = written(table_of(replace(DEFAULT_POLICY, sums_percent=90)))
    body = {"table": table, "expected_version": "plan-1"}
    answer = await client.post("/policy", json=body, headers=running.token("olga", "OPERATIONS"))
    assert "added up over a day" in " ".join(answer.json()["pending"]["put_in"])
    digest = {"digest": answer.json()["pending"]["digest"]}
    for person, role in (("rita", "RISK_MANAGER"), ("sam", "SENIOR_TRADER")):
        assert (await client.post("/policy", json=digest, headers=running.token(person, role))).status_code == 201


def plan(running: Running, number: int, amount: str = "5500000", currency: str = "USD") -> Any:
    return proven(running, Story(f"resp-{number}-{currency}", currency=currency, amount=amount, entity=ENTITY))


async def card(running: Running, client: httpx.AsyncClient, workflow: str) -> Any:
    return (await client.get(f"/approvals/{workflow}", headers=running.token("sam", "SENIOR_TRADER"))).json()


async def test_a_series_of_9_times_5_5_million_is_found(running: Running) -> None:
    async with running.client() as client:
        await adding_up(running, client)
        plans = [plan(running, number) for number in range(9)]
        for each in plans[:3]:
            await running.deliver(each)
        url = f"/approvals/{plans[0].workflow_id}/decisions"
        done = await client.post(url, json=approve(plans[0]), headers=running.token("tom", "TRADER"))
        assert done.status_code == 201, "what was approved counts as well as what waits"
        for each in plans[3:]:
            await running.deliver(each)
        cards = [await card(running, client, each.workflow_id) for each in plans]
        assert [each["policy"]["tier"] for each in cards] == ["TRADER"] * 8 + ["SENIOR_TRADER"]
        (found,) = cards[-1]["earlier"]
        assert (found["entity"], found["usd"], found["count"]) == (ENTITY, "44000000.00", 8)
        assert sorted(found["orders"]) == sorted(each.workflow_id for each in plans[:8])
        assert cards[-1]["view"]["who"]["earlier"][0]["orders"] == found["orders"]
        refused = await client.post(
            f"/approvals/{plans[-1].workflow_id}/decisions",
            json=approve(plans[-1]),
            headers=running.token("tom", "TRADER"),
        )
        assert refused.json()["code"] == "ROLE_INSUFFICIENT"


async def test_what_was_rejected_counts_no_more(running: Running) -> None:
    async with running.client() as client:
        await adding_up(running, client)
        first, second = plan(running, 1, "30000000"), plan(running, 2, "20000000")
        await running.deliver(first)
        body = {**approve(first), "decision": "REJECT"}
        url = f"/approvals/{first.workflow_id}/decisions"
        assert (await client.post(url, json=body, headers=running.token("tom", "TRADER"))).status_code == 201
        await running.deliver(second)
        assert (await card(running, client, second.workflow_id))["policy"]["tier"] == "TRADER"


async def test_the_orders_of_a_day_are_found_by_an_index(running: Running) -> None:
    pool = running.service.database.pool
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("SET LOCAL enable_seqscan = off")
        at = await connection.fetchval("SELECT now()")
        rows = await connection.fetch(f"EXPLAIN {sums._EARLIER}", "USD", at, at, ["alice"])
        assert "queue_of_a_day" in "\n".join(row[0] for row in rows)


async def test_when_a_card_was_shown_first_is_kept_and_what_is_read_for_figures_is_read_by_an_index(
    running: Running,
) -> None:
    async with running.client() as client:
        asked = plan(running, 1)
        await running.deliver(asked)
        for _ in range(2):
            await client.get(f"/approvals/{asked.workflow_id}", headers=running.token("tom", "TRADER"))
            await client.get(f"/approvals/{asked.workflow_id}", headers=running.token("ann", "ANALYST"))
        pool = running.service.database.pool
        assert await pool.fetchval("SELECT count(*) FROM approval.shown") == 1, "who may not decide is not timed"
        url = f"/approvals/{asked.workflow_id}/decisions"
        assert (await client.post(url, json=approve(asked), headers=running.token("tom", "TRADER"))).status_code == 201
        figures = (await client.get("/signals", headers=running.token("rita", "RISK_MANAGER"))).json()["approvers"]
        assert (figures[0]["person"], figures[0]["timed"]) == ("tom", 1)
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("SET LOCAL enable_seqscan = off")
        at = await connection.fetchval("SELECT now()")
        for statement, index in ((store._DECIDED, "queue_decided"), (store._CLEAR, "shown_old")):
            rows = await connection.fetch(f"EXPLAIN {statement}", at)
            assert index in "\n".join(row[0] for row in rows)
