"""Checks of a configuration change, and the row after it. Pure.

Every column is checked by the rules of a row of hawk.reference, then the row as a whole, then the configuration as
a whole with the row in it.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final

from services.executor.configuration.commands import RowFacts, Rows
from services.executor.configuration.references import REFERRERS, references_of
from services.executor.reference.reading import completed, order_problems, value_problems
from services.executor.reference.tables import REFERENCE, VERSION_COLUMN, WORKFLOW_COLUMN, ReferenceTable
from services.executor.reference.values import JsonValue, ValueRefused, published
from services.executor.tables.table import ColumnType
from shared.hedging.changes.configuration import (
    AUTHORSHIP,
    CheckedChange,
    ConfigurationChange,
    ConfigurationCode,
    Finding,
    columns_changed,
)
from shared.hedging.checks.reference import find_new_problems, tables_beside
from shared.hedging.plan import PlanWarning
from shared.hedging.reference import SHAPES
from shared.hedging.reference_keys import key_in
from shared.hedging.row import Row, RowUnreadable

#: Who HAWK's rows are by.
AUTHOR: Final = "HAWK_AGENT"
_WHOLE: Final = frozenset({ColumnType.INTEGER, ColumnType.BIGINT})
#: The columns that say from when a row is in force; a table has one of them or none.
_SINCE: Final = ("effective_date", "effective_from")
_CHANGES: Final = "change.changes"


def tables_needed(table: str) -> frozenset[str]:
    """Return the tables whose rows a change is checked against: its own, and the one that refers to it."""
    return tables_beside({table}) | {table, REFERRERS[table].table}


def check(change: ConfigurationChange, facts: RowFacts, asked_on: date) -> CheckedChange | tuple[Finding, ...]:
    """Return the checked change, or everything that speaks against it.

    Args:
        asked_on: an effective date before this day is refused; one that passed while people thought is not.
    """
    table = REFERENCE[change.table]
    against = tuple(_of_key(table, change, facts)) or tuple(_of_date(change, asked_on))
    if against:
        return against
    values, wrong = _values(table, change)
    after, missing = _row(table, change, facts.row, values)
    if wrong or missing:
        return (*wrong, *missing)
    against = tuple(_of_row(table, change, facts.row, after)) or tuple(_of_all(change, facts, after))
    if against:
        return against
    return CheckedChange(
        change=change,
        key=change.key,
        stream=facts.stream,
        version=facts.version,
        before=None if facts.row is None else {name: it for name, it in facts.row.items() if name != WORKFLOW_COLUMN},
        after=after,
        references=references_of(change.table, after, facts.tables),
        asked_on=asked_on,
        warnings=tuple(_warnings(change, after, facts.today)),
    )


def _of_key(table: ReferenceTable, change: ConfigurationChange, facts: RowFacts) -> Iterator[Finding]:
    (key_column,) = table.table.key
    if change.key_column not in (None, key_column):
        message = f"The key of {table.name} is {key_column}, not {change.key_column!r:.60}. Name the row by it."
        yield Finding(ConfigurationCode.UNKNOWN_FIELD, message, "change.key")
    elif _key_value(table, change.key) is None:
        message = f"{change.key!r:.60} is not a {key_column} of {table.name}: it is a whole number."
        yield Finding(ConfigurationCode.INVALID_VALUE, message, "change.key")
    elif change.operation == "UPDATE" and facts.row is None:
        message = f"{table.name} has no row {change.key}. Name the {key_column} of a row, or INSERT it."
        yield Finding(ConfigurationCode.UNKNOWN_KEY, message, "change.key")
    elif change.operation == "INSERT" and facts.row is not None:
        message = f"{table.name} has a row {change.key} already. UPDATE it, or take another {key_column}."
        yield Finding(ConfigurationCode.KEY_EXISTS, message, "change.key")


def _key_value(table: ReferenceTable, key: str) -> JsonValue:
    """Return the key as its column holds it; None when it cannot."""
    try:
        return _typed(table.table.type_of(table.table.key[0]), key)
    except ValueRefused:
        return None


def _of_date(change: ConfigurationChange, asked_on: date) -> Iterator[Finding]:
    if change.effective_date is not None and change.effective_date < asked_on:
        message = f"The effective date {change.effective_date} lies before {asked_on}. State today or a later day."
        yield Finding(ConfigurationCode.INVALID_DATE, message, "change.effective_date")


def _values(table: ReferenceTable, change: ConfigurationChange) -> tuple[dict[str, JsonValue], list[Finding]]:
    """Return the new values in the form in which the row's event keeps them."""
    (key_column,) = table.table.key
    values: dict[str, JsonValue] = {}
    wrong: list[Finding] = []
    for column, value in change.changes.items():
        path = f"{_CHANGES}.{column:.60}"
        if column == VERSION_COLUMN or column in AUTHORSHIP or column not in table.table.columns:
            why = "HAWK keeps it itself" if column in table.table.columns else f"{table.name} has no such column"
            wrong.append(Finding(ConfigurationCode.UNKNOWN_FIELD, f"{column:.60}: {why}. Leave it out.", path))
            continue
        try:
            values[column] = _typed(table.table.type_of(column), value)
        except ValueRefused as problem:
            message = f"{column} must be {problem}, found {value!r:.60}. Correct it."
            wrong.append(Finding(ConfigurationCode.INVALID_VALUE, message, path))
            continue
        if column == key_column and values[column] != _key_value(table, change.key):
            message = f"{column} is the key and stays {change.key}. INSERT a row under another key."
            wrong.append(Finding(ConfigurationCode.INVALID_VALUE, message, path))
    return values, wrong


def _typed(column_type: ColumnType, value: object) -> JsonValue:
    """Return the value as in a row of hawk.reference; an answer writes whole numbers as numbers or as text."""
    if column_type in _WHOLE and isinstance(value, str) and value.strip().removeprefix("-").isdecimal():
        return published(column_type, int(value))
    return published(column_type, value)


def _row(
    table: ReferenceTable,
    change: ConfigurationChange,
    before: Mapping[str, Any] | None,
    values: Mapping[str, JsonValue],
) -> tuple[dict[str, Any], list[Finding]]:
    """Return the row after the change, and what it lacks."""
    (key_column,) = table.table.key
    columns = table.table.columns
    row: dict[str, JsonValue] = {name: value for name, value in (before or {}).items() if name not in _LATER}
    row |= {name: _kept(columns.get(name), row.get(name), value) for name, value in values.items()}
    row[key_column] = _key_value(table, change.key)
    since = next((name for name in _SINCE if name in columns), None)
    if change.effective_date is not None and since is not None and since not in values:
        row[since] = change.effective_date.isoformat()
    author = "created_by" if change.operation == "INSERT" else "modified_by"
    if author in columns:
        row[author] = AUTHOR
    complete = completed(table, {name: value for name, value in row.items() if value is not None})
    lacking = sorted(table.required - complete.keys())
    if not lacking:
        return complete, []
    message = f"{table.name}: {', '.join(lacking)} must have a value. State it in changes."
    return complete, [Finding(ConfigurationCode.MISSING_FIELDS, message, _CHANGES)]


#: Columns of the version before: they name those who changed the row then, not now.
_LATER: Final = frozenset({"modified_by", "modified_date", "modified_at", WORKFLOW_COLUMN})


def _kept(column_type: ColumnType | None, before: JsonValue, after: JsonValue) -> JsonValue:
    """Return the old amount where the new one is equal to it: 5 and 5.00 are no change."""
    if column_type is ColumnType.NUMERIC and isinstance(before, str) and isinstance(after, str):
        return before if Decimal(before) == Decimal(after) else after
    return after


def _of_row(
    table: ReferenceTable, change: ConfigurationChange, before: Mapping[str, Any] | None, after: dict[str, Any]
) -> Iterator[Finding]:
    """Return what is wrong with the row as a whole."""
    if not columns_changed(before or {}, after):
        message = f"{table.name} {change.key} holds these values already. Nothing is to be done."
        yield Finding(ConfigurationCode.NOTHING_CHANGES, message, _CHANGES)
        return
    for column, sentence in (*value_problems(table, after), *order_problems(table, after)):
        yield Finding(ConfigurationCode.INVALID_VALUE, f"{sentence}. Correct it.", f"{_CHANGES}.{column}")
    shape = SHAPES.get(table.name)
    if shape is None:
        return
    try:
        shape.read(Row(table.name, change.key, after))
    except RowUnreadable as error:
        yield Finding(ConfigurationCode.INVALID_VALUE, str(error), f"{_CHANGES}.{error.column}")
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        message = f"{table.name} {change.key}: the row could not be read any more ({error!r:.120}). Correct it."
        yield Finding(ConfigurationCode.INVALID_VALUE, message, _CHANGES)


def _of_all(change: ConfigurationChange, facts: RowFacts, after: Mapping[str, Any]) -> Iterator[Finding]:
    """Return what the change would make wrong with the configuration as a whole, on the first day of the change.

    What was wrong before does not count against a change: else no change could repair it.
    """
    day = max(facts.today, change.effective_date or facts.today)
    for found in find_new_problems(facts.tables, with_row(facts.tables, change, after), {change.table}, day):
        path = f"{found.table}.{found.key}" + (f".{found.column}" if found.column else "")
        yield Finding(ConfigurationCode.CONFIGURATION_INVALID, str(found), path)


def with_row(tables: Rows, change: ConfigurationChange, after: Mapping[str, Any]) -> Rows:
    """Return all rows as they would be after the change."""
    others: Sequence[Mapping[str, Any]] = tables.get(change.table, ())
    kept = [row for row in others if key_in(change.table, row) != change.key]
    return {**tables, change.table: [*kept, after]}


def _warnings(change: ConfigurationChange, after: Mapping[str, Any], today: date) -> Iterator[PlanWarning]:
    """Return what the approvers should see before they approve."""
    first_day = max(today, change.effective_date or today)
    since = next((after[name] for name in _SINCE if after.get(name)), None)
    if since is not None and date.fromisoformat(str(since)) > first_day:
        message = (
            f"By its own columns the row is in force only from {since}; until then no row is in force. "
            "State the day as effective_date of the action instead, then today's row stays in force until that day."
        )
        yield PlanWarning("ROW_NOT_IN_FORCE", message, f"{_CHANGES}.effective_date")
