"""From an answer to booked deals and a posted journal: what the tables hold, exactly (domain facts 10.3, 4.6, 7)."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.support.hawk import Hawk
from tests.support.orders import envelope, order

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

SAMPLE = Path(__file__).parents[2] / "demo" / "answers" / "01-usd-25m-coi.json"
SAMPLE_ORDER = {**envelope(json.loads(SAMPLE.read_text(encoding="utf-8"))), "response_id": str(uuid4())}
HKD_ORDER = order("HKD", "40000000", "ENTITY0009")

AVAILABLE = "SELECT available_amount FROM public.v_entity_capacity_complete WHERE entity_id = $1 AND nav_type = 'COI'"
DEALS = """
    SELECT deal_sequence, deal_status, booking_status, external_reference, mx_deal_id, booking_timestamp
    FROM public.deal_bookings WHERE workflow_id = $1 ORDER BY deal_sequence
"""
JOURNAL = """
    SELECT ledger, count(*) AS lines, sum(dr_amt) AS dr, sum(cr_amt) AS cr
    FROM public.gl_journal_lines WHERE workflow_id = $1 GROUP BY ledger
"""


def available(hawk: Hawk, entity: str) -> Decimal:
    (row,) = hawk.query(AVAILABLE, entity)
    return Decimal(row["available_amount"])


def is_planned_as_the_documents_say(shown: dict[str, Any]) -> None:
    operations = shown["operations"]
    assert (operations["total"], operations["READ"], operations["INSERT"], operations["UPDATE"]) == (47, 9, 30, 8)
    assert {name: stage["total"] for name, stage in operations["stages"].items()} == {"1A": 8, "1B": 12, "2": 27}
    assert (shown["model"], len(shown["deals"]), shown["gl"]["entries"]) == ("A-COI", 6, 8)
    assert shown["policy"]["tier"] == "TRADER"
    assert shown["state"] == "AWAITING_APPROVAL"


@pytest.mark.parametrize(
    ("answer", "entity", "amount", "ifrs", "local"),
    [
        (SAMPLE_ORDER, "ENTITY0037", "25000000", "375000.00", "375000.00"),
        (HKD_ORDER, "ENTITY0009", "40000000", "600000.00", "580000.00"),
    ],
    ids=["USD 25M", "HKD 40M"],
)
def test_approved_order_is_booked_and_posted_in_every_table(
    hawk: Hawk, answer: dict[str, Any], entity: str, amount: str, ifrs: str, local: str
) -> None:
    room = available(hawk, entity)
    workflow_id = hawk.planned(answer)["workflow_id"]
    shown = hawk.json("show", workflow_id)
    is_planned_as_the_documents_say(shown)
    assert hawk.query("SELECT FROM hawk.hedge_instructions WHERE workflow_id = $1", workflow_id) == []

    hawk.run("approve", workflow_id, "--as", "mira", "--role", "TRADER")
    shown = hawk.in_state(workflow_id, "POSTED")

    assert shown["operations"]["completed"] == 47
    assert {stage["status"] for stage in shown["operations"]["stages"].values()} == {"COMPLETED"}
    deals = hawk.query(DEALS, workflow_id)
    assert [deal["deal_sequence"] for deal in deals] == [1, 2, 3, 4, 5, 6]
    assert {(deal["deal_status"], deal["booking_status"]) for deal in deals} == {("Booked", "Booked")}
    assert len({deal["external_reference"] for deal in deals if deal["external_reference"] and deal["mx_deal_id"]}) == 6
    entries = hawk.query("SELECT ledger FROM public.gl_entries WHERE workflow_id = $1", workflow_id)
    assert sorted(entry["ledger"] for entry in entries) == ["IFRS"] * 4 + ["LOCAL"] * 4
    journal = {row["ledger"]: row for row in hawk.query(JOURNAL, workflow_id)}
    assert sum(row["lines"] for row in journal.values()) == 4
    assert (journal["IFRS"]["dr"], journal["IFRS"]["cr"]) == (Decimal(ifrs), Decimal(ifrs))
    assert (journal["LOCAL"]["dr"], journal["LOCAL"]["cr"]) == (Decimal(local), Decimal(local))
    allocations = hawk.query(
        "SELECT allocation_status FROM public.allocation_engine WHERE workflow_id = $1", workflow_id
    )
    assert [row["allocation_status"] for row in allocations] == ["Finalized"]
    assert available(hawk, entity) == room - Decimal(amount)
    (status,) = hawk.query("SELECT * FROM public.execution_status WHERE transaction_id = $1", workflow_id)
    assert (status["total_operations"], status["completed_operations"]) == (47, 47)


def test_what_was_booked_is_in_murex_once(hawk: Hawk) -> None:
    workflow_id = hawk.planned(order("AUD", "1000000", "ENTITY0001"))["workflow_id"]
    hawk.approve(workflow_id)
    hawk.in_state(workflow_id, "POSTED")
    held = [row for row in hawk.json("murex", "book") if row["workflow_id"] == workflow_id]
    assert sorted(row["deal_sequence"] for row in held) == [1, 2, 3, 4, 5, 6]
    assert {row["status"] for row in held} == {"BOOKED"}
    contracts = {row["external_reference"] for row in hawk.query(DEALS, workflow_id)}
    assert contracts <= {row["contract_id"] for row in held} | {row["booking_reference"] for row in held}
