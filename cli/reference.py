"""Reference data at the first start, the demo's or the user's own, and the dry run of a load."""

import asyncio
import hashlib
import json
import sys
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import asyncpg
from pydantic import Field

from cli.terminal import say, tell
from shared.errors import HawkError
from shared.events.identity import REFERENCE_BOOTSTRAP_STREAM
from shared.hedging.facts import SINGAPORE
from shared.messaging.database import open_pool
from shared.messaging.kafka import kafka_connection
from shared.security.keys import read_pem
from shared.settings import ServiceSettings
from tools.local_stack.files import write_private
from tools.local_stack.keys import read_feed_key
from tools.local_stack.paths import DataDir
from tools.local_stack.reference_load import (
    BOOTSTRAPPED,
    FEED_IMPLAUSIBLE,
    ReferenceSetNotLoaded,
    SetOutcome,
    document_of,
    is_bootstrapped,
    load_set,
    set_value,
)
from tools.local_stack.state import State
from tools.reference_files import ReferenceChange, read_folder

DRY_RUN = "dry-run"


async def publish_reference_data(data: DataDir, state: State, folder: Path | None) -> None:
    """Load the reference data into a new installation; once, unless `folder` holds other data than was loaded.

    A start that was interrupted during the load repeats it: rows that are in force already change nothing.

    Raises:
        ReferenceSetNotLoaded: the executor refused it, with all findings.
        StackError: the executor did not apply it in time.
        InvalidInput: a file of `folder` does not have the form of interfaces section 3.
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
    await _load_rows(kafka, state["postgres"]["dsn"], rows, read_feed_key(data))
    mark = {
        "loaded_at": now.isoformat(), "rows": len(rows), "from": str(folder) if folder else "demo", "sha256": digest,
    }  # fmt: skip
    write_private(data.reference_mark, json.dumps(mark) + "\n")


async def dry_run_outcome(dsn: str, rows: Sequence[ReferenceChange]) -> SetOutcome:
    """Return the outcome that a set would have now, by the executor's own code; nothing is published.

    Args:
        dsn: of a role that reads the events and the tables; nothing is written.
    """
    # Imported here: only a dry run needs the executor's code.
    from services.executor.handlers.reference.in_force import read_in_force
    from services.executor.reference.sets import judge, outcome, read_set
    from shared.events.reference import ReferenceSetHeld, ReferenceSetRefused

    given, now = read_set(DRY_RUN, document_of(rows), ""), datetime.now(UTC)
    pool = await open_pool(dsn, application="hawk-reference", min_size=1, max_size=1)
    try:
        async with pool.acquire() as connection, connection.transaction(isolation="repeatable_read", readonly=True):
            bootstrapped = await connection.fetchval(BOOTSTRAPPED, REFERENCE_BOOTSTRAP_STREAM)
            # The pool's proxy passes every call on to a connection, but is not a subclass of it.
            plain = cast("asyncpg.Connection", connection)
            in_force = await read_in_force(plain, given, now, bootstrapped=bootstrapped)
    finally:
        await pool.close()
    event = outcome(given, judge(given, in_force, now.astimezone(SINGAPORE).date()))
    if not isinstance(event, ReferenceSetRefused | ReferenceSetHeld):
        return SetOutcome(DRY_RUN, given.rows, None, event.changed, [])
    code = event.code if isinstance(event, ReferenceSetRefused) else FEED_IMPLAUSIBLE
    return SetOutcome(DRY_RUN, given.rows, code, {}, [each.model_dump() for each in event.findings])


def new_load_id() -> str:
    """Return a new id for each load: rows can change back and forth, so equal sets are different loads."""
    return str(uuid.uuid4())


async def _load_rows(kafka: Mapping[str, Any], dsn: str, rows: Sequence[ReferenceChange], feed_pem: str) -> int:
    outcome = await load_set(kafka, dsn, rows, new_load_id(), feed_pem)
    if not outcome.loaded:
        raise ReferenceSetNotLoaded(outcome)
    return outcome.rows


def _mark(data: DataDir) -> dict[str, str] | None:
    if not data.reference_mark.exists():
        return None
    mark: dict[str, str] = json.loads(data.reference_mark.read_text(encoding="utf-8"))
    return mark


def _rows(folder: Path | None, now: datetime) -> Sequence[ReferenceChange]:
    if folder is None:
        from demo.reference.load import demo_rows

        rows = demo_rows(now.astimezone(SINGAPORE).date())
        return [ReferenceChange(row.table, "UPSERT", row.key, row.row) for row in rows]
    return read_folder(folder)


class LoadSettings(ServiceSettings):
    """Settings of `python -m cli.reference` from the environment, prefix HAWK_."""

    feed_private_key_file: Path = Field(description="of a feed that can change every loaded table")


async def _load(folder: Path | None) -> str:
    settings = LoadSettings()
    feed_pem = read_pem(settings.feed_private_key_file)
    dsn = settings.postgres_dsn.get_secret_value()
    if folder is None and await is_bootstrapped(dsn):
        return "Reference data are loaded already; the demo's are not needed."
    kafka = kafka_connection(settings).options()
    rows = await _load_rows(kafka, dsn, _rows(folder, datetime.now(UTC)), feed_pem)
    return f"{rows} rows of reference data are loaded."


def main() -> int:
    """Load reference data where there is no supervisor: `python -m cli.reference [DIR]`.

    Reads HAWK_KAFKA_BOOTSTRAP, HAWK_POSTGRES_DSN (of a role that reads the events) and HAWK_FEED_PRIVATE_KEY_FILE from
    the environment. Without DIR it loads the demo's rows, once.
    """
    try:
        result = asyncio.run(_load(Path(sys.argv[1]) if len(sys.argv) > 1 else None))
    except HawkError as error:
        say((str(error), "red"))
        return 1
    tell(result)
    return 0


if __name__ == "__main__":
    sys.exit(main())
