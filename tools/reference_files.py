"""Reference data in files: one JSON object per line, `{"table", "operation", "row"}` as on hawk.reference.

Amounts and rates are strings (interfaces section 3). Only the form of each line is checked here; the values are checked
by `shared.hedging.checks.reference` and the executor.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from shared.errors import InvalidInput
from shared.exact_json import parse_json
from shared.hedging.reference_keys import KEYS, key_in

SUFFIXES: Final = (".json", ".jsonl")
#: Bytes of one file: many times two thousand rows of a kilobyte. A larger file is not reference data.
FILE_BYTES_MAX: Final = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class ReferenceChange:
    """A change of a reference table. `operation` is UPSERT or DELETE; `key` is the row's key on hawk.reference; amounts
    and rates in `row` are strings."""

    table: str
    operation: str
    key: str
    row: Mapping[str, Any]


def read_file(file: Path) -> list[ReferenceChange]:
    """Return the rows of a file, in order.

    Raises:
        InvalidInput: FILE_UNREADABLE; or REFERENCE_ROW_MALFORMED with file and line, for a line of another form or an
            amount that is a number (a number with a point may have lost digits when it was written).
    """
    return [_change_of(line, place) for line, place in lines_of(file, FILE_BYTES_MAX)]


def lines_of(file: Path, bytes_max: int) -> Iterator[tuple[str, str]]:
    """Yield each line of a text file that is not blank, with its place for a message.

    Raises:
        InvalidInput: FILE_UNREADABLE.
    """
    try:
        if file.stat().st_size > bytes_max:
            raise InvalidInput(code="FILE_UNREADABLE", reason=f"{file} has more than {bytes_max} bytes. Split it.")
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(code="FILE_UNREADABLE", reason=f"{file} cannot be read: {error}.") from error
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            yield line, f"{file}, line {number}"


def read_folder(folder: Path) -> list[ReferenceChange]:
    """Return the rows of all *.jsonl and *.json files of a folder, file by file in the order of their names.

    Raises:
        InvalidInput: NO_REFERENCE_FILES; and see `read_file`.
    """
    files = sorted(file for file in folder.iterdir() if file.suffix in SUFFIXES and file.is_file())
    if not files:
        raise InvalidInput(
            code="NO_REFERENCE_FILES", reason=f"{folder} holds no *.jsonl or *.json file. Give another folder."
        )
    return [row for file in files for row in read_file(file)]


def tables_of(changes: Iterable[ReferenceChange]) -> dict[str, list[dict[str, Any]]]:
    """Return the rows by table after all changes to empty tables, as `facts_from_rows` takes them."""
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
        raise _malformed(place, f"reference table {table!r:.80} does not exist")
    if operation not in ("UPSERT", "DELETE") or not isinstance(row, dict):
        raise _malformed(place, "operation must be UPSERT or DELETE, and row an object of columns")
    return ReferenceChange(table=table, operation=operation, key=key_in(table, row), row=row)


def _malformed(place: str, reason: str) -> InvalidInput:
    return InvalidInput(code="REFERENCE_ROW_MALFORMED", reason=f"{place}: {reason}.")
