"""Which rows a fact wrote: read off its projection, so that what is undone is what was done."""

from uuid import UUID

from services.executor.projections.catalogue import table_named
from services.executor.projections.changes import Insert, Update
from services.executor.projections.projector import PROJECTIONS
from shared.events.base import Event

# No projection of an operation looks at its event's id; before the append there is none.
_UNRECORDED = UUID(int=0)


def written_by(event: Event, table: str) -> tuple[str, ...]:
    """Primary keys of the rows of `table` that the event inserted or updated, in order, each once."""
    projection = PROJECTIONS.get(type(event))
    if projection is None:
        return ()
    columns = table_named(table).key
    keys = [
        "/".join(str(source[column]) for column in columns)
        for change in projection(event, _UNRECORDED)
        if isinstance(change, Insert | Update) and change.table == table
        if all(column in (source := change.row if isinstance(change, Insert) else change.key) for column in columns)
    ]
    return tuple(dict.fromkeys(keys))
