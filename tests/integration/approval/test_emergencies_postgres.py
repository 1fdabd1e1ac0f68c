"""Emergencies on PostgreSQL: kept in the row of their request, listed from an index, closed by the second review."""

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from services.approval.emergency import store
from tests.integration.approval.test_approval_postgres import Running, proven
from tests.support.explained import rows_read
from tests.support.stack import TestDatabase
from tests.support.story import Story

pytestmark = pytest.mark.integration


@pytest.fixture
async def running(tmp_path: Path, database: TestDatabase) -> AsyncIterator[Running]:
    made = Running(tmp_path, database)
    await made.service.database.open()
    for step in made.service.first_steps:
        await step()
    yield made
    await made.service.database.close(2)


async def test_an_emergency_is_kept_and_listed_until_two_have_looked(running: Running, database: TestDatabase) -> None:
    for number in range(4):
        await running.deliver(proven(running, Story(f"resp-{number}", amount="1000000")))
    plan = proven(running, Story("resp-large", amount="100000000"))
    await running.deliver(plan)
    url, digest = f"/approvals/{plan.workflow_id}", {"plan_digest": plan.plan_digest}
    async with running.client() as client:
        for path, body, person, role in (
            (f"{url}/break-glass", digest | {"reason": "rita is away"}, "sam", "SENIOR_TRADER"),
            (f"{url}/decisions", digest | {"decision": "APPROVE"}, "sam", "SENIOR_TRADER"),
            (f"{url}/decisions", digest | {"decision": "APPROVE"}, "tom", "TRADER"),
            (f"/reviews/{plan.workflow_id}", {"finding": "JUSTIFIED"}, "eve", "AUDITOR"),
        ):
            answer = await client.post(path, json=body, headers=running.token(person, role))
            assert answer.status_code == 201, (path, answer.text)
        max_ = running.token("max", "TRADER")
        listed = (await client.get("/reviews", headers=max_)).json()
        assert [each["workflow_id"] for each in listed["reviews"]] == [plan.workflow_id]
        assert [each["person"] for each in listed["reviews"][0]["emergency"]["reviews"]] == ["eve"]
        card = (await client.get(url, headers=max_)).json()
        assert (card["emergency"]["used"], card["view"]["warnings"][0]["code"]) == (True, "EMERGENCY")
        decided = (await client.get("/approvals?tab=decided", headers=max_)).json()["approvals"]
        assert decided[0]["attention"][0]["text"].startswith("Approved in an emergency.")
        superuser = await asyncpg.connect(database.admin_dsn)
        try:
            await superuser.execute("SET enable_seqscan = off")  # five rows are no table to look through
            for statement in (store._UNDER_REVIEW, store._DECLARED):
                assert await rows_read(superuser, statement, store.LISTED_MAX) <= 3
        finally:
            await superuser.close()
        await client.post(f"/reviews/{plan.workflow_id}", json={"finding": "NOT_JUSTIFIED"}, headers=max_)
        listed = (await client.get("/reviews", headers=max_)).json()
        assert (listed["reviews"], len(listed["declared"])) == ([], 1)
