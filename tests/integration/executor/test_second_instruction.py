"""The same order again while the first still waits: a warning at planning and at apply, and never more than that."""

from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from shared.events import approvals, identity
from shared.events.execution import ExecutionPrepared
from shared.hedging.order import Order
from shared.hedging.plan import PlanWarning
from shared.hedging.planning.same_day import NAMED_MAX, SECOND_INSTRUCTION
from tests.integration.executor.test_closing_hedges import closing, opened
from tests.support.desk import Desk
from tests.support.hedges import order
from tests.support.history import seal
from tests.support.stack import TestDatabase
from tools.verification.verify import verify

pytestmark = pytest.mark.integration

USD_5M = order("USD", "5000000", entity_id="ENTITY0037")
WARNED = "SELECT message FROM hawk.audit_trail WHERE workflow_id = $1 AND action = 'WARN' AND sub_action = $2"


def second(warnings: Any) -> list[str]:
    return [each.message for each in warnings if each.code == SECOND_INSTRUCTION]


async def planned(desk: Desk, wanted: Order = USD_5M) -> tuple[str, list[str]]:
    """A proposal is planned: its workflow, and what its plan says of other orders."""
    workflow_id = await desk.propose(wanted)
    return workflow_id, second((await desk.plan(workflow_id)).plan.warnings)


async def applied(desk: Desk, workflow_id: str) -> list[str]:
    """The grant arrives: what is recorded of other orders, and everything else stays as it was."""
    drawn: Any = await desk.plan(workflow_id)
    assert await desk.grant(drawn) is None
    told: Any
    prepared, *_ = await desk.events(identity.execution_stream(workflow_id))
    assert isinstance(prepared, ExecutionPrepared)
    assert (prepared.grant.plan_digest, prepared.grant.effects_digest) == (drawn.plan_digest, drawn.effects_digest)
    (told,) = [each for each in await desk.events(identity.progress_stream(workflow_id)) if each.state == "PREPARED"]
    assert told.warnings == prepared.warnings
    rows = await desk.rows(WARNED, workflow_id, SECOND_INSTRUCTION)
    assert [row["message"] for row in rows] == second(prepared.warnings)
    return second(prepared.warnings)


async def reject(desk: Desk, workflow_id: str) -> None:
    event = approvals.ApprovalRejected(workflow_id=workflow_id, person="sam", reason="twice")
    await desk.take(event, stream=identity.approval_stream(workflow_id), topic="hawk.approvals")


async def test_both_are_told_of_at_apply_and_both_are_posted(desk: Desk, desk_database: TestDatabase) -> None:
    first, nothing = await planned(desk)
    again, told = await planned(desk)
    orders = {each: (await desk.plan(each)).plan.order.order_id for each in (first, again)}
    assert nothing == []
    assert told == [f"Another I for USD waits to be applied: {orders[first]}. Check that both are meant."]
    # The first one waits still when the second is applied, and the second one is there when the first is.
    assert await applied(desk, again) == told
    assert await applied(desk, first) == [
        f"Another I for USD was received today: {orders[again]}. Check that both are meant."
    ]
    for each in (first, again):
        await desk.acknowledge(each)
        await desk.post(each)
        assert await desk.state(each) == "POSTED"
    admin = await asyncpg.connect(desk_database.admin_dsn)
    await seal(admin)
    await admin.close()
    report = await verify(desk_database.dsn("hawk_reader"), None)
    assert report.ok, report.findings


async def test_an_order_of_another_currency_or_type_is_not_the_same(desk: Desk) -> None:
    await planned(desk)
    assert (await planned(desk, order("HKD", "5000000", entity_id="ENTITY0009")))[1] == []
    assert (await planned(desk, order("USD", "5000000", entity_id="ENTITY0037", instruction_type="U")))[1] == []
    # An inquiry asks as often as it likes.
    for _ in range(2):
        assert (await planned(desk, order("USD", None, instruction_type="Q")))[1] == []
    assert len((await planned(desk, order("USD", "1000000", entity_id="ENTITY0038", nav_type="RE")))[1]) == 1


async def test_an_order_that_waits_since_yesterday_counts_too(desk: Desk) -> None:
    await planned(desk)
    desk.now += timedelta(days=1)
    assert len((await planned(desk))[1]) == 1


async def test_what_was_closed_waits_no_more(desk: Desk) -> None:
    first, _ = await planned(desk)
    await reject(desk, first)
    assert await desk.state(first) == "REJECTED"
    assert (await planned(desk))[1] == []


async def test_what_was_applied_and_undone_is_not_there(desk: Desk) -> None:
    first, _ = await planned(desk)
    await applied(desk, first)
    assert len((await planned(desk))[1]) == 1
    await desk.pool.execute("UPDATE hawk.hedge_instructions SET reversed_by_event = gen_random_uuid()")
    waiting = await desk.rows("SELECT workflow_id FROM hawk.planned_orders WHERE waits")
    for row in waiting:
        await reject(desk, row["workflow_id"])
    assert (await planned(desk))[1] == []


async def test_a_plan_that_went_stale_is_no_second_order(desk: Desk) -> None:
    first, _ = await planned(desk)
    rate = {"currency_pair": "USD/SGD", "rate_type": "prevailing", "rate_value": "1.3900"}
    await desk.set_row(
        "currency_rates",
        {**rate, "rate_id": "RATE_USDSGD_PREVAILING", "ledger": "IFRS", "effective_date": desk.now.date().isoformat()},
    )
    assert await desk.grant(await desk.plan(first)) is None
    assert await desk.state(first) == "STALE_CONTEXT"
    (row,) = await desk.rows("SELECT workflow_id FROM hawk.planned_orders WHERE waits")
    assert row["workflow_id"] != first
    successor = await desk.plan(row["workflow_id"])
    assert second(successor.plan.warnings) == []
    assert await applied(desk, successor.workflow_id) == []


async def test_a_burst_is_named_in_short(desk: Desk) -> None:
    for _ in range(NAMED_MAX + 1):
        _, told = await planned(desk)
    assert told[0].count("ORD-") == NAMED_MAX
    assert "and more" not in told[0]
    _, told = await planned(desk)
    assert told[0].count("ORD-") == NAMED_MAX
    assert "and more" in told[0]


async def test_of_a_days_burst_a_few_are_named_and_all_are_counted(desk: Desk) -> None:
    check, _ = await planned(desk, order("USD", "1000000", instruction_type="U", entity_id="ENTITY0037"))
    await desk.grant(await desk.plan(check))
    asked = await desk.rows("SELECT msg_uid FROM hawk.hedge_instructions WHERE instruction_type = 'U'")
    received = []
    for _ in range(NAMED_MAX + 2):
        workflow_id, _ = await planned(desk, order("USD", "1000000", entity_id="ENTITY0037"))
        desk.now += timedelta(seconds=1)
        await applied(desk, workflow_id)
        received.append((await desk.plan(workflow_id)).plan.order.order_id)
    last, told = await planned(desk)
    named = ", ".join(received[:NAMED_MAX])
    assert told == [f"Another I for USD was received today: {named} and 2 more. Check that both are meant."]
    assert (await desk.plan(last)).plan.order.supersedes_msg_uid == asked[0]["msg_uid"]


async def test_an_inception_adds_to_the_oldest_hedge_that_is_still_open(desk: Desk) -> None:
    closed, *others = [await opened(desk, amount="1000000", entity_id="ENTITY0037") for _ in range(3)]
    await desk.run(closing("T", closed, "1000000"))
    workflow_id, _ = await planned(desk)
    (child,) = (await desk.plan(workflow_id)).plan.children
    assert child.lineage is not None
    assert child.lineage.original_event_id == min(each["event_id"] for each in others)


async def test_other_warnings_of_the_moment_are_recorded_with_it(desk: Desk) -> None:
    late, _ = await planned(desk, order("USD", "5000000", entity_id="ENTITY0037", tenor_or_maturity="2Y"))
    drawn = await desk.plan(late)
    assert [type(each) for each in drawn.plan.warnings] == [PlanWarning]
    await desk.grant(drawn)
    rows = await desk.rows("SELECT sub_action FROM hawk.audit_trail WHERE workflow_id = $1 AND action = 'WARN'", late)
    assert [row["sub_action"] for row in rows] == ["CALENDAR_ENDS"]
