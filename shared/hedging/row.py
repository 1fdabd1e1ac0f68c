"""One reference row read strictly: whatever the driver or a message delivers becomes exact values, or a named
problem.

A database returns Decimal, date, time, bool and text (JSON columns as text or parsed); a message has
amounts and dates as text. Both read alike. A binary float is refused: its digits are not what was written.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any

from shared.money.amounts import plain

YES = frozenset({"Y", "TRUE", "T", "1"})


class RowUnreadable(ValueError):
    """A column holds what it may not hold. The sentence names table, key, column, and what was found."""

    def __init__(self, *, table: str, key: str, column: str, expected: str, found: object) -> None:
        self.table = table
        self.key = key
        self.column = column
        super().__init__(f"{table} {key}, column {column}: expected {expected}, found {found!r}. Correct the row.")


@dataclass(frozen=True, slots=True)
class Row:
    """A row with its table and key, so that every complaint can name them."""

    table: str
    key: str
    values: Mapping[str, Any]

    def _bad(self, column: str, expected: str) -> RowUnreadable:
        found = self.values.get(column)
        return RowUnreadable(table=self.table, key=self.key, column=column, expected=expected, found=found)

    def text(self, column: str) -> str:
        """Stripped text, empty when absent (live data carry trailing CR LF, domain facts 2.1)."""
        value = self.values.get(column)
        return "" if value is None else str(value).strip()

    def required_text(self, column: str) -> str:
        """Read stripped text that must not be empty.

        Raises:
            RowUnreadable: the column is absent or blank.
        """
        value = self.text(column)
        if not value:
            raise self._bad(column, "text")
        return value

    def amount_or_none(self, column: str) -> Decimal | None:
        """Read a finite decimal in plain form; None when absent.

        Raises:
            RowUnreadable: the value is a binary float or a bool, or no finite decimal.
        """
        value = self.values.get(column)
        if value is None or value == "":
            return None
        if isinstance(value, (bool, float)):
            raise self._bad(column, "a decimal")
        try:
            number = Decimal(value if isinstance(value, (int, Decimal)) else str(value).strip())
        except InvalidOperation:
            raise self._bad(column, "a decimal") from None
        if not number.is_finite():
            raise self._bad(column, "a finite decimal")
        return plain(number)

    def amount(self, column: str) -> Decimal:
        """Read a finite decimal in plain form.

        Raises:
            RowUnreadable: the column is absent, or `amount_or_none` refuses it.
        """
        value = self.amount_or_none(column)
        if value is None:
            raise self._bad(column, "a decimal")
        return value

    def whole(self, column: str) -> int:
        """Read a whole number, which may have a decimal point and zeros behind it.

        Raises:
            RowUnreadable: the column is absent, is not a decimal, or has a fraction.
        """
        value = self.amount(column)
        if value != value.to_integral_value():
            raise self._bad(column, "a whole number")
        return int(value)

    def day_or_none(self, column: str) -> date | None:
        """Read a date, or the date of a timestamp; None when absent.

        Raises:
            RowUnreadable: the text does not begin with an ISO date.
        """
        value = self.values.get(column)
        if value is None or value == "":
            return None
        if isinstance(value, datetime):
            return value.date()
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(str(value).strip()[:10])
        except ValueError:
            raise self._bad(column, "a date, YYYY-MM-DD") from None

    def day(self, column: str) -> date:
        """Read a date, or the date of a timestamp.

        Raises:
            RowUnreadable: the column is absent or does not begin with an ISO date.
        """
        value = self.day_or_none(column)
        if value is None:
            raise self._bad(column, "a date, YYYY-MM-DD")
        return value

    def clock(self, column: str) -> time:
        """Read a time of day, which must be present.

        Raises:
            RowUnreadable: the column is absent or is not an ISO time of day.
        """
        value = self.values.get(column)
        if isinstance(value, time):
            return value
        try:
            return time.fromisoformat(str(value).strip())
        except ValueError:
            raise self._bad(column, "a time of day, HH:MM") from None

    def flag(self, column: str) -> bool:
        """Return whether the column says Y, true or 1, in any case; everything else, and absence, is False."""
        value = self.values.get(column)
        return value if isinstance(value, bool) else str(value).strip().upper() in YES

    def parsed(self, column: str) -> Any:
        """Return a JSON column, parsed here when the driver left it as text; numbers with a fraction become Decimal.

        Raises:
            RowUnreadable: the text is not JSON.
        """
        value = self.values.get(column)
        if isinstance(value, str):
            try:
                return json.loads(value, parse_float=Decimal)
            except ValueError:
                raise self._bad(column, "JSON") from None
        return value

    def in_force(self, day: date, start: str = "effective_date", end: str = "expiry_date") -> bool:
        """Return whether the row's validity covers the day; an absent bound is open."""
        first, last = self.day_or_none(start), self.day_or_none(end)
        return (first is None or first <= day) and (last is None or day <= last)
