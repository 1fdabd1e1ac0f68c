"""What came from outside, as it may stand in a text of HAWK's own. Pure.

A chat may show a text as Markdown or as HTML, and makes links of what looks like one. So a value stands in HAWK's words
only where every character of it is harmless in all of them; every other character is shown as U+FFFD.
"""

import re
from decimal import Decimal
from typing import Final

#: Characters of an id or a name that are shown: the longest of HAWK's own has some forty.
NAME_CHARACTERS_MAX: Final = 60

_CURRENCY: Final = re.compile(r"[A-Z]{3}")
_AMOUNT: Final = re.compile(r"-?[0-9]{1,30}(?:\.[0-9]{1,10})?")
#: A point only between digits: `evil.example` would become a link.
_NAME: Final = re.compile(r"(?:[A-Za-z0-9_-]|(?<=[0-9])\.(?=[0-9]))")
_CODE: Final = re.compile(r"[A-Z][A-Z0-9_]{0,59}")
_UNKNOWN: Final = "\ufffd"
#: What a person's name may have beside letters. No point: see above.
_IN_NAMES: Final = frozenset(" '-")


def money(currency: object, amount: object) -> str | None:
    """Return an amount in full with its currency, such as "USD 25,000,000.00"; None for what is none."""
    if not (isinstance(currency, str) and _CURRENCY.fullmatch(currency)):
        return None
    if not (isinstance(amount, str) and _AMOUNT.fullmatch(amount)):
        return None
    return f"{currency} {format(Decimal(amount), ',f')}"


def figure(amount: str) -> str:
    """Return an amount without the currency that stands before it."""
    return amount.partition(" ")[2]


def name(text: object) -> str:
    """Return an id, a code or a figure with every character replaced that could be more than that."""
    given = str(text)
    shown = "".join(
        each if _NAME.match(given, place) else _UNKNOWN for place, each in enumerate(given[:NAME_CHARACTERS_MAX])
    )
    return shown + ("…" if len(given) > NAME_CHARACTERS_MAX else "")


def code(text: object) -> str | None:
    """Return a code of one of HAWK's closed lists; None for what does not look like one."""
    return text if isinstance(text, str) and _CODE.fullmatch(text) else None


def person(text: object) -> str:
    """Return a person by the name that is shown, without the subject behind it."""
    given = str(text).partition(" <")[0][:NAME_CHARACTERS_MAX]
    return "".join(each if each.isalnum() or each in _IN_NAMES else _UNKNOWN for each in given)


def count(number: int, noun: str) -> str:
    """Return `1 Murex deal`, `6 Murex deals`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
