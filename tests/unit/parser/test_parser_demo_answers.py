"""Every answer of demo/answers is parsed as its table says."""

import json
from pathlib import Path
from typing import Any

import pytest

from services.parser.response import read_response

ANSWERS = Path(__file__).resolve().parents[3] / "demo" / "answers"
EXPECTED: list[dict[str, Any]] = json.loads((ANSWERS / "expected.json").read_text())


@pytest.mark.parametrize("expected", EXPECTED, ids=lambda each: each["file"])
def test_demo_answer_is_parsed_as_its_table_says(expected: dict[str, Any]) -> None:
    reading = read_response((ANSWERS / expected["file"]).read_bytes(), {}, None)
    parsed = expected["parsed"]
    assert reading.outcome == parsed["outcome"], reading.all_refusals
    assert [notice.code for notice in reading.all_warnings] == parsed.get("warnings", [])
    if parsed["codes"]:
        assert reading.all_refusals[0].code in parsed["codes"]
        assert all(refusal.path and refusal.message for refusal in reading.all_refusals)
    if reading.outcome == "PROPOSED":
        assert len(reading.components) == len(expected.get("workflows", [None]))


def test_every_demo_answer_has_an_expected_outcome() -> None:
    files = {path.name for path in ANSWERS.iterdir() if path.name not in {"README.md", "expected.json"}}
    assert files == {expected["file"] for expected in EXPECTED}


def test_order_of_the_plans_example_holds_what_was_stated() -> None:
    reading = read_response((ANSWERS / "01-usd-25m-coi.json").read_bytes(), {}, None)
    (component,) = reading.components
    order = component.order
    assert order is not None
    assert (order.instruction_type, order.exposure_currency, str(order.amount)) == ("I", "USD", "25000000")
    assert (order.entity_id, order.nav_type, order.hedge_method) == ("ENTITY0037", "COI", None)
    assert order.provenance == dict.fromkeys(
        ("instruction_type", "exposure_currency", "amount", "entity_id", "nav_type"), "stated"
    )
    claims = {action.claim.action_type: action.claim.data for action in component.actions if action.claim}
    assert claims == {
        "BOOK_MUREX_DEALS": {"model": "A-COI", "deal_count": 6},
        "GENERATE_GL_ENTRIES": {"entry_count": 8},
        "UPDATE_ALLOCATION": {"allocated_amount": "25000000"},
    }


def test_what_the_ai_says_about_approval_is_only_recorded() -> None:
    reading = read_response((ANSWERS / "12-claims-approval-granted.json").read_bytes(), {}, None)
    (action,) = reading.components[0].actions
    assert action.claimed.model_dump() == {
        "action_id": "#1",
        "approval_required": False,
        "approval_level": "AUTO_APPROVE",
        "risk_score": "MEDIUM",
    }
