"""Business days and the dates of a deal. Holidays come in as values; without any, weekends are closed."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Final

SATURDAY: Final = 5  # date.weekday()
SEARCH_DAYS_MAX: Final = 60  # no market closes that long: beyond it the calendar data are wrong
FIXING_DAYS_BEFORE: Final = 2  # an NDF fixes two business days before it settles
MONTHS_PER_YEAR: Final = 12
TENOR_UNITS: Final = frozenset("DWMY")
TENOR_COUNT_MAX: Final = 3650  # ten years in days, the smallest unit
MATURITY_DAYS_MAX: Final = TENOR_COUNT_MAX + 31  # the longest tenor, moved to a business day and over leap days


class CalendarInvalid(ValueError):
    """No business day within `SEARCH_DAYS_MAX` days: the holiday data close every day."""


class Calendar:
    """The union of several markets' holidays: a day is open when all of them are."""

    __slots__ = ("_closed",)

    def __init__(self, holidays: Mapping[str, frozenset[date]], codes: Sequence[str]) -> None:
        self._closed: frozenset[date] = frozenset().union(*(holidays.get(code, frozenset()) for code in codes))

    def is_open(self, day: date) -> bool:
        return day.weekday() < SATURDAY and day not in self._closed

    def following(self, day: date) -> date:
        """The day itself if open, else the next open one."""
        return self._search(day, 1)

    def preceding(self, day: date) -> date:
        """The day itself if open, else the last open one before it."""
        return self._search(day, -1)

    def _search(self, day: date, step: int) -> date:
        for offset in range(SEARCH_DAYS_MAX):
            found = day + timedelta(days=step * offset)
            if self.is_open(found):
                return found
        raise CalendarInvalid(f"No business day within {SEARCH_DAYS_MAX} days of {day.isoformat()}.")

    def shift(self, day: date, business_days: int) -> date:
        """`business_days` open days after `day` (before it when negative); 0 gives the day itself if open."""
        step = 1 if business_days >= 0 else -1
        found = self._search(day, step)
        for _ in range(abs(business_days)):
            found = self._search(found + timedelta(days=step), step)
        return found

    def days_between(self, first: date, last: date) -> int:
        """Open days after `first` up to `last`; 0 when `last` is not later."""
        days = (first + timedelta(days=offset) for offset in range(1, max((last - first).days, 0) + 1))
        return sum(1 for day in days if self.is_open(day))

    def modified_following(self, day: date) -> date:
        """The next open day, or the last open one of the month when the next lies in another month."""
        found = self.following(day)
        return found if found.month == day.month else self.preceding(day)


def trade_date_of(local_now: datetime, cut_off: time, calendar: Calendar) -> tuple[date, str | None]:
    """The day a deal asked for now is traded, and why it is not today (None when it is).

    `local_now` is Singapore time. From the cut-off on, and on closed days, it is the next business day.
    """
    today = local_now.date()
    if not calendar.is_open(today):
        return calendar.following(today), f"{today.isoformat()} is no business day"
    if local_now.time() >= cut_off:
        return calendar.shift(today, 1), f"the cut-off at {cut_off.strftime('%H:%M')} has passed"
    return today, None


def maturity_of(tenor: str, value_date: date, calendar: Calendar) -> date | None:
    """Maturity of a tenor ("2W", "3M", "1Y") or of a date (YYYY-MM-DD); None when neither, or not fitting.

    A tenor runs from the value date and falls on a business day, modified following. A stated date must be a
    business day after the value date.
    """
    text = tenor.strip().upper()
    if len(text) >= 2 and text[-1] in TENOR_UNITS and text[:-1].isdecimal() and text.isascii():
        count = int(text[:-1]) if len(text) <= len(str(TENOR_COUNT_MAX)) + 1 else 0
        fits = _fits(count, text[-1])
        return calendar.modified_following(_later(value_date, count, text[-1])) if fits else None
    try:
        stated = date.fromisoformat(tenor.strip())
    except ValueError:
        return None
    return stated if stated > value_date and calendar.is_open(stated) else None


def _fits(count: int, unit: str) -> bool:
    days = {"D": 1, "W": 7, "M": 30, "Y": 365}[unit]
    return 0 < count * days <= TENOR_COUNT_MAX


def _later(day: date, count: int, unit: str) -> date:
    if unit in {"D", "W"}:
        return day + timedelta(days=count * (7 if unit == "W" else 1))
    months = day.month - 1 + count * (MONTHS_PER_YEAR if unit == "Y" else 1)
    year, month = day.year + months // MONTHS_PER_YEAR, months % MONTHS_PER_YEAR + 1
    last = (date(year + month // MONTHS_PER_YEAR, month % MONTHS_PER_YEAR + 1, 1) - timedelta(days=1)).day
    return date(year, month, min(day.day, last))
