"""A single row in its place: beside the rows it depends on, and those that must stay unique."""

from datetime import date

from services.executor.handlers.reference.in_force import read_tables
from services.executor.reference.commands import Command, SetRow
from services.executor.reference.opening import OPENING_HEDGES, entity_of, judge_opening
from services.executor.reference.single import judge_alone, judge_beside, judge_by_entity, tables_to_know
from services.executor.reference.state import state_of
from services.executor.reference.tables import ReferenceTable, TableKind
from services.executor.reference.values import JsonValue, typed
from services.executor.tables.statements import encoded
from shared.errors import InvalidInput
from shared.events.identity import REFERENCE_BOOTSTRAP_STREAM, reference_stream
from shared.messaging.streams import LoadedStream
from shared.messaging.unit_of_work import UnitOfWork


async def place_row(uow: UnitOfWork, command: Command, stream: LoadedStream, today: date) -> None:
    """Refuse a row that does not fit the rows in force. `stream`: its own.

    Raises:
        InvalidInput: CONFIGURATION_CLOSED (or not yet a row's to change), REFERENCE_CONFLICT (another row holds the
            values that must be unique), or what `judge_alone`, `judge_beside` and `judge_opening` say.
    """
    if command.table.kind is TableKind.CONFIGURATION:
        await _refuse_configuration(uow, command)
    if command.table.name == OPENING_HEDGES:
        entity = state_of((await uow.load(reference_stream("entity_master", entity_of(command)))).events).row
        judge_opening(command, entity, known=bool(stream.version), today=today)
    judge_alone(command, today)
    await _judge_in_place(uow, command, today)
    await _without_conflict(uow, command)


async def _refuse_configuration(uow: UnitOfWork, command: Command) -> None:
    what = f"hawk.reference: {command.table.name} {command.key}"
    if (await uow.load(REFERENCE_BOOTSTRAP_STREAM)).version:
        raise InvalidInput(
            code="CONFIGURATION_CLOSED",
            reason=f"{what} is configuration, which this topic brought once. Change it by UPDATE_CONFIGURATION.",
        )
    raise InvalidInput(
        code="CONFIGURATION_COMES_WHOLE",
        reason=f"{what} is configuration, which comes as one set. Load it with `hawk reference load`.",
    )


async def _judge_in_place(uow: UnitOfWork, command: Command, today: date) -> None:
    """Judge a row beside those it depends on; if that is its entity alone, by the stream of the entity."""
    entity = judge_by_entity(command)
    if entity is not None:
        known = state_of((await uow.load(reference_stream("entity_master", entity))).events).row is not None
        if not known:
            raise InvalidInput(
                code="REFERENCE_ROW_INVALID",
                reason=f"hawk.reference: {command.table.name} {command.key}: the entity {entity} does not exist. "
                "Correct the row, or add the entity by UPDATE_CONFIGURATION.",
            )
        return
    names = tables_to_know(command)
    if names:
        judge_beside(command, await read_tables(uow.connection, names), today)


async def _without_conflict(uow: UnitOfWork, command: Command) -> None:
    """Refuse here what the database would refuse at the projection, where it would stop the partition.

    Rows that share a transaction are not looked up one by one: should the database refuse one of them, each is handled
    again alone, and then refused here.
    """
    if not isinstance(command, SetRow) or not command.table.one_row_per or not uow.alone:
        return
    columns = command.table.one_row_per
    same = " AND ".join(f'"{column}" = ${number}' for number, column in enumerate(columns, start=1))
    keys = command.table.table.key
    other = " AND ".join(f'"{column}" = ${number}' for number, column in enumerate(keys, start=len(columns) + 1))
    # Names come from the closed list of tables, values are arguments.
    query = f'SELECT EXISTS (SELECT FROM "{command.table.name}" WHERE {same} AND NOT ({other}))'  # noqa: S608
    arguments = [_argument(command.table, column, command.row[column]) for column in (*columns, *keys)]
    if await uow.connection.fetchval(query, *arguments):
        raise InvalidInput(
            code="REFERENCE_CONFLICT",
            reason=f"hawk.reference: {command.table.name} {command.key}: another row has equal values of "
            f"{', '.join(columns)}. Publish it under that row's key, or remove that row first.",
        )


def _argument(table: ReferenceTable, column: str, value: JsonValue) -> object:
    column_type = table.table.type_of(column)
    return encoded(table.name, column, column_type, typed(column_type, value))
