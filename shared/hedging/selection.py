"""The reference rows for planning where no database selects them: the loader's reads over rows in memory.

The rows that the executor's SELECTs give (`REFERENCE_TABLES_READ`), so that a row of another currency disturbs
no plan, here as there.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from shared.hedging.reference import REFERENCE_TABLES_READ, ReferenceRead, Selector, read_parameters

Rows = Mapping[str, Sequence[Mapping[str, Any]]]


def select_rows(
    rows: Rows, exposure_currency: str | None, entity_id: str | None, today: date
) -> dict[str, list[Mapping[str, Any]]]:
    """Select the rows that planning an order reads, by table.

    Args:
        rows: all rows, by table, with the columns of domain facts 2.2; values as a database or a message has them.
        exposure_currency, entity_id: of the order; None where it names none.
        today: Singapore day; of dated rows only the newest up to this day are given.
    """
    parameters = read_parameters(exposure_currency, entity_id)
    return {
        read.table: _newest(read, _matching(read, rows.get(read.table, ()), parameters), today)
        for read in REFERENCE_TABLES_READ
    }


def _matching(
    read: ReferenceRead, rows: Sequence[Mapping[str, Any]], parameters: Mapping[Selector, Sequence[str]]
) -> list[Mapping[str, Any]]:
    matches = [(column, selector) for column, selector in read.matches if selector is not Selector.ALL]
    if not matches:
        return list(rows)
    return [
        row
        for row in rows
        if any(
            row.get(column) in parameters[selector] or (column in read.open_columns and row.get(column) in _OPEN)
            for column, selector in matches
        )
    ]


#: In a scope column these mean every value.
_OPEN = (None, "", "ALL")


def _newest(read: ReferenceRead, rows: list[Mapping[str, Any]], today: date) -> list[Mapping[str, Any]]:
    if read.latest_by is None:
        return rows
    newest: dict[tuple[Any, ...], Mapping[str, Any]] = {}
    for row in rows:
        # Dates are text in a message and dates in a table; ISO text of both compares alike.
        day = str(row.get(read.latest_by))
        key = tuple(row.get(column) for column in read.latest_of)
        if day <= today.isoformat() and (key not in newest or str(newest[key][read.latest_by]) < day):
            newest[key] = row
    return list(newest.values())
