"""What may move between plan and approval, and what may not (design section 2)."""

import json
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from demo.reference.load import demo_rows
from tests.support.hawk import Hawk
from tests.support.orders import order

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

ENTITY = "ENTITY0021"
"""A branch in Japan; no other test trades in yen, so that its rate may be moved."""

TODAY = datetime.now(ZoneInfo("Asia/Singapore")).date()
DECIMALS = Decimal("0.0000000001")
"""Of a rate at most; tests that share a HAWK move one again and again."""

RATE = """
    SELECT rate_value FROM public.currency_rates
    WHERE currency_pair = $1 AND rate_type = $2 AND ledger = 'IFRS' ORDER BY effective_date DESC LIMIT 1
"""


def publish(hawk: Hawk, folder: Path, table: str, row: dict[str, Any]) -> None:
    """`hawk reference publish` with one row; returns when the executor has taken it in."""
    file = folder / "rows.jsonl"
    file.write_text(json.dumps({"table": table, "operation": "UPSERT", "row": row}) + "\n", encoding="utf-8")
    assert hawk.json("reference", "publish", str(file)) == {"rows": 1}


def rate(hawk: Hawk, pair: str, kind: str) -> Decimal:
    return Decimal(hawk.query(RATE, pair, kind)[0]["rate_value"])


def move_rate(hawk: Hawk, folder: Path, pair: str, kind: str, basis_points: int) -> Decimal:
    """Move a rate from what it is now; gives what it was."""
    before = rate(hawk, pair, kind)
    moved = before * (1 + Decimal(basis_points) / 10_000)
    set_rate(hawk, folder, pair, kind, moved.quantize(DECIMALS, ROUND_HALF_EVEN))
    return before


def set_rate(hawk: Hawk, folder: Path, pair: str, kind: str, value: Decimal) -> None:
    """Publish a rate, and see it in force."""
    row = {"currency_pair": pair, "rate_type": kind, "rate_value": str(value), "effective_date": str(TODAY)}
    publish(hawk, folder, "currency_rates", row)
    assert rate(hawk, pair, kind) == value


def test_rate_moved_by_two_percent_executes_nothing_and_offers_a_new_plan(hawk: Hawk, tmp_path: Path) -> None:
    stale = hawk.planned(order("JPY", "500000000", ENTITY))
    move_rate(hawk, tmp_path, "JPY/SGD", "prevailing", 200)
    hawk.approve(stale["workflow_id"])
    ended = hawk.in_state(stale["workflow_id"], "STALE_CONTEXT")

    assert ended["reason"] == "STALE_CONTEXT"
    assert "200" in ended["reason_text"]
    nothing = "SELECT FROM hawk.hedge_instructions WHERE workflow_id = $1"
    assert hawk.query(nothing, stale["workflow_id"]) == []
    successor = hawk.in_state(ended["successor"], "AWAITING_APPROVAL")
    assert (successor["predecessor"], successor["attempt"]) == (stale["workflow_id"], 2)
    assert successor["plan_digest"] != stale["plan_digest"]
    assert successor["gl"]["IFRS"]["dr"] != stale["gl"]["IFRS"]["dr"]
    hawk.approve(successor["workflow_id"])
    assert hawk.in_state(successor["workflow_id"], "POSTED")["deals"]


def test_rate_moved_by_ten_basis_points_is_executed_at_the_pinned_rate(hawk: Hawk, tmp_path: Path) -> None:
    planned = hawk.planned(order("JPY", "400000000", ENTITY))
    pinned = move_rate(hawk, tmp_path, "JPY/SGD", "prevailing", 10)
    hawk.approve(planned["workflow_id"])
    hawk.in_state(planned["workflow_id"], "POSTED")
    deals = "SELECT fx_rate FROM public.deal_bookings WHERE workflow_id = $1 AND deal_sequence = 1"
    assert [row["fx_rate"] for row in hawk.query(deals, planned["workflow_id"])] == [pinned]


def test_what_does_not_concern_the_order_disturbs_nobody(hawk: Hawk, tmp_path: Path) -> None:
    planned = hawk.planned(order("JPY", "300000000", ENTITY))
    move_rate(hawk, tmp_path, "USD/PHP", "ndf", 500)
    (position,) = [
        dict(each.row)
        for each in demo_rows(TODAY)
        if each.table == "position_nav_master"
        and (each.row["entity_id"], each.row["nav_type"], each.row["position_type"]) == ("ENTITY0023", "COI", "NET")
    ]
    publish(hawk, tmp_path, "position_nav_master", position | {"current_position": "17900000000"})
    hawk.approve(planned["workflow_id"])
    hawk.in_state(planned["workflow_id"], "POSTED")
