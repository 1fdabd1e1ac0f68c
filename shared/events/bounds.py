"""How large a value of an event may be, so that whatever was read can be computed with, written and stored.

Python and PostgreSQL each stop somewhere: `1E+999999` is a fine Decimal until it is written out, the first moment of
the year 1 a fine time until it is brought to UTC, 2**64 a fine int until a column takes it. An event that holds such a
value fails in the middle of being handled, again and again. So a value beyond these bounds is none: the message that
brings it is malformed, and says so before anything is done with it.
"""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, Final

from pydantic_core import CoreSchema, SchemaValidator

from shared.events.base import Event

#: Digits of an amount or rate, zeros of an exponent counted: far above what a computation of ours gives, and far below
#: what PostgreSQL's numeric takes.
AMOUNT_DIGITS_MAX: Final = 200
#: Of them after the point. A quotient has 28 digits, and one of two small rates some zeros before them.
AMOUNT_PLACES_MAX: Final = 100
#: What a bigint takes.
INTEGER_MAX: Final = 2**63 - 1
INTEGER_MIN: Final = -(2**63)
#: A day or two outside, in any time zone, is still a time for Python and PostgreSQL.
YEAR_MIN: Final = 1900
YEAR_MAX: Final = 2999
#: Lists and objects in one another. HAWK's own events have nine; what walks through data takes a frame for each.
DEPTH_MAX: Final = 64

_FIRST: Final = datetime(YEAR_MIN, 1, 1, tzinfo=UTC)
_LAST: Final = datetime(YEAR_MAX, 12, 31, tzinfo=UTC)

#: By the kind of value as pydantic's core names it.
_BOUNDS: Final[Mapping[str, Mapping[str, Any]]] = {
    "decimal": {
        "max_digits": AMOUNT_DIGITS_MAX,
        "decimal_places": AMOUNT_PLACES_MAX,
        "allow_inf_nan": False,
    },
    "int": {"ge": INTEGER_MIN, "le": INTEGER_MAX},
    "datetime": {"ge": _FIRST, "le": _LAST},
    "date": {"ge": _FIRST.date(), "le": _LAST.date()},
}


@cache
def bounded(kind: type[Event]) -> SchemaValidator:
    """What reads an event of a type from data that came from elsewhere: as the class does, within the bounds."""
    kind.model_rebuild()
    return SchemaValidator(_within(kind.__pydantic_core_schema__))


def whole_number(text: str) -> int:
    """A number of a JSON document, as its reader meets it.

    Raises:
        ValueError: no column of the store takes it.
    """
    number = int(text) if len(text) <= len(str(INTEGER_MIN)) else None
    if number is None or not INTEGER_MIN <= number <= INTEGER_MAX:
        raise ValueError(f"the number {text[:30]} has more than 64 bit")
    return number


def moment(text: str) -> datetime:
    """An RFC 3339 time, in UTC.

    Raises:
        ValueError: it is none, names no offset, or lies outside the years that a time can be stored of.
    """
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError("it does not name its offset from UTC")
    if not YEAR_MIN <= time.year <= YEAR_MAX:
        raise ValueError(f"its year is not between {YEAR_MIN} and {YEAR_MAX}")
    return time.astimezone(UTC)


def check_storable(data: Any) -> None:
    """Look at a JSON document that was read: its depth and, where it has escapes, its texts.

    Raises:
        ValueError: it is nested too deep.
    """
    level = [data]
    for _ in range(DEPTH_MAX):
        level = [part for parent in level for part in _parts(parent) if isinstance(part, dict | list)]
        if not level:
            return
    raise ValueError(f"lists and objects lie more than {DEPTH_MAX} deep in one another")


def _parts(parent: Any) -> Any:
    return parent.values() if isinstance(parent, dict) else parent if isinstance(parent, list) else ()
