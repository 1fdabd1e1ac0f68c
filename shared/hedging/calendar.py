"""Business days and the dates of a deal: every date that HAWK computes is computed here. Pure.

Holidays, the last day that each market's calendar knows, and the conventions come in as values. Weekends are closed
for ever; beyond its last day a calendar does not know what else is.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from types import MappingProxyType
from typing import Final

from shared.hedging.conventions import MARKET_PRACTICE, Conventions, Roll, UsdHolidays

SATURDAY: Final = 5  # date.weekday()
SEARCH_DAYS_MAX: Final = 60  # no market closes that long: beyond it the calendar data are wrong
MONTHS_PER_YEAR: Final = 12
TENOR: Final = re.compile(r"([0-9]{1,4})([DWMY])")
DAYS_OF: Final[Mapping[str, int]] = MappingProxyType({"D": 1, "W": 7, "M": 30, "Y": 365})
TENOR_COUNT_MAX: Final = 3650  # ten years in days, the smallest unit
MATURITY_DAYS_MAX: Final = TENOR_COUNT_MAX + 31  # the longest tenor, moved to a business day and over leap days
SGD: Final = "SGD"
USD: Final = "USD"


class CalendarInvalid(ValueError):
    """No business day within `SEARCH_DAYS_MAX` days: the holiday data close every day."""


class Calendar:
    """The union of several markets' holidays: a day is open when all of them are."""

    __slots__ = ("_closed", "_last_days")

    def __init__(
        self,
        holidays: Mapping[str, frozenset[date]],
        codes: Sequence[str],
        last_days: Mapping[str, date] = MappingProxyType({}),
    ) -> None:
        """Join the calendars of these codes; one without a last day knows no holiday at all."""
        self._closed: frozenset[date] = frozenset().union(*(holidays.get(code, frozenset()) for code in codes))
        self._last_days = {code: last_days.get(code) for code in sorted(codes)}

    def is_open(self, day: date) -> bool:
        """Return whether no market is known to be closed."""
        return day.weekday() < SATURDAY and day not in self._closed

    def ended_before(self, day: date) -> dict[str, date | None]:
        """Return the markets whose calendar ends before this day, with the last day each knows, or None."""
        return {code: last for code, last in self._last_days.items() if last is None or last < day}

    def following(self, day: date) -> date:
        """Return the day itself if open, else the next open one."""
        return self._search(day, 1)

    def preceding(self, day: date) -> date:
        """Return the day itself if open, else the last open one before it."""
        return self._search(day, -1)

    def _search(self, day: date, step: int) -> date:
        for offset in range(SEARCH_DAYS_MAX):
            found = day + timedelta(days=step * offset)
            if self.is_open(found):
                return found
        raise CalendarInvalid(f"No business day within {SEARCH_DAYS_MAX} days of {day.isoformat()}.")

    def shift(self, day: date, business_days: int) -> date:
        """Return the day `business_days` open days after `day` (before it if negative); 0 gives it if open."""
        step = 1 if business_days >= 0 else -1
        found = self._search(day, step)
        for _ in range(abs(business_days)):
            found = self._search(found + timedelta(days=step), step)
        return found

    def days_between(self, first: date, last: date) -> int:
        """Open days after `first` up to `last`; 0 when `last` is not later."""
        days = (first + timedelta(days=offset) for offset in range(1, max((last - first).days, 0) + 1))
        return sum(1 for day in days if self.is_open(day))

    def roll(self, day: date, roll: Roll) -> date:
        """Return the day itself if open, else the next open one, or by the modified rule the last of its month."""
        found = self.following(day)
        leaves = roll is Roll.MODIFIED_FOLLOWING and (found.year, found.month) != (day.year, day.month)
        return self.preceding(day) if leaves else found

    def month_end(self, day: date) -> date:
        """Return the last open day of the month that `day` lies in."""
        return self.preceding(last_of_month(day.year, day.month))


@dataclass(frozen=True, slots=True)
class DealCalendar:
    """Two calendars of one currency.

    `counts`: the days it is dealt on and the days between trade and value date. `settles`: the days it is paid on.
    """

    counts: Calendar
    settles: Calendar
    conventions: Conventions

    @classmethod
    def of(
        cls,
        holidays: Mapping[str, frozenset[date]],
        last_days: Mapping[str, date],
        currency: str,
        *,
        through_usd: bool,
        conventions: Conventions = MARKET_PRACTICE,
    ) -> "DealCalendar":
        """Return the calendars of an exposure currency.

        Args:
            through_usd: the currency is dealt against the dollar or through it.
        """
        markets = {SGD, currency}
        every_day = conventions.usd_holidays is UsdHolidays.EVERY_DAY
        counted = (markets | {USD} if through_usd else markets) if every_day else markets - {USD}
        settled = counted if every_day else markets | {USD}
        return cls(
            Calendar(holidays, sorted(counted), last_days), Calendar(holidays, sorted(settled), last_days), conventions
        )

    def trade_date(self, local_now: datetime, cut_off: time) -> tuple[date, str | None]:
        """Return the day on which a deal asked for now is traded, and why that is not today (None when it is).

        `local_now` is Singapore time. From the cut-off on, and on closed days, it is the next business day.
        """
        today = local_now.date()
        if not self.counts.is_open(today):
            return self.counts.following(today), f"{today.isoformat()} is not a business day"
        if local_now.time() >= cut_off:
            return self.counts.shift(today, 1), f"the cut-off at {cut_off.strftime('%H:%M')} has passed"
        return today, None

    def spot(self, trade_date: date, settlement_days: int) -> date:
        """Return the standard value date: so many counted days later, then the next day on which it can be paid."""
        return self.settles.following(self.counts.shift(trade_date, settlement_days))

    def maturity(self, tenor: str, value_date: date) -> date | None:
        """Maturity of a tenor ("1D", "2W", "3M", "1Y") or of a date (YYYY-MM-DD); None when neither, or not fitting.

        A tenor runs from the value date and falls on a business day. A stated date must be a business day after the
        value date.
        """
        parts = tenor_of(tenor)
        if parts is not None:
            return self.after(value_date, *parts)
        stated = date_of(tenor)
        return stated if stated is not None and stated > value_date and self.settles.is_open(stated) else None

    def after(self, start: date, count: int, unit: str) -> date:
        """Return the business day so many days (D), weeks (W), months (M) or years (Y) after a business day."""
        if unit in {"D", "W"}:
            return self.settles.roll(start + timedelta(days=count * DAYS_OF[unit]), self.conventions.roll_days)
        target = _months_later(start, count * (MONTHS_PER_YEAR if unit == "Y" else 1))
        if self.conventions.end_of_month and start == self.settles.month_end(start):
            return self.settles.month_end(target)
        return self.settles.roll(target, self.conventions.roll_months)

    def fixing(self, maturity: date) -> date:
        """Return the day on which an NDF that settles at maturity is fixed."""
        return self.counts.shift(maturity, -self.conventions.fixing_days)


def tenor_of(text: str) -> tuple[int, str] | None:
    """Count and unit of a tenor; None for any other text, and for one that is nothing or too long."""
    found = TENOR.fullmatch(text.strip().upper()) if text.isascii() else None
    if found is None:
        return None
    count, unit = int(found[1]), found[2]
    return (count, unit) if 0 < count * DAYS_OF[unit] <= TENOR_COUNT_MAX else None


def date_of(text: str) -> date | None:
    """Return the date of a text (YYYY-MM-DD); None for any other text."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def last_of_month(year: int, month: int) -> date:
    """Return the last day of a month, open or not."""
    return date(year + month // MONTHS_PER_YEAR, month % MONTHS_PER_YEAR + 1, 1) - timedelta(days=1)


def _months_later(day: date, months: int) -> date:
    months += day.month - 1
    last = last_of_month(day.year + months // MONTHS_PER_YEAR, months % MONTHS_PER_YEAR + 1)
    return last.replace(day=min(day.day, last.day))
