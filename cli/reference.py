"""Reference data at the first start: the demo's own, or files of the user's."""

import asyncio
import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from shared.errors import HawkError
from shared.localstack.files import write_private
from shared.localstack.paths import DataDir
from shared.localstack.reference_data import load_reference
from shared.localstack.state import State
from shared.messaging.kafka import kafka_connection
from shared.reference_files import ReferenceChange, read_folder
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
    rows: Sequence[ReferenceChange] = _rows(folder, now)
    kafka = kafka_connection(ServiceSettings(kafka_bootstrap=state["kafka"]["bootstrap"])).options()
    count = await load_reference(kafka, state["postgres"]["dsn"], rows, now)
    mark = {"loaded_at": now.isoformat(), "rows": count, "from": str(folder) if folder else "demo"}
    write_private(data.reference_mark, json.dumps(mark) + "\n")


def _rows(folder: Path | None, now: datetime) -> Sequence[ReferenceChange]:
    if folder is None:
        from demo.reference.load import demo_rows

        rows = demo_rows(now.astimezone(DESK_TIME_ZONE).date())
        return [ReferenceChange(row.table, "UPSERT", row.key, row.row) for row in rows]
    return read_folder(folder)


def main() -> int:
    """Load the reference data where no supervisor does it: `python -m cli.reference [DIR]`.

    Takes HAWK_KAFKA_BOOTSTRAP and HAWK_POSTGRES_DSN (an administrator's) from the environment; without DIR it loads
    the demo's rows.
    """
    settings = ServiceSettings()
    now = datetime.now(UTC)
    rows = _rows(Path(sys.argv[1]) if len(sys.argv) > 1 else None, now)
    kafka = kafka_connection(settings).options()
    try:
        count = asyncio.run(load_reference(kafka, settings.postgres_dsn.get_secret_value(), rows, now))
    except HawkError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{count} rows of reference data are in.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
