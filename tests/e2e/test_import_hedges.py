"""Hedges that were open before HAWK started: imported, asked about, rolled over and terminated like its own."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.hawk import Hawk
from tests.support.orders import order

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

ENTITY = "ENTITY0037"
DAYS = "SELECT hawk.business_day() AS today"


@pytest.fixture(scope="module")
def imported(hawk: Hawk, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    (days,) = hawk.query(DAYS)
    hedge = {
        "event_id": "OLD-EVENT-1",
        "entity_id": ENTITY,
        "exposure_currency": "USD",
        "nav_type": "COI",
        "order_id": "ORD-OLD-1",
        "hedge_method": "COH",
        "hedging_instrument": "FX_Swap",
        "notional_amount": "10000000.00",
        "notional_usd": "10000000.00",
        "trade_date": (days["today"] - timedelta(days=90)).isoformat(),
        "maturity_date": (days["today"] + timedelta(days=30)).isoformat(),
        "carried_amounts": {"diff_base": "120000.00", "diff_base_local": "120000.00"},
    }
    file = tmp_path_factory.mktemp("hedges") / "hedges.jsonl"
    file.write_text(json.dumps(hedge) + "\n", encoding="utf-8")
    assert hawk.json("import", "hedges", str(file)) == {"hedges": 1}
    hawk.run("import", "hedges", str(file))  # again: nothing changes
    return hedge


def test_imported_hedge_is_open_and_a_changed_one_is_refused(
    hawk: Hawk, imported: dict[str, Any], tmp_path: Path
) -> None:
    (found,) = hawk.query("SELECT * FROM public.v_open_hedges WHERE event_id = $1", imported["event_id"])
    assert found["outstanding_amount"] == found["notional_amount"]
    file = tmp_path / "changed.jsonl"
    file.write_text(json.dumps(imported | {"notional_amount": "99000000.00"}) + "\n", encoding="utf-8")
    done = hawk.run("import", "hedges", str(file), expect=1)
    assert "never changes" in done.stderr
    (still,) = hawk.query("SELECT * FROM public.v_open_hedges WHERE event_id = $1", imported["event_id"])
    assert still == found


def test_imported_hedge_is_terminated_and_its_capacity_comes_back(hawk: Hawk, imported: dict[str, Any]) -> None:
    def available() -> Any:
        (row,) = hawk.query(
            "SELECT available_amount FROM public.v_entity_capacity_complete WHERE entity_id = $1 AND nav_type = 'COI'",
            ENTITY,
        )
        return row["available_amount"]

    before = available()
    probe = hawk.planned(order("USD", "1000000", ENTITY))
    value_date = hawk.json("show", probe["workflow_id"])["dates"]["value_date"]
    answer = order(
        "USD",
        "10000000",
        instruction_type="TERMINATION",
        previous_order_id=imported["order_id"],
        reference_event_ids=[imported["event_id"]],
        hedge_method="COH",
        value_date=value_date,
    )
    workflow_id = hawk.planned(answer)["workflow_id"]
    hawk.approve(workflow_id)
    ended = hawk.in_state(workflow_id, "POSTED")
    assert ended["gl"]["IFRS"]["dr"] == "120000.00"
    assert available() == before + 10_000_000
    assert hawk.query("SELECT FROM public.v_open_hedges WHERE event_id = $1", imported["event_id"]) == []
