"""Checks of reference data as a whole: every finding at once, in a stable order. Pure.

A row is checked alone first, then beside the rows it depends on. Faults that would stop a plan as
CONFIGURATION_INVALID or RATE_MISSING, or stop a posting, are found here before an order meets them.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any, Final

from shared.hedging.checks import booking as reference_booking
from shared.hedging.checks import exposures as reference_exposures
from shared.hedging.checks import ledger as reference_ledger
from shared.hedging.checks import limits as reference_limits
from shared.hedging.checks.rows import ActiveRow, Finding, ReferenceRows, Rows, read_row, read_rows
from shared.hedging.reference_keys import key_in


@dataclass(frozen=True, slots=True)
class Relation:
    """A check of rows beside others. `tables`: all that it reads."""

    tables: frozenset[str]
    find: Callable[[ReferenceRows], Iterable[Finding]]


def _relation(find: Callable[[ReferenceRows], Iterable[Finding]], *tables: str) -> Relation:
    return Relation(frozenset(tables), find)


ROW_CHECKS: Final[Mapping[str, Callable[[ActiveRow], Iterable[Finding]]]] = MappingProxyType(
    {
        "threshold_configuration": reference_limits.threshold,
        "buffer_configuration": reference_limits.buffer_rule,
        "hedging_framework": reference_limits.framework,
        "system_configuration": reference_limits.setting,
        "waterfall_logic_configuration": reference_limits.waterfall_step,
        "currency_configuration": reference_exposures.currency,
        "currency_rates": reference_exposures.rate,
        "holiday_calendar": reference_exposures.holiday,
        "instruction_event_config": reference_booking.event_config,
        "gl_rules": reference_ledger.rule,
    }
)

# The exposure currencies in use follow from these two.
_IN_USE: Final = ("entity_master", "currency_configuration")

RELATIONS: Final[tuple[Relation, ...]] = (
    _relation(reference_exposures.entities_configured, *_IN_USE),
    _relation(reference_exposures.aliases_lead_somewhere, "entity_alias", "entity_master"),
    _relation(reference_exposures.entities_known, "entity_master", *reference_exposures.OF_ENTITIES),
    _relation(reference_exposures.currencies_known, "currency_configuration", *reference_exposures.OF_CURRENCIES),
    _relation(reference_exposures.rates_there, "currency_rates", *_IN_USE),
    _relation(reference_exposures.proxies_there, "proxy_configuration", *_IN_USE),
    _relation(reference_limits.one_usd_limit, "threshold_configuration"),
    _relation(reference_limits.no_tied_buffers, "buffer_configuration", "entity_master"),
    _relation(reference_limits.no_tied_steps, "waterfall_logic_configuration"),
    _relation(reference_limits.settings_there, "system_configuration", *_IN_USE),
    _relation(reference_booking.models_there, "instruction_event_config", *_IN_USE),
    _relation(reference_booking.book_codes_active, "instruction_event_config", "murex_book_config"),
    _relation(reference_ledger.accounts_known, "gl_coa", "gl_rules", "hedge_be_config", *_IN_USE),
    _relation(reference_ledger.be_codes_there, "hedge_be_config", *_IN_USE),
    _relation(reference_ledger.no_tied_rules, "gl_rules"),
    _relation(reference_ledger.rules_there, "gl_rules", *_IN_USE),
    _relation(reference_ledger.periods_follow, "gl_periods"),
)


def find_problems(rows: Rows, today: date) -> tuple[Finding, ...]:
    """Find everything that is wrong with a whole set of reference data on a business day (Singapore).

    Args:
        rows: table name -> rows with the columns of domain facts 2.2, in any order; tables without rows may be absent.
    Returns:
        Findings by table, key, column; none for good data. The order of the rows does not matter.
    """
    return _find(rows, today, RELATIONS)


def find_row_problems(table: str, row: Mapping[str, Any], today: date) -> tuple[Finding, ...]:
    """Find what is wrong with one row by itself."""
    findings: list[Finding] = []
    held = read_row(table, key_in(table, row), row, today, findings)
    check = ROW_CHECKS.get(table)
    if held is not None and check is not None:
        findings += check(held)
    return tuple(sorted(findings))


def find_new_problems(before: Rows, after: Rows, changed: Collection[str], today: date) -> tuple[Finding, ...]:
    """Find what a change makes worse: findings after it that were not there before.

    Args:
        before, after: rows of the tables that `tables_beside(changed)` names, at least.
        changed: the tables with a changed row.
    """
    relations = relations_of(changed)
    known = frozenset(_find(before, today, relations))
    return tuple(finding for finding in _find(after, today, relations) if finding not in known)


def relations_of(tables: Collection[str]) -> tuple[Relation, ...]:
    """Return the relations that a change of these tables can break."""
    return tuple(relation for relation in RELATIONS if relation.tables & set(tables))


def tables_beside(tables: Collection[str]) -> frozenset[str]:
    """Return all tables needed to judge a change of these; none if such a row is judged alone."""
    return frozenset(table for relation in relations_of(tables) for table in relation.tables)


def _find(rows: Rows, today: date, relations: Iterable[Relation]) -> tuple[Finding, ...]:
    read, findings = read_rows(rows, today)
    for table, check in ROW_CHECKS.items():
        for held in read.standing(table):
            findings += check(held)
    for relation in relations:
        findings += relation.find(read)
    return tuple(sorted(set(findings)))
