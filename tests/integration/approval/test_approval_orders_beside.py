"""An open card says which other orders of its type and currency there are, as it is looked at."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from services.approval.app import utc_now
from services.approval.queries import _OTHERS
from services.approval.requests.cards import once_a_day
from services.approval.requests.plan_view import summary_of
from shared.events.plans import PlanClosed, PlanDrawn
from shared.events.reversals import ExecutionReversed
from shared.events.undoing import WorkflowCompensated
from shared.hedging.planning.same_day import NAMED_MAX, SECOND_INSTRUCTION
from tests.integration.approval.test_approval_postgres import Running, approve, planned, prepared
from tests.support.explained import rows_read
from tests.support.stack import TestDatabase
from tests.support.story import Story

pytestmark = pytest.mark.integration
REFUSED = {"decision": "REJECT", "comment": "twice"}


_COPIES = (
    "INSERT INTO approval.plans (workflow_id, plan, detail)"
    " SELECT n || '-copy', plan, detail FROM approval.plans, generate_series(1, 2000) AS n",
    "INSERT INTO approval.queue"
    " (workflow_id, response_id, status, maker_keys, requested_at, due_at, request, once_a_day)"
    " SELECT n || '-copy', response_id, status, maker_keys, requested_at, due_at, request, once_a_day"
    " FROM approval.queue, generate_series(1, 2000) AS n",
)


@pytest.fixture
async def running(tmp_path: Path, database: TestDatabase) -> AsyncIterator[Running]:
    made = Running(tmp_path, database)
    await made.service.database.open()
    yield made
    await made.service.database.close(2)


async def told(running: Running, plan: PlanDrawn) -> list[str]:
    """What the card says of other orders; the list of cards says the same."""
    headers = running.token("bob", "TRADER")
    async with running.client() as client:
        card = (await client.get(f"/approvals/{plan.workflow_id}", headers=headers)).json()
        listed = (await client.get("/approvals", headers=headers)).json()["approvals"]
    (same,) = [each for each in listed if each["workflow_id"] == plan.workflow_id]
    assert same["plan"]["warnings"] == card["plan"]["warnings"]
    assert card["plan_digest"] == plan.plan_digest
    return [each["message"] for each in card["plan"]["warnings"] if each["code"] == SECOND_INSTRUCTION]


async def drawn(running: Running, response: str, currency: str = "USD") -> PlanDrawn:
    entity = {"USD": "ENTITY0037", "HKD": "ENTITY0009"}[currency]
    plan = planned(Story(response, currency=currency, amount="5000000", entity=entity))
    await running.deliver(plan)
    return plan


async def decide(running: Running, plan: PlanDrawn, body: dict[str, Any]) -> None:
    async with running.client() as client:
        url = f"/approvals/{plan.workflow_id}/decisions"
        answer = await client.post(
            url, json=body | {"plan_digest": plan.plan_digest}, headers=running.token("bob", "TRADER")
        )
        assert answer.status_code == 201


async def test_each_open_card_names_the_other_while_both_wait(running: Running) -> None:
    first = await drawn(running, "resp-1")
    assert await told(running, first) == []
    second = await drawn(running, "resp-2")
    await drawn(running, "resp-3", "HKD")
    for plan, other in ((first, second), (second, first)):
        order_id = other.plan.order.order_id
        assert await told(running, plan) == [
            f"Another I for USD waits to be applied: {order_id}. Check that both are meant."
        ]


async def test_what_is_over_is_named_no_more(running: Running) -> None:
    card = await drawn(running, "resp-1")
    rejected, closed, granted = [await drawn(running, f"resp-{number}") for number in (2, 3, 4)]
    assert len(await told(running, card)) == 1
    await decide(running, rejected, REFUSED)
    await running.deliver(
        PlanClosed(
            workflow_id=closed.workflow_id, response_id=closed.response_id, state="STALE_CONTEXT",
            code="STALE_CONTEXT", reason="rates moved", successor=None, closed_at=utc_now(),
        )
    )  # fmt: skip
    assert await told(running, card) == [
        f"Another I for USD waits to be applied: {granted.plan.order.order_id}. Check that both are meant."
    ]
    # A card that is decided tells what the plan told: nobody has to look at others any more.
    assert await told(running, rejected) == []
    await decide(running, granted, approve(granted))
    assert "waits" in (await told(running, card))[0]
    await running.deliver(prepared(granted))
    assert await told(running, card) == [
        f"Another I for USD was received today: {granted.plan.order.order_id}. Check that both are meant."
    ]


@pytest.mark.parametrize("undone", ["compensated", "reversed"])
async def test_what_was_taken_back_is_named_no_more(running: Running, undone: str) -> None:
    card, other = await drawn(running, "resp-1"), await drawn(running, "resp-2")
    await decide(running, other, approve(other))
    await running.deliver(prepared(other))
    assert "received today" in (await told(running, card))[0]
    event = (
        WorkflowCompensated(workflow_id=other.workflow_id, code="X", reason="", compensated_at=utc_now())
        if undone == "compensated"
        else ExecutionReversed(workflow_id=other.workflow_id, reversal="r", reason="", reversed_at=utc_now())
    )
    await running.deliver(event)
    assert await told(running, card) == []


async def test_what_was_applied_yesterday_or_expires_unnoticed_does_not_count(running: Running) -> None:
    card, old, late = [await drawn(running, f"resp-{number}") for number in (1, 2, 3)]
    await decide(running, old, approve(old))
    await running.deliver(prepared(old))
    pool = running.service.database.pool
    await pool.execute(
        "UPDATE approval.queue SET used_at = now() - interval '24 hours' WHERE workflow_id = $1", old.workflow_id
    )
    await pool.execute(
        "UPDATE approval.queue SET due_at = now() - interval '1 second' WHERE workflow_id = $1", late.workflow_id
    )
    assert await told(running, card) == []


async def test_a_burst_is_named_in_short(running: Running) -> None:
    card = await drawn(running, "resp-0")
    for number in range(1, NAMED_MAX + 2):
        await drawn(running, f"resp-{number}")
    (message,) = await told(running, card)
    assert message.count("ORD-") == NAMED_MAX
    assert "and more" in message


async def test_what_is_true_now_takes_the_place_of_what_the_plan_said(running: Running) -> None:
    card = await drawn(running, "resp-1")
    said = {"code": SECOND_INSTRUCTION, "message": "Another I for USD waits: ORD-OLD.", "path": "instruction_type"}
    await running.service.database.pool.execute(
        "UPDATE approval.plans SET plan = jsonb_set(plan, '{warnings}', $1)", [said]
    )
    assert await told(running, card) == [said["message"]], "nothing newer is known"
    other = await drawn(running, "resp-2")
    (message,) = await told(running, card)
    assert other.plan.order.order_id in message
    assert "ORD-OLD" not in message


async def test_a_card_reads_a_few_rows_however_many_orders_the_day_has(
    running: Running, database: TestDatabase
) -> None:
    await drawn(running, "resp-1")
    superuser = await asyncpg.connect(database.admin_dsn)
    try:
        for statement in _COPIES:
            await superuser.execute(statement)
        await superuser.execute("UPDATE approval.queue SET used_at = now() WHERE workflow_id LIKE '%1-copy'")
        await superuser.execute("VACUUM (ANALYZE) approval.queue, approval.plans")
        read = await rows_read(superuser, _OTHERS, ["I USD"])
        assert len(await superuser.fetch(_OTHERS, ["I USD"])) == 2 * (NAMED_MAX + 2)
    finally:
        await superuser.close()
    assert read <= 2 * 2 * (NAMED_MAX + 2)


async def test_the_reversal_of_an_order_is_no_order(running: Running) -> None:
    card, other = await drawn(running, "resp-1"), await drawn(running, "resp-2")
    plan = summary_of(other, other.model_dump(mode="json"))
    assert once_a_day(plan) == "I USD"
    assert once_a_day({**plan, "reversal": {}}) is None
    await running.service.database.pool.execute(
        "UPDATE approval.queue SET once_a_day = NULL WHERE workflow_id = $1", other.workflow_id
    )
    assert await told(running, card) == []
