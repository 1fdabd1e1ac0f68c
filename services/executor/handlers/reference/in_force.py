"""The rows in force, beside which a set of rows or a single one is judged, read from tables and streams."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import asyncpg

from services.executor.handlers.reference.scenery import read_pasts, scene_of
from services.executor.reference.commands import SetRow
from services.executor.reference.plausible import DAY, GUARDED
from services.executor.reference.sets import ReferenceInForce, ReferenceSet, StoredRow
from services.executor.reference.state import RowState, evolve
from services.executor.reference.tables import REFERENCE
from shared.events.catalogue import decode_message
from shared.hedging.checks.reference import tables_beside
from shared.hedging.checks.rows import Rows

#: A table that grows every day: only the days of a set's rows are read.
_BY_DAY = "position_nav_master"


async def read_in_force(
    connection: asyncpg.Connection, given: ReferenceSet, now: datetime, *, bootstrapped: bool
) -> ReferenceInForce:
    """Read all that `judge` needs, as of the connection's transaction."""
    whole = given.configures > 0 and not bootstrapped
    changed = frozenset(REFERENCE) if whole else given.tables
    names = tables_beside(changed) | {name for name in given.tables if REFERENCE[name].one_row_per}
    days = sorted(
        {
            str(command.row["as_of_date"])
            for command in given.commands
            if command.table.name == _BY_DAY and isinstance(command, SetRow)
        }
    )
    tables = {name: await _rows(connection, name, days) for name in sorted(names)}
    streams = [command.stream for command in given.commands]
    guarded = [command for command in given.commands if command.table.name in GUARDED]
    pasts = await read_pasts(connection, [command.stream for command in guarded], now - DAY) if bootstrapped else {}
    scene = await scene_of(connection, guarded, now)
    return ReferenceInForce(bootstrapped, await _stored(connection, streams), tables, pasts, scene)


async def read_tables(connection: asyncpg.Connection, names: frozenset[str]) -> Rows:
    """Read the rows of these tables; none of them grows by the day."""
    return {name: await _rows(connection, name, ()) for name in sorted(names)}


async def _rows(connection: asyncpg.Connection, name: str, days: Sequence[str]) -> list[Mapping[str, Any]]:
    # Names come from the closed list of tables, values are arguments.
    query = f'SELECT * FROM hawk."{REFERENCE[name].name}"'  # noqa: S608
    if name != _BY_DAY:
        return [dict(row) for row in await connection.fetch(query)]
    found = await connection.fetch(f"{query} WHERE as_of_date = ANY($1::text[]::date[])", list(days))
    return [dict(row) for row in found]


async def _stored(connection: asyncpg.Connection, streams: Sequence[str]) -> dict[str, StoredRow]:
    """Read the last event of each stream that exists: a row's state depends on nothing before it."""
    rows = await connection.fetch(
        "SELECT wanted.stream, last.* FROM unnest($1::text[]) AS wanted (stream) CROSS JOIN LATERAL ("
        " SELECT version, type, schema_version, data FROM es.events WHERE events.stream = wanted.stream"
        " ORDER BY version DESC LIMIT 1) AS last",
        list(streams),
    )
    return {
        row["stream"]: StoredRow(
            row["version"], evolve(RowState(), decode_message(row["type"], row["schema_version"], row["data"]))
        )
        for row in rows
    }
