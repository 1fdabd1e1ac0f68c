"""Two sets of the read tables row by row, each read by a session of its own: what differs, by table, key and column."""

# ruff: noqa: S608 - table and column names come from the catalogue, values are arguments.

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

import asyncpg

from services.executor.tables.table import Table

#: Rows fetched at once from each side.
FETCH_ROWS = 5_000
#: Differences of one table that get a sentence; all of them are counted.
TOLD_MAX = 20
#: Characters of a value in a sentence.
VALUE_CHARACTERS_MAX = 120

Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TableComparison:
    """A compared table: `rows` of the live table, and `differences`, the rows that are missing, surplus or not as in
    the events."""

    table: str
    rows: int
    differences: int
    findings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Side:
    """One set of the tables: a session (with an open transaction, for its cursors) and the schema."""

    connection: asyncpg.Connection
    schema: str


async def compare_table(table: Table, derived: Side, live: Side) -> TableComparison:
    """Compare one table; both sides are read once, in the order of their keys.

    Rows are compared as PostgreSQL prints them, every column, the computed ones included.
    """
    comparison = _Comparison(table, derived, live)
    expected, found = _rows(table, derived), _rows(table, live)
    one, other = await anext(expected, None), await anext(found, None)
    while one is not None or other is not None:
        if other is None or (one is not None and one[0] < other[0]):
            if one is not None:
                comparison.missing(one[0])
            one = await anext(expected, None)
        elif one is None or other[0] < one[0]:
            comparison.rows += 1
            comparison.unexpected(other[0])
            other = await anext(found, None)
        else:
            comparison.rows += 1
            if one[1] != other[1]:
                await comparison.changed(one[0])
            one, other = await anext(expected, None), await anext(found, None)
    return comparison.result()


class _Comparison:
    def __init__(self, table: Table, derived: Side, live: Side) -> None:
        self._table = table
        self._derived = derived
        self._live = live
        self._findings: list[str] = []
        self._differences = 0
        self.rows = 0

    def missing(self, key: Key) -> None:
        self._differ(f"row {_named(self._table, key)} follows from the events, but is not in the table.")

    def unexpected(self, key: Key) -> None:
        self._differ(f"row {_named(self._table, key)} is in the table, but no event wrote it.")

    async def changed(self, key: Key) -> None:
        if self._differences >= TOLD_MAX:
            self._differences += 1
            return
        expected, found = await _columns(self._table, self._derived, key), await _columns(self._table, self._live, key)
        columns = [column for column in expected if expected[column] != found.get(column)]
        values = "; ".join(
            f"column {column}: the events give {_shown(expected[column])}, the table has {_shown(found.get(column))}"
            for column in columns
        )
        self._differ(f"row {_named(self._table, key)}, {values}.")

    def result(self) -> TableComparison:
        more = self._differences - TOLD_MAX
        if more > 0:
            self._findings.append(f"Table {self._table.name}: {more} more rows differ.")
        return TableComparison(self._table.name, self.rows, self._differences, tuple(self._findings))

    def _differ(self, what: str) -> None:
        self._differences += 1
        if self._differences <= TOLD_MAX:
            self._findings.append(f"Table {self._table.name}: {what}")


async def _rows(table: Table, side: Side) -> AsyncIterator[tuple[Key, str]]:
    """Return key and text of every row, in byte order of UTF-8, which is the order of Python's strings."""
    order = ", ".join(f'({key}) COLLATE "C"' for key in _keys(table))
    cursor = await side.connection.cursor(
        f'SELECT {", ".join(_keys(table))}, t::text FROM {side.schema}."{table.name}" AS t ORDER BY {order}'
    )
    while records := await cursor.fetch(FETCH_ROWS):
        for record in records:
            *key, row = record.values()
            yield tuple(key), row


async def _columns(table: Table, side: Side, key: Key) -> dict[str, str | None]:
    names = [*table.columns, *sorted(table.generated)]
    selected = ", ".join(f'"{name}"::text' for name in names)
    same = " AND ".join(f"{column} = ${number}" for number, column in enumerate(_keys(table), start=1))
    record = await side.connection.fetchrow(
        f'SELECT {selected} FROM {side.schema}."{table.name}" AS t WHERE {same}', *key
    )
    return {} if record is None else dict(zip(names, record.values(), strict=True))


def _keys(table: Table) -> Sequence[str]:
    return [f't."{column}"::text' for column in table.key]


def _named(table: Table, key: Key) -> str:
    return ", ".join(f"{column}={value}" for column, value in zip(table.key, key, strict=True))


def _shown(value: str | None) -> str:
    if value is None:
        return "nothing"
    return value if len(value) <= VALUE_CHARACTERS_MAX else f"{value[:VALUE_CHARACTERS_MAX]}…"
