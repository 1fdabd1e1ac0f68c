"""hawk.reference: load the row's stream, decide, append. The topic is open to plain publishers."""

import hashlib
from datetime import date

import asyncpg

from services.executor import todo
from services.executor.ports import Ports
from services.executor.projections.statements import encoded
from services.executor.reference.commands import Command, SetRow
from services.executor.reference.decider import decide
from services.executor.reference.in_force import read_tables
from services.executor.reference.loading import LOAD_HEADER, PERIODS, on_reference_set
from services.executor.reference.opening import OPENING_HEDGES, entity_of, judge_opening
from services.executor.reference.reading import command_of
from services.executor.reference.single import judge_alone, judge_beside, judge_by_entity, tables_to_know
from services.executor.reference.state import state_of
from services.executor.reference.tables import Kind, ReferenceTable
from services.executor.reference.values import JsonValue, typed
from shared.errors import Defect, InvalidInput
from shared.events.identity import REFERENCE_BOOTSTRAP_STREAM, reference_stream
from shared.hedging.facts import SINGAPORE
from shared.messaging.message import Message, message_data
from shared.messaging.unit_of_work import UnitOfWork

#: Bytes of one message value. The largest rows, journal rules, take a few kilobytes.
ROW_BYTES_MAX = 256 * 1024
#: Bytes of a set's: some three kilobytes for each of the rows it may have, and below what a topic takes.
SET_BYTES_MAX = 6 * 1024 * 1024


async def on_reference_message(ports: Ports, uow: UnitOfWork, message: Message) -> None:
    """Append what a row or a set of rows changes; a row that is already so appends nothing.

    Raises:
        InvalidInput: the message is no reference row; see `command_of`, `decide`, `judge_alone` and `on_reference_set`,
            also MALFORMED_JSON, TOO_LARGE, REFERENCE_ID_REUSED (another message had the same id), CONFIGURATION_CLOSED
            (or not yet a row's to change) and REFERENCE_CONFLICT (another row holds the values that may stand once).
    """
    today = ports.clock().astimezone(SINGAPORE).date()
    is_set = LOAD_HEADER in message.headers
    _bounded(message, SET_BYTES_MAX if is_set else ROW_BYTES_MAX)
    await _first_of_its_id(uow, message)
    if is_set:
        await on_reference_set(ports, uow, message, today)
    else:
        await _on_row(ports, uow, message, today)


async def _on_row(ports: Ports, uow: UnitOfWork, message: Message, today: date) -> None:
    command = command_of(message_data(message))
    stream = await uow.load(command.stream)
    events = decide(state_of(stream.events), command)
    if not events:
        return
    if command.table.kind is Kind.CONFIGURATION:
        await _refuse_configuration(uow, command)
    if command.table.name == OPENING_HEDGES:
        entity = state_of((await uow.load(reference_stream("entity_master", entity_of(command)))).events).row
        judge_opening(command, entity, known=bool(stream.version), today=today)
    judge_alone(command, today)
    await _judge_in_place(uow, command, today)
    await _without_conflict(uow, command)
    uow.append(stream.stream, stream.version, *events)
    if command.table.name == PERIODS:
        todo.posting_may_go_on(uow, ports.clock())


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
    """Beside the rows it depends on. What needs its entity alone is judged by that row's stream, without a table."""
    entity = judge_by_entity(command)
    if entity is not None:
        known = state_of((await uow.load(reference_stream("entity_master", entity))).events).row is not None
        if not known:
            raise InvalidInput(
                code="REFERENCE_ROW_INVALID",
                reason=f"hawk.reference: {command.table.name} {command.key}: there is no entity {entity}. "
                "Correct the row, or add the entity by UPDATE_CONFIGURATION.",
            )
        return
    names = tables_to_know(command)
    if names:
        judge_beside(command, await read_tables(uow.connection, names), today)


async def _first_of_its_id(uow: UnitOfWork, message: Message) -> None:
    """Remember the id a publisher gave, and refuse another message under an id that is taken.

    The same message again does not come here: the inbox knows it by id and content.
    """
    if message.id == message.place:
        return
    digest = hashlib.sha256(message.value).hexdigest()
    if uow.alone:
        query = "SELECT sha256 FROM executor.reference_ids WHERE message_id = $1"
        known = await uow.connection.fetchval(query, message.id)
        if known is not None and known != digest:
            raise InvalidInput(
                code="REFERENCE_ID_REUSED",
                reason=f"hawk.reference: {message.place} bears the id {message.id} of another message. "
                "Publish it under an id of its own.",
            )

    async def remember(connection: asyncpg.Connection) -> None:
        await _remember(connection, message.id, digest)

    uow.also(remember)


async def _remember(connection: asyncpg.Connection, message_id: str, digest: str) -> None:
    statement = "INSERT INTO executor.reference_ids (message_id, sha256) VALUES ($1, $2) ON CONFLICT DO NOTHING"
    if await connection.execute(statement, message_id, digest) == "INSERT 0 1":
        return
    query = "SELECT sha256 FROM executor.reference_ids WHERE message_id = $1"
    if await connection.fetchval(query, message_id) != digest:
        raise Defect(f"Id {message_id} was taken by another message of the same transaction. Handle them one by one.")


def _bounded(message: Message, bytes_max: int) -> None:
    if len(message.value) > bytes_max:
        raise InvalidInput(
            code="TOO_LARGE",
            reason=f"hawk.reference: {message.place} has {len(message.value)} bytes; at most {bytes_max} are taken. "
            "Publish one row a message, or smaller sets.",
        )


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
            reason=f"hawk.reference: {command.table.name} {command.key}: another row has the same "
            f"{', '.join(columns)}. Publish it under that row's key, or remove that row first.",
        )


def _argument(table: ReferenceTable, column: str, value: JsonValue) -> object:
    column_type = table.table.type_of(column)
    return encoded(table.name, column, column_type, typed(column_type, value))
