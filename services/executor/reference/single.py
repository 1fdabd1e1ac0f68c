"""A single row of a feed, judged before it replaces the one in force: alone, and beside the rows it depends on. Pure.

A row that makes nothing worse is accepted: a feed must be able to continue while something else is wrong.
"""

from collections.abc import Iterable
from datetime import date
from typing import Final

from services.executor.reference.commands import Command, SetRow
from services.executor.reference.reading import key_of
from services.executor.reference.tables import REFERENCE
from shared.errors import InvalidInput
from shared.hedging.checks.reference import find_new_problems, find_row_problems, tables_beside
from shared.hedging.checks.rows import Finding, Rows

#: Feeds whose rows depend on their entity and on nothing else.
_OF_AN_ENTITY: Final = frozenset({"position_nav_master", "car_master", "opening_hedges"})
#: A rate depends on nothing: one that is withdrawn must go at once, and plans that need it are refused as RATE_MISSING.
_BY_ITSELF: Final = frozenset({"currency_rates"})


def judge_alone(command: Command, today: date) -> None:
    """Judge the row by itself.

    Raises:
        InvalidInput: REFERENCE_ROW_INVALID, naming every finding.
    """
    if isinstance(command, SetRow):
        _refuse(command, find_row_problems(command.table.name, command.row, today))


def judge_by_entity(command: Command) -> str | None:
    """Return the entity that has to be known; None for rows that depend on more than an entity, or on nothing."""
    if isinstance(command, SetRow) and command.table.name in _OF_AN_ENTITY:
        return str(command.row["entity_id"])
    return None


def tables_to_know(command: Command) -> frozenset[str]:
    """Return the tables that `judge_beside` needs; none for a row that depends on no other."""
    name = command.table.name
    return frozenset() if name in _BY_ITSELF | _OF_AN_ENTITY else tables_beside({name})


def judge_beside(command: Command, tables: Rows, today: date) -> None:
    """Judge the row among those in force.

    Raises:
        InvalidInput: REFERENCE_ROW_INVALID, naming everything that it would make worse.
    """
    name = command.table.name
    rest = [row for row in tables[name] if key_of(REFERENCE[name], row) != command.key]
    after = {**tables, name: [*rest, command.row] if isinstance(command, SetRow) else rest}
    _refuse(command, find_new_problems(tables, after, {name}, today))


def _refuse(command: Command, findings: Iterable[Finding]) -> None:
    listed = [str(finding) for finding in findings]
    if listed:
        raise InvalidInput(
            code="REFERENCE_ROW_INVALID",
            reason=f"hawk.reference: {command.table.name} {command.key} does not replace what is in force. "
            + " ".join(listed),
        )
