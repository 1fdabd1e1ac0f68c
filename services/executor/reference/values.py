"""JSON values of reference rows: checked and brought to one form for the event, and typed for the table.

In an event amounts, dates and times are text, amounts exactly as published; the table gets Decimal,
date and time.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal

from services.executor.tables.changes import Value
from services.executor.tables.table import ColumnType

#: Characters of one text column. The longest texts of the live data are rule descriptions of a few hundred.
TEXT_CHARACTERS_MAX = 4_000
#: Digits before and after the point: 10^18 covers every balance in dong, 12 decimals every swap point.
_AMOUNT = re.compile(r"-?[0-9]{1,19}(\.[0-9]{1,12})?\Z")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_TIME = re.compile(r"[0-9]{2}:[0-9]{2}(:[0-9]{2})?\Z")
_INTEGER_MAX = 2**31 - 1
_BIGINT_MAX = 2**63 - 1
#: Levels of objects and lists in one JSON column.
JSON_LEVELS_MAX = 20

JsonValue = str | int | bool | None | list[object] | dict[str, object]


class ValueRefused(ValueError):
    """A value does not fit its column; the text says what was expected."""


def published(column_type: ColumnType, value: object) -> JsonValue:
    """Return a published value in the form in which the event keeps it.

    Text is stripped (the live feed sends trailing line ends, domain facts 2.1); blanks alone count as no value.

    Raises:
        ValueRefused: not of the column's type. No amount or rate is a JSON number: they are strings.
    """
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    return _READERS[column_type](value)


def typed(column_type: ColumnType, value: object) -> Value:
    """Return the value of an event's row as the table takes it.

    Raises:
        ValueRefused: the event does not hold what `published` lets through.
    """
    checked = published(column_type, value)
    if not isinstance(checked, str):
        return checked
    return _TYPED.get(column_type, str)(checked)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueRefused("text")
    stripped = value.strip()
    if len(stripped) > TEXT_CHARACTERS_MAX or not all(_storable(character) for character in stripped):
        raise ValueRefused(f"text of at most {TEXT_CHARACTERS_MAX} characters without control characters")
    return stripped


def _storable(character: str) -> bool:
    """Return True if PostgreSQL can keep a character and it may be part of a text."""
    return character in "\t\n\r" or (character.isprintable() or character.isspace())


def _amount(value: object) -> str:
    if not isinstance(value, str) or _AMOUNT.match(value.strip()) is None:
        raise ValueRefused('a decimal number as a JSON string, such as "1.3770"')
    return value.strip()


def _whole(bound: int) -> Callable[[object], int]:
    def read(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not -bound <= value <= bound:
            raise ValueRefused("a whole JSON number")
        return value

    return read


def _boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueRefused("true or false")
    return value


def _date(value: object) -> str:
    try:
        if isinstance(value, str) and _DATE.match(value.strip()):
            return date.fromisoformat(value.strip()).isoformat()
    except ValueError:
        pass
    raise ValueRefused("a date YYYY-MM-DD")


def _moment(value: object) -> str:
    try:
        moment = datetime.fromisoformat(value.strip()) if isinstance(value, str) else None
        if moment is not None and moment.tzinfo is not None:
            return moment.astimezone(UTC).isoformat()
    except (ValueError, OverflowError):
        pass
    raise ValueRefused("a time in RFC 3339 form with its offset from UTC")


def _clock(value: object) -> str:
    try:
        if isinstance(value, str) and _TIME.match(value.strip()):
            return time.fromisoformat(value.strip()).isoformat()
    except ValueError:
        pass
    raise ValueRefused("a time of day HH:MM")


def _json(value: object) -> JsonValue:
    if not isinstance(value, (list, dict)) or not _is_plain_json(value, JSON_LEVELS_MAX):
        raise ValueRefused("a JSON object or list without fractional numbers")
    return value


def _is_plain_json(value: object, levels: int) -> bool:
    if levels == 0:
        return False
    if isinstance(value, dict):
        return all(_is_plain_json(name, levels) and _is_plain_json(item, levels - 1) for name, item in value.items())
    if isinstance(value, list):
        return all(_is_plain_json(item, levels - 1) for item in value)
    if isinstance(value, str):
        return all(_storable(character) for character in value)
    return value is None or isinstance(value, int)


def _no_reader(_: object) -> JsonValue:
    raise ValueRefused("nothing: no reference column has this type")


_READERS: Mapping[ColumnType, Callable[[object], JsonValue]] = {
    ColumnType.TEXT: _text,
    ColumnType.NUMERIC: _amount,
    ColumnType.INTEGER: _whole(_INTEGER_MAX),
    ColumnType.BIGINT: _whole(_BIGINT_MAX),
    ColumnType.BOOLEAN: _boolean,
    ColumnType.DATE: _date,
    ColumnType.TIMESTAMPTZ: _moment,
    ColumnType.TIME: _clock,
    ColumnType.JSONB: _json,
    ColumnType.UUID: _no_reader,
}

_TYPED: Mapping[ColumnType, Callable[[str], Value]] = {
    ColumnType.NUMERIC: Decimal,
    ColumnType.DATE: date.fromisoformat,
    ColumnType.TIMESTAMPTZ: datetime.fromisoformat,
    ColumnType.TIME: time.fromisoformat,
}
