"""Sentences of a plan as people read them: amounts with thousands, entities by name, a capital first. Pure."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from services.approval.console.view.money import USD, figure, written
from shared.money.currencies import is_currency

_SIZE: Final = re.compile(r"size USD (?P<size>[0-9.]+) is at or above (?P<limit>[0-9.]+)")
_ONLY: Final = re.compile(r"only (?P<some>[0-9.]+) of (?P<all>[0-9.]+) can be placed")
_USED: Final = re.compile(r"(?P<share>[0-9.]+ %) of the capacity of (?P<entity>\S+) is used")
#: A number with its currency, or with the decimals of money: not an id, an account or a day.
_WITH_CODE: Final = re.compile(r"\b(?P<code>[A-Z]{3}) (?P<number>-?[0-9]{4,}(?:\.[0-9]+)?)(?![\w.]*\w)")
_WITH_DECIMALS: Final = re.compile(r"(?<![\w.,-])(?P<number>-?[0-9]{4,}\.[0-9]{2,4})(?![\w]|\.[0-9])")


def reason_sentence(reason: str, currency: str, entities: Mapping[str, str]) -> str:
    """Return a reason of the computed risk: "Size USD 51,851,851.85 is at or above USD 50,000,000.00".

    Args:
        currency: of the order.
        entities: their names by id.
    """
    if found := _SIZE.fullmatch(reason):
        size, limit = (written(Decimal(found[name]), USD) for name in ("size", "limit"))
        return f"Size {size} is at or above {limit}"
    if found := _ONLY.fullmatch(reason):
        some, everything = (written(Decimal(found[name]), currency) for name in ("some", "all"))
        return f"Only {some} of {everything} can be placed"
    if found := _USED.fullmatch(reason):
        return f"{found['share']} of the capacity of {entities.get(found['entity'], found['entity'])} is used"
    return sentence(reason)


def sentence(text: str) -> str:
    """Return a text with its amounts grouped and a capital first. Nothing else changes."""
    grouped = _WITH_DECIMALS.sub(_grouped, _WITH_CODE.sub(_grouped_with_code, text))
    return grouped[:1].upper() + grouped[1:]


def _grouped_with_code(found: re.Match[str]) -> str:
    code, number = found["code"], Decimal(found["number"])
    return written(number, code) if is_currency(code) and _fits(number, code) else found[0]


def _grouped(found: re.Match[str]) -> str:
    return format(Decimal(found["number"]), ",f")


def _fits(number: Decimal, code: str) -> bool:
    """Return whether the currency's decimals hold the number, so that writing it out does not round it."""
    return Decimal(figure(number, code).replace(",", "").replace("\u2212", "-")) == number
