"""Reversals on a real PostgreSQL: every model and every type nets to zero in tables, ledgers and capacity; what is
reversed once, or built upon, or no longer the same, is not reversed."""

from datetime import date
from decimal import Decimal as D
from typing import Any

import pytest

from shared.events import identity
from shared.events.plans import PlanClosed
from shared.events.reversals import OperationReversed, ReversalPlanned, ReversalRefused
from shared.hedging.order import NavType, Order
from tests.support import executions
from tests.support.desk import Desk
from tests.support.hedges import order
from tests.support.stack import TestDatabase
from tools.verification.verify import verify

pytestmark = pytest.mark.integration

ZERO = D(0)
USD_25M = order("USD", "25000000", entity_id="ENTITY0037", nav_type=NavType.COI)

MODELS = {
    "A-COI": USD_25M,
    "B-COI": order("CNY", "150000000", entity_id="ENTITY0005", nav_type=NavType.COI),
    "C-COI": order("KRW", "12000000000", entity_id="ENTITY0025", nav_type=NavType.COI),
    "A-RE": order("AUD", "5000000", entity_id="ENTITY0001", nav_type=NavType.RE),
    "B-RE": order("CNY", "10000000", entity_id="ENTITY0005", nav_type=NavType.RE),
    "C-RE": order("KRW", "1000000000", entity_id="ENTITY0025", nav_type=NavType.RE),
    "spread": order("HKD", "400000000"),
}

#: Tables a workflow writes to whose rows are taken back with it. The audit trail keeps act and reversal.
TAKEN_BACK = (
    "hedge_instructions", "hedge_business_events", "allocation_engine", "hedge_event_history", "reallocation_audit",
    "stage_bundles", "stage2_queue", "deal_bookings", "h_stg_mrx_ext", "gl_entries", "gl_entries_detail", "gl_packages",
    "gl_journal_lines", "mx_proxy_hedge_report", "mx_discounted_spot", "hfm_template_entries", "hedge_effectiveness",
    "risk_monitoring", "stage2_error_log", "stage3_error_log",
)  # fmt: skip


async def effective(desk: Desk) -> dict[str, int]:
    """Effective rows by table, as today's read-only analysis counts them."""
    counts = {}
    for table in TAKEN_BACK:
        (row,) = await desk.rows(f"SELECT count(*) AS n FROM public.{table}")  # noqa: S608  names above
        counts[table] = row["n"]
    return counts


async def holdings(desk: Desk) -> dict[str, D]:
    """What every exposure and USD limit holds; nothing is reserved in between."""
    exposures = await desk.rows("SELECT stream, reserved, hedged FROM hawk.exposure_capacity")
    limits = await desk.rows("SELECT stream, reserved_usd AS reserved, hedged_usd AS hedged FROM hawk.usd_pb_usage")
    assert {row["reserved"] for row in (*exposures, *limits)} <= {ZERO}
    return {row["stream"]: row["hedged"] for row in (*exposures, *limits)}


async def balances(desk: Desk, *workflow_ids: str) -> set[D]:
    """What is left on each account of each ledger, in the pairs and in the journal, of schema hawk."""
    entries = await desk.rows(
        """
        SELECT ledger, account, sum(amount) AS amount FROM (
            SELECT ledger, debit_account AS account, amount_sgd AS amount, workflow_id FROM hawk.gl_entries
            UNION ALL SELECT ledger, credit_account, -amount_sgd, workflow_id FROM hawk.gl_entries) AS sides
        WHERE workflow_id = ANY($1::text[]) GROUP BY 1, 2
        """,
        list(workflow_ids),
    )
    details = await desk.rows(
        "SELECT account_code, sum(CASE side WHEN 'DEBIT' THEN amount ELSE -amount END) AS amount"
        " FROM hawk.gl_entries_detail WHERE workflow_id = ANY($1::text[]) GROUP BY 1",
        list(workflow_ids),
    )
    lines = await desk.rows(
        "SELECT ledger, account_code, sum(dr_amt - cr_amt) AS amount FROM hawk.gl_journal_lines"
        " WHERE workflow_id = ANY($1::text[]) GROUP BY 1, 2",
        list(workflow_ids),
    )
    assert entries
    assert lines
    return {row["amount"] for row in (*entries, *details, *lines)}


async def hedge_of(desk: Desk, workflow_id: str) -> dict[str, Any]:
    (found,) = await desk.rows("SELECT * FROM public.v_open_hedges WHERE workflow_id = $1", workflow_id)
    return found


def closing(kind: str, hedge: dict[str, Any], amount: str, **fields: Any) -> Order:
    references: dict[str, Any] = {
        "previous_order_id": hedge["order_id"],
        "hedge_method": hedge["hedge_method"],
        "value_date": date(2026, 11, 25),
        "reference_event_ids": (hedge["event_id"],),
    }
    return order(hedge["exposure_currency"], amount, instruction_type=kind, **(references | fields))


async def assert_verified(database: TestDatabase) -> None:
    report = await verify(database.dsn("hawk_reader"), None)
    assert report.findings == ()


async def test_reversal_of_each_model_nets_to_zero(desk: Desk, desk_database: TestDatabase) -> None:
    nothing = await effective(desk)
    executed = {model: await desk.run(MODELS[model]) for model in MODELS}
    written = await effective(desk)
    reversals = {model: await desk.reverse(workflow_id) for model, workflow_id in executed.items()}
    assert desk.refused == []
    for model, workflow_id in executed.items():
        states = (await desk.state(workflow_id), await desk.state(reversals[model]))
        assert (model, *states) == (model, "REVERSED", "POSTED")
        assert await balances(desk, workflow_id, reversals[model]) == {ZERO}
    assert await effective(desk) == nothing
    assert set((await holdings(desk)).values()) == {ZERO}
    (own,) = await desk.rows("SELECT count(*) AS n FROM hawk.gl_entries WHERE reversal_flag")
    assert own["n"] == written["gl_entries"]
    (exported,) = await desk.rows("SELECT count(*) AS n FROM public.v_gl_export_ready")
    assert exported["n"] == 2 * written["gl_journal_lines"]
    await assert_verified(desk_database)


async def test_reversal_does_exactly_the_steps_the_plan_showed(desk: Desk) -> None:
    workflow_id = await desk.run(USD_25M)
    shown = (await desk.plan(workflow_id)).plan.reversal
    reversal = await desk.reverse(workflow_id)
    planned = await desk.reversal_plan(reversal)
    assert isinstance(planned, ReversalPlanned)
    assert planned.plan.steps == shown
    events = await desk.events(identity.execution_stream(workflow_id))
    done = [event for event in events if isinstance(event, OperationReversed)]
    assert [(each.step, each.operation, each.table, each.action) for each in done] == [
        (step.number, step.undoes, step.table, step.action) for step in shown
    ]
    operations = [each.operation for each in done]
    assert operations == sorted(operations, reverse=True)


async def test_second_reversal_is_refused_and_names_the_first(desk: Desk) -> None:
    workflow_id = await desk.run(USD_25M)
    first = await desk.reverse(workflow_id)
    before = await desk.rows("SELECT count(*) FROM hawk.gl_journal_lines")
    second = await desk.reversal_plan(await desk.ask_reversal(workflow_id, attempt=2))
    assert isinstance(second, ReversalRefused)
    assert second.refusals[0].code == "ALREADY_REVERSED"
    assert first in second.refusals[0].message
    assert second.related == (first,)
    assert await desk.state(second.workflow_id) == "REFUSED"
    assert await desk.rows("SELECT count(*) FROM hawk.gl_journal_lines") == before


async def test_reversal_under_way_refuses_another_and_the_closing_of_its_hedge(desk: Desk) -> None:
    workflow_id = await desk.run(USD_25M)
    hedge = await hedge_of(desk, workflow_id)
    first = await desk.start_reversal(workflow_id)
    assert (await desk.state(workflow_id), await desk.state(first)) == ("REVERSING", "PREPARED")
    second = await desk.reversal_plan(await desk.ask_reversal(workflow_id, attempt=2))
    assert isinstance(second, ReversalRefused)
    assert first in second.refusals[0].message
    assert await desk.rows("SELECT FROM public.v_open_hedges") == []
    ended = await desk.propose(closing("T", hedge, "25000000"))
    assert await desk.state(ended) == "REFUSED"


async def test_repeated_request_and_grant_change_nothing(desk: Desk) -> None:
    workflow_id = await desk.run(USD_25M)
    reversal = await desk.ask_reversal(workflow_id)
    await desk.ask_reversal(workflow_id)
    planned = await desk.reversal_plan(reversal)
    assert await desk.grant(planned, message_id="grant") is None
    assert await desk.grant(planned, message_id="grant") is None
    assert await desk.grant(planned) == "GRANT_ALREADY_USED"
    for _ in range(2):
        await desk.confirm_cancels(workflow_id)
        await desk.post(reversal)
    assert len(await desk.events(identity.plan_stream(reversal))) == 1
    assert len(await desk.cancels(workflow_id)) == 6
    assert await desk.state(workflow_id) == "REVERSED"
    assert await balances(desk, workflow_id, reversal) == {ZERO}


@pytest.mark.parametrize("kind", ["R", "T", "A"])
async def test_workflow_with_dependants_is_refused_until_they_are_reversed(
    desk: Desk, desk_database: TestDatabase, kind: str
) -> None:
    workflow_id = await desk.run(USD_25M)
    hedge, held = await hedge_of(desk, workflow_id), await holdings(desk)
    fields = {} if kind == "T" else {"tenor_or_maturity": "3M"}
    amount = "30000000" if kind == "A" else "10000000"
    later = await desk.run(closing(kind, hedge, amount, **fields))
    assert await desk.state(later) == "POSTED"
    refused = await desk.reversal_plan(await desk.ask_reversal(workflow_id))
    assert isinstance(refused, ReversalRefused)
    assert refused.refusals[0].code == "HAS_DEPENDANTS"
    assert later in refused.refusals[0].message
    assert refused.related == (later,)

    undone = await desk.reverse(later)
    assert await desk.state(later) == "REVERSED"
    assert await balances(desk, later, undone) == {ZERO}
    assert await holdings(desk) == held
    again = await hedge_of(desk, workflow_id)
    assert (again["outstanding_amount"], again["outstanding_usd"]) == (D(25_000_000), hedge["outstanding_usd"])
    await assert_verified(desk_database)

    reversal = await desk.reverse(workflow_id, attempt=2)
    assert await desk.state(workflow_id) == "REVERSED"
    assert await balances(desk, workflow_id, reversal, later, undone) == {ZERO}
    assert set((await holdings(desk)).values()) == {ZERO}
    assert await desk.rows("SELECT FROM public.v_open_hedges") == []
    await assert_verified(desk_database)


async def test_closing_cannot_be_reversed_when_its_room_is_used(desk: Desk) -> None:
    first = await desk.run(order("USD", "100000000", entity_id="ENTITY0037", nav_type=NavType.COI))
    ended = await desk.run(closing("T", await hedge_of(desk, first), "100000000"))
    other = await desk.run(order("USD", "100000000", entity_id="ENTITY0037", nav_type=NavType.COI))
    assert await desk.state(other) == "POSTED"
    refused = await desk.reversal_plan(await desk.ask_reversal(ended))
    assert isinstance(refused, ReversalRefused)
    assert refused.refusals[0].code in {"CAPACITY_EXHAUSTED", "USD_PB_LIMIT_EXCEEDED"}
    await desk.reverse(other)
    assert await desk.state(await desk.reverse(ended, attempt=2)) == "POSTED"


@pytest.mark.parametrize("outcome", ["refused", "silent"])
async def test_cancel_that_murex_does_not_confirm_needs_a_person_and_undoes_nothing(
    desk: Desk, desk_database: TestDatabase, outcome: str
) -> None:
    workflow_id = await desk.run(USD_25M)
    rows, held = await effective(desk), await holdings(desk)
    reversal = await desk.start_reversal(workflow_id)
    last, *others = reversed(await desk.cancels(workflow_id))
    for sent in others:
        await desk.answer(executions.cancelled(sent))
    if outcome == "refused":
        await desk.answer(executions.cancelled(last, "REFUSED"))
    else:
        for _ in range(3):
            await desk.time_passes(workflow_id, 20)
    assert (await desk.state(workflow_id), await desk.state(reversal)) == ("NEEDS_INTERVENTION", "NEEDS_INTERVENTION")
    messages = 5 + len(await desk.cancels(workflow_id))
    assert await effective(desk) == rows | {"h_stg_mrx_ext": rows["h_stg_mrx_ext"] + messages}
    assert await holdings(desk) == held
    await assert_verified(desk_database)


async def test_closed_period_makes_the_reversing_journal_wait(desk: Desk, desk_database: TestDatabase) -> None:
    workflow_id = await desk.run(USD_25M)
    reversal = await desk.start_reversal(workflow_id)
    (line,) = await desk.rows("SELECT DISTINCT period_id FROM hawk.gl_journal_lines")
    period = (await desk.rows("SELECT * FROM hawk.gl_periods WHERE period_id = $1", line["period_id"]))[0]
    await desk.set_row("gl_periods", _period(period, is_open=False))
    await desk.confirm_cancels(workflow_id)
    await desk.post(reversal)
    await desk.post(reversal)
    assert (await desk.state(workflow_id), await desk.state(reversal)) == ("REVERSING", "COMPLETED")
    (stuck,) = await desk.rows("SELECT * FROM public.v_workflow_stuck")
    assert (stuck["workflow_id"], stuck["code"]) == (reversal, "PERIOD_CLOSED")
    assert len(await desk.rows("SELECT FROM public.gl_journal_lines")) == 4
    await assert_verified(desk_database)
    await desk.set_row("gl_periods", _period(period, is_open=True))
    await desk.post(reversal)
    assert (await desk.state(workflow_id), await desk.state(reversal)) == ("REVERSED", "POSTED")
    assert await desk.rows("SELECT FROM public.v_workflow_stuck") == []
    assert await balances(desk, workflow_id, reversal) == {ZERO}
    await assert_verified(desk_database)


async def test_reversal_is_planned_for_the_next_open_period(desk: Desk) -> None:
    workflow_id = await desk.run(USD_25M)
    (line,) = await desk.rows("SELECT DISTINCT period_id FROM hawk.gl_journal_lines")
    period = (await desk.rows("SELECT * FROM hawk.gl_periods WHERE period_id = $1", line["period_id"]))[0]
    await desk.set_row("gl_periods", _period(period, is_open=False))
    reversal = await desk.reverse(workflow_id)
    planned = await desk.reversal_plan(reversal)
    assert isinstance(planned, ReversalPlanned)
    assert planned.plan.accounting_date > period["end_date"]
    assert [warning.code for warning in planned.origin.warnings] == ["NEXT_OPEN_PERIOD"]
    assert await desk.state(workflow_id) == "REVERSED"
    days = await desk.rows(
        "SELECT DISTINCT accounting_date FROM hawk.gl_journal_lines WHERE workflow_id = $1", reversal
    )
    assert [row["accounting_date"] for row in days] == [planned.plan.accounting_date]


async def test_completed_workflow_whose_journal_waits_is_reversed_without_one(
    desk: Desk, desk_database: TestDatabase
) -> None:
    workflow_id = await desk.propose(USD_25M)
    await desk.grant(await desk.plan(workflow_id))
    await desk.acknowledge(workflow_id)
    reversal = await desk.start_reversal(workflow_id)
    await desk.confirm_cancels(workflow_id)
    await desk.post(workflow_id)
    assert (await desk.state(workflow_id), await desk.state(reversal)) == ("REVERSED", "COMPLETED")
    assert await desk.rows("SELECT FROM hawk.gl_journal_lines") == []
    await assert_verified(desk_database)


async def test_reversal_that_would_do_something_else_than_approved_is_stale(desk: Desk) -> None:
    workflow_id = await desk.propose(USD_25M)
    await desk.grant(await desk.plan(workflow_id))
    await desk.acknowledge(workflow_id)
    reversal = await desk.ask_reversal(workflow_id)
    planned = await desk.reversal_plan(reversal)
    await desk.post(workflow_id)
    assert await desk.grant(planned) is None
    assert await desk.state(reversal) == "STALE_CONTEXT"
    closed = (await desk.events(identity.plan_stream(reversal)))[-1]
    assert isinstance(closed, PlanClosed)
    successor = identity.reversal_id(workflow_id, 2)
    assert closed.successor == successor
    again = await desk.reversal_plan(successor)
    assert isinstance(again, ReversalPlanned)
    assert again.origin.predecessor == reversal
    assert again.plan.journal
    await desk.ask_reversal(workflow_id, attempt=2)
    assert await desk.grant(again) is None
    await desk.confirm_cancels(workflow_id)
    await desk.post(successor)
    assert await desk.state(workflow_id) == "REVERSED"


async def test_dependant_that_came_after_approval_ends_the_reversal(desk: Desk) -> None:
    workflow_id = await desk.run(USD_25M)
    reversal = await desk.ask_reversal(workflow_id)
    planned = await desk.reversal_plan(reversal)
    later = await desk.run(closing("T", await hedge_of(desk, workflow_id), "25000000"))
    assert await desk.grant(planned) is None
    assert await desk.state(reversal) == "REFUSED"
    closed = (await desk.events(identity.plan_stream(reversal)))[-1]
    assert isinstance(closed, PlanClosed)
    assert (closed.code, later in closed.reason) == ("HAS_DEPENDANTS", True)
    assert await desk.state(workflow_id) == "POSTED"


@pytest.mark.parametrize(
    ("case", "code"), [("planned only", "NOT_EXECUTED"), ("a check", "NOT_REVERSIBLE"), ("a reversal", "ALREADY")]
)
async def test_what_is_not_executed_or_hedged_nothing_is_not_reversed(desk: Desk, case: str, code: str) -> None:
    if case == "planned only":
        workflow_id = await desk.propose(USD_25M)
    elif case == "a check":
        workflow_id = await desk.propose(order("USD", "25000000", instruction_type="U", entity_id="ENTITY0037"))
        await desk.grant(await desk.plan(workflow_id))
    else:
        workflow_id = await desk.reverse(await desk.run(USD_25M))
        code = "NOT_REVERSIBLE"
    refused = await desk.reversal_plan(await desk.ask_reversal(workflow_id))
    assert isinstance(refused, ReversalRefused)
    assert refused.refusals[0].code == code


async def test_request_under_a_forged_id_is_a_dead_letter(desk: Desk) -> None:
    workflow_id = await desk.run(USD_25M)
    other = identity.reversal_id("another workflow")
    assert await desk.request_reversal(other, workflow_id) == "WORKFLOW_ID_FORGED"
    assert await desk.events(identity.plan_stream(other)) == []


def _period(row: dict[str, Any], *, is_open: bool) -> dict[str, Any]:
    return {
        "period_id": row["period_id"],
        "start_date": row["start_date"].isoformat(),
        "end_date": row["end_date"].isoformat(),
        "is_open": is_open,
    }
