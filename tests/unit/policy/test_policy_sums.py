"""Orders of one person that are small one by one: their sum of a day asks for what one order of that size would."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.policy.evaluation import covers, evaluate
from shared.policy.people import sufficient
from shared.policy.recorded import policy_of, table_of
from shared.policy.rules import together
from shared.policy.subject import EarlierOrders, PolicySubject
from shared.policy.table import DEFAULT_POLICY, STRICT_POLICY, SubjectKind

SUMS = replace(DEFAULT_POLICY, version="policy-2", sums_percent=90)


def order(usd: str, before: int = 0, kind: SubjectKind = SubjectKind.HEDGE) -> PolicySubject:
    """An order after so many of the same size."""
    amount = Decimal(usd)
    earlier = EarlierOrders("ENTITY0037", amount * before, amount * before, tuple(f"w{n}" for n in range(before)))
    return PolicySubject(kind, amount, amount, "USD", amount, "I", True, ("ENTITY0037",), (earlier,) if before else ())


def test_a_series_of_9_orders_of_5_5_million_is_found_just_below_the_tier() -> None:
    tiers = [evaluate(SUMS, order("5500000", before)).tier for before in range(10)]
    assert tiers == ["TRADER"] * 8 + ["SENIOR_TRADER"] * 2, "44M are 88 percent, 49.5M are 99, 55M are above"
    ninth = evaluate(SUMS, order("5500000", 8))
    assert ninth.four_eyes, "nor does the person who asked approve"
    assert (
        "With 8 earlier orders of this person for ENTITY0037 in USD on this day the sum is USD 49,500,000.00, just "
        "below USD 50,000,000.00: SENIOR_TRADER."
    ) in ninth.rules
    assert ninth.rules[-1] == "As from USD 50,000,000.00, the person who asked may not approve."


def test_a_table_without_the_row_adds_nothing_up() -> None:
    for policy in (DEFAULT_POLICY, STRICT_POLICY):
        assert evaluate(policy, order("5500000", 8)) == evaluate(policy, order("5500000"))


def test_what_is_no_order_is_not_added_up() -> None:
    assert evaluate(SUMS, order("5500000", 8, SubjectKind.REVERSAL)).tier == "TRADER"


@pytest.mark.parametrize("percent", [0, 49, 101])
def test_a_share_that_makes_no_sense_is_refused(percent: int) -> None:
    with pytest.raises(ValueError, match="sums_percent"):
        policy_of(table_of(replace(SUMS, sums_percent=percent)))
    assert policy_of(table_of(SUMS)) == SUMS


def test_a_table_without_the_row_is_written_as_before_there_was_one() -> None:
    assert "sums_percent" not in table_of(DEFAULT_POLICY).model_dump(mode="json")


@given(st.decimals(min_value=1, max_value=10**9, places=2), st.integers(0, 12), st.integers(50, 100))
def test_sums_only_ever_ask_for_more(usd: Decimal, before: int, percent: int) -> None:
    policy = replace(SUMS, sums_percent=percent)
    alone, summed = evaluate(DEFAULT_POLICY, order(str(usd))), evaluate(policy, order(str(usd), before))
    assert covers(summed.tier, alone.tier)
    assert summed.four_eyes >= alone.four_eyes
    assert sorted(together(summed.required, alone.required)) == sorted(summed.required)
    assert not sufficient(summed, ())
