"""The rows that a fact wrote, taken from its projection, so that what is undone is what was done."""

from uuid import UUID

from services.executor.projections.folding import PROJECTIONS
from services.executor.tables.catalogue import table_named
from services.executor.tables.changes import Insert, Update
from shared.events.base import Event

# No projection of an operation looks at its event's id; before the append there is none.
_UNRECORDED = UUID(int=0)


def written_by(event: Event, table: str) -> tuple[str, ...]:
    """Return the rows of `table` that the event inserted or updated, in order, each once.

    A row is named by its primary key; a set-based update by what it selected (`event_id=…`).
    """
    projection = PROJECTIONS.get(type(event))
    if projection is None:
        return ()
    primary = table_named(table).key
    keys: dict[str, None] = {}
    for change in projection(event, _UNRECORDED):
        if not isinstance(change, Insert | Update) or change.table != table:
            continue
        source = change.row if isinstance(change, Insert) else change.key
        if all(column in source for column in primary):
            keys["/".join(str(source[column]) for column in primary)] = None
        else:
            keys[", ".join(f"{column}={value}" for column, value in source.items())] = None
    return tuple(keys)
