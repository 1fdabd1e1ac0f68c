"""The policy on the real PostgreSQL: proposed, agreed to, in force; run over past requests; several people at once."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from services.approval.policy import store
from services.approval.policy.view import written
from shared.events.approvals import ApprovalRequested
from shared.events.identity import POLICY_STREAM, approval_stream
from shared.policy.recorded import table_of
from shared.policy.table import STRICT_POLICY
from tests.integration.approval.test_approval_postgres import Running, proven
from tests.support.stack import TestDatabase
from tests.support.story import Story

pytestmark = pytest.mark.integration

STRICT = written(table_of(STRICT_POLICY))


@pytest.fixture
async def running(tmp_path: Path, database: TestDatabase) -> AsyncIterator[Running]:
    made = Running(tmp_path, database)
    await made.service.database.open()
    for step in made.service.first_steps:
        await step()
    yield made
    await made.service.database.close(2)


async def asked(running: Running, number: int) -> ApprovalRequested:
    """A plan arrives and people are asked about it."""
    plan = proven(running, Story(f"resp-{number}", currency="USD", amount="5000000", entity="ENTITY0037"))
    await running.deliver(plan)
    card = await running.desk.card(plan.workflow_id)
    assert card is not None
    assert card.approval.request is not None
    return card.approval.request


class Talk:
    """What people say over HTTP."""

    def __init__(self, running: Running, client: Any) -> None:
        self._running, self._client = running, client

    async def post(self, path: str, body: Any, person: str, role: str) -> Any:
        return await self._client.post(path, json=body, headers=self._running.token(person, role))

    async def policy(self) -> Any:
        return (await self._client.get("/policy", headers=self._running.token("tom", "TRADER"))).json()

    async def proposed(self, table: Any = STRICT, version: str = "plan-1") -> str:
        answer = await self.post("/policy", {"table": table, "expected_version": version}, "mira", "SENIOR_TRADER")
        assert answer.status_code == 201, answer.text
        return str(answer.json()["pending"]["digest"])


async def test_three_persons_change_the_policy_and_requests_that_wait_keep_theirs(running: Running) -> None:
    before = await asked(running, 1)
    async with running.client() as client:
        talk = Talk(running, client)
        digest = await talk.proposed()
        pending = (await talk.policy())["pending"]
        assert (pending["backtest"]["requests"], pending["backtest"]["more"]) == (1, 1)
        assert pending["backtest"]["examples"][0]["workflow_id"] == before.workflow_id
        own = await talk.post("/policy", {"digest": digest}, "Mira", "RISK_MANAGER")
        assert (own.status_code, own.json()["code"]) == (403, "MAKER_IS_CHECKER")
        assert (await talk.post("/policy", {"digest": digest}, "sam", "SENIOR_TRADER")).status_code == 201
        assert (await talk.policy())["version"] == "plan-1"
        done = await talk.post("/policy", {"digest": digest}, "rita", "RISK_MANAGER")
        assert (done.status_code, done.json()["version"]) == (201, "policy-2")
        assert [each["version"] for each in done.json()["history"]] == ["policy-2", "plan-1"]
        after = await asked(running, 2)
        assert (before.policy.version, before.policy.tier) == ("plan-1", "TRADER")
        assert (after.policy.version, after.policy.tier) == ("policy-2", "RISK_MANAGER")
        url = f"/approvals/{before.workflow_id}/decisions"
        decided = await talk.post(url, {"decision": "APPROVE", "plan_digest": before.plan_digest}, "tom", "TRADER")
        assert decided.status_code == 201, "the request of before is decided as it was asked"
        card = await client.get(f"/approvals/{after.workflow_id}", headers=running.token("tom", "TRADER"))
        assert card.json()["policy"]["version"] == "policy-2", "the card names version and rule"
        assert card.json()["policy"]["rules"][0] == "The order is USD 5,000,000.00; every amount needs RISK_MANAGER."
    types = ["PolicySet", "PolicyChangeProposed", "PolicyChangeApproved", "PolicyChangeApproved", "PolicySet"]
    assert await running.types(POLICY_STREAM) == types
    assert await running.types(approval_stream(before.workflow_id)) == [
        "ApprovalRequested", "DecisionRecorded", "GrantIssued",
    ]  # fmt: skip


async def test_of_many_who_agree_at_once_each_counts_once_and_one_table_comes_into_force(running: Running) -> None:
    async with running.client() as client:
        talk = Talk(running, client)
        digest = await talk.proposed()
        people = [("sam", "SENIOR_TRADER"), ("rita", "RISK_MANAGER"), ("olga", "OPERATIONS"), ("Rita", "RISK_MANAGER")]
        answers = await asyncio.gather(*(talk.post("/policy", {"digest": digest}, *who) for who in people))
        assert {answer.status_code for answer in answers} <= {201, 403, 409}
        assert (await talk.policy())["version"] == "policy-2"
    assert (await running.types(POLICY_STREAM)).count("PolicySet") == 2


async def test_the_back_test_reads_every_request_once_page_by_page(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(7):
        await asked(running, number)
    async with running.client() as client:
        talk = Talk(running, client)
        whole = (await talk.post("/policy/simulation", {"table": STRICT}, "ann", "ANALYST")).json()
        monkeypatch.setattr(store, "PAGE", 2)
        paged = (await talk.post("/policy/simulation", {"table": STRICT}, "ann", "ANALYST")).json()
        assert (whole["requests"], whole["more"]) == (7, 7)
        assert {**paged, "until": "", "digest": ""} == {**whole, "until": "", "digest": ""}
        assert await running.types(POLICY_STREAM) == ["PolicySet"], "nothing is kept"


@pytest.mark.parametrize(
    ("table", "code"),
    [
        ({**STRICT, "four_eyes_from": "50000000.01"}, "POLICY_BELOW_FLOOR"),
        ({**STRICT, "two_persons": []}, "POLICY_BELOW_FLOOR"),
        ({**STRICT, "thresholds": [{"amount": "5", "role": "TRADER"}]}, "POLICY_INVALID"),
        ({**STRICT, "thresholds": [{"amount": "0", "role": "KING"}]}, "POLICY_INVALID"),
    ],
)
async def test_a_table_that_may_not_be_in_force_is_refused_when_it_is_tried_and_when_it_is_proposed(
    running: Running, table: Any, code: str
) -> None:
    async with running.client() as client:
        talk = Talk(running, client)
        for path, body in (
            ("/policy/simulation", {"table": table}),
            ("/policy", {"table": table, "expected_version": "plan-1"}),
        ):
            answer = await talk.post(path, body, "mira", "SENIOR_TRADER")
            assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_a_request_is_asked_under_the_policy_that_another_process_put_in_force(
    running: Running, tmp_path: Path, database: TestDatabase
) -> None:
    other = Running(tmp_path, database)
    await other.service.database.open()
    try:
        for step in other.service.first_steps:
            await step()
        async with running.client() as client:
            talk = Talk(running, client)
            digest = await talk.proposed()
            await talk.post("/policy", {"digest": digest}, "sam", "SENIOR_TRADER")
            await talk.post("/policy", {"digest": digest}, "rita", "RISK_MANAGER")
        assert (await asked(other, 9)).policy.version == "policy-2", "read in the transaction that asks"
    finally:
        await other.service.database.close(2)
