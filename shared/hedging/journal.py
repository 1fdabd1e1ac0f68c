"""The final journal (stage 3): the one rule that fits, its lines, and whether they balance (domain facts 7).

The rules are reference data. The most specific rule wins, then the lowest priority number; two that still
tie are an error, never decided by id (domain facts 7.2).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final

from shared.hedging.gl_entries import Ledger
from shared.hedging.typed_rows import (
    GlPeriod,
    GlRule,
)
from shared.money.amounts import ZERO, quantize, text_of

SGD: Final = "SGD"
DEBIT: Final = "DR"


class PostingCode(StrEnum):
    """Reasons why a journal cannot be drawn or posted (domain facts 7.7)."""

    NO_RULE_MATCH = "NO_RULE_MATCH"
    CFG_NOT_ACTIVE = "CFG_NOT_ACTIVE"
    MISSING_AMOUNT_KEY = "MISSING_AMOUNT_KEY"
    ACCOUNT_NOT_FOUND = "ACCOUNT_NOT_FOUND"
    PERIOD_CLOSED = "PERIOD_CLOSED"
    JOURNAL_IMBALANCE = "JOURNAL_IMBALANCE"


class JournalRefused(Exception):
    """The journal cannot be drawn; the sentence says what to correct."""

    def __init__(self, code: PostingCode, message: str) -> None:
        self.code = code
        self.message = message
        super().__init__(f"{code}: {message}")


@dataclass(frozen=True, slots=True)
class JournalLine:
    """One line of gl_journal_lines. Exactly one of `dr_amt` and `cr_amt` is above zero, in `base_ccy`."""

    journal_id: str
    line_no: int
    ledger: Ledger
    account_code: str
    dr_amt: Decimal
    cr_amt: Decimal
    base_ccy: str
    txn_ccy: str
    fx_rate: Decimal
    rule_id: str
    amount_key: str
    profit_center: str
    narrative: str
    accounting_date: date
    period_id: str


def select_rule(rules: Sequence[GlRule], context: Mapping[str, str]) -> GlRule:
    """Select the one rule whose scope the context satisfies; keys a scope lacks match anything.

    Raises:
        JournalRefused: NO_RULE_MATCH when none fits or the best two tie.
    """
    matching = [rule for rule in rules if all(context.get(key) == value for key, value in rule.scope)]
    if not matching:
        seen = ", ".join(f"{key}={value}" for key, value in sorted(context.items()))
        raise JournalRefused(PostingCode.NO_RULE_MATCH, f"No rule of gl_rules fits {seen}. Add one.")
    matching.sort(key=lambda rule: (-len(rule.scope), rule.priority, rule.rule_id))
    best = matching[0]
    tied = [each for each in matching if (len(each.scope), each.priority) == (len(best.scope), best.priority)]
    if len(tied) > 1:
        names = ", ".join(rule.rule_id for rule in tied)
        raise JournalRefused(PostingCode.NO_RULE_MATCH, f"Rules {names} of gl_rules tie. Give them unlike priorities.")
    return best


def first_pair(rule: GlRule) -> tuple[str, str]:
    """Debit and credit account of the first amount of the rule's IFRS lines.

    Raises:
        JournalRefused: CFG_NOT_ACTIVE when the rule has no such pair.
    """
    lines = [line for line in rule.lines if line.ledger is Ledger.IFRS]
    if lines:
        pair = {line.side: line.account for line in lines if line.amount_key == lines[0].amount_key}
        if {"DR", "CR"} <= pair.keys():
            return pair["DR"], pair["CR"]
    raise JournalRefused(PostingCode.CFG_NOT_ACTIVE, f"Rule {rule.rule_id}: no IFRS pair of DR and CR. Complete it.")


def period_of(periods: Sequence[GlPeriod], day: date) -> GlPeriod:
    """Return the accounting period of a day, open or not.

    Raises:
        JournalRefused: PERIOD_CLOSED when gl_periods has none for the day (fail closed).
    """
    for period in periods:
        if period.start <= day <= period.end:
            return period
    raise JournalRefused(PostingCode.PERIOD_CLOSED, f"gl_periods has no period for {day.isoformat()}. Open one.")


def draw_journal(
    rule: GlRule,
    keys: Mapping[str, str],
    accounts: frozenset[str],
    *,
    journal_id: str,
    txn_ccy: str,
    fx_rate: Decimal,
    accounting_date: date,
    period_id: str,
    narrative: str,
) -> tuple[JournalLine, ...]:
    """Draw the rule's lines with amounts: a zero gives no line, a negative amount swaps DR and CR.

    Raises:
        JournalRefused: MISSING_AMOUNT_KEY, ACCOUNT_NOT_FOUND, JOURNAL_IMBALANCE.
    """
    lines: list[JournalLine] = []
    for line in rule.lines:
        if line.amount_key not in keys:
            raise JournalRefused(
                PostingCode.MISSING_AMOUNT_KEY,
                f"Rule {rule.rule_id} names {line.amount_key}: not in the package.",
            )
        if line.account not in accounts:
            raise JournalRefused(
                PostingCode.ACCOUNT_NOT_FOUND,
                f"Rule {rule.rule_id}: account {line.account} is not active in gl_coa.",
            )
        amount = Decimal(keys[line.amount_key])
        if amount == ZERO:
            continue
        debit = (line.side == DEBIT) == (amount > ZERO)
        size = quantize(abs(amount), SGD)
        none = quantize(ZERO, SGD)
        lines.append(
            JournalLine(
                journal_id=journal_id,
                line_no=len(lines) + 1,
                ledger=line.ledger,
                account_code=line.account,
                dr_amt=size if debit else none,
                cr_amt=none if debit else size,
                base_ccy=SGD,
                txn_ccy=txn_ccy,
                fx_rate=fx_rate,
                rule_id=rule.rule_id,
                amount_key=line.amount_key,
                profit_center=line.profit_center,
                narrative=f"{narrative} {line.amount_key} {text_of(amount, SGD)} SGD",
                accounting_date=accounting_date,
                period_id=period_id,
            )
        )
    _guard_balance(lines, rule.rule_id)
    return tuple(lines)


def totals(lines: Sequence[JournalLine], ledger: Ledger) -> tuple[Decimal, Decimal]:
    """Debit and credit totals of a ledger."""
    own = [line for line in lines if line.ledger is ledger]
    debit = sum((line.dr_amt for line in own), quantize(ZERO, SGD))
    return debit, sum((line.cr_amt for line in own), quantize(ZERO, SGD))


def _guard_balance(lines: Sequence[JournalLine], rule_id: str) -> None:
    for ledger in Ledger:
        debit, credit = totals(lines, ledger)
        if debit != credit:
            raise JournalRefused(
                PostingCode.JOURNAL_IMBALANCE,
                f"Rule {rule_id}, {ledger.value}: debit {debit}, credit {credit}. Correct the lines.",
            )
