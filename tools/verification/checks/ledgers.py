"""Checks that every journal balances, and sums up the ledgers: from the posted events alone. Pure."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from shared.events.base import Event
from shared.events.booking import GlDetailPrepared, GlEntryPrepared, JournalPosted
from shared.events.reversals import EntryMirrored, ExecutionReversed, JournalReversed, ReversalPosted
from shared.events.undoing import WorkflowCompensated
from shared.hedging.gl_entries import Ledger
from shared.hedging.journal import SGD
from shared.money.amounts import ZERO, text_of
from tools.verification.checks.history import Findings, PastEvent
from tools.verification.checks.spilled import Spilled

#: Sides of a line of gl_entries_detail; a journal line has its side by the column that is not zero.
_ENTRIES, _LINES = "gl_entries", "gl_journal_lines"
DEBIT_SIDES = frozenset({"DR", "DEBIT"})


@dataclass(slots=True)
class Sides:
    """Debit and credit in SGD."""

    dr: Decimal = ZERO
    cr: Decimal = ZERO

    def plus(self, dr: Decimal, cr: Decimal) -> None:
        """Add to both sides in place."""
        self.dr += dr
        self.cr += cr


class LedgerFold:
    """Folds events into the totals of both ledgers. What was compensated or reversed is not effective."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._journal = Spilled[dict[str, Sides]]()
        """Workflow -> ledger -> sums of its journal lines."""
        self._pairs = Spilled[dict[str, Decimal]]()
        """Workflow -> ledger -> sum of its gl_entries."""
        self._accounts = Spilled[dict[tuple[str, str, str], Decimal]]()
        """Workflow -> table, ledger and account -> debit less credit, counterparts included."""
        self._reversals: list[tuple[str, str, str]] = []
        """Table, workflow and the one that reversed it."""

    def take(self, past: PastEvent, event: Event) -> None:
        """Add entries and postings to the sums; drop the sums of a workflow that is undone."""
        match event:
            case JournalPosted():
                self._posted(past, event)
            case GlEntryPrepared(entry=entry):
                sums = self._pairs.setdefault(event.workflow_id, defaultdict(Decimal))
                sums[entry.ledger.value] += entry.amount_sgd
                self._pair(event)
                if entry.amount_sgd < ZERO or not entry.debit_account or not entry.credit_account:
                    self._findings.add(f"{past.place}: entry {entry.gl_entry_id} is not a pair of two accounts.")
            case GlDetailPrepared():
                self._detailed(past, event)
            case EntryMirrored():
                self._pair(event)
            case ReversalPosted():
                self._lines(past, event)
            case ExecutionReversed():
                self._pairs.pop(event.workflow_id, None)
                self._reversals.append((_ENTRIES, event.workflow_id, event.reversal))
            case JournalReversed():
                self._journal.pop(event.workflow_id, None)
                self._reversals.append((_LINES, event.workflow_id, event.reversal))
            case WorkflowCompensated():
                self._journal.pop(event.workflow_id, None)
                self._pairs.pop(event.workflow_id, None)
            case _:
                return

    def finish(self) -> None:
        """Report a workflow whose journal and reversal do not add up to zero on every account."""
        for table, original, reversal in self._reversals:
            left: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
            for workflow in (original, reversal):
                for (of_table, ledger, account), amount in self._accounts.get(workflow, {}).items():
                    if of_table == table:
                        left[ledger, account] += amount
            for (ledger, account), amount in sorted(left.items()):
                if amount:
                    self._findings.add(
                        f"Workflow {original} is reversed by {reversal}, but {amount} is left on account {account} "
                        f"of ledger {ledger} in {table}."
                    )

    def _pair(self, event: GlEntryPrepared | EntryMirrored) -> None:
        entry = event.entry
        sums = self._accounts.setdefault(event.workflow_id, defaultdict(Decimal))
        sums[_ENTRIES, entry.ledger.value, entry.debit_account] += entry.amount_sgd
        sums[_ENTRIES, entry.ledger.value, entry.credit_account] -= entry.amount_sgd

    def _lines(self, past: PastEvent, event: JournalPosted | ReversalPosted) -> None:
        """Check that each journal balances in each ledger, and keep its amount on each account."""
        journals: dict[tuple[str, str], Sides] = defaultdict(Sides)
        sums = self._accounts.setdefault(event.workflow_id, defaultdict(Decimal))
        for posting in event.postings:
            for line in posting.lines:
                journals[line.journal_id, line.ledger.value].plus(line.dr_amt, line.cr_amt)
                sums[_LINES, line.ledger.value, line.account_code] += line.dr_amt - line.cr_amt
        self._balanced(past, journals)

    def journal(self) -> Mapping[str, Sides]:
        """Return the sums of the effective journal lines of both ledgers."""
        totals = {ledger.value: Sides() for ledger in Ledger}
        for _, of_workflow in self._journal.each():
            for ledger, sides in of_workflow.items():
                totals[ledger].plus(sides.dr, sides.cr)
        return totals

    def pairs(self) -> Mapping[str, Decimal]:
        """Return the sums of the effective gl_entries by ledger."""
        totals = {ledger.value: ZERO for ledger in Ledger}
        for _, of_workflow in self._pairs.each():
            for ledger, amount in of_workflow.items():
                totals[ledger] += amount
        return totals

    def _posted(self, past: PastEvent, event: JournalPosted) -> None:
        if event.workflow_id in self._journal:
            self._findings.add(f"{past.place}: the journal of workflow {event.workflow_id} is posted again.")
        of_workflow = self._journal.setdefault(event.workflow_id, {})
        for posting in event.postings:
            for line in posting.lines:
                ledger = line.ledger.value
                of_workflow.setdefault(ledger, Sides()).plus(line.dr_amt, line.cr_amt)
        self._lines(past, event)

    def _detailed(self, past: PastEvent, event: GlDetailPrepared) -> None:
        entries: dict[tuple[str, str], Sides] = defaultdict(Sides)
        for detail in event.details:
            debit = detail.side in DEBIT_SIDES
            entries[detail.gl_entry_id, detail.ledger.value].plus(
                detail.amount if debit else ZERO, ZERO if debit else detail.amount
            )
        self._balanced(past, entries)

    def _balanced(self, past: PastEvent, sums: Mapping[tuple[str, str], Sides]) -> None:
        for (name, ledger), sides in sums.items():
            if sides.dr != sides.cr:
                self._findings.add(
                    f"{past.place}: {name} of ledger {ledger} is out of balance: debit {sides.dr}, credit {sides.cr}."
                )


def ledger_document(sides: Sides) -> dict[str, str]:
    """Return `{"dr", "cr"}` for `hawk verify --json`."""
    return {"dr": text_of(sides.dr, SGD), "cr": text_of(sides.cr, SGD)}
