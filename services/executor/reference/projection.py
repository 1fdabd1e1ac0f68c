"""Reference events to row changes. Pure: equal events give equal rows, whenever they are folded."""

from services.executor.reference.reading import key_values
from services.executor.reference.tables import REFERENCE, VERSION_COLUMN
from services.executor.reference.values import ValueRefused, typed
from services.executor.tables.catalogue import table_named
from services.executor.tables.changes import Change, Delete, Upsert, Value
from services.executor.tables.table import CatalogueViolation, Table
from shared.events.reference import ReferenceRowRemoved, ReferenceRowSet
from shared.eventstore.port import RecordedEvent


def reference_changes(event: ReferenceRowSet | ReferenceRowRemoved, recorded: RecordedEvent) -> tuple[Change, ...]:
    """Return the row change of a reference event.

    A row is replaced whole: a column that is not in the event has no value afterwards. `reference_version` is
    the version of the row's stream. Who and when come from the event where the row does not state them.

    Raises:
        Defect: the store holds a reference event for an unknown table or with an impossible value.
    """
    table = table_named(event.table)
    if isinstance(event, ReferenceRowRemoved):
        return (Delete(table.name, _typed_key(table, event)),)
    row = _typed_row(table, event) | {VERSION_COLUMN: recorded.version}
    row |= _authorship(table, recorded, row)
    return (Upsert(table.name, {column: row[column] for column in table.key}, row),)


def _typed_row(table: Table, event: ReferenceRowSet) -> dict[str, Value]:
    row: dict[str, Value] = {}
    for column, column_type in table.columns.items():
        try:
            row[column] = typed(column_type, event.row.get(column))
        except ValueRefused as problem:
            raise CatalogueViolation(
                table=table.name, reason=f"row {event.key}, column {column}: expected {problem}"
            ) from problem
    unknown = event.row.keys() - table.columns.keys()
    if unknown:
        raise CatalogueViolation(table=table.name, reason=f"row {event.key} has unknown columns {sorted(unknown)}")
    return row


def _typed_key(table: Table, event: ReferenceRowRemoved) -> dict[str, Value]:
    values = key_values(REFERENCE[table.name], event.key)
    return {column: typed(table.type_of(column), value) for column, value in values.items()}


def _authorship(table: Table, recorded: RecordedEvent, row: dict[str, Value]) -> dict[str, Value]:
    """Return created_* where the row does not state them, and modified_* from the second version on."""
    actor = recorded.metadata.get("actor", "unknown")
    stamps: dict[str, Value] = {"created_by": actor, "created_date": recorded.recorded_at}
    stamps["created_at"] = recorded.recorded_at
    if recorded.version > 1:
        stamps |= {
            "modified_by": actor,
            "modified_date": recorded.recorded_at,
            "modified_at": recorded.recorded_at,
        }
    return {column: value for column, value in stamps.items() if column in table.columns and row[column] is None}
