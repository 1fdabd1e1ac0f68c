"""Values as people read them: amounts, times, states. Pure.

Text from outside (an analysis, a prompt, a comment) is freed of the characters that a terminal would obey.
"""

import unicodedata
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

#: A JSON object from a service.
Document = dict[str, Any]

_GOOD: Final = frozenset({"COMPLETED", "POSTED", "BOOKED", "PROPOSED"})
_WAITING: Final = frozenset({"AWAITING_APPROVAL", "PARTLY_REFUSED", "FAILED", "COMPENSATING", "REVERSING", "SENT"})
_BAD: Final = frozenset(
    {"REFUSED", "REJECTED", "EXPIRED", "STALE_CONTEXT", "COMPENSATED", "NEEDS_INTERVENTION", "UNRESOLVED", "CANCELLED"}
)

#: Control, format (they reorder text) and surrogate characters and foreign line ends do not reach the terminal.
_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def is_hidden(character: str) -> bool:
    """Return True if a terminal might obey a character instead of showing it. A line feed is shown."""
    return character != "\n" and unicodedata.category(character) in _HIDDEN


def plain(text: object) -> str:
    """Return text in which each character that a terminal would obey is a replacement character."""
    return "".join(
        "\ufffd" if is_hidden(character) else character
        for character in str(text).replace("\r\n", "\n").replace("\t", " ")
    )


def amount(text: str | None) -> str:
    """Return `25000000.00` as `25,000,000.00`; digits and decimals do not change."""
    if text is None:
        return "–"
    try:
        return format(Decimal(text), ",f")
    except InvalidOperation:
        return plain(text)


def moment(iso: str | None, precision: str = "seconds") -> str:
    """Return a time as `2026-11-23 17:44:32 UTC`; `precision` is that of `datetime.isoformat`."""
    if iso is None:
        return "–"
    at = datetime.fromisoformat(iso).astimezone(UTC).replace(tzinfo=None)
    return f"{at.isoformat(sep=' ', timespec=precision)} UTC"


def seconds_between(begin: str, end: str) -> Decimal:
    """Return the seconds from one ISO time to another."""
    span = datetime.fromisoformat(end) - datetime.fromisoformat(begin)
    return Decimal(span.days * 86_400 + span.seconds) + Decimal(span.microseconds) / 1_000_000


def count(number: int, noun: str, plural: str | None = None) -> str:
    """Return `1 deal`, `6 deals`."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def state_style(state: str | None) -> str:
    """Return the colour of a state, an outcome or the status of a deal."""
    name = (state or "").upper()
    if name in _GOOD:
        return "green"
    if name in _WAITING:
        return "yellow"
    return "red" if name in _BAD else "cyan"
