"""`hawk report` on a running HAWK: a hedge uses capacity, passes booking, and its journal waits for the ledger."""

from decimal import Decimal
from typing import Any

import pytest

from tests.support.hawk import Hawk
from tests.support.orders import order

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

ENTITY, AMOUNT = "ENTITY0002", Decimal("2000000.00")


def capacity_of(hawk: Hawk) -> dict[str, Any]:
    document = hawk.json("report", "capacity", "--currency", "aud")
    (found,) = [each for each in document["entities"] if (each["entity_id"], each["nav_type"]) == (ENTITY, "COI")]
    return dict(found)


def test_reports_show_what_a_hedge_has_used_and_what_waits(hawk: Hawk) -> None:
    before = capacity_of(hawk)
    workflow_id = hawk.planned(order("AUD", "2000000", ENTITY))["workflow_id"]
    hawk.approve(workflow_id)
    hawk.in_state(workflow_id, "POSTED")
    after = capacity_of(hawk)
    assert Decimal(after["used"]) == Decimal(before["used"]) + AMOUNT
    assert Decimal(after["available_after"]) == Decimal(before["available_after"]) - AMOUNT
    assert after["available_before"] == before["available_before"]
    assert workflow_id not in {each["workflow_id"] for each in hawk.json("report", "booking")}
    assert workflow_id not in {each["workflow_id"] for each in hawk.json("report", "stuck", "--older-than", "0")}
    lines = [each for each in hawk.json("report", "export")["lines"] if each["workflow_id"] == workflow_id]
    # A trade after the cut-off or on a holiday is accounted for on a later day: its lines are not exported before.
    dated = hawk.query(
        "SELECT count(*) AS n FROM public.gl_journal_lines WHERE workflow_id = $1"
        " AND accounting_date <= hawk.business_day()",
        workflow_id,
    )
    assert len(lines) == dated[0]["n"]


@pytest.mark.parametrize("name", ["capacity", "booking", "stuck", "export"])
def test_report_is_a_page_for_people_when_no_json_is_asked_for(hawk: Hawk, name: str) -> None:
    told = hawk.run("report", name)
    assert told.returncode == 0
    assert (told.stdout + told.stderr).strip()


def test_report_says_that_hawk_is_not_running_when_it_is_not(hawk: Hawk, tmp_path: Any) -> None:
    assert hawk.run("report", "stuck", "--data", str(tmp_path / "none"), expect=3).returncode == 3
