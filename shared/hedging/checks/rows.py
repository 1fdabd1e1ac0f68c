"""Reference rows of all tables, read strictly, for the checks."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from shared.hedging.models import CurrencyType
from shared.hedging.reference import SHAPES
from shared.hedging.reference_keys import KEYS, key_in
from shared.hedging.row import Row, RowUnreadable
from shared.hedging.typed_rows import CurrencySettings, Entity
from shared.money.currencies import is_currency

Rows = Mapping[str, Sequence[Mapping[str, Any]]]

#: The column that a row's reader parses, where the reader itself cannot name it.
_TAKEN_APART: Final = {
    "gl_rules": "lines", "currency_rates": "ledger", "murex_book_config": "counterparty_restrictions",
    "instruction_event_config": "portfolio_routing",
}  # fmt: skip


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """A fault in reference data. `message` says what it is and what to do; `column` may be empty."""

    table: str
    key: str
    column: str
    message: str

    def __str__(self) -> str:
        return f"{self.table} {self.key}: {self.message}"


@dataclass(frozen=True, slots=True)
class ActiveRow:
    """A row that is active and not expired: its key, what planning reads of it, and whether it is in force today."""

    table: str
    key: str
    value: Any
    row: Row
    in_force: bool

    def finding(self, column: str, message: str) -> Finding:
        """Build a finding about a column of this row."""
        return Finding(self.table, self.key, column, message)


@dataclass(frozen=True, slots=True)
class ReferenceRows:
    """All tables on a day. `known` holds the keys of every row, active or not."""

    today: date
    held: Mapping[str, tuple[ActiveRow, ...]]
    known: Mapping[str, frozenset[str]]

    def standing(self, table: str) -> tuple[ActiveRow, ...]:
        """Return the rows in force today or from a later day on."""
        return self.held.get(table, ())

    def in_force(self, table: str) -> tuple[ActiveRow, ...]:
        """Return the rows that a plan of today would use."""
        return tuple(each for each in self.standing(table) if each.in_force)

    def entities(self) -> tuple[Entity, ...]:
        """Return the entities in force."""
        return tuple(each.value for each in self.in_force("entity_master"))

    def exposures(self) -> dict[str, CurrencySettings]:
        """Return the currencies that can be hedged as an exposure today, by code (interfaces section 7)."""
        return {
            each.value.currency: each.value for each in self.in_force("currency_configuration") if is_exposure(each)
        }

    def in_use(self) -> Iterator[tuple[CurrencySettings, CurrencyType]]:
        """Yield the exposure currencies of active entities whose class is known."""
        used = {entity.currency for entity in self.entities()}
        for code, settings in sorted(self.exposures().items()):
            if code in used and settings.currency_type in set(CurrencyType):
                yield settings, CurrencyType(settings.currency_type)


def is_exposure(currency: ActiveRow) -> bool:
    """Return True for a row of an exposure currency that is open for hedging."""
    settings: CurrencySettings = currency.value
    own = settings.exposure_currency == settings.currency and is_currency(settings.currency)
    return own and settings.dealing and settings.hedge_accounting


def read_rows(rows: Rows, today: date) -> tuple[ReferenceRows, list[Finding]]:
    """Read every row, and list rows that cannot be read and keys that occur twice.

    Args:
        rows: table name -> rows with the columns of domain facts 2.2, as a driver or a message gives them.
    """
    findings: list[Finding] = []
    held: dict[str, tuple[ActiveRow, ...]] = {}
    known: dict[str, frozenset[str]] = {}
    for table in sorted(rows.keys() & KEYS.keys()):
        keyed: dict[str, Mapping[str, Any]] = {}
        for values in rows[table]:
            key = key_in(table, values)
            if key in keyed:
                findings.append(Finding(table, key, KEYS[table][0], "The row occurs twice. Keep one of them."))
            else:
                keyed[key] = values
        known[table] = frozenset(keyed)
        found = (read_row(table, key, values, today, findings) for key, values in sorted(keyed.items()))
        held[table] = tuple(each for each in found if each is not None)
    return ReferenceRows(today, held, known), findings


def read_row(table: str, key: str, values: Mapping[str, Any], today: date, findings: list[Finding]) -> ActiveRow | None:
    """Read one row; None if it is not active, has expired, or cannot be read (which is a finding)."""
    row = Row(table, key, values)
    shape = SHAPES.get(table)
    if shape is None:
        return ActiveRow(table, key, row, row, True)
    try:
        if shape.active is not None and not row.flag(shape.active):
            return None
        start, end = shape.validity or ("", "")
        last = row.day_or_none(end)
        if last is not None and last < today:
            return None
        return ActiveRow(table, key, shape.read(row), row, row.in_force(today, start, end))
    except RowUnreadable as error:
        findings.append(Finding(table, key, error.column, _sentence(error)))
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        findings.append(
            Finding(table, key, _TAKEN_APART.get(table, ""), f"The row cannot be read ({error!r}). Correct it.")
        )
    return None


def _sentence(error: RowUnreadable) -> str:
    """Return the sentence without table and key, which the finding names already."""
    text = str(error).removeprefix(f"{error.table} {error.key}, ")
    return text[:1].upper() + text[1:]
