"""From the value of a message on hawk.reference to a command, strictly. Pure."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from services.executor.reference.commands import Command, RemoveRow, SetRow
from services.executor.reference.tables import REFERENCE, VERSION_COLUMN, WORKFLOW_COLUMN, ReferenceTable
from services.executor.reference.values import JsonValue, ValueRefused, published
from services.executor.tables.table import ColumnType
from shared.errors import InvalidInput
from shared.hedging.desk_settings import expected_of

_FIELDS = frozenset({"table", "operation", "row"})

#: Characters of a key. With the table's name it has to fit the 255 bytes of a stream name.
KEY_BYTES_MAX = 200
KEY_SEPARATOR = ":"
_LEDGER_UNSAID = "IFRS"
PERCENT_MAX = 100
#: Whole numbers that planning counts with: business days to settle, decimals of the step that amounts lie on.
_BOUNDS: Mapping[str, tuple[int, int]] = {"settlement_days": (0, 30), "rounding_precision": (-12, 8)}


def command_of(value: Mapping[str, object]) -> Command:
    """Return the command in a message `{"table", "operation": "UPSERT" or "DELETE", "row": {...}}`.

    Returns:
        SetRow with every column the publisher gave, in its one form, and the derived ones (see `completed`);
        RemoveRow for DELETE, of whose row only the key columns count.
    Raises:
        InvalidInput: REFERENCE_MESSAGE_INVALID, REFERENCE_TABLE_UNKNOWN, REFERENCE_COLUMN_UNKNOWN,
            MISSING_FIELDS, REFERENCE_VALUE_INVALID. The reason names the table and all columns concerned.
    """
    table = _table(value)
    given = _row(value)
    operation = value.get("operation")
    if operation not in ("UPSERT", "DELETE"):
        raise _refused("REFERENCE_MESSAGE_INVALID", f"operation is UPSERT or DELETE, found {operation!r:.40}")
    _known_columns(table, given)
    row = completed(table, _values(table, given))
    if operation == "DELETE":
        _nothing_missing(table, frozenset(table.table.key), row)
        return RemoveRow(table, key_of(table, row))
    _nothing_missing(table, table.required, row)
    _choices(table, row)
    _order(table, row)
    return SetRow(table, key_of(table, row), row)


def key_of(table: ReferenceTable, row: Mapping[str, JsonValue]) -> str:
    """Join the key columns by ":"; the IFRS ledger of a rate is left out (`USD/SGD:prevailing`).

    Raises:
        InvalidInput: REFERENCE_VALUE_INVALID, too long or not unique as text.
    """
    parts = [str(row[column]) for column in table.table.key]
    key = KEY_SEPARATOR.join(parts[:-1] if _is_default_ledger(table, parts[-1]) else parts)
    ambiguous = len(parts) > 1 and any(KEY_SEPARATOR in part for part in parts)
    if ambiguous or len(key.encode()) > KEY_BYTES_MAX or not key.isprintable():
        raise _refused(
            "REFERENCE_VALUE_INVALID",
            f"{table.name}: the key {key!r:.80} must be printable, at most {KEY_BYTES_MAX} bytes"
            + (f" and without {KEY_SEPARATOR!r} in its parts" if ambiguous else ""),
        )
    return key


def key_values(table: ReferenceTable, key: str) -> dict[str, JsonValue]:
    """Return the key columns of a key that `key_of` made.

    Raises:
        InvalidInput: REFERENCE_VALUE_INVALID, the key cannot exist.
    """
    columns = table.table.key
    parts = key.split(KEY_SEPARATOR) if len(columns) > 1 else [key]
    if columns[-1] == "ledger" and len(parts) == len(columns) - 1:
        parts.append(_LEDGER_UNSAID)
    if len(parts) != len(columns):
        raise _refused("REFERENCE_VALUE_INVALID", f"{key!r:.80} is not a key of {table.name}")
    return {
        column: int(part) if table.table.type_of(column) is ColumnType.BIGINT else part
        for column, part in zip(columns, parts, strict=True)
    }


def _is_default_ledger(table: ReferenceTable, last: str) -> bool:
    return table.table.key[-1] == "ledger" and last == _LEDGER_UNSAID


def _refused(code: str, what: str) -> InvalidInput:
    return InvalidInput(code=code, reason=f"hawk.reference: {what}. Publish the row corrected.")


def _table(value: Mapping[str, object]) -> ReferenceTable:
    unknown = sorted(value.keys() - _FIELDS)
    if unknown:
        raise _refused("REFERENCE_MESSAGE_INVALID", f"a message has table, operation and row, not {unknown!r:.200}")
    name = value.get("table")
    table = REFERENCE.get(name) if isinstance(name, str) else None
    if table is None:
        known = ", ".join(REFERENCE)
        raise _refused("REFERENCE_TABLE_UNKNOWN", f"{name!r:.80} is not a reference table; there are {known}")
    return table


def _row(value: Mapping[str, object]) -> Mapping[str, object]:
    row = value.get("row")
    if not isinstance(row, dict) or not row:
        raise _refused("REFERENCE_MESSAGE_INVALID", "row is an object of columns")
    return row


def _known_columns(table: ReferenceTable, given: Mapping[str, object]) -> None:
    unknown = sorted(given.keys() - table.table.columns.keys() | (given.keys() & {VERSION_COLUMN, WORKFLOW_COLUMN}))
    if unknown:
        raise _refused("REFERENCE_COLUMN_UNKNOWN", f"{table.name} has no column {', '.join(unknown)[:200]}")


def _values(table: ReferenceTable, given: Mapping[str, object]) -> dict[str, JsonValue]:
    row: dict[str, JsonValue] = {}
    wrong = []
    for column, value in sorted(given.items()):
        try:
            read = published(table.table.type_of(column), value)
        except ValueRefused as problem:
            wrong.append(f"{column} must be {problem}, found {value!r:.60}")
            continue
        if read is not None:
            row[column] = read
    if wrong:
        raise _refused("REFERENCE_VALUE_INVALID", f"{table.name}: {'; '.join(wrong)}")
    return row


def completed(table: ReferenceTable, row: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """Add the table's defaults, and the id of a rate or setting that does not state one.

    There is one rate per pair, type and ledger: `RATE_USDSGD_PREVAILING`, `RATE_USDSGD_PREVAILING_LOCAL`.
    There is one setting per key: `CFG_<KEY>`.
    """
    complete = {**table.defaults, **row}
    if table.name == "currency_rates" and {"currency_pair", "rate_type"} <= complete.keys():
        parts = ["RATE", str(complete["currency_pair"]).replace("/", ""), str(complete["rate_type"])]
        if not _is_default_ledger(table, str(complete["ledger"])):
            parts.append(str(complete["ledger"]))
        complete.setdefault("rate_id", "_".join(parts).upper())
    if table.name == "system_configuration" and "config_key" in complete:
        complete.setdefault("config_id", f"CFG_{complete['config_key']}".upper())
    return complete


def _nothing_missing(table: ReferenceTable, required: frozenset[str], row: Mapping[str, JsonValue]) -> None:
    missing = sorted(required - row.keys())
    if missing:
        raise _refused("MISSING_FIELDS", f"{table.name}: {', '.join(missing)} must have a value")


def _choices(table: ReferenceTable, row: Mapping[str, JsonValue]) -> None:
    wrong = [sentence for _, sentence in value_problems(table, row)]
    if wrong:
        raise _refused("REFERENCE_VALUE_INVALID", f"{table.name}: {'; '.join(wrong)}")


def value_problems(table: ReferenceTable, row: Mapping[str, JsonValue]) -> list[tuple[str, str]]:
    """Return column and sentence, without a period, for each wrong value of a row with every required column."""
    wrong = [
        (column, f"{column} is one of {', '.join(sorted(allowed))}, found {row[column]!r:.40}")
        for column, allowed in table.choices.items()
        if column in row and row[column] not in allowed
    ]
    if table.name == "buffer_configuration" and not 0 <= Decimal(str(row["buffer_percentage"])) <= PERCENT_MAX:
        sentence = f"buffer_percentage lies between 0 and {PERCENT_MAX}, found {row['buffer_percentage']}"
        wrong.append(("buffer_percentage", sentence))
    if table.name == "currency_configuration":
        wrong += [
            (column, f"{column} lies between {low} and {high}, found {row[column]}")
            for column, (low, high) in _BOUNDS.items()
            if not low <= int(str(row[column])) <= high
        ]
    if table.name == "system_configuration":
        key, value = str(row["config_key"]), str(row["config_value"])
        expected = expected_of(key, value)
        if expected is not None:
            wrong.append(("config_value", f"config_value of {key} is {expected}, found {value!r:.40}"))
    return wrong


def _order(table: ReferenceTable, row: Mapping[str, JsonValue]) -> None:
    for _, sentence in order_problems(table, row):
        raise _refused("REFERENCE_VALUE_INVALID", f"{table.name}: {sentence}")


def order_problems(table: ReferenceTable, row: Mapping[str, JsonValue]) -> list[tuple[str, str]]:
    """Return the later column and a sentence for days of a row that are in the wrong order."""
    return [
        (last, f"{first} lies after {last}")
        for first, last in table.in_order
        if first in row and last in row and _day(row[first]) > _day(row[last])
    ]


def _day(value: JsonValue) -> date:
    return date.fromisoformat(str(value))
