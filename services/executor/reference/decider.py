"""Decides what a reference message changes. Pure."""

from services.executor.reference.commands import Command, RemoveRow, SetRow
from services.executor.reference.state import RowState
from shared.errors import InvalidInput
from shared.events.reference import ReferenceRowRemoved, ReferenceRowSet


def decide(
    state: RowState, command: Command, *, confirmed: bool = False
) -> tuple[ReferenceRowSet | ReferenceRowRemoved, ...]:
    """Return the event of a command; none if the row is so already (a repeat, or a removal of nothing).

    Args:
        confirmed: people said that it is so after it had been held.

    Raises:
        InvalidInput: REFERENCE_OUTDATED, a rate from before the one in force.
    """
    if isinstance(command, RemoveRow):
        return () if state.row is None else (ReferenceRowRemoved(table=command.table.name, key=command.key),)
    if state.row == command.row:
        return ()
    _not_outdated(state, command)
    return (ReferenceRowSet(table=command.table.name, key=command.key, row=dict(command.row), confirmed=confirmed),)


def _not_outdated(state: RowState, command: SetRow) -> None:
    column = command.table.newest_by
    if column is None or state.row is None:
        return
    # Dates of one form compare as text.
    before, after = str(state.row[column]), str(command.row[column])
    if after < before:
        raise InvalidInput(
            code="REFERENCE_OUTDATED",
            reason=f"hawk.reference: {command.table.name} {command.key} holds the row of {before}; "
            f"the one of {after} does not replace it. To go back, remove the row first.",
        )
