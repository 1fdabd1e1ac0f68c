"""Values of the eight balanced pairs a completed hedge writes to gl_entries (interfaces section 7)."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum


class Ledger(StrEnum):
    """Every amount is kept twice, each ledger with its own rates."""

    IFRS = "IFRS"
    LOCAL = "LOCAL"


class GlPurpose(StrEnum):
    """The four purposes; times two ledgers they are the eight rows."""

    INCEPTION = "P1"
    SWAP_POINTS = "P2"
    INCEPTION_FX_DIFFERENCE = "P3"
    TRANSLATION_RECLASS = "P4"


@dataclass(frozen=True, slots=True)
class GlEntry:
    """One balanced pair in SGD. `amount_sgd` is zero or above: a negative amount has its accounts swapped."""

    gl_entry_id: str
    entry_sequence: int
    purpose: GlPurpose
    entry_type: str
    ledger: Ledger
    debit_account: str
    credit_account: str
    amount_sgd: Decimal
    swapped: bool
    posting_date: date
    source_field: str
    be_code: str | None
    narrative: str


@dataclass(frozen=True, slots=True)
class GlEntryDetail:
    """One side of a pair, a row of gl_entries_detail."""

    detail_id: str
    gl_entry_id: str
    ledger: Ledger
    side: str
    account_code: str
    amount: Decimal
    currency: str
    entity_type: str
    entity_classification: str
    mx_reference: str
    posting_rationale: str
