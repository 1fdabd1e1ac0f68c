"""Rounding is explicit, half up, and writes one number one way."""

from decimal import Decimal

import pytest

from shared.money.amounts import (
    exceeds_decimals,
    floor_to,
    over,
    plain,
    quantize,
    quantize_rate,
    rate_text,
    text_of,
    times,
)
from shared.money.currencies import UnknownCurrency, decimals_of, is_currency

D = Decimal


@pytest.mark.parametrize(
    ("amount", "currency", "expected"),
    [
        ("52048.1927", "SGD", "52048.19"),
        ("0.005", "SGD", "0.01"),  # half up, not half even
        ("0.015", "SGD", "0.02"),
        ("-0.005", "SGD", "-0.01"),  # away from zero
        ("-0.004", "SGD", "0.00"),  # no negative zero
        ("1234.5", "JPY", "1235"),
        ("1234.5", "KRW", "1235"),
        ("1E+7", "USD", "10000000.00"),
        ("0.125", "CNH", "0.13"),
    ],
)
def test_text_of_rounds_half_up_when_digits_exceed_the_currency(amount: str, currency: str, expected: str) -> None:
    assert text_of(D(amount), currency) == expected
    assert format(quantize(D(amount), currency), "f") == expected


@pytest.mark.parametrize(
    ("code", "decimals"), [("USD", 2), ("JPY", 0), ("KRW", 0), ("VND", 0), ("TWD", 2), ("IDR", 2), ("CNH", 2)]
)
def test_decimals_of_follows_iso_4217_when_the_currency_is_known(code: str, decimals: int) -> None:
    assert decimals_of(code) == decimals


@pytest.mark.parametrize("code", ["", "usd", "XXX", "XAU", "EURO", "US"])
def test_decimals_of_raises_when_the_code_is_no_currency_with_minor_units(code: str) -> None:
    assert not is_currency(code)
    with pytest.raises(UnknownCurrency):
        decimals_of(code)


@pytest.mark.parametrize(
    ("value", "expected"),
    [("1.3500", "1.35"), ("1.35", "1.35"), ("1E+3", "1000"), ("-0.00", "0"), ("0.009000", "0.009")],
)
def test_rate_text_is_the_same_when_scale_differs(value: str, expected: str) -> None:
    assert rate_text(D(value)) == expected
    assert format(plain(D(value)), "f") == expected


def test_division_keeps_more_digits_than_any_amount_when_it_does_not_end() -> None:
    # 12bn KRW at 1245 and 1250: the difference of two quotients is exact to the cent (interfaces section 7).
    usd = over(D("12000000000"), D("1245")) - over(D("12000000000"), D("1250"))
    assert quantize(times(usd, D("1.35")), "SGD") == D("52048.19")


def test_quantize_rate_keeps_ten_decimals_when_derived() -> None:
    assert quantize_rate(over(D("0.1900"), D("1.35"))) == D("0.1407407407")


@pytest.mark.parametrize(
    ("amount", "decimals", "expected"),
    [("1.10", 1, False), ("1.11", 1, True), ("100", 0, False), ("100.00", 0, False), ("1500", -3, True)],
)
def test_exceeds_decimals_ignores_trailing_zeros(amount: str, decimals: int, expected: bool) -> None:
    assert exceeds_decimals(D(amount), decimals) is expected


@pytest.mark.parametrize(
    ("amount", "decimals", "expected"), [("1.19", 1, "1.1"), ("1999", -3, "1000"), ("0.09", 1, "0")]
)
def test_floor_to_never_rounds_up(amount: str, decimals: int, expected: str) -> None:
    assert floor_to(D(amount), decimals) == D(expected)
