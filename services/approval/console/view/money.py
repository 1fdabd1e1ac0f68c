"""Amounts, rates and numbers: as JSON carries them, and as sentences write them. Pure.

JSON has plain digits ("25000000.00"), sentences have thousands and the code first ("USD 25,000,000.00").
"""

from decimal import Decimal
from typing import Final

from shared.money.amounts import quantize, rate_text, text_of
from shared.money.currencies import decimals_of, is_currency

#: The ledgers are kept in the bank's base currency.
BASE_CURRENCY: Final = "SGD"
USD: Final = "USD"
#: The true minus sign; a hyphen is narrower than the plus sign.
MINUS: Final = "\u2212"
_MILLION: Final = Decimal(1_000_000)
#: Decimals of a short form: what needs more is written in full, so that a short form never rounds.
_SHORT_DECIMALS_MAX: Final = 3


def amount_text(amount: Decimal, currency: str) -> str:
    """Return an amount as JSON carries it, with its currency's decimals; that of an unknown currency keeps its own."""
    return text_of(amount, currency) if is_currency(currency) else format(amount, "f")


def optional_text(amount: Decimal | None, currency: str) -> str | None:
    """Return an amount as JSON carries it, None for what is not known."""
    return None if amount is None else amount_text(amount, currency)


def figure(amount: Decimal, currency: str) -> str:
    """Return `25,000,000.00`, negative with a true minus sign."""
    shown = quantize(amount, currency) if is_currency(currency) else amount
    return format(shown, ",f").replace("-", MINUS)


def signed_figure(amount: Decimal, currency: str) -> str:
    """Return `+25,000,000.00` or the same with a true minus sign; zero has no sign."""
    return ("+" if amount > 0 else "") + figure(amount, currency)


def written(amount: Decimal, currency: str) -> str:
    """Return `USD 25,000,000.00`."""
    return f"{currency} {figure(amount, currency)}"


def short(amount: Decimal, currency: str) -> str:
    """Return `USD 25M` where that is the whole amount, else the amount without decimals that are zero."""
    if abs(amount) < _MILLION:
        return f"{currency} {_without_zeros(figure(amount, currency))}"
    millions = amount / _MILLION
    if millions != round(millions, _SHORT_DECIMALS_MAX):
        return f"{currency} {_without_zeros(figure(amount, currency))}"
    return f"{currency} {format(Decimal(rate_text(millions)), ',f')}M"


def rate_with_decimals(rate: Decimal, decimals: int = 4) -> str:
    """Return a rate with at least this many decimals, as traders write it: `0.1750`."""
    text = rate_text(rate)
    places = len(text.partition(".")[2])
    return text if places >= decimals else format(rate, f".{decimals}f")


def count(number: int, noun: str, plural: str | None = None) -> str:
    """Return `1 deal`, `6 deals`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def decimals_shown(currency: str) -> int:
    """Return the decimals of a currency; two for one that is not known."""
    return decimals_of(currency) if is_currency(currency) else 2


def _without_zeros(text: str) -> str:
    whole, _, decimals = text.partition(".")
    return text if decimals.strip("0") else whole
