"""Reference data at the first start: the demo's own, or files of the user's."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

from services.executor.projections.catalogue import REFERENCE_TABLES, table_named
from shared.errors import InvalidInput
from shared.localstack.files import write_private
from shared.localstack.paths import DataDir
from shared.localstack.reference_data import ReferenceRow, load_reference
from shared.localstack.state import State
from shared.messaging.kafka import kafka_connection
from shared.settings import ServiceSettings

DESK_TIME_ZONE = ZoneInfo("Asia/Singapore")
"""The business date of the demo's fixture is the desk's, not the machine's."""


async def publish_reference_data(data: DataDir, state: State, folder: Path | None) -> None:
    """Load the reference data into a fresh installation; once, unless `folder` names other data.

    A start that was interrupted before all was in loads it again: rows replace rows.

    Raises:
        StackError: the executor refused rows or did not take them in.
        InvalidInput: a file of `folder` is not what interfaces section 3 says.
    """
    if data.reference_mark.exists() and folder is None:
        return
    now = datetime.now(UTC)
    rows: Sequence[ReferenceRow] = _rows(folder, now)
    kafka = kafka_connection(ServiceSettings(kafka_bootstrap=state["kafka"]["bootstrap"])).options()
    count = await load_reference(kafka, state["postgres"]["dsn"], rows, now)
    mark = {"loaded_at": now.isoformat(), "rows": count, "from": str(folder) if folder else "demo"}
    write_private(data.reference_mark, json.dumps(mark) + "\n")


@dataclass(frozen=True, slots=True)
class FileRow:
    """One line of a reference file."""

    table: str
    operation: str
    key: str
    row: Mapping[str, Any]


def read_rows(file: Path) -> list[FileRow]:
    """The rows of a file: one JSON object a line, `{"table", "operation", "row"}` as on hawk.reference.

    Raises:
        InvalidInput: a line is something else, or holds an amount as a number (a number with a point may
        have lost digits before anybody saw it). Says the file and the line.
    """
    rows = []
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        if line.strip():
            rows.append(_row_of(line, f"{file}, line {number}"))
    return rows


def _row_of(line: str, place: str) -> FileRow:
    try:
        document = json.loads(line, parse_float=_no_float, parse_constant=_no_float)
        table, operation, row = document["table"], document["operation"], document["row"]
    except (ValueError, KeyError, TypeError) as error:
        raise _malformed(place, f"expected a JSON object with table, operation and row ({error})") from error
    if table not in {known.name for known in REFERENCE_TABLES}:
        raise _malformed(place, f"there is no reference table {table!r}")
    if operation not in ("UPSERT", "DELETE") or not isinstance(row, dict):
        raise _malformed(place, "operation must be UPSERT or DELETE, and row an object of columns")
    key = "/".join(str(row[column]) for column in table_named(table).key if column in row)
    return FileRow(table=table, operation=operation, key=key, row=row)


def _no_float(text: str) -> NoReturn:
    raise ValueError(f"{text} must be a string: amounts and rates are strings")


def _malformed(place: str, reason: str) -> InvalidInput:
    return InvalidInput(code="REFERENCE_ROW_MALFORMED", reason=f"{place}: {reason}.")


def _rows(folder: Path | None, now: datetime) -> Sequence[ReferenceRow]:
    if folder is None:
        from demo.reference.load import demo_rows  # noqa: PLC0415 - read once in the life of an installation

        return demo_rows(now.astimezone(DESK_TIME_ZONE).date())
    files = sorted(folder.glob("*.jsonl"))
    if not files:
        raise InvalidInput(
            code="NO_REFERENCE_FILES", reason=f"{folder} holds no *.jsonl file. Name another folder."
        )
    return [row for file in files for row in read_rows(file)]
