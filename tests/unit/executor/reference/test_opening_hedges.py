"""Hedges from before HAWK: each comes once, fits its entity, and never changes."""

from datetime import date
from typing import Any

import pytest

from services.executor.reference.opening import judge_opening
from services.executor.reference.reading import command_of
from shared.errors import InvalidInput

TODAY = date(2026, 11, 23)
ENTITY = {"entity_id": "ENTITY0037", "currency_code": "USD"}
HEDGE: dict[str, Any] = {
    "event_id": "OLD-1", "entity_id": "ENTITY0037", "exposure_currency": "USD", "nav_type": "COI",
    "order_id": "ORD-OLD",
    "hedge_method": "COH", "hedging_instrument": "FX_Swap", "notional_amount": "10000000.00",
    "notional_usd": "10000000.00", "trade_date": "2026-08-20", "maturity_date": "2026-12-20",
    "carried_amounts": {"diff_base": "150000.00"},
}  # fmt: skip


def judged(row: dict[str, Any], *, known: bool = False, operation: str = "UPSERT") -> None:
    command = command_of({"table": "opening_hedges", "operation": operation, "row": row})
    judge_opening(command, ENTITY, known=known, today=TODAY)


def test_hedge_from_before_is_taken() -> None:
    judged(HEDGE)
    judged({name: value for name, value in HEDGE.items() if name != "carried_amounts"})


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"exposure_currency": "HKD"}, "exposure_currency"),
        ({"notional_amount": "0"}, "notional_amount"),
        ({"notional_usd": "-1"}, "notional_usd"),
        ({"trade_date": "2026-11-23"}, "trade_date"),
        ({"carried_amounts": {"diff_base": "many"}}, "carried_amounts"),
    ],
)
def test_hedge_that_contradicts_itself_or_its_entity_is_refused(changed: dict[str, Any], named: str) -> None:
    with pytest.raises(InvalidInput, match=named) as refused:
        judged(HEDGE | changed)
    assert refused.value.code == "OPENING_HEDGE_INVALID"


def test_known_hedge_is_neither_changed_nor_removed() -> None:
    for operation in ("UPSERT", "DELETE"):
        with pytest.raises(InvalidInput) as refused:
            judged(HEDGE | {"notional_amount": "1.00"}, known=True, operation=operation)
        assert refused.value.code == "OPENING_HEDGE_KNOWN"
