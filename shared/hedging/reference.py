"""Reference data as typed rows, and which of them a plan must be given.

Columns and tables: domain facts 2.2. Rows not active or not in force on the business day are left out
here, once, so that no later step can use one by mistake.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from shared.hedging.gl_entries import Ledger
from shared.hedging.row import Row
from shared.hedging.typed_rows import (
    BeCode,
    BookCode,
    BufferRule,
    CurrencySettings,
    Entity,
    EventConfig,
    Framework,
    GlPeriod,
    GlRule,
    GlRuleLine,
    Holiday,
    Named,
    Position,
    Rate,
    Threshold,
    WaterfallStep,
)


class Selector(StrEnum):
    """The values that a read filters by; `read_parameters` computes them for an order."""

    ALL = "all"
    CURRENCIES = "currencies"
    ENTITIES = "entities"
    CALENDARS = "calendars"
    PAIRS = "pairs"


@dataclass(frozen=True, slots=True)
class ReferenceRead:
    """One SELECT of the loader: rows where ANY of `matches` (column, selector) holds.

    `open_columns` are scope columns in which NULL, empty or 'ALL' also match. `latest_of`/`latest_by`:
    of the rows equal in `latest_of` only the newest by `latest_by` not after today is needed (the planner
    copes with all of them). `operation` is the counted READ of domain facts 10.3, None for an uncounted look-
    up.
    """

    table: str
    operation: str | None
    matches: tuple[tuple[str, Selector], ...] = ()
    open_columns: tuple[str, ...] = ()
    latest_of: tuple[str, ...] = ()
    latest_by: str | None = None


# B1 (hedge_business_events) is the executor's own table and is not among these.
REFERENCE_TABLES_READ: Final[tuple[ReferenceRead, ...]] = (
    ReferenceRead("entity_alias", None, (("alias_id", Selector.ENTITIES),)),
    ReferenceRead(
        "entity_master", "A2", (("currency_code", Selector.CURRENCIES), ("entity_id", Selector.ENTITIES))
    ),
    ReferenceRead(
        "position_nav_master", "A3", (("currency_code", Selector.CURRENCIES),),
        latest_of=("entity_id", "currency_code", "nav_type", "position_type"), latest_by="as_of_date",
    ),
    ReferenceRead(
        "buffer_configuration", "A4", (("currency_code", Selector.CURRENCIES),),
        open_columns=("currency_code",),
    ),
    ReferenceRead(
        "hedging_framework", "A4", (("currency_code", Selector.CURRENCIES),), open_columns=("currency_code",)
    ),
    ReferenceRead(
        "threshold_configuration", "A5", (("currency_code", Selector.CURRENCIES),),
        open_columns=("currency_code",),
    ),
    ReferenceRead("currency_configuration", "A6", (("currency_code", Selector.CURRENCIES),)),
    ReferenceRead(
        "waterfall_logic_configuration", "A7", (("currency_code", Selector.CURRENCIES),),
        open_columns=("currency_code",),
    ),
    ReferenceRead("instruction_event_config", "C1"),
    ReferenceRead("murex_book_config", "C1"),
    ReferenceRead("system_configuration", "C2"),
    ReferenceRead("currency_rates", None, (("currency_pair", Selector.PAIRS),)),
    ReferenceRead("proxy_configuration", None, (("exposure_currency", Selector.CURRENCIES),)),
    ReferenceRead("holiday_calendar", None, (("calendar_code", Selector.CALENDARS),)),
    ReferenceRead("gl_rules", None),
    ReferenceRead("gl_coa", None),
    ReferenceRead("gl_periods", None),
    ReferenceRead("hedge_be_config", None),
)  # fmt: skip


def read_parameters(exposure_currency: str | None, entity_id: str | None) -> dict[Selector, tuple[str, ...]]:
    """Values of each selector for an order. `PAIRS` covers every convention of interfaces section 7."""
    currency = exposure_currency or ""
    return {
        Selector.ALL: (),
        Selector.CURRENCIES: (currency,),
        Selector.ENTITIES: (entity_id,) if entity_id else (),
        Selector.CALENDARS: tuple(sorted({"SGD", "USD", currency} - {""})),
        Selector.PAIRS: tuple(sorted({f"{currency}/SGD", f"USD/{currency}", "USD/SGD"})),
    }


def _entity(row: Row) -> Entity:
    return Entity(
        row.required_text("entity_id"), row.text("entity_name"), row.required_text("entity_type"),
        row.required_text("currency_code"), row.text("car_exemption_flag").upper() or "N",
        row.text("regulatory_classification"), row.text("murex_comment"),
    )  # fmt: skip


def _position(row: Row) -> Position:
    return Position(
        row.required_text("nav_id"), row.required_text("entity_id"), row.required_text("currency_code"),
        row.required_text("nav_type"), row.required_text("position_type").upper(), row.day("as_of_date"),
        row.amount("current_position"), row.amount_or_none("manual_overlay_amount") or Decimal(0),
        row.amount_or_none("optimal_car_amount") or Decimal(0),
    )  # fmt: skip


def _buffer_rule(row: Row) -> BufferRule:
    return BufferRule(
        row.required_text("buffer_rule_id"), row.text("entity_id"), row.text("currency_code"),
        row.text("hedging_framework"), row.text("car_exemption_flag").upper(), row.text("entity_type"),
        row.amount("buffer_percentage"), row.whole("rule_priority"),
    )  # fmt: skip


def _framework(row: Row) -> Framework:
    return Framework(
        row.required_text("framework_id"), row.text("currency_code"), row.text("entity_id"),
        row.required_text("hedging_state"), row.text("accounting_method"),
        row.amount_or_none("buffer_percentage"), row.amount_or_none("effectiveness_threshold_lower"),
        row.amount_or_none("effectiveness_threshold_upper"),
    )  # fmt: skip


def _threshold(row: Row) -> Threshold:
    return Threshold(
        row.required_text("threshold_id"), row.required_text("threshold_type"), row.text("currency_code"),
        row.amount("warning_level"), row.amount("critical_level"), row.amount("maximum_limit"),
        row.text("unit_of_measure").upper(),
    )  # fmt: skip


def _currency(row: Row) -> CurrencySettings:
    return CurrencySettings(
        row.required_text("currency_code"), row.required_text("currency_type"), row.text("exposure_currency"),
        row.text("proxy_currency"), row.whole("settlement_days"), row.amount("minimum_deal_size"),
        row.amount("maximum_deal_size"), row.whole("rounding_precision"), row.clock("cut_off_time"),
        row.flag("dealing_currency"), row.flag("hedge_accounting_eligible"),
    )  # fmt: skip


def _waterfall(row: Row) -> WaterfallStep:
    return WaterfallStep(
        row.required_text("waterfall_id"), row.required_text("waterfall_type"), row.text("currency_code"),
        row.required_text("entity_type"), row.text("nav_type"), row.whole("priority_level"),
    )  # fmt: skip


def _names(value: Any) -> tuple[str, ...]:
    return tuple(str(each) for each in value or ())


def _event_config(row: Row) -> EventConfig:
    return EventConfig(
        row.required_text("config_id"), row.required_text("instruction_event"), row.required_text("nav_type"),
        row.required_text("currency_type"), row.required_text("hedging_instrument"),
        row.required_text("accounting_method"), _names(row.parsed("mrx_book_code_ids")),
        row.required_text("booking_model"), row.whole("deal_count"), row.whole("gl_entry_count"),
        _names(row.parsed("portfolio_routing")),
    )  # fmt: skip


def _book_code(row: Row) -> BookCode:
    allowed = row.parsed("counterparty_restrictions") or {}
    return BookCode(row.required_text("murex_book_code"), str(allowed.get("counterparty", "")))


def _rate(row: Row) -> Rate:
    return Rate(
        row.required_text("currency_pair"), row.required_text("rate_type"),
        Ledger(row.text("ledger") or "IFRS"), row.amount("rate_value"), row.day_or_none("effective_date"),
        row.text("source_system"),
    )  # fmt: skip


def _gl_rule(row: Row) -> GlRule:
    scope = row.parsed("scope") or {}
    lines = tuple(
        GlRuleLine(
            Ledger(line["ledger"]), str(line["side"]), str(line["account"]), str(line["amount_key"]),
            str(line["profit_center"]),
        )
        for line in row.parsed("lines") or ()
    )  # fmt: skip
    return GlRule(
        row.required_text("rule_id"), row.whole("priority"),
        tuple(sorted((str(key), str(value)) for key, value in scope.items())), lines,
    )  # fmt: skip


def _period(row: Row) -> GlPeriod:
    return GlPeriod(row.required_text("period_id"), row.day("start_date"), row.day("end_date"), row.flag("is_open"))


def _holiday(row: Row) -> Holiday:
    day = row.day("holiday_date")
    return Holiday(row.required_text("calendar_code"), day, row.day_or_none("known_until") or day)


_VALIDITY: Final = ("effective_date", "expiry_date")
# A rate's first day is held against the trade date, which is not known when rows are read.
_EXPIRY: Final = ("", "expiry_date")


@dataclass(frozen=True, slots=True)
class TableShape:
    """The way to read a table: key, typed row, the column that says active, and the validity columns."""

    key: tuple[str, ...]
    read: Callable[[Row], Any]
    active: str | None = None
    validity: tuple[str, str] | None = None


SHAPES: Final[Mapping[str, TableShape]] = MappingProxyType(
    {
        "entity_alias": TableShape(
            ("alias_id",), lambda row: Named(row.required_text("alias_id"), row.required_text("entity_id"))
        ),
        "entity_master": TableShape(
            ("entity_id",), _entity, "active_flag", ("inception_date", "termination_date")
        ),
        "position_nav_master": TableShape(("nav_id",), _position),
        "buffer_configuration": TableShape(("buffer_rule_id",), _buffer_rule, "active_flag", _VALIDITY),
        "hedging_framework": TableShape(("framework_id",), _framework, "active_flag", _VALIDITY),
        "threshold_configuration": TableShape(("threshold_id",), _threshold, "active_flag", _VALIDITY),
        "currency_configuration": TableShape(("currency_code",), _currency, "active_flag", _VALIDITY),
        "waterfall_logic_configuration": TableShape(("waterfall_id",), _waterfall, "active_flag", _VALIDITY),
        "instruction_event_config": TableShape(("config_id",), _event_config, "status", _VALIDITY),
        "murex_book_config": TableShape(("config_id",), _book_code, "active_flag"),
        "system_configuration": TableShape(
            ("config_key",), lambda row: Named(row.required_text("config_key"), row.text("config_value")),
            "active_flag", _VALIDITY,
        ),
        "currency_rates": TableShape(("currency_pair", "rate_type", "ledger"), _rate, None, _EXPIRY),
        "proxy_configuration": TableShape(
            ("proxy_id",),
            lambda row: Named(row.required_text("exposure_currency"), row.text("market_data_source")),
            "active_flag", _VALIDITY,
        ),
        "holiday_calendar": TableShape(
            ("calendar_code", "holiday_date"), _holiday
        ),
        "gl_rules": TableShape(("rule_id",), _gl_rule, "enabled", ("effective_from", "effective_to")),
        "gl_coa": TableShape(
            ("account_code",), lambda row: Named(row.required_text("account_code"), row.text("description")),
            "active_flag",
        ),
        "gl_periods": TableShape(("period_id",), _period),
        "hedge_be_config": TableShape(
            ("be_code",), lambda row: BeCode(row.required_text("be_code"), row.required_text("gl_account")),
            "active_flag",
        ),
    }
)  # fmt: skip


def key_of(table: str, values: Mapping[str, Any]) -> str:
    """Return the row's key as hawk.reference writes it: key columns joined by ":", without the IFRS ledger."""
    parts = [str(values.get(column) or "").strip() for column in SHAPES[table].key]
    if table == "currency_rates" and parts[-1] in {"", "IFRS"}:
        parts = parts[:-1]
    return ":".join(parts)
