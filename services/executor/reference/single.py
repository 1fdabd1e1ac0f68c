"""A single row of a feed, judged before it replaces the one in force: alone, and beside what it depends on. Pure.

What makes nothing worse is taken: a feed has to be able to go on while something else is wrong.
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
#: A rate stands for itself: one that is withdrawn must go at once, and who needs it is refused as RATE_MISSING.
_BY_ITSELF: Final = frozenset({"currency_rates"})


def judge_alone(command: Command, today: date) -> None:
    """The row by itself.

    Raises:
        InvalidInput: REFERENCE_ROW_INVALID, naming every finding.
    """
    if isinstance(command, SetRow):
        _refuse(command, find_row_problems(command.table.name, command.row, today))


def judge_by_entity(command: Command) -> str | None:
    """The entity that has to be known, and is all that has to be; None for rows of which more or nothing is asked."""
    if isinstance(command, SetRow) and command.table.name in _OF_AN_ENTITY:
        return str(command.row["entity_id"])
    return None


def tables_to_know(command: Command) -> frozenset[str]:
    """The tables that `judge_beside` looks at; none for a row that stands for itself."""
    name = command.table.name
    return frozenset() if name in _BY_ITSELF | _OF_AN_ENTITY else tables_beside({name})


def judge_beside(command: Command, tables: Rows, today: date) -> None:
    """The row in its place among those in force.

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
