"""`hawk verify`: chain, projections, ledgers, capacity and the other invariants, re-derived from the events alone.

Reads only: the role of an outside auditor (`hawk_reader`) is enough. Everything but the scratch tables is read in one
snapshot, so services may go on working.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg

from services.executor.tables.catalogue import TABLES
from shared.events.catalogue import EVENTS
from shared.events.execution import ExecutionEvent
from shared.eventstore.chain import ChainReport
from shared.relay.anchors import Anchors
from tools.long_work import Report, Step, unreported
from tools.verification.checks.capacities import CapacityFold
from tools.verification.checks.chain import ChainFold
from tools.verification.checks.heads import HeadsReport, PublishedHeads, published_heads
from tools.verification.checks.history import Findings, moment_of, read_history, sealed_events
from tools.verification.checks.invariants import ANSWERS, PUBLISHED, GrantKeys, Held, hold
from tools.verification.checks.kept_answers import READ_KEPT, AnswerFold
from tools.verification.checks.ledgers import LedgerFold, Sides, ledger_document
from tools.verification.checks.murex_book import EVENTS_OF_DEALS, MurexFold
from tools.verification.checks.quiet import EVENTS_OF_WAITING, READ_TODO, READ_UNPUBLISHED, DeadlineFold, Waiting
from tools.verification.checks.spilled import Spilled
from tools.verification.checks.unfinished import Unfinished, UnfinishedFold
from tools.verification.checks.unpublished import unpublished_findings
from tools.verification.compare import Side, TableComparison, compare_table
from tools.verification.replay import Observer, Replay
from tools.verification.scratch import make_scratch
from tools.verification.session import session

LIVE_SCHEMA = "hawk"

Book = Iterable[Mapping[str, Any]]
"""Murex's book: the rows of `hawk murex book --json`."""

READ_JOURNAL_SUMS = """
SELECT ledger, sum(dr_amt) AS dr, sum(cr_amt) AS cr FROM public.gl_journal_lines GROUP BY ledger
"""
READ_PAIR_SUMS = "SELECT ledger, sum(amount_sgd) AS amount FROM public.gl_entries GROUP BY ledger"
READ_EXPOSURES = "SELECT stream, reserved, hedged FROM hawk.exposure_capacity"
READ_USD_LIMITS = "SELECT stream, reserved_usd AS reserved, hedged_usd AS hedged FROM hawk.usd_pb_usage"


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """The result of a verification.

    `invariants`: findings by the name of what is broken; those that hold are there with none. `murex` None: no book
    to compare with; `quiet` None: not asked for.
    """

    events: int
    chain: ChainReport
    heads: HeadsReport
    tables: tuple[TableComparison, ...]
    ledgers: Mapping[str, Sides]
    history: tuple[str, ...]
    ledger_findings: tuple[str, ...]
    capacity_findings: tuple[str, ...]
    invariants: Mapping[str, tuple[str, ...]]
    murex: tuple[str, ...] | None
    quiet: tuple[str, ...] | None
    unfinished: tuple[Unfinished, ...]
    at: datetime

    @property
    def ok(self) -> bool:
        """True if nothing differs; unfinished workflows do not count."""
        return not self.findings

    @property
    def findings(self) -> tuple[str, ...]:
        """Everything that is wrong, as sentences that name a position or a row."""
        rows = tuple(finding for table in self.tables for finding in table.findings)
        chain = (*self.heads.findings, *self.chain.findings)
        derived = (*chain, *self.history, *rows, *self.ledger_findings, *self.capacity_findings)
        broken = tuple(finding for findings in self.invariants.values() for finding in findings)
        return (*derived, *broken, *(self.murex or ()), *(self.quiet or ()))

    def document(self) -> dict[str, Any]:
        """Return the JSON document of `hawk verify --json`. A part that was not checked is `null`."""
        differing = any(table.differences for table in self.tables)
        return {
            "ok": self.ok,
            "events": self.events,
            "chain": {"ok": self.chain.ok, "head": self.chain.head, "length": self.chain.length},
            "projections": {
                "ok": not differing and not self.history,
                "tables": {
                    table.table: {"rows": table.rows, "differences": table.differences} for table in self.tables
                },
            },
            "ledgers": {
                "ok": not self.ledger_findings,
                **{ledger: ledger_document(sides) for ledger, sides in self.ledgers.items()},
            },
            "capacity": {"ok": not self.capacity_findings},
            "unfinished": [one.document(self.at) for one in self.unfinished],
            "unsealed": self.chain.unsealed,
            "heads": self.heads.document(),
            "invariants": {
                "ok": not any(self.invariants.values()),
                **{name: {"ok": not findings, "findings": len(findings)} for name, findings in self.invariants.items()},
            },
            "murex": None if self.murex is None else {"ok": not self.murex},
            "quiet": None if self.quiet is None else {"ok": not self.quiet},
            "findings": list(self.findings),
        }


async def verify(
    dsn: str,
    anchors: Anchors | None,
    *,
    grant_keys: GrantKeys = None,
    read_book: Callable[[], Book] | None = None,
    quiet: bool = False,
    report: Report = unreported,
) -> VerifyReport:
    """Verify a whole HAWK.

    Args:
        dsn: of a role that may read `es`, `hawk` and `public` and make temporary tables, such as hawk_reader.
        anchors: where the relay's heads are; None leaves them out, and then a recomputed chain passes.
        grant_keys: public keys of the approval service as PEM, current and earlier ones, from files of the verifier;
            None leaves the signatures of grants and makers unjudged.
        read_book: reads Murex's book, to lay it beside the executions; None leaves it out.
        quiet: nothing is under way, so that what is still waiting is wrong as well.
        report: gets how far it is.
    Raises:
        Transient: the database is away.
    """
    async with AsyncExitStack() as stack:
        scratch = await stack.enter_async_context(session(dsn))
        reader = await stack.enter_async_context(session(dsn))
        heads = await published_heads(reader, anchors)
        await make_scratch(scratch, LIVE_SCHEMA)
        before = None if read_book is None else await asyncio.to_thread(_kept, read_book)
        await stack.enter_async_context(reader.transaction(isolation="repeatable_read", readonly=True))
        return await _rederived(
            scratch,
            reader,
            heads,
            _Trail(grant_keys),
            books=None if read_book is None or before is None else (before, await asyncio.to_thread(_kept, read_book)),
            quiet=quiet,
            report=report,
        )


async def _rederived(
    scratch: asyncpg.Connection,
    reader: asyncpg.Connection,
    published: PublishedHeads,
    trail: "_Trail",
    *,
    books: "tuple[_KeptBook, _KeptBook] | None",
    quiet: bool,
    report: Report,
) -> VerifyReport:
    history, of_ledgers, of_capacity = Findings(), Findings(), Findings()
    ledgers, capacity, of_workflows = LedgerFold(of_ledgers), CapacityFold(of_capacity), UnfinishedFold()
    moment = await moment_of(reader)
    observers, expected = trail.joined(_observers(ledgers, capacity, of_workflows)), await sealed_events(reader)
    replay = Replay(scratch, history, observers, report=report, total=expected)
    fold = ChainFold(published.signed)
    await replay.whole(read_history(reader, history, fold))
    chain, heads = await fold.report(reader), await published.compared(reader)
    capacity.finish()
    ledgers.finish()
    tables = await _compared(scratch, reader, report)
    await _compare_ledgers(reader, ledgers, of_ledgers)
    await _compare_capacity(reader, capacity, of_capacity)
    unfinished = tuple(of_workflows.unfinished())
    return VerifyReport(
        events=replay.events,
        chain=chain,
        heads=heads,
        tables=tuple(tables),
        ledgers=ledgers.journal(),
        history=tuple(history.sentences),
        ledger_findings=tuple(of_ledgers.sentences),
        capacity_findings=tuple(of_capacity.sentences),
        invariants=await trail.invariants(reader),
        murex=None if books is None else trail.beside(books),
        quiet=trail.deadlines.findings(await _waiting(reader, chain), unfinished, moment.at) if quiet else None,
        unfinished=unfinished,
        at=moment.at,
    )


async def _compared(scratch: asyncpg.Connection, reader: asyncpg.Connection, report: Report) -> list[TableComparison]:
    tables: list[TableComparison] = []
    async with scratch.transaction(readonly=True):
        derived, live = Side(scratch, "pg_temp"), Side(reader, LIVE_SCHEMA)
        for table in TABLES.values():
            report(Step("Comparing tables", len(tables), len(TABLES), "tables"))
            tables.append(await compare_table(table, derived, live))
    return tables


class _Trail:
    """The invariants during the replay of the events, and the comparisons with other stores."""

    def __init__(self, grant_keys: GrantKeys) -> None:
        self._held: Sequence[Held] = hold(grant_keys)
        self._of_answers = Findings()
        self._answers = AnswerFold(self._of_answers)
        self._murex = MurexFold()
        self.deadlines = DeadlineFold()

    def joined(self, observers: Mapping[str, Sequence[Observer]]) -> dict[str, Sequence[Observer]]:
        """Return these observers and those of the trail."""
        joined = defaultdict(list, {name: list(functions) for name, functions in observers.items()})
        for held in self._held:
            for name in held.invariant.events:
                joined[name].append(held.fold.take)
        for name in EVENTS_OF_DEALS:
            joined[name].append(self._murex.take)
        for name in ("ResponseReceived", "ResponseContradicted"):
            joined[name].append(self._answers.take)
        for name in EVENTS_OF_WAITING:
            joined[name].append(self.deadlines.take)
        return dict(joined)

    async def invariants(self, reader: asyncpg.Connection) -> dict[str, tuple[str, ...]]:
        """Return the findings of each invariant after the last event."""
        for held in self._held:
            held.fold.finish()
        self._answers.compare([dict(row) for row in await reader.fetch(READ_KEPT)])
        found = {held.invariant.name: tuple(held.findings.sentences) for held in self._held}
        return {
            **found,
            ANSWERS: tuple(self._of_answers.sentences),
            PUBLISHED: await unpublished_findings(reader),
        }

    def beside(self, books: "tuple[_KeptBook, _KeptBook]") -> tuple[str, ...]:
        """Return the differences from the book that exist both before and after the snapshot: messages between Murex
        and HAWK in that time are on their way, and do not count."""
        before, after = (set(self._murex.against(row for _, row in book.each())) for book in books)
        return tuple(sorted(before & after))


_KeptBook = Spilled[Mapping[str, Any]]


def _kept(read_book: Callable[[], Book]) -> _KeptBook:
    """Return the rows of the book as they are now."""
    kept = _KeptBook()
    for number, row in enumerate(read_book()):
        kept[str(number)] = row
    return kept


async def _waiting(reader: asyncpg.Connection, chain: ChainReport) -> Waiting:
    unpublished = await reader.fetchval(READ_UNPUBLISHED)
    return Waiting(chain.unsealed, max(0, int(unpublished)), [dict(row) for row in await reader.fetch(READ_TODO)])


def _observers(
    ledgers: LedgerFold, capacity: CapacityFold, of_workflows: UnfinishedFold
) -> dict[str, Sequence[Observer]]:
    """Return the observers with the events that they take. Folds of executions see turns, not each operation."""
    observers: dict[str, list[Observer]] = defaultdict(list)
    reversing = ("EntryMirrored", "ReversalPosted", "ExecutionReversed", "JournalReversed")
    for name in ("JournalPosted", "GlEntryPrepared", "GlDetailPrepared", "WorkflowCompensated", *reversing):
        observers[name].append(ledgers.take)
    for name in ("ProposalMade", "ConfigurationProposed", "OverrideProposed", "ReversalRequested", "ProgressReported"):
        observers[name].append(of_workflows.take)
    turns = ("ExecutionPrepared", "ExecutionCompleted", "JournalPosted", "CompensationStarted", "WorkflowCompensated")
    reversal = ("ReversalPrepared", "ReversalCompleted", "ReversalPosted", "ReversalStarted", "ExecutionReversed")
    for name in (*turns, *reversal, "InterventionRequired", "InterventionSettled", "AllocationCommitted"):
        observers[name].append(capacity.take)
    observers["ReferenceRowSet"].append(capacity.take)
    for name in EVENTS:
        if name.startswith(("Capacity", "UsdLimit")) and not issubclass(EVENTS[name], ExecutionEvent):
            observers[name].append(capacity.take)
    return {name: tuple(functions) for name, functions in observers.items()}


async def _compare_ledgers(reader: asyncpg.Connection, fold: LedgerFold, findings: Findings) -> None:
    """Report where the sums over schema public are not those of the posted events."""
    stored = {row["ledger"]: (row["dr"], row["cr"]) for row in await reader.fetch(READ_JOURNAL_SUMS)}
    for ledger, sides in fold.journal().items():
        dr, cr = stored.get(ledger, (0, 0))
        if sides.dr != sides.cr:
            findings.add(f"Ledger {ledger}: debits {sides.dr} and credits {sides.cr} differ.")
        if (sides.dr, sides.cr) != (dr, cr):
            findings.add(
                f"Ledger {ledger}: the events post debit {sides.dr} and credit {sides.cr}, "
                f"gl_journal_lines sums up to {dr} and {cr}."
            )
    pairs = {row["ledger"]: row["amount"] for row in await reader.fetch(READ_PAIR_SUMS)}
    for ledger, amount in fold.pairs().items():
        if amount != pairs.get(ledger, 0):
            findings.add(f"Ledger {ledger}: the events prepare {amount}, gl_entries sums up to {pairs.get(ledger, 0)}.")


async def _compare_capacity(reader: asyncpg.Connection, fold: CapacityFold, findings: Findings) -> None:
    """Report where the totals for the next reservation are not those of the events."""
    for statement, uses in ((READ_EXPOSURES, fold.exposures), (READ_USD_LIMITS, fold.usd_limits)):
        stored = {row["stream"]: (row["reserved"], row["hedged"]) for row in await reader.fetch(statement)}
        for stream in sorted(uses.keys() | stored.keys()):
            use = uses.get(stream)
            folded = (use.reserved, use.hedged) if use is not None else (0, 0)
            kept = stored.get(stream, (0, 0))
            if folded != kept:
                findings.add(
                    f"Capacity of {stream}: the events give reserved {folded[0]} and hedged {folded[1]}, "
                    f"the table has {kept[0]} and {kept[1]}."
                )
            if use is not None and (use.reserved < 0 or use.hedged < -fold.opened_before(stream)):
                findings.add(f"Capacity of {stream}: {use.reserved} reserved, {use.hedged} hedged: below zero.")
