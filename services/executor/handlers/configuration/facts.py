"""The facts of a configuration change: the row's own stream, and the tables it depends on, in one transaction."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import asyncpg

from services.executor.configuration.checking import tables_needed
from services.executor.configuration.commands import RowFacts
from services.executor.reference.state import state_of
from services.executor.tables.catalogue import table_named
from shared.events.identity import CONFIGURATION_STREAM, reference_stream
from shared.hedging.changes.configuration import ConfigurationChange
from shared.hedging.facts import SINGAPORE
from shared.messaging.unit_of_work import UnitOfWork

#: Only the newest snapshot of each position says anything about the configuration; the older ones are many.
_NEWEST: Final = (
    "SELECT DISTINCT ON (entity_id, currency_code, nav_type, position_type) * FROM hawk.position_nav_master"
    " ORDER BY entity_id, currency_code, nav_type, position_type, as_of_date DESC"
)


async def load_row(uow: UnitOfWork, change: ConfigurationChange, now: datetime) -> RowFacts:
    """Load the row in force with its version, and the rows it is checked against."""
    loaded = await uow.load(reference_stream(change.table, change.key))
    tables: dict[str, Sequence[Mapping[str, Any]]] = {}
    for name in sorted(tables_needed(change.table)):
        tables[name] = await _rows(uow.connection, name)
    return RowFacts(
        today=now.astimezone(SINGAPORE).date(),
        stream=loaded.stream,
        version=loaded.version,
        row=state_of(loaded.events).row,
        tables=tables,
        configuration_version=(await uow.load(CONFIGURATION_STREAM)).version,
    )


async def _rows(connection: asyncpg.Connection, name: str) -> list[Mapping[str, Any]]:
    table = table_named(name)
    query = _NEWEST if name == "position_nav_master" else f"SELECT * FROM hawk.{table.name}"  # noqa: S608  closed list
    return [dict(row) for row in await connection.fetch(query)]
