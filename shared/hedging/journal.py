"""Values of the final journal (stage 3); the rules that choose them come as reference data."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from shared.hedging.gl_entries import Ledger


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
