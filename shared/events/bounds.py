"""How large a value of an event may be, so that whatever was read can be computed with, written and stored.

Python and PostgreSQL each stop somewhere: `1E+999999` is a fine Decimal until it is written out, the first moment of
the year 1 a fine time until it is brought to UTC, 2**64 a fine int until a column takes it. An event that holds such a
value fails in the middle of being handled, again and again. So a value beyond these bounds is none: the message that
brings it is malformed, and says so before anything is done with it.
"""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import Any, Final

from pydantic_core import SchemaValidator

from shared.events.base import Event

#: No amount or rate is larger, on either side of zero: far above all money, and far below where Decimal gives up.
#: A small one needs no bound: it rounds to nothing, and its text is as short as it came (`shared.events.base`).
AMOUNT_MAX: Final = Decimal("1E+60")
#: What a bigint takes.
INTEGER_MAX: Final = 2**63 - 1
INTEGER_MIN: Final = -(2**63)
_DIGITS_MAX: Final = len(str(INTEGER_MIN))
#: A day or two outside, in any time zone, is still a time for Python and PostgreSQL.
YEAR_MIN: Final = 1900
YEAR_MAX: Final = 2999
#: Lists and objects in one another. HAWK's own events have nine; what walks through data takes a frame for each.
DEPTH_MAX: Final = 64
#: Lists and objects of one message. Each takes fifty times the two bytes it has on the wire; an answer's text, which an
#: event may quote, has a megabyte, and may be all brackets.
BRACKETS_MAX: Final = 1_500_000

_FIRST: Final = datetime(YEAR_MIN, 1, 1, tzinfo=UTC)
_LAST: Final = datetime(YEAR_MAX, 12, 31, tzinfo=UTC)

#: By the kind of value as pydantic's core names it.
_BOUNDS: Final[Mapping[str, Mapping[str, Any]]] = {
    "decimal": {"ge": -AMOUNT_MAX, "le": AMOUNT_MAX, "allow_inf_nan": False},
    "int": {"ge": INTEGER_MIN, "le": INTEGER_MAX},
    "datetime": {"ge": _FIRST, "le": _LAST},
    "date": {"ge": _FIRST.date(), "le": _LAST.date()},
}


@cache
def bounded(kind: type[Event]) -> SchemaValidator:
    """Return what reads an event of a type from data that came from elsewhere: as the class does, within the bounds."""
    kind.model_rebuild()
    # Parts that have a validator of their own would be read by that one, which has no bounds.
    return SchemaValidator(_within(kind.__pydantic_core_schema__), _use_prebuilt=False)


def whole_number(text: str) -> int:
    """Return a number of a JSON document, as its reader meets it.

    Raises:
        ValueError: no column of the store takes it.
    """
    number = int(text) if len(text) <= _DIGITS_MAX else None
    if number is None or not INTEGER_MIN <= number <= INTEGER_MAX:
        raise ValueError(f"the number {text[:30]} has more than 64 bit")
    return number


def moment(text: str) -> datetime:
    """Return an RFC 3339 time, in UTC.

    Raises:
        ValueError: it is none, names no offset, or lies outside the years that a time can be stored of.
    """
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError("it does not name its offset from UTC")
    if not YEAR_MIN <= time.year <= YEAR_MAX:
        raise ValueError(f"its year is not between {YEAR_MIN} and {YEAR_MAX}")
    return time.astimezone(UTC)


def brackets_of(text: bytes) -> int:
    """Return how many lists and objects a JSON text can have at most.

    Raises:
        ValueError: more than HAWK reads.
    """
    found = text.count(b"[") + text.count(b"{")
    if found > BRACKETS_MAX:
        raise ValueError(f"it has {found} lists and objects; HAWK reads up to {BRACKETS_MAX}")
    return found


def check_depth(data: Any) -> None:
    """Look how deep the lists and objects of a JSON document lie in one another.

    Raises:
        ValueError: deeper than what walks through it can follow.
    """
    level = [data]
    for _ in range(DEPTH_MAX):
        level = [part for parent in level for part in _parts(parent) if isinstance(part, (dict, list))]
        if not level:
            return
    raise ValueError(f"its lists and objects lie more than {DEPTH_MAX} deep in one another")


def _parts(parent: dict[str, Any] | list[Any]) -> Collection[Any]:
    return parent.values() if isinstance(parent, dict) else parent


def _within(schema: Any) -> Any:
    """Return a schema of pydantic's core with the bounds put into every value of a kind that has some."""
    if isinstance(schema, dict):
        inner = {name: _within(part) for name, part in schema.items()}
        kind = inner.get("type")
        return {**_BOUNDS[kind], **inner} if isinstance(kind, str) and kind in _BOUNDS else inner
    return [_within(part) for part in schema] if isinstance(schema, list) else schema
