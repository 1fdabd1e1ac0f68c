"""The rows that refer to a configuration row, or are governed by it: its approvers should look at them. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from shared.hedging.changes.configuration import References
from shared.hedging.reference_keys import key_in
from shared.hedging.row import Row
from shared.hedging.typed_rows import ANY

Values = Mapping[str, Any]

#: Keys that a card shows; the number of rows is exact.
KEYS_SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class Referrer:
    """The table that is read, and the test that a row of it concerns a row of the configuration."""

    table: str
    concerns: Callable[[Values, Values], bool]


def _same(*pairs: tuple[str, str]) -> Callable[[Values, Values], bool]:
    """Return a test that columns of the row read equal those of the configuration row; a scope may bind nothing."""

    def concerns(row: Values, configured: Values) -> bool:
        return all(
            (wanted := _text(configured, own)) in ANY or _text(row, column) in {wanted, *ANY} for column, own in pairs
        )

    return concerns


def _text(row: Values, column: str) -> str:
    return str(row.get(column) or "").strip()


def _lists_book(row: Values, configured: Values) -> bool:
    codes = Row("instruction_event_config", "", row).parsed("mrx_book_code_ids") or ()
    return _text(configured, "murex_book_code") in {str(code) for code in codes}


def _books_on(row: Values, configured: Values) -> bool:
    lines: Iterable[Values] = Row("gl_rules", "", row).parsed("lines") or ()
    return any(_text(line, "account") == _text(configured, "account_code") for line in lines)


#: One table each: what names the row, else what the row is about.
REFERRERS: Final[Mapping[str, Referrer]] = MappingProxyType(
    {
        "entity_master": Referrer("position_nav_master", _same(("entity_id", "entity_id"))),
        "buffer_configuration": Referrer(
            "entity_master",
            _same(("entity_id", "entity_id"), ("currency_code", "currency_code"), ("entity_type", "entity_type")),
        ),
        "threshold_configuration": Referrer("currency_configuration", _same(("currency_code", "currency_code"))),
        "hedging_framework": Referrer(
            "entity_master", _same(("entity_id", "entity_id"), ("currency_code", "currency_code"))
        ),
        "currency_configuration": Referrer("entity_master", _same(("currency_code", "currency_code"))),
        "waterfall_logic_configuration": Referrer(
            "entity_master", _same(("currency_code", "currency_code"), ("entity_type", "entity_type"))
        ),
        "overlay_configuration": Referrer("entity_master", _same(("entity_id", "entity_id"))),
        "instruction_event_config": Referrer("currency_configuration", _same(("currency_type", "currency_type"))),
        "murex_book_config": Referrer("instruction_event_config", _lists_book),
        "proxy_configuration": Referrer("currency_configuration", _same(("currency_code", "exposure_currency"))),
        "system_configuration": Referrer("system_configuration", _same(("config_category", "config_category"))),
        "gl_rules": Referrer("gl_rule_lints", _same(("rule_id", "rule_id"))),
        "gl_coa": Referrer("gl_rules", _books_on),
        "hedge_be_config": Referrer("gl_coa", _same(("account_code", "gl_account"))),
    }
)


def references_of(table: str, configured: Values, rows: Mapping[str, Sequence[Values]]) -> References:
    """Return the rows of the referring table that concern a configuration row, by key."""
    referrer = REFERRERS[table]
    keys = sorted(
        key_in(referrer.table, row) for row in rows.get(referrer.table, ()) if referrer.concerns(row, configured)
    )
    return References(referrer.table, len(keys), tuple(keys[:KEYS_SHOWN]))
