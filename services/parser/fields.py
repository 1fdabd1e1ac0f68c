"""Readers of single values: each gives the typed value, or notes what is wrong and what would be right. Pure.

No reader repairs: an amount with grouping, a date in another notation or a currency in small letters has more
than one reading somewhere, and is refused.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Final, TypeVar

from services.parser.codes import REFUSALS_MAX, refusal, shown
from services.parser.reading import Number
from shared.events.base import Refusal
from shared.events.parsing_codes import ParsingCode
from shared.exact_json import member_path
from shared.money.currencies import is_currency

T = TypeVar("T")

#: Digits before the point. The largest notional of the currencies dealt (VND) has 13.
AMOUNT_DIGITS_MAX: Final = 18
#: Decimals where the currency is not known, or a claim has none: ISO 4217 goes up to four.
AMOUNT_DECIMALS_MAX: Final = 4
#: Characters of ids and names (domain facts 3.2: msg_uid has at most 50).
IDENTIFIER_CHARACTERS_MAX: Final = 50
#: Hedge events one instruction refers to; a rollover of one order has a few.
REFERENCES_MAX: Final = 50
#: Characters of a reason somebody gave.
TEXT_CHARACTERS_MAX: Final = 2_000
#: Rows of one claim; the largest deal plan has ten, an order over many entities some hundred.
CLAIMED_ROWS_MAX: Final = 1_000
#: The largest number of rows a claim may name.
COUNT_MAX: Final = 100_000

_AMOUNT: Final = re.compile(rf"(?:0|[1-9][0-9]{{0,{AMOUNT_DIGITS_MAX - 1}}})(?:\.(?P<decimals>[0-9]{{1,9}}))?")
_COUNT: Final = re.compile(r"0|[1-9][0-9]{0,5}")
_CURRENCY: Final = re.compile(r"[A-Z]{3}")
DATE_FORM: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
TENOR_FORM: Final = re.compile(r"[1-9][0-9]{0,2}[DWMY]")
IDENTIFIER_FORM: Final = re.compile(rf"[A-Za-z0-9][A-Za-z0-9._:/-]{{0,{IDENTIFIER_CHARACTERS_MAX - 1}}}")


@dataclass(slots=True)
class Faults:
    """What is wrong with one action. Beyond the number that is ever shown, faults are only counted."""

    refusals: list[Refusal] = field(default_factory=list)

    def add(self, code: ParsingCode, message: str, path: str) -> None:
        """Note one thing that is wrong."""
        if len(self.refusals) <= REFUSALS_MAX:
            self.refusals.append(refusal(code, message, path))


def read_amount(value: Any, path: str, faults: Faults, decimals: int = AMOUNT_DECIMALS_MAX) -> Decimal | None:
    """Return an amount above zero: a JSON number or its text, with digits and at most one point.

    Args:
        decimals: at most so many places after the point, zeros included: `25.000` is 25 to one reader and
            25,000 to another.
    """
    literal = value.literal if isinstance(value, Number) else value
    found = _AMOUNT.fullmatch(literal) if isinstance(literal, str) else None
    if found is None:
        faults.add(
            ParsingCode.INVALID_AMOUNT,
            f"{_named(value)} is not an amount. Write plain digits above zero, such as 25000000.00: "
            "no sign, exponent, grouping or unit.",
            path,
        )
        return None
    written = len(found["decimals"] or "")
    if written > decimals:
        faults.add(
            ParsingCode.INVALID_AMOUNT,
            f"{_named(value)} has {written} decimals; the currency has {decimals}. Write at most {decimals}.",
            path,
        )
        return None
    amount = Decimal(found.group())
    if amount == 0:
        faults.add(ParsingCode.INVALID_AMOUNT, "The amount is zero. State an amount above zero.", path)
        return None
    return amount


def read_currency(value: Any, path: str, faults: Faults) -> str | None:
    """Return an ISO 4217 code with minor units, or CNH. Planning decides whether HAWK hedges it."""
    if isinstance(value, str) and _CURRENCY.fullmatch(value) and is_currency(value):
        return value
    faults.add(
        ParsingCode.INVALID_CURRENCY,
        f"{_named(value)} is not a currency. Write the three capital letters of ISO 4217, such as USD.",
        path,
    )
    return None


def read_date(value: Any, path: str, faults: Faults) -> date | None:
    """Return a day of the calendar, YYYY-MM-DD."""
    if isinstance(value, str) and DATE_FORM.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    faults.add(ParsingCode.INVALID_DATE, f"{_named(value)} is not a date. Write a calendar day as YYYY-MM-DD.", path)
    return None


def read_tenor(value: Any, path: str, faults: Faults) -> str | None:
    """Return a maturity: a date, or a tenor such as 3M."""
    if isinstance(value, str) and TENOR_FORM.fullmatch(value):
        return value
    unread = Faults()
    if read_date(value, path, unread) is not None:
        return str(value)
    faults.add(
        ParsingCode.INVALID_DATE,
        f"{_named(value)} is not a tenor or maturity. Write a tenor such as 3M, or a day as YYYY-MM-DD.",
        path,
    )
    return None


def read_identifier(value: Any, path: str, faults: Faults) -> str | None:
    """Return an id: letters, digits and . _ : / - after a first letter or digit."""
    if isinstance(value, str) and IDENTIFIER_FORM.fullmatch(value):
        return value
    faults.add(
        ParsingCode.INVALID_IDENTIFIER,
        f"{_named(value)} is not an id. Write 1 to {IDENTIFIER_CHARACTERS_MAX} letters, digits and . _ : / -",
        path,
    )
    return None


def read_identifiers(value: Any, path: str, faults: Faults) -> tuple[str, ...]:
    """Return a list of ids, each once; empty when something is wrong with it."""
    if not isinstance(value, list) or len(value) > REFERENCES_MAX:
        faults.add(ParsingCode.SCHEMA_VIOLATION, f"Expected a list of at most {REFERENCES_MAX} ids.", path)
        return ()
    read = [read_identifier(each, f"{path}[{index}]", faults) for index, each in enumerate(value)]
    if len(set(read)) != len(read):
        faults.add(ParsingCode.INVALID_IDENTIFIER, "An id is in the list twice. State each once.", path)
        return ()
    return tuple(each for each in read if each is not None)


def read_choice(value: Any, path: str, faults: Faults, choices: Iterable[str]) -> str | None:
    """Return one of a few words."""
    allowed = tuple(choices)
    if isinstance(value, str) and value in allowed:
        return value
    faults.add(
        ParsingCode.SCHEMA_VIOLATION,
        f"{_named(value)} is not one of the agreed values. Write {' or '.join(allowed)}.",
        path,
    )
    return None


def read_text(value: Any, path: str, faults: Faults) -> str | None:
    """Return words of a person: not blank, not endless."""
    if isinstance(value, str) and value.strip() and len(value) <= TEXT_CHARACTERS_MAX:
        return value
    faults.add(ParsingCode.SCHEMA_VIOLATION, f"Expected a text of 1 to {TEXT_CHARACTERS_MAX} characters.", path)
    return None


def read_count(value: Any, path: str, faults: Faults) -> int | None:
    """Return a number of rows."""
    if isinstance(value, Number) and _COUNT.fullmatch(value.literal) and int(value.literal) <= COUNT_MAX:
        return int(value.literal)
    faults.add(ParsingCode.SCHEMA_VIOLATION, f"{_named(value)} is not a number of rows. Write one such as 6.", path)
    return None


def read_rows(value: Any, path: str, faults: Faults) -> list[dict[str, Any]]:
    """Return a list of objects; empty when something is wrong with it."""
    if isinstance(value, list) and len(value) <= CLAIMED_ROWS_MAX and all(isinstance(row, dict) for row in value):
        return value
    faults.add(ParsingCode.SCHEMA_VIOLATION, f"Expected a list of at most {CLAIMED_ROWS_MAX} objects.", path)
    return []


def read_optional(
    read: Callable[[Any, str, Faults], T], data: dict[str, Any], key: str, path: str, faults: Faults
) -> T | None:
    """Return a member by its reader; None when it is absent or wrong."""
    return read(data[key], f"{path}.{key}", faults) if key in data else None


def read_optional_choice(
    data: dict[str, Any], key: str, choices: Iterable[str], path: str, faults: Faults
) -> str | None:
    """Return a member that is one of a few words; None when it is absent or wrong."""
    return read_choice(data[key], f"{path}.{key}", faults, choices) if key in data else None


def refuse_unknown_fields(members: dict[str, Any], allowed: Iterable[str], path: str, faults: Faults) -> None:
    """Note every member that is not agreed."""
    agreed = tuple(allowed)
    for key in members:
        if key not in agreed:
            faults.add(
                ParsingCode.UNKNOWN_FIELD,
                f"Field {shown(key)} is unknown. Leave it out, or use one of {', '.join(agreed)}.",
                member_path(path, key),
            )


def _named(value: Any) -> str:
    """Return a value as a sentence names it."""
    if isinstance(value, Number):
        return shown(value.literal)
    if isinstance(value, str):
        return shown(value)
    names = {bool: "A boolean", dict: "An object", list: "A list"}
    return names.get(type(value), "null")
