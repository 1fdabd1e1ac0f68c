"""A closed accounting period: the deals are booked, the journal waits visibly and goes out when the period opens,
without a hand (domain facts 7.1, 7.7)."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.eventually import eventually
from tests.support.hawk import Hawk
from tests.support.orders import order

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

TURN_SECONDS_MAX = 30
ACCOUNTING = "SELECT period_id, start_date::text, end_date::text FROM public.gl_periods WHERE period_id = $1"
EVENT = """
    SELECT stage_2_status, stage_3_status, stage_3_error_code, gl_posting_status
    FROM public.hedge_business_events WHERE workflow_id = $1
"""


def set_period(hawk: Hawk, folder: Path, row: dict[str, Any], *, is_open: bool) -> None:
    file = folder / "period.jsonl"
    line = {"table": "gl_periods", "operation": "UPSERT", "row": {**row, "is_open": is_open}}
    file.write_text(json.dumps(line) + "\n", encoding="utf-8")
    hawk.run("reference", "publish", str(file), expect=1 if is_open else 0)
    if is_open:
        opened_again(hawk, row["period_id"])
    query = "SELECT is_open FROM public.gl_periods WHERE period_id = $1"
    eventually(
        lambda: hawk.query(query, row["period_id"])[0]["is_open"],
        TURN_SECONDS_MAX,
        until=lambda found: found is is_open,
    )


def opened_again(hawk: Hawk, period: str) -> None:
    """Two persons confirm that a closed period is opened again: nothing changes before."""
    people = [("olga", "OPERATIONS"), ("raj", "RISK_MANAGER")]
    found = eventually(
        lambda: [each for each in hawk.json("reference", "held") if each["changes"][0]["key"] == period],
        TURN_SECONDS_MAX,
        what="the period waits for people",
    )
    held = found[0]["held_id"]
    assert found[0]["persons"] == 2
    for person, role in people:
        (waits,) = hawk.query("SELECT is_open FROM public.gl_periods WHERE period_id = $1", period)
        assert not waits["is_open"]
        after = hawk.json("reference", "confirm", held, "--as", person, "--role", role)
    assert after["state"] == "APPLIED"
    assert "in force" in hawk.run("reference", "confirm", held, "--as", "olga", "--role", "OPERATIONS", expect=1).stderr


def test_journal_waits_for_its_period_and_is_posted_when_it_opens(hawk: Hawk, tmp_path: Path) -> None:
    workflow_id = hawk.planned(order("HKD", "1000000", "ENTITY0009"))["workflow_id"]
    (accounting,) = hawk.query(ACCOUNTING, hawk.json("show", workflow_id)["dates"]["period_id"])
    set_period(hawk, tmp_path, accounting, is_open=False)
    try:
        hawk.approve(workflow_id)
        hawk.in_state(workflow_id, "COMPLETED")
        (event,) = eventually(
            lambda: hawk.query(EVENT, workflow_id),
            TURN_SECONDS_MAX,
            until=lambda rows: bool(rows[0]["stage_3_error_code"]),
        )
        assert (event["stage_2_status"], event["stage_3_error_code"]) == ("Completed", "PERIOD_CLOSED")
        assert hawk.query("SELECT FROM public.gl_journal_lines WHERE workflow_id = $1", workflow_id) == []
        assert {deal["status"] for deal in hawk.json("show", workflow_id)["deals"]} == {"Booked"}
        assert hawk.json("show", workflow_id)["state"] == "COMPLETED"
    finally:
        set_period(hawk, tmp_path, accounting, is_open=True)
    hawk.in_state(workflow_id, "POSTED", seconds_max=TURN_SECONDS_MAX)
    (event,) = hawk.query(EVENT, workflow_id)
    assert event["gl_posting_status"] == "Posted"
    assert len(hawk.query("SELECT FROM public.gl_journal_lines WHERE workflow_id = $1", workflow_id)) == 4
