"""Every view of schema public that a workflow touches, with the rows of real runs and read as hawk_reader."""

from collections.abc import AsyncIterator
from datetime import date
from decimal import Decimal
from typing import Any

import asyncpg
import pytest

from shared.events import identity
from tests.support import executions, hedges
from tests.support.desk import Desk
from tests.support.stack import TestDatabase

pytestmark = pytest.mark.integration

USD_25M = hedges.order("USD", "25000000", entity_id="ENTITY0037", nav_type="COI")
HKD_400M = hedges.order("HKD", "400000000", nav_type="COI")

#: Domain facts 2.3, and the two further names of the ledger's hand-off in 2.1.
NAMED = {
    "v_event_expected_deals", "v_event_acked_deals", "v_event_acked_deals_new", "v_stage2_ready_stage3",
    "v_stage2_stuck", "v_hstg_outbound_queue", "v_hstg_inbound_pending", "v_gl_export_ready",
    "v_entity_capacity_complete", "v_available_amounts_fast", "v_available_amounts_test", "v_usd_pb_capacity_check",
    "v_usd_pb_threshold", "v_ccy_to_usd", "v_stage1a_overlay_lookup", "v_overlay_amounts_active", "v_overlay_alerts",
    "v_stage1a_to_1b_ready", "v_allocation_waterfall_summary", "v_hedge_lifecycle_status", "v_hedge_positions_fast",
    "v_hedge_instructions_fast", "v_hi_today", "v_hi_actionable", "currency_rates_parsed",
    "position_nav_master_with_exposure", "hedge_instructions_legacy", "hedge_gl_packages", "hedge_gl_entries",
}  # fmt: skip
LIVE_INSTRUCTION_COLUMNS = 38
VALUE_DATE = date(2026, 11, 25)
D = Decimal


@pytest.fixture
async def reader(desk: Desk, desk_database: TestDatabase) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(desk_database.dsn("hawk_reader"))
    yield connection
    await connection.close()


async def rows_of(reader: asyncpg.Connection, view: str, where: str = "true") -> list[dict[str, Any]]:
    return [dict(row) for row in await reader.fetch(f"SELECT * FROM public.{view} WHERE {where}")]  # noqa: S608


async def one_of(reader: asyncpg.Connection, view: str, where: str = "true") -> dict[str, Any]:
    (row,) = await rows_of(reader, view, where)
    return row


async def prepared(desk: Desk, order: Any = USD_25M) -> str:
    """A workflow whose deals are sent and not answered."""
    workflow_id = await desk.propose(order)
    assert await desk.grant(await desk.plan(workflow_id)) is None
    return workflow_id


async def declined(desk: Desk, workflow_id: str, *, cancelled: bool = True) -> None:
    """Murex books the first two deals and declines the third."""
    sent = await desk.sent(workflow_id)
    for one in sent[:2]:
        await desk.answer(executions.answer_of(one, "ACK"))
    await desk.answer(executions.answer_of(sent[2], "NOK"))
    for event in await desk.events(identity.execution_stream(workflow_id)) if cancelled else []:
        if type(event).__name__ == "DealCancelSent":
            await desk.answer(executions.cancelled(event))


async def test_every_view_of_the_documents_is_there_and_can_be_read_only(reader: asyncpg.Connection) -> None:
    found = await reader.fetch("SELECT viewname FROM pg_views WHERE schemaname = 'public'")
    assert NAMED - {row["viewname"] for row in found} == set()
    for row in found:
        name = f"public.{row['viewname']}"
        assert await reader.fetchval("SELECT has_table_privilege(current_user, $1, 'SELECT')", name), name
        for right in ("INSERT", "UPDATE", "DELETE"):
            assert not await reader.fetchval("SELECT has_table_privilege(current_user, $1, $2)", name, right), name
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await reader.execute("UPDATE public.deal_bookings SET deal_status = 'Booked'")


async def test_deals_count_as_acknowledged_from_their_answer_on(desk: Desk, reader: asyncpg.Connection) -> None:
    workflow_id = await prepared(desk)
    expected = await one_of(reader, "v_event_expected_deals")
    assert (expected["expected_deals"], expected["assigned_booking_model"]) == (6, "A-COI")
    nothing = await one_of(reader, "v_event_acked_deals")
    assert (nothing["planned_deals"], nothing["acked_deals"], nothing["missing_deals"]) == (6, 0, 6)
    assert len(await rows_of(reader, "v_hstg_outbound_queue")) == 6
    await desk.acknowledge(workflow_id, (1, 2, 3, 4))
    some = await one_of(reader, "v_event_acked_deals")
    assert (some["acked_deals"], some["missing_deals"], some["all_acked"]) == (4, 2, False)
    assert (some["declined_deals"], some["last_answer_at"]) == (0, desk.now)
    assert await rows_of(reader, "v_event_acked_deals_new") == [some]
    assert {row["deal_status"] for row in await rows_of(reader, "deal_bookings")} == {"Sent"}
    assert {row["deal_sequence"] for row in await rows_of(reader, "v_hstg_outbound_queue")} == {5, 6}
    assert await rows_of(reader, "v_hstg_inbound_pending") == []
    await desk.acknowledge(workflow_id, (5, 6))
    everything = await one_of(reader, "v_event_acked_deals")
    assert (everything["acked_deals"], everything["missing_deals"], everything["all_acked"]) == (6, 0, True)
    assert everything["count_mismatch"] is False


async def test_a_deal_counts_once_when_murex_answers_twice(desk: Desk, reader: asyncpg.Connection) -> None:
    workflow_id = await prepared(desk)
    (sent, *_) = await desk.sent(workflow_id)
    for _ in range(2):
        await desk.answer(executions.answer_of(sent, "ACK"))
    assert (await one_of(reader, "v_event_acked_deals"))["acked_deals"] == 1


async def test_an_event_is_ready_for_booking_then_for_the_ledger_then_neither(
    desk: Desk, reader: asyncpg.Connection
) -> None:
    workflow_id = await prepared(desk)
    ready = await one_of(reader, "v_stage1b_ready_stage2")
    assert (ready["workflow_id"], ready["assigned_booking_model"], ready["missing_deals"]) == (workflow_id, "A-COI", 6)
    assert ready["order_id"].startswith("ORD-")
    assert await rows_of(reader, "v_stage2_ready_stage3") == []
    assert (await one_of(reader, "stage2_queue"))["queue_status"] == "In_Progress"
    await desk.acknowledge(workflow_id)
    assert await rows_of(reader, "v_stage1b_ready_stage2") == []
    booked = await one_of(reader, "v_stage2_ready_stage3")
    assert (booked["acked_deals"], booked["stage_3_status"]) == (6, "Pending")
    assert booked["gl_package_id"] is not None
    queued = await one_of(reader, "stage2_queue")
    assert (queued["queue_status"], queued["completed_at"]) == ("Completed", desk.now)
    await desk.post(workflow_id)
    assert await rows_of(reader, "v_stage2_ready_stage3") == []


async def test_stuck_shows_the_gap_and_the_reason_when_a_deal_is_declined(
    desk: Desk, reader: asyncpg.Connection
) -> None:
    workflow_id = await prepared(desk)
    await declined(desk, workflow_id, cancelled=False)
    stuck = await one_of(reader, "v_stage2_stuck")
    assert (stuck["acked_deals"], stuck["missing_deals"], stuck["declined_deals"]) == (2, 4, 1)
    assert (stuck["last_error"], stuck["last_error_code"]) == ("unknown portfolio", "MX_BOOKING_ERROR")
    assert (stuck["since"], stuck["retries"]) == (desk.now, 0)
    cancels = await rows_of(reader, "v_hstg_outbound_queue", "message_type = 'CANCEL_REQUEST'")
    assert cancels
    await declined_is_cancelled(desk, workflow_id)
    assert await rows_of(reader, "v_hstg_outbound_queue") == []
    assert await rows_of(reader, "v_stage2_stuck") == await rows_of(reader, "v_workflow_stuck") == []


async def declined_is_cancelled(desk: Desk, workflow_id: str) -> None:
    for event in await desk.events(identity.execution_stream(workflow_id)):
        if type(event).__name__ == "DealCancelSent":
            await desk.answer(executions.cancelled(event))


async def test_nothing_of_a_compensated_workflow_is_in_force(desk: Desk, reader: asyncpg.Connection) -> None:
    workflow_id = await prepared(desk)
    await declined(desk, workflow_id)
    assert await desk.state(workflow_id) == "COMPENSATED"
    for table in ("h_stg_mrx_ext", "stage2_error_log", "deal_bookings", "hedge_business_events", "stage2_queue"):
        assert await rows_of(reader, table) == [], table
        kept = await reader.fetch(f"SELECT reversed_by_event FROM hawk.{table}")  # noqa: S608
        assert kept, table
        assert all(row["reversed_by_event"] for row in kept), table
    (error,) = await reader.fetch("SELECT resolution_status, resolved_date FROM hawk.stage2_error_log")
    assert tuple(error) == ("RESOLVED", desk.now)
    answers = await reader.fetch("SELECT status FROM hawk.h_stg_mrx_ext WHERE message_type = 'CANCEL_ANSWER'")
    assert [row["status"] for row in answers] == ["ACK"] * len(answers) != []
    for view in ("v_hi_actionable", "v_hedge_positions_fast", "v_allocation_waterfall_summary", "hedge_gl_packages"):
        assert await rows_of(reader, view) == [], view


async def test_an_answer_after_the_end_brings_no_message_back_into_force(
    desk: Desk, reader: asyncpg.Connection
) -> None:
    workflow_id = await prepared(desk)
    sent = await desk.sent(workflow_id)
    await declined(desk, workflow_id)
    await desk.answer(executions.answer_of(sent[2], "ACK"))
    assert await rows_of(reader, "h_stg_mrx_ext") == []
    (waiting,) = await rows_of(reader, "v_hstg_outbound_queue")
    assert (waiting["message_type"], waiting["deal_sequence"]) == ("CANCEL_REQUEST", 3)
    await declined_is_cancelled(desk, workflow_id)
    assert await rows_of(reader, "v_hstg_outbound_queue") == []


async def test_a_workflow_that_needs_a_person_leads_the_list_of_stuck_ones(
    desk: Desk, reader: asyncpg.Connection
) -> None:
    workflow_id = await prepared(desk)
    await declined(desk, workflow_id, cancelled=False)
    for _ in range(4):
        await desk.time_passes(workflow_id, 15)
    assert await desk.state(workflow_id) == "NEEDS_INTERVENTION"
    other = await prepared(desk)
    stuck = await rows_of(reader, "v_workflow_stuck", "true ORDER BY rank, since")
    assert (stuck[0]["kind"], stuck[0]["workflow_id"]) == ("INTERVENTION", workflow_id)
    assert stuck[0]["reason"]
    assert {row["workflow_id"] for row in stuck if row["kind"] == "BOOKING"} == {workflow_id, other}


async def test_a_closed_period_shows_as_waiting_until_the_journal_is_posted(
    desk: Desk, reader: asyncpg.Connection
) -> None:
    (period,) = [
        dict(each.row)
        for each in hedges.demo_rows(hedges.TODAY)
        if each.table == "gl_periods" and each.row["period_id"] == "2026-11"
    ]
    workflow_id = await prepared(desk)
    await desk.acknowledge(workflow_id)
    await desk.set_row("gl_periods", period | {"is_open": False})
    await desk.post(workflow_id)
    waiting = await one_of(reader, "v_stage3_waiting")
    assert (waiting["stage_3_error_code"], waiting["workflow_id"]) == ("PERIOD_CLOSED", workflow_id)
    stuck = await one_of(reader, "v_workflow_stuck")
    assert (stuck["kind"], stuck["code"]) == ("POSTING", "PERIOD_CLOSED")
    (error,) = await rows_of(reader, "stage3_error_log")
    assert (error["resolution_status"], error["resolved_date"]) == ("OPEN", None)
    await desk.set_row("gl_periods", period)
    await desk.post(workflow_id)
    assert await rows_of(reader, "v_workflow_stuck") == []
    (error,) = await rows_of(reader, "stage3_error_log")
    assert (error["resolution_status"], error["resolved_date"]) == ("RESOLVED", desk.now)


async def test_an_order_over_three_entities_shows_whole(desk: Desk, reader: asyncpg.Connection) -> None:
    workflow_id = await desk.run(HKD_400M)
    summary = await rows_of(reader, "v_allocation_waterfall_summary", "true ORDER BY allocation_sequence")
    assert [(row["entity_type"], row["hedge_amount_allocation"]) for row in summary] == [
        ("Branch", Decimal(187_500_000)), ("Subsidiary", Decimal(155_000_000)), ("Associate", Decimal(57_500_000)),
    ]  # fmt: skip
    assert [row["allocated_so_far"] for row in summary][-1] == Decimal(400_000_000)
    assert summary[0]["utilization_percentage"] == 100
    order = await one_of(reader, "v_hedge_instructions_fast")
    assert (order["event_count"], order["lifecycle_status"]) == (3, "Posted")
    assert order["hedge_amount_order"] == Decimal(400_000_000)
    assert await rows_of(reader, "v_hi_actionable") == []
    positions = await rows_of(reader, "v_hedge_positions_fast")
    assert sum(row["hedge_position_amount"] for row in positions) == Decimal(400_000_000)
    assert {row["final_hedge_portfolio"] for row in positions} == {"HDGIC"}
    lifecycle = await rows_of(reader, "v_hedge_lifecycle_status")
    assert {(row["event_status"], row["stage_3_status"]) for row in lifecycle} == {("Posted", "Posted")}
    legacy = await rows_of(reader, "hedge_instructions_legacy")
    assert len(legacy) == 4
    assert {len(row) for row in legacy} == {LIVE_INSTRUCTION_COLUMNS}
    assert {row["workflow_id"] for row in lifecycle} == {workflow_id}


async def test_positions_are_what_is_left_of_open_hedges(desk: Desk, reader: asyncpg.Connection) -> None:
    await desk.run(USD_25M)
    hedge = await one_of(reader, "v_open_hedges")

    def ended(amount: str) -> Any:
        return hedges.order(
            "USD", amount, instruction_type="T", previous_order_id=hedge["order_id"],
            hedge_method=hedge["hedge_method"], value_date=VALUE_DATE, reference_event_ids=(hedge["event_id"],),
        )  # fmt: skip

    await desk.run(ended("10000000"))
    position = await one_of(reader, "v_hedge_positions_fast")
    assert (position["event_id"], position["order_id"]) == (hedge["event_id"], hedge["order_id"])
    assert (position["notional_amount"], position["hedge_position_amount"]) == (D(25_000_000), D(15_000_000))
    assert (position["final_hedge_portfolio"], position["entity_name"] is None) == ("HDGIC", False)
    (order,) = await rows_of(reader, "v_hedge_instructions_fast", "instruction_type = 'T'")
    assert (order["event_count"], order["lifecycle_status"]) == (1, "Posted")
    await desk.run(ended("15000000"))
    assert await rows_of(reader, "v_hedge_positions_fast") == []
    assert await rows_of(reader, "v_hi_actionable") == await rows_of(reader, "v_workflow_stuck") == []


async def test_an_order_under_way_is_actionable_and_a_question_is_not(desk: Desk, reader: asyncpg.Connection) -> None:
    workflow_id = await prepared(desk)
    question = await desk.propose(hedges.order("HKD", "100000", instruction_type="U", nav_type="COI"))
    drawn = await desk.plan(question)
    assert await desk.grant(drawn, approvers=()) is None
    actionable = await one_of(reader, "v_hi_actionable")
    assert (actionable["workflow_id"], actionable["lifecycle_status"]) == (workflow_id, "Allocated")
    assert [row["instruction_type"] for row in await rows_of(reader, "v_stage1a_to_1b_ready")] == ["U"]
    of_the_day = "instruction_date = hawk.business_day() ORDER BY instruction_id"
    today = await rows_of(reader, "v_hi_today", "true ORDER BY instruction_id")
    assert today == await rows_of(reader, "v_hedge_instructions_fast", of_the_day)


async def test_the_ledger_of_a_booked_order_is_ready_for_export(desk: Desk, reader: asyncpg.Connection) -> None:
    await desk.run(USD_25M)
    lines = await rows_of(reader, "v_gl_export_ready", "true ORDER BY line_no")
    booked_ahead = await reader.fetchval("SELECT $1::date > hawk.business_day()", hedges.TODAY)
    assert len(lines) == (0 if booked_ahead else 4)
    package = await one_of(reader, "hedge_gl_packages")
    assert (package["package_status"], package["currency"]) == ("POSTED", "SGD")
    assert package["total_debit_amount"] == package["total_credit_amount"] > 0
    entries = await rows_of(reader, "hedge_gl_entries")
    assert len(entries) == 16
    for ledger in ("IFRS", "LOCAL"):
        debit = sum(row["debit_amount"] or 0 for row in entries if row["ledger"] == ledger)
        assert debit == sum(row["credit_amount"] or 0 for row in entries if row["ledger"] == ledger)
        if ledger == "IFRS":
            assert debit == package["total_debit_amount"]
    assert {row["instruction_id"] for row in await rows_of(reader, "h_stg_mrx_ext")} != {None}


async def test_capacity_stands_before_and_after_the_use(desk: Desk, reader: asyncpg.Connection) -> None:
    where = "entity_id = 'ENTITY0037' AND nav_type = 'COI'"
    workflow_id = await prepared(desk)
    use = await one_of(reader, "v_entity_capacity_use", where)
    assert (use["available_before"], use["reserved"]) == (Decimal(187_500_000), Decimal(25_000_000))
    assert use["available_after"] == Decimal(162_500_000)
    limit = await one_of(reader, "v_usd_pb_capacity_check", "currency_code = 'USD'")
    assert limit["reserved_usd"] == Decimal(25_000_000)
    await desk.acknowledge(workflow_id)
    booked = await one_of(reader, "v_entity_capacity_use", where)
    assert (booked["reserved"], booked["hedged_own"]) == (0, Decimal(25_000_000))
    assert booked["available_after"] == Decimal(162_500_000)
    fast = await one_of(reader, "v_available_amounts_fast", where)
    assert fast["available_amount_for_hedging"] == Decimal(162_500_000)
    assert await one_of(reader, "v_available_amounts_test", where) == fast
    total = await reader.fetchval("SELECT sum(available_amount) FROM v_entity_capacity_complete")
    assert total == await reader.fetchval("SELECT sum(available_amount_for_hedging) FROM v_available_amounts_fast")


async def test_reference_rows_show_under_the_names_of_the_analysis(desk: Desk, reader: asyncpg.Connection) -> None:
    rate = await one_of(
        reader, "currency_rates_parsed", "currency_pair = 'USD/KRW' AND rate_type = 'ndf' AND ledger = 'IFRS'"
    )
    assert (rate["base_currency"], rate["quote_currency"], rate["rate_value"]) == ("USD", "KRW", Decimal(1250))
    position = await one_of(
        reader,
        "position_nav_master_with_exposure",
        "entity_id = 'ENTITY0009' AND nav_type = 'COI' AND position_type = 'NET'",
    )
    assert (position["exposure_currency"], position["entity_type"]) == ("HKD", "Branch")


async def test_overlays_count_when_approved_and_warn_when_not(desk: Desk, reader: asyncpg.Connection) -> None:
    overlay = {
        "overlay_id": "OV1", "entity_id": "ENTITY0009", "currency_code": "HKD", "nav_type": "COI",
        "overlay_amount": "1000000", "overlay_direction": "OUT", "approval_status": "Approved", "active_flag": "Y",
    }  # fmt: skip
    await desk.set_row("overlay_configuration", overlay)
    await desk.set_row("overlay_configuration", overlay | {"overlay_id": "OV2", "approval_status": "Pending"})
    lookup = await one_of(reader, "v_stage1a_overlay_lookup")
    assert (lookup["manual_overlay_amount"], lookup["overlay_count"]) == (Decimal(-1_000_000), 1)
    active = await one_of(reader, "v_overlay_amounts_active")
    assert (active["overlay_id"], active["signed_amount"]) == ("OV1", Decimal(-1_000_000))
    alert = await one_of(reader, "v_overlay_alerts")
    assert (alert["overlay_id"], alert["alert"]) == ("OV2", "NOT_APPROVED")
