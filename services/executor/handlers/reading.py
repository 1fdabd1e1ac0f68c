"""Where the facts of an order are read from: the tables, and over them what this transaction has collected already."""

from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol, TypeVar

import asyncpg

from shared.events.capacity import CapacityHedged, UsdLimitHedged
from shared.hedging.order import InstructionType
from shared.messaging.earlier import Earlier
from shared.messaging.unit_of_work import UnitOfWork

T = TypeVar("T")

#: Orders that open hedges and close none: what they read of the tables, a few types of events tell the rest of.
OPENING: Final = frozenset({InstructionType.U, InstructionType.I})


class Reading(Protocol):
    """Asks the tables, and knows which events they do not show yet."""

    @property
    def earlier(self) -> Earlier:
        """The events of earlier messages of the transaction."""

    async def ask(self, query: str, *arguments: object) -> Sequence[asyncpg.Record]:
        """Return the rows of a query."""

    def derive(self, what: str, rows: Sequence[Any], make: Callable[[], T]) -> T:
        """Return what is made of rows that `ask` gave; made once, where they are asked for again."""


class TablesAlone:
    """Reads the tables where nothing is collected that they lack."""

    earlier: Final = Earlier()

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    async def ask(self, query: str, *arguments: object) -> Sequence[asyncpg.Record]:
        """See `Reading.ask`."""
        return await self._connection.fetch(query, *arguments)

    def derive(self, what: str, rows: Sequence[Any], make: Callable[[], T]) -> T:
        """See `Reading.derive`."""
        del what, rows
        return make()


def reading_for(uow: UnitOfWork, instruction_type: InstructionType) -> Reading:
    """Return where an order's facts are read from.

    One that closes hedges is planned from the tables alone: two orders of one transaction that close the same hedge
    would both find it open. So is one behind an event that makes a reservation a hedge, which changes sums over days.
    """
    if instruction_type not in OPENING or any(uow.earlier.of(CapacityHedged)) or any(uow.earlier.of(UsdLimitHedged)):
        return TablesAlone(uow.connection)
    return uow
