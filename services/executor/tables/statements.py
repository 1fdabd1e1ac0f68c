"""From row changes of one kind to one SQL statement. Pure."""

# ruff: noqa: S608 - every identifier comes from the catalogue, every value is an argument.

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from uuid import UUID

from services.executor.tables.changes import Add, Change, Delete, Insert, Row, Update, Upsert, Value
from services.executor.tables.table import CatalogueViolation, ColumnType, Table

#: The array type of an argument of each type. Text for jsonb: no codec of the connection may encode it twice.
_ARRAY_TYPES = {column_type: f"{column_type}[]" for column_type in ColumnType} | {ColumnType.JSONB: "text[]"}


@dataclass(frozen=True, slots=True)
class Statement:
    """One SQL text with its arguments, and the number of rows it must hit (None: any)."""

    table: str
    sql: str
    arguments: tuple[object, ...]
    rows: int | None


def statement_of(table: Table, run: Sequence[Change]) -> Statement:
    """Return the statement for a run: changes of one shape (`shape_of`) to different rows of one table.

    Raises:
        CatalogueViolation: a column or value does not fit the table.
    """
    first = run[0]
    if isinstance(first, Insert):
        return _insert(table, [change.row for change in run if isinstance(change, Insert)])
    if isinstance(first, Update):
        return _update(table, first, [change for change in run if isinstance(change, Update)])
    if isinstance(first, Upsert):
        return _upsert(table, [change for change in run if isinstance(change, Upsert)])
    if isinstance(first, Add):
        return _add(table, [change for change in run if isinstance(change, Add)])
    return _delete(table, [change for change in run if isinstance(change, Delete)])


def shape_of(change: Change) -> tuple[object, ...]:
    """Return what changes must have in common to be in one statement."""
    if isinstance(change, Insert):
        return (Insert, frozenset(change.row))
    if isinstance(change, Update):
        return (Update, frozenset(change.key), frozenset(change.changes), change.rows)
    if isinstance(change, Upsert):
        return (Upsert, frozenset(change.row))
    if isinstance(change, Add):
        return (Add, frozenset(change.amounts), frozenset(change.row))
    return (Delete,)


def identity_of(table: Table, change: Change) -> tuple[Value, ...] | None:
    """Return the primary key of the row that a change is about; None if it is about a set of rows.

    Raises:
        CatalogueViolation: an insert, upsert, add or delete does not give exactly the primary key.
    """
    if isinstance(change, Insert):
        missing = [column for column in table.key if change.row.get(column) is None and column not in table.defaults]
        if missing:
            raise CatalogueViolation(table=table.name, reason=f"an insert without {', '.join(missing)}")
        return tuple(change.row.get(column) for column in table.key)
    if set(change.key) != set(table.key):
        if isinstance(change, Update) and change.key:
            return None
        raise CatalogueViolation(
            table=table.name, reason=f"a key of {sorted(change.key)}, expected {sorted(table.key)}"
        )
    return tuple(change.key[column] for column in table.key)


def _insert(table: Table, rows: Sequence[Row]) -> Statement:
    columns = sorted(rows[0])
    source, arguments = _source(table, columns, rows)
    selected = _selected(table, columns)
    sql = f"INSERT INTO {_name(table.name)} ({_names(columns)}) SELECT {selected} FROM {source}"
    return Statement(table.name, sql, arguments, len(rows))


def _update(table: Table, first: Update, run: Sequence[Update]) -> Statement:
    keys, changed = sorted(first.key), sorted(first.changes)
    if not changed or set(keys) & set(changed):
        raise CatalogueViolation(table=table.name, reason=f"an update of {changed} by {keys}")
    # Keys and new values may not share a name in the source, so the keys are prefixed there.
    source, arguments = _source(
        table,
        [*keys, *changed],
        [{**change.key, **change.changes} for change in run],
        prefixed=frozenset(keys),
    )
    assignments = ", ".join(f"{_name(column)} = {_cast(table, column)}" for column in changed)
    sql = f"UPDATE {_name(table.name)} AS t SET {assignments} FROM {source} WHERE {_same_row(table, keys)}"
    return Statement(table.name, sql, arguments, None if first.rows is None else first.rows * len(run))


def _upsert(table: Table, run: Sequence[Upsert]) -> Statement:
    columns = sorted(set(run[0].row) - set(table.key))
    everything = [*table.key, *columns]
    source, arguments = _source(table, everything, [{**change.row, **change.key} for change in run])
    assignments = ", ".join(f"{_name(column)} = excluded.{_name(column)}" for column in columns)
    on_conflict = f"DO UPDATE SET {assignments}" if columns else "DO NOTHING"
    sql = (
        f"INSERT INTO {_name(table.name)} ({_names(everything)}) SELECT {_selected(table, everything)} "
        f"FROM {source} ON CONFLICT ({_names(table.key)}) {on_conflict}"
    )
    return Statement(table.name, sql, arguments, len(run) if columns else None)


def _add(table: Table, run: Sequence[Add]) -> Statement:
    amounts, beside = sorted(run[0].amounts), sorted(run[0].row)
    wrong = [column for column in amounts if table.type_of(column) is not ColumnType.NUMERIC]
    if wrong or not amounts or set(amounts) & set(beside):
        raise CatalogueViolation(table=table.name, reason=f"an addition to {amounts} beside {beside}")
    everything = [*table.key, *amounts, *beside]
    rows = _summed(table, run)
    source, arguments = _source(table, everything, rows)
    assignments = ", ".join(
        [f"{_name(column)} = t.{_name(column)} + excluded.{_name(column)}" for column in amounts]
        + [f"{_name(column)} = excluded.{_name(column)}" for column in beside]
    )
    sql = (
        f"INSERT INTO {_name(table.name)} AS t ({_names(everything)}) SELECT {_selected(table, everything)} "
        f"FROM {source} ON CONFLICT ({_names(table.key)}) DO UPDATE SET {assignments}"
    )
    return Statement(table.name, sql, arguments, len(rows))


def _summed(table: Table, run: Sequence[Add]) -> list[Row]:
    """Return one row per key: the amounts added up, and the last values of the other columns."""
    rows: dict[tuple[Value, ...], dict[str, Value]] = {}
    for change in run:
        identity = tuple(change.key[column] for column in table.key)
        known = rows.get(identity, {})
        sums = {
            column: amount + earlier if isinstance(earlier := known.get(column), Decimal) else amount
            for column, amount in change.amounts.items()
        }
        rows[identity] = {**change.key, **change.row, **sums}
    return list(rows.values())


def _delete(table: Table, run: Sequence[Delete]) -> Statement:
    source, arguments = _source(table, table.key, [change.key for change in run], prefixed=frozenset(table.key))
    sql = f"DELETE FROM {_name(table.name)} AS t USING {source} WHERE {_same_row(table, table.key)}"
    return Statement(table.name, sql, arguments, len(run))


def _source(
    table: Table, columns: Sequence[str], rows: Sequence[Row], prefixed: frozenset[str] = frozenset()
) -> tuple[str, tuple[object, ...]]:
    """Return `unnest` of one array per column, named u, and the arrays."""
    arrays: list[list[object]] = []
    types: list[str] = []
    for column in columns:
        column_type = table.type_of(column)
        arrays.append([encoded(table.name, column, column_type, row[column]) for row in rows])
        types.append(_ARRAY_TYPES[column_type])
        if column in prefixed and None in arrays[-1]:
            raise CatalogueViolation(table=table.name, reason=f"a key without a value for {column}")
    parameters = ", ".join(f"${number}::{array}" for number, array in enumerate(types, start=1))
    names = _names(f"key_{column}" if column in prefixed else column for column in columns)
    return f"unnest({parameters}) AS u ({names})", tuple(arrays)


def _same_row(table: Table, keys: Sequence[str]) -> str:
    """Return the condition that a row has the key of one in the source, whose first columns the keys are.

    It says a second time that each column is one of those in the source: so the rows are looked up by an index,
    whatever PostgreSQL believes of the number of rows in the table and in the source.
    """
    return " AND ".join(
        f"t.{_name(column)} = u.{_name('key_' + column)}"
        f" AND t.{_name(column)} = ANY(${number}::{_ARRAY_TYPES[table.type_of(column)]})"
        for number, column in enumerate(keys, start=1)
    )


def _selected(table: Table, columns: Iterable[str]) -> str:
    return ", ".join(_cast(table, column) for column in columns)


def _cast(table: Table, column: str) -> str:
    return f"u.{_name(column)}" + ("::jsonb" if table.type_of(column) is ColumnType.JSONB else "")


def _names(columns: Iterable[str]) -> str:
    return ", ".join(_name(column) for column in columns)


def _name(identifier: str) -> str:
    """Quote an identifier; every identifier comes from the catalogue and holds no quote."""
    return f'"{identifier}"'


def encoded(table: str, column: str, column_type: ColumnType, value: Value) -> object:
    """Return the argument for a value.

    Raises:
        CatalogueViolation: the value is not of the column's type; a float, NaN or a naive time never is.
    """
    if value is None:
        return None
    result = _ENCODERS[column_type](value)
    if result is None:
        raise CatalogueViolation(
            table=table,
            reason=f"column {column} is {column_type}, found {type(value).__name__} {value!r:.80}",
        )
    return result


def _text(value: Value) -> str | None:
    return str(value) if isinstance(value, str) else None


def _numeric(value: Value) -> Decimal | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    return value if isinstance(value, Decimal) and value.is_finite() else None


def _integer(value: Value) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _boolean(value: Value) -> bool | None:
    return value if isinstance(value, bool) else None


def _date(value: Value) -> date | None:
    return value if isinstance(value, date) and not isinstance(value, datetime) else None


def _timestamptz(value: Value) -> datetime | None:
    return value if isinstance(value, datetime) and value.tzinfo is not None else None


def _time(value: Value) -> time | None:
    return value if isinstance(value, time) else None


def _uuid(value: Value) -> UUID | None:
    if isinstance(value, UUID):
        return value
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _jsonb(value: Value) -> str | None:
    if not _is_json(value):
        return None
    return json.dumps(value, ensure_ascii=False, default=dict)


def _is_json(value: object) -> bool:
    if isinstance(value, Mapping):
        return all(isinstance(key, str) and _is_json(item) for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return all(_is_json(item) for item in value)
    return value is None or isinstance(value, (str, bool, int))


_ENCODERS: Mapping[ColumnType, Callable[[Value], object]] = {
    ColumnType.TEXT: _text,
    ColumnType.NUMERIC: _numeric,
    ColumnType.INTEGER: _integer,
    ColumnType.BIGINT: _integer,
    ColumnType.BOOLEAN: _boolean,
    ColumnType.DATE: _date,
    ColumnType.TIMESTAMPTZ: _timestamptz,
    ColumnType.TIME: _time,
    ColumnType.JSONB: _jsonb,
    ColumnType.UUID: _uuid,
}
