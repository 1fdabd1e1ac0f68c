"""Journals balance, ledgers sum up, and what was undone counts no more."""

import copy
from dataclasses import replace
from decimal import Decimal
from typing import Any

from shared.events.catalogue import decode
from shared.events.undoing import WorkflowCompensated
from shared.eventstore.port import RecordedEvent
from tests.support.history import golden_events
from tools.verification.checks.history import Findings, PastEvent
from tools.verification.checks.ledgers import LedgerFold, ledger_document

SEEN = {"JournalPosted", "GlEntryPrepared", "GlDetailPrepared"}


def history() -> list[RecordedEvent]:
    return [event for event in golden_events("a_coi.json") if event.type in SEEN]


def folded(events: list[RecordedEvent]) -> tuple[LedgerFold, list[str]]:
    findings = Findings()
    fold = LedgerFold(findings)
    for position, event in enumerate(events, start=1):
        fold.take(PastEvent(position, event), decode(event))
    return fold, findings.sentences


def posted_with(**line: Any) -> list[RecordedEvent]:
    """The history with the first journal line changed."""
    events = history()
    place = next(number for number, event in enumerate(events) if event.type == "JournalPosted")
    data: Any = copy.deepcopy(dict(events[place].data))
    data["postings"][0]["lines"][0].update(line)
    events[place] = replace(events[place], data=data)
    return events


def test_a_recorded_workflow_balances_in_both_ledgers() -> None:
    fold, findings = folded(history())
    assert findings == []
    for ledger in ("IFRS", "LOCAL"):
        assert ledger_document(fold.journal()[ledger]) == {"dr": "375000.00", "cr": "375000.00"}
    assert fold.pairs()["IFRS"] > Decimal(375_000)


def test_both_ledgers_are_there_when_nothing_was_posted() -> None:
    fold, _ = folded([])
    assert {name: ledger_document(sides) for name, sides in fold.journal().items()} == {
        "IFRS": {"dr": "0.00", "cr": "0.00"},
        "LOCAL": {"dr": "0.00", "cr": "0.00"},
    }


def test_a_journal_out_of_balance_is_found_at_its_position() -> None:
    _, findings = folded(posted_with(dr_amt="374999.99"))
    (finding,) = findings
    assert finding.startswith("Position ")
    assert "of ledger IFRS is out of balance: debit 374999.99, credit 375000.00" in finding


def test_a_line_in_the_other_ledger_is_out_of_balance_in_both() -> None:
    _, findings = folded(posted_with(ledger="LOCAL"))
    assert len(findings) == 2


def test_a_journal_posted_twice_is_found() -> None:
    events = history()
    _, findings = folded([*events, next(event for event in events if event.type == "JournalPosted")])
    assert any("is posted again" in finding for finding in findings)


def test_an_undone_workflow_counts_no_more() -> None:
    fold, _ = folded(history())
    last = history()[-1]
    undone = WorkflowCompensated(
        workflow_id=str(last.data["workflow_id"]), code="X", reason="", compensated_at=last.recorded_at
    )
    fold.take(PastEvent(None, last), undone)
    assert fold.journal()["IFRS"].dr == fold.pairs()["IFRS"] == 0
