"""The demo's reference rows for a given day: positions of the business day before, calendars, open periods.

Every value is text, a bool, an int or JSON, as it travels on hawk.reference; columns are those of domain
facts 2.2.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from demo.reference.dated import calendars, holiday_rows, positions, rates
from demo.reference.entities import aliases, buffers, entities, frameworks, waterfall
from demo.reference.ledger import accounts, be_codes, periods, rules
from demo.reference.markets import book_codes, currencies, models, proxies, settings, thresholds
from shared.hedging.calendar import Calendar
from shared.hedging.reference import key_of


@dataclass(frozen=True, slots=True)
class ReferenceRow:
    """One UPSERT of hawk.reference: table, key as the topic's message key has it, and the row."""

    table: str
    key: str
    row: dict[str, Any]


def demo_rows(today: date) -> list[ReferenceRow]:
    """Return all rows, dated relative to `today` (a Singapore day), so that no row refers to a later one."""
    closed = calendars(today)
    snapshot = Calendar(closed, ["SGD"]).preceding(today - timedelta(days=1))
    rows = [
        *currencies(),
        *settings(),
        *entities(),
        *aliases(),
        *frameworks(),
        *buffers(),
        *thresholds(),
        *waterfall(),
        *models(),
        *book_codes(),
        *proxies(),
        *accounts(),
        *periods(today),
        *be_codes(),
        *rules(),
        *holiday_rows(closed),
        *rates(snapshot),
        *positions(snapshot),
    ]
    return [ReferenceRow(table, key_of(table, row), row) for table, row in rows]
