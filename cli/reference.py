"""Reference data at the first start: the demo's own, or files of the user's."""

import asyncio
import hashlib
import json
import sys
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import Field

from cli.terminal import say, tell
from shared.errors import HawkError
from shared.messaging.kafka import kafka_connection
from shared.security.keys import read_pem
from shared.settings import ServiceSettings
from tools.local_stack.files import write_private
from tools.local_stack.keys import read_feed_key
from tools.local_stack.paths import DataDir
from tools.local_stack.reference_load import ReferenceSetNotTaken, is_bootstrapped, load_set, set_value
from tools.local_stack.state import State
from tools.reference_files import ReferenceChange, read_folder

DESK_TIME_ZONE = ZoneInfo("Asia/Singapore")
"""The business date of the demo's fixture is the desk's, not the machine's."""


async def publish_reference_data(data: DataDir, state: State, folder: Path | None) -> None:
    """Load the reference data into a fresh installation; once, unless `folder` holds other data than was loaded.

    A start that was interrupted before all was in loads it again: what is so already changes nothing.

    Raises:
        ReferenceSetNotTaken: the executor refused it, with all findings.
        StackError: the executor did not take it in.
        InvalidInput: a file of `folder` is not what interfaces section 3 says.
    """
    loaded = _mark(data)
    if loaded is not None and folder is None:
        return
    now = datetime.now(UTC)
    rows = _rows(folder, now)
    digest = hashlib.sha256(set_value(rows)).hexdigest()
    if loaded is not None and loaded.get("sha256") == digest:
        return
    kafka = kafka_connection(ServiceSettings(kafka_bootstrap=state["kafka"]["bootstrap"])).options()
    answer = await load_set(kafka, state["postgres"]["dsn"], rows, new_load_id(), read_feed_key(data))
    if not answer.loaded:
        raise ReferenceSetNotTaken(answer)
    mark = {
        "loaded_at": now.isoformat(), "rows": len(rows), "from": str(folder) if folder else "demo", "sha256": digest,
    }  # fmt: skip
    write_private(data.reference_mark, json.dumps(mark) + "\n")


def new_load_id() -> str:
    """Each load counts anew: the same rows may have been changed back and forth between two."""
    return str(uuid.uuid4())


def _mark(data: DataDir) -> dict[str, str] | None:
    if not data.reference_mark.exists():
        return None
    mark: dict[str, str] = json.loads(data.reference_mark.read_text(encoding="utf-8"))
    return mark


def _rows(folder: Path | None, now: datetime) -> Sequence[ReferenceChange]:
    if folder is None:
        from demo.reference.load import demo_rows

        rows = demo_rows(now.astimezone(DESK_TIME_ZONE).date())
        return [ReferenceChange(row.table, "UPSERT", row.key, row.row) for row in rows]
    return read_folder(folder)


class LoadSettings(ServiceSettings):
    """Environment, prefix HAWK_, of `python -m cli.reference`."""

    feed_private_key_file: Path = Field(description="of a feed that may change every table that is loaded")


async def _load(folder: Path | None) -> str:
    settings = LoadSettings()
    feed_pem = read_pem(settings.feed_private_key_file)
    dsn = settings.postgres_dsn.get_secret_value()
    if folder is None and await is_bootstrapped(dsn):
        return "Reference data are in already; the demo's are not loaded."
    rows = _rows(folder, datetime.now(UTC))
    answer = await load_set(kafka_connection(settings).options(), dsn, rows, new_load_id(), feed_pem)
    if not answer.loaded:
        raise ReferenceSetNotTaken(answer)
    return f"{answer.rows} rows of reference data are in."


def main() -> int:
    """Load the reference data where no supervisor does it: `python -m cli.reference [DIR]`.

    Takes HAWK_KAFKA_BOOTSTRAP, HAWK_POSTGRES_DSN (of a role that reads the events) and HAWK_FEED_PRIVATE_KEY_FILE from
    the environment; without DIR it loads the demo's rows, once.
    """
    try:
        said = asyncio.run(_load(Path(sys.argv[1]) if len(sys.argv) > 1 else None))
    except HawkError as error:
        say((str(error), "red"))
        return 1
    tell(said)
    return 0


if __name__ == "__main__":
    sys.exit(main())
