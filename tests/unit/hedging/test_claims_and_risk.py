"""What the answer claims is compared and never obeyed; the risk is computed."""

from typing import Any

import pytest

from shared.hedging.order import Claim
from shared.hedging.plan import HedgePlan, RiskLevel
from tests.support.hedges import demo_tables, facts, plan, row_of

FIRST_DEAL = {
    "deal_type": "FX_SWAP", "portfolio_from": "EXTERNAL", "portfolio_to": "CO_FX", "currency_pair": "USD/SGD",
    "notional_amount": "25000000.00",
}  # fmt: skip


def drawn_with(action_type: str, **data: Any) -> HedgePlan:
    return plan("USD", "25000000", entity_id="ENTITY0037", claims=[Claim("a2", action_type, data)])


@pytest.mark.parametrize(
    ("action_type", "data", "paths"),
    [
        ("BOOK_MUREX_DEALS", {"model": "A-COI", "deal_count": 6}, []),
        ("BOOK_MUREX_DEALS", {"model": "B-COI", "deal_count": "10"}, ["a2.model", "a2.deal_count"]),
        ("BOOK_MUREX_DEALS", {"event_id": "EVENT_1"}, ["a2.event_id"]),
        ("BOOK_MUREX_DEALS", {"deals": [FIRST_DEAL]}, ["a2.deals (rows)"]),
        (
            "BOOK_MUREX_DEALS", {"deals": [FIRST_DEAL | {"notional_amount": 24000000}] * 6},
            ["a2.deals[1].notional_amount", "a2.deals[2].portfolio_from"],
        ),
        ("GENERATE_GL_ENTRIES", {"entry_count": 8}, []),
        ("GENERATE_GL_ENTRIES", {"entry_count": 4}, ["a2.entry_count"]),
        ("GENERATE_GL_ENTRIES", {"entries": [{"amount_sgd": "1.00"}] * 8}, ["a2.entries[1].amount_sgd"]),
        ("UPDATE_ALLOCATION", {"allocated_amount": 25000000, "entity_id": "ENTITY0037"}, []),
        ("UPDATE_ALLOCATION", {"allocated_amount": "24"}, ["a2.allocated_amount"]),
        ("UPDATE_ALLOCATION", {"allocated_amount": "much"}, ["a2.allocated_amount"]),
        ("UPDATE_ALLOCATION", {"entity_id": "ENTITY0038"}, ["a2.entity_id"]),
    ],
)  # fmt: skip
def test_claim_is_a_warning_when_it_differs_and_changes_nothing(
    action_type: str, data: dict[str, Any], paths: list[str]
) -> None:
    drawn = drawn_with(action_type, **data)
    found = [warning.path for warning in drawn.claim_warnings]
    assert [path for path in paths if path not in found] == []
    assert bool(found) == bool(paths)
    assert {warning.code for warning in drawn.claim_warnings} <= {"CLAIM_DIFFERS"}
    assert drawn.children == plan("USD", "25000000", entity_id="ENTITY0037").children


@pytest.mark.parametrize(
    ("amount", "level"),
    [
        ("9999999.99", RiskLevel.LOW), ("10000000", RiskLevel.MEDIUM), ("49999999.99", RiskLevel.MEDIUM),
        ("50000000", RiskLevel.HIGH), ("100000000", RiskLevel.HIGH),
    ],
)  # fmt: skip
def test_risk_follows_the_size_when_nothing_else_is_wrong(amount: str, level: RiskLevel) -> None:
    risk = plan("USD", amount, entity_id="ENTITY0037").risk
    assert risk.level is level
    assert bool(risk.reasons) == (level is not RiskLevel.LOW)


def test_risk_is_medium_when_a_claim_contradicts_or_capacity_is_short() -> None:
    assert "the answer contradicts the computed plan" in drawn_with("GENERATE_GL_ENTRIES", entry_count=1).risk.reasons
    partial = plan("HKD", "20000000", entity_id="ENTITY0012", nav_type="RE").risk
    assert partial.level is RiskLevel.MEDIUM
    assert partial.reasons[0] == "only 9500000.00 of 20000000.00 can be placed"
    assert partial.reasons[1].startswith("100.0 % of the capacity of ENTITY0012")


def test_risk_rises_when_the_usd_total_passes_its_levels() -> None:
    tables = demo_tables()
    row = row_of(tables, "threshold_configuration", threshold_id="THR_USD_PB")
    row["warning_level"], row["critical_level"] = "10000", "40000"
    drawn = plan("USD", "1000000", entity_id="ENTITY0037", given=facts("USD", tables=tables))
    assert drawn.usd_check.status.value == "WARN"
    assert drawn.risk.level is RiskLevel.MEDIUM


def test_fields_have_their_provenance_when_defaults_fill_them() -> None:
    drawn = plan("USD", "25000000", entity_id="ENTITY0037")
    wanted = {
        "nav_type": "default",
        "hedge_method": "default",
        "hedging_instrument": "default",
        "value_date": "default",
    }
    assert {name: drawn.order.provenance[name] for name in wanted} == wanted
    assert (drawn.order.nav_type, drawn.order.hedge_method, drawn.order.hedging_instrument) == ("COI", "COH", "FX_Swap")
