"""Bounds of the values of an event, so that whatever was read can be computed with, written and stored.

Python and PostgreSQL each stop somewhere: `1E+999999` is a fine Decimal until it is written out, the first moment of
the year 1 a fine time until it is brought to UTC, 2**64 a fine int until a column takes it. An event that holds such a
value fails in the middle of being handled, again and again. So a value beyond these bounds is none: the message that
brings it is malformed, and says so before anything is done with it.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import Any, Final

from pydantic_core import SchemaValidator

from shared.events.base import Event
from shared.exact_json import INTEGER_MAX, INTEGER_MIN

#: No amount or rate is larger, on either side of zero: far above all money, and far below where Decimal gives up.
#: A small one needs no bound: it rounds to nothing, and its text is as short as it came (`shared.events.base`).
AMOUNT_MAX: Final = Decimal("1E+60")
#: A day or two outside, in any time zone, is still a time for Python and PostgreSQL.
YEAR_MIN: Final = 1900
YEAR_MAX: Final = 2999
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


def _within(schema: Any) -> Any:
    """Return a schema of pydantic's core with the bounds put into every value of a kind that has some."""
    if isinstance(schema, dict):
        inner = {name: _within(part) for name, part in schema.items()}
        kind = inner.get("type")
        return {**_BOUNDS[kind], **inner} if isinstance(kind, str) and kind in _BOUNDS else inner
    return [_within(part) for part in schema] if isinstance(schema, list) else schema
