"""Rounding and writing of amounts. Every rounding in HAWK is one of these calls, so it can be found and
audited.

Intermediate results keep `PRECISION` significant digits; a result that is stored, shown or posted is
quantised once, half up (away from zero at the half), to the decimals of its currency.
"""

from decimal import ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal
from typing import Final

from shared.money.currencies import decimals_of

PRECISION: Final = 50  # digits; a notional of 13 digits divided twice still has over 30 exact ones
RATE_DECIMALS_MAX: Final = 10  # digits after the point of a derived rate, such as CNH/USD from two SGD rates
EXACT: Final = Context(prec=PRECISION, rounding=ROUND_HALF_UP)
ZERO: Final = Decimal(0)


def times(amount: Decimal, factor: Decimal) -> Decimal:
    """Return a product at `PRECISION` digits, not yet rounded to a currency."""
    return EXACT.multiply(amount, factor)


def over(amount: Decimal, divisor: Decimal) -> Decimal:
    """Return a quotient at `PRECISION` digits, not yet rounded; a divisor of zero raises ZeroDivisionError."""
    return EXACT.divide(amount, divisor)


def quantize(amount: Decimal, currency: str) -> Decimal:
    """Round `amount` half up to the minor units of `currency`. 52048.1927… SGD gives 52048.19.

    Raises:
        UnknownCurrency: the code is not known.
    """
    step = Decimal(1).scaleb(-decimals_of(currency))
    return _unsigned_zero(amount.quantize(step, rounding=ROUND_HALF_UP, context=EXACT))


def quantize_rate(rate: Decimal) -> Decimal:
    """Return a derived rate with at most `RATE_DECIMALS_MAX` decimals, half up, without trailing zeros."""
    return plain(rate.quantize(Decimal(1).scaleb(-RATE_DECIMALS_MAX), rounding=ROUND_HALF_UP, context=EXACT))


def plain(value: Decimal) -> Decimal:
    """Return a number in its one way of writing: no exponent, no trailing zeros, no negative zero.

    1.3500 and 1.35 become equal bytes, whatever scale a column or a message gave them.
    """
    return _unsigned_zero(Decimal(format(value.normalize(EXACT), "f")))


def text_of(amount: Decimal, currency: str) -> str:
    """Return an amount as JSON carries it: plain digits in the currency's own decimals, "25000000.00"."""
    return format(quantize(amount, currency), "f")


def rate_text(rate: Decimal) -> str:
    """Return a rate as JSON carries it: plain digits without trailing zeros, "1.35"."""
    return format(plain(rate), "f")


def exceeds_decimals(amount: Decimal, decimals: int) -> bool:
    """Return whether the amount has more significant decimals than allowed; trailing zeros do not count."""
    return amount != amount.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP, context=EXACT)


def floor_to(amount: Decimal, decimals: int) -> Decimal:
    """Return the largest multiple of 10**-decimals that is not above `amount`."""
    return _unsigned_zero(amount.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_FLOOR, context=EXACT))


def _unsigned_zero(value: Decimal) -> Decimal:
    return abs(value) if value.is_zero() else value
