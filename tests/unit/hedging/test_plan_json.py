"""A plan as JSON, the way it is stored and shown: no number with a point or an exponent, amounts and rates as text."""

import json
import re
from collections.abc import Iterator

import pytest
from pydantic import TypeAdapter

from shared.hedging.effects import effects_of, json_value
from shared.hedging.plan import HedgePlan, PlanRefusal
from tests.support.hedges import plan, refusal

ORDERS = {
    "A-COI": ("USD", "25000000", {}),
    "B-COI": ("CNY", "150000000", {}),
    "C-COI": ("KRW", "12000000000", {}),
    "A-RE": ("AUD", "5000000", {"nav_type": "RE"}),
    "B-RE": ("CNY", "50000000", {"nav_type": "RE"}),
    "C-RE": ("TWD", "150000000", {"nav_type": "RE"}),
    "three entities": ("HKD", "400000000", {"nav_type": "COI"}),
    "utilisation": ("HKD", "100000", {"instruction_type": "U"}),
}
DIGITS = re.compile(r"-?\d+(\.\d+)?")
#: JSON numbers that count things; every other number is an amount or a rate and must be text.
COUNTS = frozenset({
    "attempt", "version", "index", "number", "rows", "deal_sequence", "entry_sequence", "line_no", "undoes", "total",
    "read", "insert", "update", "expected_deal_count", "waterfall_position", "part",
})  # fmt: skip


def refuse(digits: str) -> None:
    raise AssertionError(f"a binary fraction: {digits}")


def read_strictly(text: str) -> object:
    return json.loads(text, parse_float=refuse, parse_constant=refuse)


def numbers_in(found: object, name: str = "") -> Iterator[tuple[str, int]]:
    """JSON numbers with the name of their field."""
    if isinstance(found, dict):
        for key, value in found.items():
            yield from numbers_in(value, key)
    elif isinstance(found, list):
        for value in found:
            yield from numbers_in(value, name)
    elif isinstance(found, int) and not isinstance(found, bool):
        yield name, found


@pytest.mark.parametrize("case", sorted(ORDERS))
def test_plan_has_no_float_in_its_json_when_it_is_stored(case: str) -> None:
    currency, amount, fields = ORDERS[case]
    stored = read_strictly(TypeAdapter(HedgePlan).dump_json(plan(currency, amount, **fields)).decode())
    assert {name for name, _ in numbers_in(stored)} <= COUNTS


@pytest.mark.parametrize("case", sorted(ORDERS))
def test_what_people_approve_has_no_float_in_its_json(case: str) -> None:
    currency, amount, fields = ORDERS[case]
    drawn = plan(currency, amount, **fields)
    for document in (json_value(drawn), effects_of(drawn, "TRADER")):
        shown = read_strictly(json.dumps(document))
        assert {name for name, _ in numbers_in(shown)} <= COUNTS


def test_record_of_a_refused_check_has_no_float_in_its_json() -> None:
    refused = refusal("VND", "900000000000", entity_id="ENTITY0041", nav_type="COI")
    stored = read_strictly(TypeAdapter(PlanRefusal).dump_json(refused).decode())
    assert {name for name, _ in numbers_in(stored)} <= COUNTS


@pytest.mark.parametrize("case", sorted(ORDERS))
def test_amounts_and_rates_are_plain_digits_when_a_plan_is_stored(case: str) -> None:
    currency, amount, fields = ORDERS[case]
    stored = json.loads(TypeAdapter(HedgePlan).dump_json(plan(currency, amount, **fields)))
    texts = [stored["usd_equivalent"], stored["order"]["amount"], *(rate["value"] for rate in stored["pins"]["rates"])]
    for child in stored["children"]:
        texts += [entry["amount_sgd"] for entry in child["gl_entries"]]
        texts += [line[side] for line in child["journal"] for side in ("dr_amt", "cr_amt")]
        texts += [deal["notional_amount"] for deal in child["deals"]] + list(child["amount_keys"].values())
    assert all(DIGITS.fullmatch(text) for text in texts)
