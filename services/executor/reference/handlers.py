"""hawk.reference: load the row's stream, decide, append. The topic is open to plain publishers."""

from services.executor.projections.statements import encoded
from services.executor.reference.commands import Command, SetRow
from services.executor.reference.decider import decide
from services.executor.reference.reading import command_of
from services.executor.reference.state import state_of
from services.executor.reference.tables import ReferenceTable
from services.executor.reference.values import JsonValue, typed
from shared.errors import InvalidInput
from shared.messaging.message import Message, message_data
from shared.messaging.subscription import Handler
from shared.messaging.unit_of_work import UnitOfWork

#: Bytes of one message value. The largest rows, journal rules, take a few kilobytes.
ROW_BYTES_MAX = 256 * 1024


async def on_reference_row(uow: UnitOfWork, message: Message) -> None:
    """Append what one row changes; a row that is already so appends nothing.

    Raises:
        InvalidInput: the message is no reference row; see `command_of` and `decide`, also MALFORMED_JSON,
            TOO_LARGE and REFERENCE_CONFLICT (another row holds the values that may stand once).
    """
    command = command_of(message_data(_bounded(message)))
    stream = await uow.load(command.stream)
    events = decide(state_of(stream.events), command)
    if events:
        await _without_conflict(uow, command)
        uow.append(stream.stream, stream.version, *events)


def _bounded(message: Message) -> Message:
    if len(message.value) > ROW_BYTES_MAX:
        raise InvalidInput(
            code="TOO_LARGE",
            reason=f"hawk.reference: {message.place} has {len(message.value)} bytes, a row has at most "
            f"{ROW_BYTES_MAX}. Publish one row a message.",
        )
    return message


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


HANDLERS: Handler = on_reference_row
