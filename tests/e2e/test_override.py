"""Murex declines a deal and refuses to cancel two others: a person settles them, and HAWK finishes by itself."""

import json
import re
from typing import Any

import pytest

from tests.support.hawk import KEEPING_ENTITY, Hawk
from tests.support.orders import order

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

RESERVED = "SELECT reserved, hedged FROM hawk.exposure_capacity WHERE entity_id = $1 AND nav_type = 'COI'"
DEALS = """
    SELECT deal_booking_id, deal_sequence, deal_status, external_reference, effective, reversed_by_event
    FROM hawk.deal_bookings WHERE workflow_id = $1 ORDER BY deal_sequence
"""
TRAIL = "SELECT record_id, new_value, approved_by, user_id FROM public.audit_trail WHERE action = 'OVERRIDE_DEAL'"


def settled(hawk: Hawk, deal: str) -> dict[str, Any]:
    """The deal is cancelled in Murex by hand; mira asks to settle it, olga and tom approve. The override's workflow."""
    hawk.cancel_in_murex(deal)
    data = {"deal_booking_id": deal, "resolution": "CANCELLED", "reason": "Cancelled by the Murex desk, ticket 4711"}
    answer = {"analysis": "Found out.", "recommended_actions": [{"action_type": "OVERRIDE_DEAL", "data": data}]}
    (proposed,) = hawk.response(hawk.hand_in(answer, "mira"))["workflows"]
    workflow = hawk.in_state(proposed["workflow_id"], "AWAITING_APPROVAL")
    assert workflow["policy"]["required"] == ["OPERATIONS", "ANY_APPROVER"]
    own = str(workflow["workflow_id"])
    hawk.run("approve", own, "--as", "mira", "--role", "OPERATIONS", expect=1)
    hawk.run("approve", own, "--as", "olga", "--role", "OPERATIONS")
    hawk.run("approve", own, "--as", "olga", "--role", "TRADER", expect=1)
    hawk.run("approve", own, "--as", "tom", "--role", "TRADER")
    return hawk.in_state(own, "COMPLETED")


def test_what_murex_keeps_is_settled_by_two_persons_and_the_workflow_is_undone(hawk: Hawk) -> None:
    workflow_id = hawk.planned(order("TWD", "100000000", KEEPING_ENTITY))["workflow_id"]
    hawk.approve(workflow_id)
    waiting = hawk.in_state(workflow_id, "NEEDS_INTERVENTION")
    assert waiting["reason"] == "MX_BOOKING_ERROR"
    kept = [row["deal_booking_id"] for row in hawk.query(DEALS, workflow_id) if row["deal_sequence"] in (1, 2)]
    named = set(re.findall(r"\(([^(),]+), contract ", waiting["reason_text"]))
    assert named == set(kept)
    card = hawk.run("show", workflow_id).stdout
    assert all(deal in card for deal in kept)
    (use,) = hawk.query(RESERVED, KEEPING_ENTITY)
    assert use["reserved"] > 0
    assert any(workflow_id in json.dumps(row) for row in hawk.json("report", "stuck"))
    hawk.settled()
    hawk.verified()

    settled(hawk, kept[0])
    hawk.in_state(workflow_id, "NEEDS_INTERVENTION")
    settled(hawk, kept[1])
    hawk.all_in_state([workflow_id], "COMPENSATED", 30)
    (use,) = hawk.query(RESERVED, KEEPING_ENTITY)
    assert (use["reserved"], use["hedged"]) == (0, 0)
    assert hawk.query("SELECT FROM public.deal_bookings WHERE workflow_id = $1", workflow_id) == []
    trail = [row for row in hawk.query(TRAIL) if row["record_id"] in kept]
    assert [(row["new_value"], row["approved_by"]) for row in trail] == [("CANCELLED", "olga, tom")] * 2
    booked = [row for row in hawk.json("murex", "book") if row["workflow_id"] == workflow_id]
    assert {row["status"] for row in booked} == {"CANCELLED", "DECLINED"}

    again = hawk.json("report", "stuck")
    assert not any(workflow_id in json.dumps(row) for row in again)
