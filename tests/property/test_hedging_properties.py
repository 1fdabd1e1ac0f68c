"""What holds for every order, rate and order of rows: conservation, balance, determinism, no binary floats."""

import random
from collections import defaultdict
from dataclasses import fields, is_dataclass
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.hedging.effects import effects_of, json_value
from shared.hedging.gl_entries import Ledger
from shared.hedging.journal import totals
from shared.hedging.models import EXTERNAL
from shared.hedging.plan import HedgePlan
from tests.support.examples import examples
from tests.support.hedges import demo_tables, facts, plan, result

D = Decimal
EXAMPLES = {
    "A-COI": ("HKD", "COI", 2, 50_000, 187_500_000),
    "B-COI": ("CNY", "COI", 2, 50_000, 187_500_000),
    "C-COI": ("KRW", "COI", 0, 10_000_000, 50_000_000_000),
    "A-RE": ("JPY", "RE", 0, 1_000_000, 2_000_000_000),
    "B-RE": ("CNY", "RE", 2, 50_000, 57_000_000),
    "C-RE": ("IDR", "RE", 0, 100_000_000, 300_000_000_000),
}
PORTFOLIOS_THAT_STAY_OPEN = {"TREASURY_BU", "FUNDING_DESK"}  # the spread and the funding (domain facts 4.6)
RENMINBI = {"CNH": "CNY"}  # one family


@st.composite
def cases(draw: st.DrawFn) -> tuple[str, str, str, int]:
    """A model's currency and NAV type, an amount on its step, and a change of rates in thousandths."""
    currency, nav, decimals, low, high = EXAMPLES[draw(st.sampled_from(sorted(EXAMPLES)))]
    units = draw(st.integers(low * 10**decimals, high * 10**decimals))
    return currency, nav, format(D(units).scaleb(-decimals), "f"), draw(st.integers(-400, 400))


def drawn(case: tuple[str, str, str, int]) -> HedgePlan:
    """The plan with every spot rate but the historical ones moved by the same share, and no USD limit in its way."""
    currency, nav, amount, shift = case
    tables = demo_tables(currency)
    for row in tables["threshold_configuration"]:
        if row["threshold_type"] == "USD_PB_DEPOSIT":
            row |= {"warning_level": "1000000", "critical_level": "2000000", "maximum_limit": "3000000"}
    for row in tables["currency_rates"]:
        if row["rate_type"] not in {"historical", "swap_points"}:
            row["rate_value"] = format(D(row["rate_value"]) * (1000 + shift) / 1000, "f")
    return plan(currency, amount, nav_type=nav, given=facts(currency, tables=tables))


@examples(60)
@given(cases())
def test_positions_are_flat_inside_when_all_deals_are_done(case: tuple[str, str, str, int]) -> None:
    found = drawn(case)
    currency = case[0]
    held: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for child in found.children:
        for deal in child.deals:
            family = RENMINBI.get(deal.notional_currency, deal.notional_currency)
            held[deal.portfolio_from, family] -= deal.notional_amount
            held[deal.portfolio_to, family] += deal.notional_amount
            assert deal.buy_amount >= 0
            assert deal.sell_amount == deal.notional_amount
    allocated = found.capacity.allocated
    final = found.children[0].event.final_hedge_portfolio
    assert sum((amount for (_, family), amount in held.items() if family == currency), D(0)) == 0
    for (portfolio, family), amount in held.items():
        if portfolio == EXTERNAL and family == currency:
            assert amount == -allocated
        elif portfolio == final and family == currency:
            assert amount == allocated
        elif portfolio not in {EXTERNAL, final} | PORTFOLIOS_THAT_STAY_OPEN:
            assert amount == 0


@examples(60)
@given(cases())
def test_every_ledger_balances_and_no_amount_is_negative(case: tuple[str, str, str, int]) -> None:
    found = drawn(case)
    for child in found.children:
        for ledger in Ledger:
            debit, credit = totals(child.journal, ledger)
            assert debit == credit
        assert all(line.dr_amt > 0 or line.cr_amt > 0 for line in child.journal)
        assert all(line.dr_amt * line.cr_amt == 0 for line in child.journal)
        assert len(child.gl_entries) == 8
        assert all(entry.amount_sgd >= 0 for entry in child.gl_entries)
        sides = {side: sum(each.amount for each in child.gl_details if each.side == side) for side in ("DR", "CR")}
        assert sides["DR"] == sides["CR"]


@examples(60)
@given(cases())
def test_shares_and_rest_make_the_order_and_no_share_is_too_large(case: tuple[str, str, str, int]) -> None:
    found = drawn(case)
    shares = sum((child.allocated for child in found.children), D(0))
    assert shares == found.capacity.allocated
    assert found.capacity.allocated + found.capacity.not_allocated == found.order.amount
    assert all(each.allocated <= each.available for each in found.assessments)
    assert found.counts.total == 8 + sum(33 + len(child.deals) for child in found.children)


@examples(25)
@given(cases(), st.randoms(use_true_random=False))
def test_plan_is_the_same_when_rows_come_in_another_order(
    case: tuple[str, str, str, int], shuffler: random.Random
) -> None:
    currency, nav, amount, _ = case
    tables = demo_tables(currency)
    for rows in tables.values():
        shuffler.shuffle(rows)
    one = result(currency, amount, nav_type=nav, given=facts(currency, tables=demo_tables(currency)))
    other = result(currency, amount, nav_type=nav, given=facts(currency, tables=dict(reversed(tables.items()))))
    assert one == other
    assert isinstance(one, HedgePlan)
    assert isinstance(other, HedgePlan)
    assert repr(json_value(one)) == repr(json_value(other))
    assert repr(effects_of(one, "TRADER")) == repr(effects_of(other, "TRADER"))


def values_in(found: object) -> list[object]:
    if is_dataclass(found):
        return [each for name in fields(found) for each in values_in(getattr(found, name.name))]
    if isinstance(found, dict):
        return [each for pair in found.items() for part in pair for each in values_in(part)]
    if isinstance(found, (tuple, list)):
        return [each for part in found for each in values_in(part)]
    return [found]


@pytest.mark.parametrize("model", sorted(EXAMPLES))
def test_plan_holds_no_binary_float_and_no_exponent(model: str) -> None:
    currency, nav, _, low, _ = EXAMPLES[model]
    found = plan(currency, str(low), nav_type=nav)
    shown: dict[str, Any] = json_value(found)
    assert not [each for each in values_in(found) + values_in(shown) if isinstance(each, float)]
    assert not [each for each in values_in(found) if isinstance(each, Decimal) and "E" in str(each)]
