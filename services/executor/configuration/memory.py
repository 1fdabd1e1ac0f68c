"""The facts of a configuration change where rows are in memory: for `hawk plan`. Pure."""

from datetime import datetime

from services.executor.configuration.commands import RowFacts, Rows
from services.executor.reference.commands import SetRow
from services.executor.reference.reading import command_of
from shared.events.identity import reference_stream
from shared.hedging.changes.configuration import ConfigurationChange
from shared.hedging.facts import SINGAPORE
from shared.hedging.reference_keys import key_in


def row_facts_of(tables: Rows, change: ConfigurationChange, now: datetime) -> RowFacts:
    """Return the facts of a change as on a HAWK that has just loaded them: each row is the first of its stream.

    Raises:
        InvalidInput: the row that is to be changed could not have been loaded.
    """
    found = next((row for row in tables.get(change.table, ()) if key_in(change.table, row) == change.key), None)
    command = None
    if found is not None:
        command = command_of({"table": change.table, "operation": "UPSERT", "row": dict(found)})
    return RowFacts(
        today=now.astimezone(SINGAPORE).date(),
        stream=reference_stream(change.table, change.key),
        version=0 if command is None else 1,
        row=command.row if isinstance(command, SetRow) else None,
        tables=tables,
    )
