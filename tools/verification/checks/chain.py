"""Recomputes the hash chain over the rows of a history that are read anyway: nothing is read twice.

That is enough to find that all is well. If anything is not, the chain is read once more by itself, in the order of its
seals, and `verify_chain` says what it is.
"""

from collections.abc import Sequence
from typing import Any

import asyncpg

from shared.eventstore.chain import ChainReport, ChainVerifier, Head, verify_chain
from shared.eventstore.driver_errors import translated

READ_SEALS = "SELECT count(*) FROM es.seals"


class ChainFold:
    """Takes the rows of a history in feed order, which is the order of their seals too; those without one come last.

    Args:
        heads: copies of heads, in any order.
    """

    def __init__(self, heads: Sequence[Head] = ()) -> None:
        self._heads = heads
        self._verifier = ChainVerifier(heads)
        self._sealed = 0
        self._ended = False
        self._in_order = True

    def take(self, rows: Sequence[asyncpg.Record]) -> None:
        """Take the next rows, with the columns of `history.READ_HISTORY`."""
        for row in rows:
            if row["position"] is None:
                self._end()
                self._verifier.take_unsealed(row)
            elif self._ended:
                self._in_order = False
            else:
                self._sealed += 1
                self._verifier.take_seal(row)

    async def report(self, connection: asyncpg.Connection) -> ChainReport:
        """Return the result.

        Args:
            connection: inside the transaction, of REPEATABLE READ and read only, that the history was read in.
        Raises:
            Transient: the database is away.
        """
        self._end()
        report = self._verifier.report()
        with translated(connection):
            seals: Any = await connection.fetchval(READ_SEALS)
        if report.ok and self._in_order and seals == self._sealed:
            return report
        return await verify_chain(connection, self._heads)

    def _end(self) -> None:
        if not self._ended:
            self._ended = True
            self._verifier.end_of_chain()
