"""Reference data in files: one JSON object a line, `{"table", "operation", "row"}` as on hawk.reference.

Amounts and rates are strings (interfaces section 3). Reading proves the form of each line only; whether the rows are
good is for `shared.hedging.checks.reference` and the executor to say.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from shared.errors import InvalidInput
from shared.exact_json import parse_json
from shared.hedging.reference_keys import KEYS, key_in

SUFFIXES: Final = (".json", ".jsonl")
#: Bytes of one file: two thousand rows of a kilobyte, many times over. A larger one is not reference data.
FILE_BYTES_MAX: Final = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class ReferenceChange:
    """One change of a reference table. `operation` is UPSERT or DELETE; `key` names the row within its table as
    hawk.reference writes it; amounts and rates in `row` are strings."""

    table: str
    operation: str
    key: str
    row: Mapping[str, Any]


def read_file(file: Path) -> list[ReferenceChange]:
    """The rows of a file, in its order.

    Raises:
        InvalidInput: FILE_UNREADABLE; REFERENCE_ROW_MALFORMED when a line is something else, or holds an amount as a
            number (a number with a point may have lost digits before anybody saw it). Says the file and the line.
    """
    try:
        if file.stat().st_size > FILE_BYTES_MAX:
            raise InvalidInput(code="FILE_UNREADABLE", reason=f"{file} has more than {FILE_BYTES_MAX} bytes. Split it.")
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(code="FILE_UNREADABLE", reason=f"{file} cannot be read: {error}.") from error
    lines = enumerate(text.splitlines(), start=1)
    return [_change_of(line, f"{file}, line {number}") for number, line in lines if line.strip()]


def read_folder(folder: Path) -> list[ReferenceChange]:
    """The rows of all *.jsonl and *.json files of a folder, file by file in the order of their names.

    Raises:
        InvalidInput: NO_REFERENCE_FILES; and see `read_file`.
    """
    files = sorted(file for file in folder.iterdir() if file.suffix in SUFFIXES and file.is_file())
    if not files:
        raise InvalidInput(
            code="NO_REFERENCE_FILES", reason=f"{folder} holds no *.jsonl or *.json file. Name another folder."
        )
    return [row for file in files for row in read_file(file)]


def tables_of(changes: Iterable[ReferenceChange]) -> dict[str, list[dict[str, Any]]]:
    """The rows by table that stand when all changes were made to empty tables: what `facts_from_rows` takes."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for change in changes:
        rows = found.setdefault(change.table, {})
        rows.pop(change.key, None)
        if change.operation == "UPSERT":
            rows[change.key] = dict(change.row)
    return {table: list(rows.values()) for table, rows in found.items()}


def _change_of(line: str, place: str) -> ReferenceChange:
    try:
        document = parse_json(line)
        table, operation, row = document["table"], document["operation"], document["row"]
    except (ValueError, KeyError, TypeError) as error:
        raise _malformed(place, f"expected a JSON object with table, operation and row ({error})") from error
    if not isinstance(table, str) or table not in KEYS:
        raise _malformed(place, f"there is no reference table {table!r:.80}")
    if operation not in ("UPSERT", "DELETE") or not isinstance(row, dict):
        raise _malformed(place, "operation must be UPSERT or DELETE, and row an object of columns")
    return ReferenceChange(table=table, operation=operation, key=key_in(table, row), row=row)


def _malformed(place: str, reason: str) -> InvalidInput:
    return InvalidInput(code="REFERENCE_ROW_MALFORMED", reason=f"{place}: {reason}.")
