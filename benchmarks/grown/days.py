"""The days of a history: business days before today, and the market data that a bank has on each of them."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from benchmarks.orders import ENTITIES
from demo.reference.dated import calendars
from demo.reference.load import demo_rows
from shared.hedging.calendar import SGD, USD, Calendar
from shared.hedging.facts import SINGAPORE
from tools.reference_files import ReferenceChange

MARKET_TABLES = frozenset({"currency_rates", "position_nav_master"})
"""What feeds send every day; the rest of the reference data stays as it was loaded first."""
A_DAY = 96
"""Orders a day: six of every exposure, whose smallest has room for 142. So 11,000 of them are half a year."""
OPENS = time(9, 30)
"""When the desk begins, in Singapore: before every cut-off."""


def days_of(workflows: int, today: date) -> list[date]:
    """Return the days over which workflows are spread, earliest first: all markets of the orders are open on them."""
    open_days = Calendar(calendars(today), sorted({SGD, USD, *ENTITIES}))
    found: list[date] = []
    day = today
    for _ in range(-(-workflows // A_DAY)):
        day = open_days.preceding(day - timedelta(days=1))
        found.append(day)
    return found[::-1]


def morning(day: date) -> datetime:
    """Return the time at which the desk opens on a day."""
    return datetime.combine(day, OPENS, SINGAPORE)


def first_rows(first: date, today: date) -> list[ReferenceChange]:
    """Return the reference data that a HAWK has before the first day of its history."""
    lasting = [row for row in _rows(today) if row.table not in MARKET_TABLES]
    return [*lasting, *market_rows(first, whole=True)]


def market_rows(day: date, *, whole: bool = False) -> list[ReferenceChange]:
    """Return what feeds send on a day: all rates, and the positions of the currencies that are hedged, or all."""
    rows = [row for row in _rows(day) if row.table in MARKET_TABLES]
    return rows if whole else [row for row in rows if row.row.get("currency_code") in {None, *ENTITIES}]


def _rows(day: date) -> Sequence[ReferenceChange]:
    return [ReferenceChange(row.table, "UPSERT", row.key, row.row) for row in demo_rows(day)]
