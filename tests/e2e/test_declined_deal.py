"""Murex declines one deal of six: all or nothing (design section 6)."""

import json
from collections.abc import Iterable
from decimal import Decimal

import pytest

from tests.support.eventually import eventually
from tests.support.hawk import DECLINING_ENTITY, SECOND_OF_THREE, Hawk
from tests.support.orders import order

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

AVAILABLE = "SELECT available_amount FROM public.v_entity_capacity_complete WHERE entity_id = $1 AND nav_type = 'COI'"
RESERVED = "SELECT reserved, hedged FROM hawk.exposure_capacity WHERE entity_id = $1 AND nav_type = 'COI'"
KEPT = """
    SELECT event_id, deal_sequence, deal_status, reversed_by_event, effective FROM hawk.deal_bookings
    WHERE workflow_id = $1 ORDER BY deal_sequence
"""
SHARES = """
    SELECT entity_id, available_amount FROM public.v_entity_capacity_complete
    WHERE currency_code = 'HKD' AND nav_type = 'COI' ORDER BY entity_id
"""
SETTLE_SECONDS_MAX = 20


def available(hawk: Hawk) -> Decimal:
    return Decimal(hawk.query(AVAILABLE, DECLINING_ENTITY)[0]["available_amount"])


def rows_of(hawk: Hawk, schema: str, tables: Iterable[str], workflow_id: str) -> dict[str, int]:
    """Rows of a workflow in those of these tables that have any; schema `public` counts the effective ones."""
    union = " UNION ALL ".join(
        f"SELECT '{name}' AS name, count(*) AS n FROM {schema}.{name} WHERE workflow_id = $1"  # noqa: S608 - names of the plan
        for name in tables
    )
    return {row["name"]: row["n"] for row in hawk.query(union, workflow_id) if row["n"]}


def test_declined_deal_undoes_everything_and_deletes_nothing(hawk: Hawk) -> None:
    room = available(hawk)
    workflow_id = hawk.planned(order("AUD", "2000000", DECLINING_ENTITY))["workflow_id"]
    hawk.approve(workflow_id)
    ended = hawk.in_state(workflow_id, "COMPENSATED")

    assert "Credit line exhausted" in ended["reason_text"]
    assert {deal["status"] for deal in ended["deals"]} == {"Cancelled"}
    assert ended["operations"]["completed"] == 0
    assert available(hawk) == room
    (use,) = hawk.query(RESERVED, DECLINING_ENTITY)
    assert (use["reserved"], use["hedged"]) == (0, 0)

    kept = hawk.query(KEPT, workflow_id)
    assert [row["deal_sequence"] for row in kept] == [1, 2, 3, 4, 5, 6]
    assert all(row["reversed_by_event"] and not row["effective"] for row in kept)
    prepared = [step for step in ended["operations_list"] if step["phase"] == "PREPARE" and step["operation"] != "READ"]
    written = {step["table"] for step in prepared}
    assert len(written) > 8
    assert rows_of(hawk, "hawk", written, workflow_id).keys() == written
    assert rows_of(hawk, "public", written - {"audit_trail"}, workflow_id) == {}
    trail = hawk.query("SELECT action FROM public.audit_trail WHERE workflow_id = $1", workflow_id)
    # Other tests hedge AUD too: then the trail has the warning that there is another order of the day.
    assert {row["action"] for row in trail} - {"WARN"} == {"APPROVE", "COMPENSATE"}
    (status,) = hawk.query("SELECT status FROM public.execution_status WHERE transaction_id = $1", workflow_id)
    assert status["status"] == "COMPENSATED"


def test_deals_that_murex_held_are_cancelled_there(hawk: Hawk) -> None:
    workflow_id = hawk.planned(order("AUD", "1000000", DECLINING_ENTITY))["workflow_id"]
    hawk.approve(workflow_id)
    hawk.in_state(workflow_id, "COMPENSATED")

    def in_murex() -> dict[int, str]:
        book = hawk.json("murex", "book")
        return {row["deal_sequence"]: row["status"] for row in book if row["workflow_id"] == workflow_id}

    held = {1: "CANCELLED", 2: "CANCELLED", 3: "DECLINED", 4: "CANCELLED", 5: "CANCELLED", 6: "CANCELLED"}
    eventually(in_murex, SETTLE_SECONDS_MAX, until=lambda book: book == held, what=f"book {held}")
    cancels = [
        json.loads(message.value or b"")["deal_sequence"]
        for message in hawk.wire.read("hawk.murex.requests")
        if message.header("ce_type") == "hawk.DealCancelSent.v1" and message.header("ce_correlationid") == workflow_id
    ]
    assert sorted(set(cancels)) == [1, 2, 4, 5, 6]


def test_order_over_three_entities_is_undone_whole_when_a_deal_of_the_second_is_declined(hawk: Hawk) -> None:
    before = hawk.query(SHARES)
    # All that the branch and the subsidiary have left, and a little of the associate: other tests may have used some.
    assert [row["entity_id"] for row in before[:3]] == ["ENTITY0009", "ENTITY0010", SECOND_OF_THREE]
    branch, _, subsidiary, *_ = (Decimal(row["available_amount"]) for row in before)
    workflow_id = hawk.planned(order("HKD", format(branch + subsidiary + 1_000_000, ".2f")))["workflow_id"]
    hawk.approve(workflow_id, "sina", "SENIOR_TRADER")
    ended = hawk.in_state(workflow_id, "COMPENSATED")
    assert ended["operations"]["total"] == 125
    assert ended["operations"]["completed"] == 0
    deals = hawk.query(
        "SELECT event_id, deal_status, effective FROM hawk.deal_bookings WHERE workflow_id = $1", workflow_id
    )
    assert (len(deals), len({deal["event_id"] for deal in deals})) == (18, 3)
    assert {(deal["deal_status"], deal["effective"]) for deal in deals} == {("Cancelled", False)}
    assert hawk.query("SELECT FROM public.hedge_business_events WHERE workflow_id = $1", workflow_id) == []
    assert hawk.query(SHARES) == before
