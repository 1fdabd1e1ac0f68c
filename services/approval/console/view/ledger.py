"""The ledger: balanced pairs by purpose, and the journal with its totals, debit against credit. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import singledispatch
from typing import Any, Final

from services.approval.console.view.money import BASE_CURRENCY, amount_text
from services.approval.console.view.subject import Document
from shared.hedging.changes.reversing import ReversalPlan
from shared.hedging.gl_entries import GlEntry, GlPurpose, Ledger
from shared.hedging.journal import JournalLine
from shared.hedging.plan import HedgePlan
from shared.money.amounts import ZERO

PURPOSES: Final = {
    GlPurpose.INCEPTION: "Hedge inception",
    GlPurpose.SWAP_POINTS: "Swap points to reserve",
    GlPurpose.INCEPTION_FX_DIFFERENCE: "Inception FX difference",
    GlPurpose.TRANSLATION_RECLASS: "Translation reclass",
}


@dataclass(frozen=True, slots=True)
class _Booked:
    """What one event books."""

    event_id: str
    entity_id: str
    entries: tuple[GlEntry, ...]
    journal: tuple[JournalLine, ...]


@singledispatch
def _booked(_: Any) -> tuple[_Booked, ...]:
    return ()


@_booked.register
def _of_hedge(plan: HedgePlan) -> tuple[_Booked, ...]:
    return tuple(
        _Booked(child.event.event_id, child.entity_id, child.gl_entries, child.journal) for child in plan.children
    )


@_booked.register
def _of_reversal(plan: ReversalPlan) -> tuple[_Booked, ...]:
    lines = {each.event_id: each.lines for each in plan.journal}
    return tuple(
        _Booked(each.event_id, each.entity_id, each.entries, lines.get(each.event_id, ())) for each in plan.entries
    )


def ledger(plan: Any) -> Document | None:
    """Return entries by purpose and accounts, totals, and every line; None for a kind that books nothing."""
    booked = _booked(plan)
    if not booked:
        return None
    entries = [entry for each in booked for entry in each.entries]
    journal = [line for each in booked for line in each.journal]
    return {
        "currency": BASE_CURRENCY,
        "entries": len(entries),
        "entities": len({each.entity_id for each in booked}),
        "rows": _rows(entries),
        "entries_total": {kind.value: _text(_sum(entries, kind)) for kind in Ledger},
        "totals": {kind.value: _totals(journal, kind) for kind in Ledger},
        "journal_lines": len(journal),
        "lines": [_line(each, line) for each in booked for line in each.journal],
        "pairs": [_pair(each, entry) for each in booked for entry in each.entries],
    }


def _rows(entries: Iterable[GlEntry]) -> list[Document]:
    """Return a row for each purpose and pair of accounts, summed over the entities, with both ledgers beside."""
    sums: dict[tuple[GlPurpose, str, str, bool], dict[Ledger, Decimal]] = {}
    for entry in entries:
        place = entry.purpose, entry.debit_account, entry.credit_account, entry.swapped
        both = sums.setdefault(place, dict.fromkeys(Ledger, ZERO))
        both[entry.ledger] += entry.amount_sgd
    return [
        {
            "purpose": purpose.value,
            "text": PURPOSES[purpose] + (", turned" if swapped else ""),
            "debit": debit,
            "credit": credit,
            **{kind.value: _text(amount) for kind, amount in both.items()},
        }
        for (purpose, debit, credit, swapped), both in sorted(sums.items(), key=lambda item: item[0][0].value)
    ]


def _sum(entries: Sequence[GlEntry], kind: Ledger) -> Decimal:
    return sum((entry.amount_sgd for entry in entries if entry.ledger is kind), ZERO)


def _totals(journal: Sequence[JournalLine], kind: Ledger) -> Document:
    own = [line for line in journal if line.ledger is kind]
    debit, credit = sum((line.dr_amt for line in own), ZERO), sum((line.cr_amt for line in own), ZERO)
    return {"dr": _text(debit), "cr": _text(credit), "balanced": debit == credit, "lines": len(own)}


def _line(of: _Booked, line: JournalLine) -> Document:
    return {
        "event_id": of.event_id,
        "entity": of.entity_id,
        "journal_id": line.journal_id,
        "line": line.line_no,
        "ledger": line.ledger.value,
        "account": line.account_code,
        "dr": _text(line.dr_amt),
        "cr": _text(line.cr_amt),
        "key": line.amount_key,
        "profit_center": line.profit_center,
        "accounting_date": line.accounting_date.isoformat(),
        "period": line.period_id,
        "narrative": line.narrative,
    }


def _pair(of: _Booked, entry: GlEntry) -> Document:
    return {
        "event_id": of.event_id,
        "entity": of.entity_id,
        "gl_entry_id": entry.gl_entry_id,
        "purpose": entry.purpose.value,
        "text": PURPOSES[entry.purpose],
        "ledger": entry.ledger.value,
        "debit": entry.debit_account,
        "credit": entry.credit_account,
        "amount": _text(entry.amount_sgd),
        "turned": entry.swapped,
        "narrative": entry.narrative,
    }


def _text(amount: Decimal) -> str:
    return amount_text(amount, BASE_CURRENCY)
