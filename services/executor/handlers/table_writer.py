"""Carries out row changes: as few statements as possible, inside the caller's transaction.

Changes of different tables commute: no foreign key and no trigger but the journal's period guard ties two
tables, and no decision writes a period and a journal line together. Changes of one table keep their order. So
the changes are sorted by table first, and within a table adjacent ones of one shape become one statement.

Table names are written without a schema: the search path of the connection says which set of tables is meant,
so a rebuild can fill another one.
"""

from collections.abc import Iterator, Sequence

import asyncpg

from services.executor.projections.folding import changes_of
from services.executor.tables.catalogue import table_named
from services.executor.tables.changes import Add, Change, Update
from services.executor.tables.rounds import in_rounds
from services.executor.tables.statements import Statement, identity_of, shape_of, statement_of
from services.executor.tables.table import Table
from shared.errors import Defect
from shared.eventstore.port import RecordedEvent

#: Rows in one statement. Keeps the arrays of a rebuild within a few megabytes; an execution stays far below.
STATEMENT_ROWS_MAX = 1_000


class RowsMissed(Defect):
    """A statement changed another number of rows than the events say. The transaction must be rolled back."""

    def __init__(self, *, table: str, expected: int, found: int) -> None:
        self.table = table
        self.expected = expected
        self.found = found
        super().__init__(
            f"Table {table}: expected to change {expected} rows, found {found}. "
            "The table differs from the events; run `hawk verify`, then `hawk rebuild`."
        )


class RowRefused(Defect):
    """The database refused a row. `constraint` names the rule; the transaction must be rolled back."""

    def __init__(self, *, table: str, constraint: str | None, detail: str) -> None:
        self.table = table
        self.constraint = constraint
        self.detail = detail
        super().__init__(f"Table {table}: the database refused a row ({constraint or 'no constraint'}): {detail}")


async def project(connection: asyncpg.Connection, recorded: Sequence[RecordedEvent]) -> None:
    """Bring the tables up to these events, inside the transaction that records them."""
    await apply(connection, in_rounds((event.stream, change) for event in recorded for change in changes_of(event)))


async def apply(connection: asyncpg.Connection, changes: Sequence[Change]) -> None:
    """Carry out all changes, in an order with the result of the order given.

    Raises:
        CatalogueViolation: a table, column or value is not in the catalogue; nothing was written.
        RowsMissed: an update or delete hit another number of rows than it must.
        RowRefused: a constraint or the period guard of the journal refused a row.
        asyncpg.PostgresError: any other failure, among them those worth a retry (serialization, deadlock).
    """
    for statement in statements_of(changes):
        await _execute(connection, statement)


def statements_of(changes: Sequence[Change]) -> list[Statement]:
    """Return the statements for changes, in the order in which they have to run.

    Raises:
        CatalogueViolation: see `apply`.
    """
    by_table: dict[str, list[Change]] = {}
    for change in changes:
        by_table.setdefault(change.table, []).append(change)
    statements: list[Statement] = []
    for name, of_table in by_table.items():
        table = table_named(name)
        statements.extend(statement_of(table, run) for run in _runs(table, of_table))
    return statements


def _runs(table: Table, changes: Sequence[Change]) -> Iterator[list[Change]]:
    """Yield adjacent changes of one shape, cut where a row comes again: its second change must see the first."""
    run: list[Change] = []
    shape: tuple[object, ...] = ()
    touched: set[tuple[object, ...]] = set()
    for change in changes:
        identity = identity_of(table, change) or _set_of(change)
        repeats = identity in touched and not isinstance(change, Add)
        if run and (repeats or shape_of(change) != shape or len(run) == STATEMENT_ROWS_MAX):
            yield run
            run, touched = [], set()
        if not run:
            shape = shape_of(change)
        run.append(change)
        touched.add(identity)
    if run:
        yield run


def _set_of(change: Change) -> tuple[object, ...]:
    """Return what the rows of an update have in common: of two with one shape, another value means other rows."""
    return tuple(sorted(change.key.items())) if isinstance(change, Update) else ()


async def _execute(connection: asyncpg.Connection, statement: Statement) -> None:
    try:
        status = await connection.execute(statement.sql, *statement.arguments)
    except (asyncpg.IntegrityConstraintViolationError, asyncpg.DataError) as error:
        raise RowRefused(
            table=statement.table, constraint=getattr(error, "constraint_name", None), detail=str(error)
        ) from error
    found = int(status.rpartition(" ")[2])
    if statement.rows is not None and found != statement.rows:
        raise RowsMissed(table=statement.table, expected=statement.rows, found=found)
