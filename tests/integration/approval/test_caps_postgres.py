"""The caps of a policy on the real PostgreSQL: they hold with 20 decisions at once; what has no effect gives back."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.approval.policy.view import written
from shared.events.plans import PlanClosed, PlanDrawn
from shared.events.undoing import WorkflowCompensated
from shared.policy.recorded import table_of
from shared.policy.table import DEFAULT_POLICY, Cap, CapOf, Period
from tests.integration.approval.test_approval_postgres import Running, approve, proven, utc_now
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


async def capped(running: Running, client: httpx.AsyncClient, *caps: Cap) -> None:
    """Three persons put these caps in force."""
    table = written(table_of(replace(DEFAULT_POLICY, caps=caps)))
    body = {"table": table, "expected_version": "plan-1"}
    answer = await client.post("/policy", json=body, headers=running.token("olga", "OPERATIONS"))
    digest = {"digest": answer.json()["pending"]["digest"]}
    for person, role in (("rita", "RISK_MANAGER"), ("sam", "SENIOR_TRADER")):
        assert (await client.post("/policy", json=digest, headers=running.token(person, role))).status_code == 201


async def plans(running: Running, count: int, amount: str = "1000000") -> Sequence[PlanDrawn]:
    """Orders of alice, of USD 1,000,000 each."""
    made = [
        proven(running, Story(f"resp-{n}-{amount}", currency="USD", amount=amount, entity=ENTITY)) for n in range(count)
    ]
    for plan in made:
        await running.deliver(plan)
    return made


async def decide(running: Running, client: httpx.AsyncClient, plan: PlanDrawn, person: str = "tom") -> httpx.Response:
    url = f"/approvals/{plan.workflow_id}/decisions"
    return await client.post(url, json=approve(plan), headers=running.token(person, "TRADER"))


async def used(running: Running) -> list[tuple[Decimal, int]]:
    """Return what is used of each cap."""
    rows = await running.service.database.pool.fetch(
        "SELECT DISTINCT ON (stream) data FROM es.events WHERE starts_with(stream, 'cap-')"
        " ORDER BY stream, version DESC"
    )
    return [(Decimal(row["data"]["used_usd"]), row["data"]["used_count"]) for row in rows]


@pytest.mark.parametrize(
    ("cap", "most"),
    [
        (Cap(CapOf.MAKER, "", Period.DAY, None, 7), 7),
        (Cap(CapOf.MAKER, "alice", Period.DAY, Decimal(5_500_000), None), 5),
        (Cap(CapOf.APPROVER, "tom", Period.MONTH, Decimal(3_000_000), 20), 3),
        (Cap(CapOf.ENTITY, ENTITY, Period.DAY, None, 4), 4),
    ],
)
async def test_a_cap_holds_with_20_decisions_at_once(running: Running, cap: Cap, most: int) -> None:
    async with running.client() as client:
        await capped(running, client, cap)
        waiting = await plans(running, 20)
        answers = await asyncio.gather(*(decide(running, client, plan) for plan in waiting))
    assert sorted(answer.status_code for answer in answers) == [201] * most + [409] * (20 - most)
    refused = {answer.json()["code"] for answer in answers if answer.status_code == 409}
    assert refused == {"CAP_REACHED"}
    assert await used(running) == [(Decimal(most * 1_000_000), most)]


async def test_what_ends_without_effect_gives_its_share_back_once(running: Running) -> None:
    async with running.client() as client:
        await capped(running, client, Cap(CapOf.MAKER, "", Period.DAY, None, 2))
        first, second, third, fourth = await plans(running, 4)
        for plan in (first, second):
            assert (await decide(running, client, plan)).status_code == 201
        assert (await decide(running, client, third)).json()["code"] == "CAP_REACHED"
        for offset in (901, 902):  # told twice
            await running.deliver(closed(first), offset=offset)
        assert await used(running) == [(Decimal(1_000_000), 1)]
        assert (await decide(running, client, third)).status_code == 201
        assert (await decide(running, client, fourth)).json()["code"] == "CAP_REACHED"
        await running.deliver(compensated(second))
        assert (await decide(running, client, fourth)).status_code == 201
    assert await used(running) == [(Decimal(2_000_000), 2)]


async def test_a_no_uses_nothing_and_another_person_has_a_cap_of_their_own(running: Running) -> None:
    async with running.client() as client:
        await capped(running, client, Cap(CapOf.APPROVER, "", Period.DAY, None, 1))
        first, second, third = await plans(running, 3)
        url = f"/approvals/{first.workflow_id}/decisions"
        no = {**approve(first), "decision": "REJECT"}
        assert (await client.post(url, json=no, headers=running.token("tom", "TRADER"))).status_code == 201
        assert await used(running) == []
        assert (await decide(running, client, second)).status_code == 201
        assert (await decide(running, client, third, "TOM")).json()["code"] == "CAP_REACHED", "one person is one"
        assert (await decide(running, client, third, "sue")).status_code == 201


async def test_a_card_says_what_is_left_and_why_nobody_may_press(running: Running) -> None:
    async with running.client() as client:
        await capped(
            running,
            client,
            Cap(CapOf.APPROVER, "", Period.DAY, Decimal(2_500_000), None),
            Cap(CapOf.ENTITY, ENTITY, Period.DAY, None, 9),
        )
        waiting = await plans(running, 3)

        async def card(plan: PlanDrawn, person: str) -> Any:
            headers = running.token(person, "TRADER")
            return (await client.get(f"/approvals/{plan.workflow_id}", headers=headers)).json()

        fresh = await card(waiting[2], "tom")
        assert fresh["may_decide"]
        assert [each.split(": ")[1] for each in fresh["caps"]] == [
            "USD 2,500,000.00 of USD 2,500,000.00 left.", "9 of 9 decisions left.",
        ]  # fmt: skip
        for plan in waiting[:2]:
            assert (await decide(running, client, plan)).status_code == 201
        shown = await card(waiting[2], "tom")
        refused = (await decide(running, client, waiting[2])).json()
        assert (shown["may_decide"], shown["why_not_code"]) == (False, "CAP_REACHED")
        assert shown["why_not"] == refused["detail"], "card and answer say one thing"
        assert "USD 500,000.00 of USD 2,500,000.00 left." in shown["caps"][0]
        assert not shown["view"]["who"]["may_decide"]
        assert shown["may_reject"], "a no uses nothing"
        assert (await card(waiting[2], "sue"))["may_decide"]


def closed(plan: PlanDrawn) -> PlanClosed:
    said: dict[str, Any] = {"workflow_id": plan.workflow_id, "response_id": plan.response_id, "successor": None}
    return PlanClosed(state="REFUSED", code="STOPPED", reason="HAWK is stopped", closed_at=utc_now(), **said)


def compensated(plan: PlanDrawn) -> WorkflowCompensated:
    return WorkflowCompensated(
        workflow_id=plan.workflow_id, code="DECLINED", reason="Murex declined a deal", compensated_at=utc_now()
    )
