"""Rollover, termination and amendment of hedges that were booked before, on a real PostgreSQL: tables, capacity, what
is left open, and what two workflows that want the same hedge get."""

from datetime import date
from decimal import Decimal as D
from typing import Any

import pytest

from shared.events.murex import DealCancelSent
from shared.events.plans import PlanClosed
from shared.hedging.order import InstructionType, Order
from tests.support import executions
from tests.support.desk import Desk
from tests.support.hedges import order
from tests.support.stack import TestDatabase
from tools.verification.verify import verify

pytestmark = pytest.mark.integration

VALUE_DATE = date(2026, 11, 25)


async def hedge_of(desk: Desk, workflow_id: str) -> dict[str, Any]:
    (found,) = await desk.rows("SELECT * FROM public.v_open_hedges WHERE workflow_id = $1", workflow_id)
    return found


def closing(kind: str, hedge: dict[str, Any], amount: str, **fields: Any) -> Order:
    return order(
        hedge["exposure_currency"],
        amount,
        instruction_type=kind,
        **{
            "previous_order_id": hedge["order_id"],
            "hedge_method": hedge["hedge_method"],
            "value_date": VALUE_DATE,
            "reference_event_ids": (hedge["event_id"],),
            **fields,
        },
    )


async def hedged(desk: Desk) -> dict[str, D]:
    rows = await desk.rows("SELECT stream, reserved, hedged FROM hawk.exposure_capacity ORDER BY stream")
    assert {row["reserved"] for row in rows} <= {D(0)}
    return {row["stream"]: row["hedged"] for row in rows}


async def totals_of(desk: Desk) -> dict[str, int]:
    rows = await desk.rows("SELECT transaction_id, completed_operations FROM hawk.execution_status")
    return {row["transaction_id"]: row["completed_operations"] for row in rows}


async def opened(desk: Desk, currency: str = "USD", amount: str = "25000000", **fields: Any) -> dict[str, Any]:
    return await hedge_of(desk, await desk.run(order(currency, amount, **fields)))


async def test_full_termination_gives_the_capacity_and_the_usd_back(desk: Desk) -> None:
    hedge = await opened(desk, entity_id="ENTITY0037")
    ended = await desk.run(closing("T", hedge, "25000000"))
    assert await desk.state(ended) == "POSTED"
    assert await hedged(desk) == {"exposure-ENTITY0037-USD-COI": D(0)}
    (usd,) = await desk.rows("SELECT reserved_usd, hedged_usd FROM hawk.usd_pb_usage")
    assert (usd["reserved_usd"], usd["hedged_usd"]) == (D(0), D(0))
    assert await desk.rows("SELECT * FROM public.v_open_hedges") == []
    assert (await totals_of(desk))[ended] == 39
    balances = await desk.rows(
        "SELECT ledger, account_code, sum(dr_amt - cr_amt) AS left_over FROM hawk.gl_journal_lines GROUP BY 1, 2"
    )
    assert len(balances) == 4
    assert {row["left_over"] for row in balances} == {D(0)}


async def test_termination_writes_one_row_of_its_own_order_and_its_lineage(desk: Desk) -> None:
    hedge = await opened(desk, entity_id="ENTITY0037")
    ended = await desk.run(closing("T", hedge, "10000000", msg_uid="MSGT1"))
    (row,) = await desk.rows("SELECT * FROM hawk.hedge_instructions WHERE workflow_id = $1", ended)
    assert (row["instruction_type"], row["msg_uid"], row["parent_instruction_id"]) == ("T", "MSGT1", None)
    assert row["previous_order_id"] == hedge["order_id"]
    assert row["check_status"] == "Allocated_Pass"
    (chain,) = await desk.rows("SELECT * FROM hawk.hedge_event_history WHERE workflow_id = $1", ended)
    assert (chain["original_hedge_id"], chain["event_type"]) == (hedge["event_id"], "Termination")
    assert chain["successor_event_id"] == chain["event_id"]
    (moved,) = await desk.rows("SELECT * FROM hawk.reallocation_audit WHERE workflow_id = $1", ended)
    assert (moved["original_allocation"], moved["new_allocation"]) == (D(25_000_000), D(15_000_000))
    (left,) = await desk.rows("SELECT * FROM public.v_open_hedges")
    assert (left["event_id"], left["outstanding_amount"]) == (hedge["event_id"], D(15_000_000))


async def test_rollover_keeps_what_is_hedged_and_moves_it_to_a_new_event(desk: Desk) -> None:
    hedge = await opened(desk, entity_id="ENTITY0037")
    before = await hedged(desk)
    rolled = await desk.run(closing("R", hedge, "25000000", tenor_or_maturity="3M"))
    assert await hedged(desk) == before
    again = await hedge_of(desk, rolled)
    assert (again["outstanding_amount"], again["outstanding_usd"]) == (D(25_000_000), hedge["outstanding_usd"])
    assert len(await desk.rows("SELECT * FROM public.v_open_hedges")) == 1
    ended = await desk.run(closing("T", again, "25000000"))
    assert await desk.state(ended) == "POSTED"
    assert set((await hedged(desk)).values()) == {D(0)}


async def test_partial_rollover_is_two_events_of_one_exposure(desk: Desk) -> None:
    hedge = await opened(desk, entity_id="ENTITY0037")
    rolled = await desk.run(closing("R", hedge, "10000000", tenor_or_maturity="3M"))
    assert (await totals_of(desk))[rolled] == 78
    assert await hedged(desk) == {"exposure-ENTITY0037-USD-COI": D(10_000_000)}
    (left,) = await desk.rows("SELECT * FROM public.v_open_hedges")
    assert (left["workflow_id"], left["outstanding_amount"]) == (rolled, D(10_000_000))
    rows = await desk.rows("SELECT parent_instruction_id FROM hawk.hedge_instructions WHERE workflow_id = $1", rolled)
    assert sum(1 for row in rows if row["parent_instruction_id"] is None) == 1


async def test_amendment_supersedes_the_order_in_one_workflow(desk: Desk) -> None:
    hedge = await opened(desk, entity_id="ENTITY0037")
    amended = await desk.run(closing("A", hedge, "30000000", tenor_or_maturity="6M", reference_event_ids=()))
    assert (await totals_of(desk))[amended] == 8 + 2 * 39
    assert await hedged(desk) == {"exposure-ENTITY0037-USD-COI": D(30_000_000)}
    (left,) = await desk.rows("SELECT * FROM public.v_open_hedges")
    assert (left["workflow_id"], left["outstanding_amount"]) == (amended, D(30_000_000))


async def test_declined_termination_leaves_the_hedge_open_as_it_was(desk: Desk) -> None:
    hedge = await opened(desk, entity_id="ENTITY0037")
    workflow_id = await desk.propose(closing("T", hedge, "25000000"))
    await desk.grant(await desk.plan(workflow_id))
    assert await desk.rows("SELECT * FROM public.v_open_hedges") == []  # what is being closed no other can close
    sent = await desk.sent(workflow_id)
    await desk.answer(executions.answer_of(sent[0], "NOK"))
    for event in await desk.events(f"execution-{workflow_id}"):
        if isinstance(event, DealCancelSent):
            await desk.answer(executions.cancelled(event))
    assert await desk.state(workflow_id) == "COMPENSATED"
    (left,) = await desk.rows("SELECT * FROM public.v_open_hedges")
    assert (left["event_id"], left["outstanding_amount"]) == (hedge["event_id"], D(25_000_000))
    assert await hedged(desk) == {"exposure-ENTITY0037-USD-COI": D(25_000_000)}


async def test_second_termination_of_the_same_hedge_is_stale_and_its_successor_refused(desk: Desk) -> None:
    hedge = await opened(desk, entity_id="ENTITY0037")
    first = await desk.propose(closing("T", hedge, "25000000"))
    second = await desk.propose(closing("T", hedge, "25000000"))
    await desk.grant(await desk.plan(first))
    await desk.grant(await desk.plan(second))
    assert await desk.state(second) == "STALE_CONTEXT"
    closed = (await desk.events(f"plan-{second}"))[-1]
    assert isinstance(closed, PlanClosed)
    assert closed.successor is not None
    assert await desk.state(closed.successor) == "REFUSED"


async def test_inquiry_writes_no_business_row(desk: Desk) -> None:
    await opened(desk, entity_id="ENTITY0037")
    before = await desk.rows("SELECT count(*) FROM hawk.hedge_instructions")
    asked = await desk.propose(order("USD", None, instruction_type="Q"))
    drawn = await desk.plan(asked)
    assert drawn.policy.tier == "AUTO"
    assert drawn.plan.answer["open_hedges"] == "1"
    await desk.grant(drawn)
    assert await desk.state(asked) == "COMPLETED"
    assert await desk.rows("SELECT count(*) FROM hawk.hedge_instructions") == before
    assert drawn.order.instruction_type is InstructionType.Q


async def test_everything_verifies_after_closing(desk: Desk, desk_database: TestDatabase) -> None:
    hedge = await opened(desk, entity_id="ENTITY0037")
    rolled = await desk.run(closing("R", hedge, "10000000", tenor_or_maturity="3M"))
    await desk.run(closing("T", await hedge_of(desk, rolled), "4000000"))
    spread = await desk.run(order("HKD", "400000000"))
    hedges = await desk.rows("SELECT * FROM public.v_open_hedges WHERE workflow_id = $1 ORDER BY event_id", spread)
    references = tuple(each["event_id"] for each in hedges)
    under_way = await desk.propose(closing("T", hedges[0], "200000000", reference_event_ids=references))
    await desk.grant(await desk.plan(under_way))
    report = await verify(desk_database.dsn("hawk_reader"), None)
    assert report.findings == ()
    await desk.acknowledge(under_way)
    await desk.post(under_way)
    report = await verify(desk_database.dsn("hawk_reader"), None)
    assert report.findings == ()
