"""Folds the history into the scratch tables with the projections and the writer that keep the live ones."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import asyncpg

from services.executor.handlers import table_writer
from services.executor.projections.folding import changes_of
from services.executor.tables.changes import Change
from services.executor.tables.rounds import in_rounds
from shared.errors import HawkError
from shared.events.base import Event
from shared.events.catalogue import decode
from tools.collecting import collecting_by_hand
from tools.long_work import Report, Step, unreported
from tools.verification.checks.history import Findings, PastEvent
from tools.verification.scratch import freshen_statistics

#: What else looks at the history while it is replayed.
Observer = Callable[[PastEvent, Event], None]

#: Replayed events after which the statistics of the scratch tables are refreshed.
ANALYSE_EVERY: Final = 100_000


@dataclass(frozen=True, slots=True)
class _Read:
    """An event with the row changes it asks for."""

    past: PastEvent
    changes: tuple[Change, ...]


class Replay:
    """A replay that takes batches in feed order. An event that cannot be folded becomes a finding that names its place.

    Args:
        scratch: the session of `make_scratch`, outside a transaction or (for the catching up) inside one.
        observers: event name -> who gets the events of that name, decoded.
        report: gets how far the replay is, after each batch.
        total: events to be expected; those that the relay has not sealed come on top.
    """

    def __init__(
        self,
        scratch: asyncpg.Connection,
        findings: Findings,
        observers: dict[str, Sequence[Observer]] | None = None,
        *,
        report: Report = unreported,
        total: int = 0,
    ) -> None:
        self._scratch = scratch
        self._findings = findings
        self._observers = observers or {}
        self._report = report
        self._total = total
        self._analysed_at = 0
        self._touched: set[str] = set()
        self.events = 0

    async def whole(self, history: AsyncIterator[Sequence[PastEvent]]) -> None:
        """Fold a whole history.

        Raises:
            asyncpg.PostgresError: as `take`.
        """
        with collecting_by_hand() as collect:
            async for batch in history:
                await self.take(batch)
                if self._analysed_at == self.events:
                    collect()

    async def take(self, batch: Sequence[PastEvent]) -> None:
        """Fold one batch.

        Raises:
            asyncpg.PostgresError: the database is away, or something that is not the events' fault.
        """
        reads = [read for past in batch if (read := self._read(past)) is not None]
        try:
            changes = in_rounds([(read.past.event.stream, change) for read in reads for change in read.changes])
            async with self._scratch.transaction():
                await table_writer.apply(self._scratch, changes)
        except HawkError:
            await self._one_by_one(reads)
        self._touched |= {change.table for read in reads for change in read.changes}
        self.events += len(batch)
        self._report(Step("Replaying events", self.events, max(self._total, self.events), "events"))
        if self.events - self._analysed_at >= ANALYSE_EVERY or not self._analysed_at:
            await freshen_statistics(self._scratch, sorted(self._touched))
            self._analysed_at = self.events

    def _read(self, past: PastEvent) -> _Read | None:
        try:
            observers, recorded = self._observers.get(past.event.type, ()), past.event
            if observers:
                event = decode(recorded)
                recorded = replace(recorded, source=event)  # so that it is not decoded again for its changes
                for observe in observers:
                    observe(past, event)
            return _Read(past, tuple(changes_of(recorded)))
        except (HawkError, ValueError, ArithmeticError, LookupError) as error:
            self._findings.add(f"{past.place}: {past.event.type} cannot be folded: {error}")
            return None

    async def _one_by_one(self, reads: Sequence[_Read]) -> None:
        """Fold the events of a batch one by one, to find the one that does not fit."""
        for read in reads:
            try:
                async with self._scratch.transaction():
                    await table_writer.apply(self._scratch, read.changes)
            except HawkError as error:
                self._findings.add(f"{read.past.place}: {read.past.event.type} does not fit what came before: {error}")
