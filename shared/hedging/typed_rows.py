"""Reference rows once read: the columns planning uses, as exact values (domain facts 2.2)."""

from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from typing import Final

from shared.hedging.gl_entries import Ledger

ANY: Final = frozenset({"", "ALL"})  # a scope column that binds nothing


@dataclass(frozen=True, slots=True)
class Entity:
    entity_id: str
    name: str
    entity_type: str
    currency: str
    car_exemption_flag: str
    classification: str
    murex_comment: str


@dataclass(frozen=True, slots=True)
class Position:
    nav_id: str
    entity_id: str
    currency: str
    nav_type: str
    position_type: str
    as_of_date: date
    current_position: Decimal
    overlay: Decimal
    car: Decimal


@dataclass(frozen=True, slots=True)
class BufferRule:
    rule_id: str
    entity_id: str
    currency: str
    framework: str
    car_exemption_flag: str
    entity_type: str
    percentage: Decimal
    priority: int


@dataclass(frozen=True, slots=True)
class Framework:
    framework_id: str
    currency: str
    entity_id: str
    hedging_state: str
    accounting_method: str
    buffer_percentage: Decimal | None
    lower_threshold: Decimal | None
    upper_threshold: Decimal | None


@dataclass(frozen=True, slots=True)
class Threshold:
    threshold_id: str
    threshold_type: str
    currency: str
    warning: Decimal
    critical: Decimal
    maximum: Decimal
    unit: str


@dataclass(frozen=True, slots=True)
class CurrencySettings:
    currency: str
    currency_type: str
    exposure_currency: str
    proxy_currency: str
    settlement_days: int
    deal_size_min: Decimal
    deal_size_max: Decimal
    rounding_precision: int
    cut_off: time
    dealing: bool
    hedge_accounting: bool


@dataclass(frozen=True, slots=True)
class WaterfallStep:
    waterfall_id: str
    waterfall_type: str
    currency: str
    entity_type: str
    nav_type: str
    priority: int


@dataclass(frozen=True, slots=True)
class EventConfig:
    config_id: str
    instruction_event: str
    nav_type: str
    currency_type: str
    hedging_instrument: str
    accounting_method: str
    book_codes: tuple[str, ...]
    booking_model: str
    deal_count: int
    gl_entry_count: int
    portfolio_routing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BookCode:
    code: str
    counterparty: str


@dataclass(frozen=True, slots=True)
class Rate:
    currency_pair: str
    rate_type: str
    ledger: Ledger
    value: Decimal
    effective_date: date | None
    source: str


@dataclass(frozen=True, slots=True)
class GlRuleLine:
    ledger: Ledger
    side: str
    account: str
    amount_key: str
    profit_center: str


@dataclass(frozen=True, slots=True)
class GlRule:
    rule_id: str
    priority: int
    scope: tuple[tuple[str, str], ...]
    lines: tuple[GlRuleLine, ...]


@dataclass(frozen=True, slots=True)
class GlPeriod:
    period_id: str
    start: date
    end: date
    is_open: bool


@dataclass(frozen=True, slots=True)
class Holiday:
    """A closed day of a market. `known_until`: up to this day all holidays of the market are stated."""

    calendar: str
    day: date
    known_until: date


@dataclass(frozen=True, slots=True)
class BeCode:
    code: str
    account: str


@dataclass(frozen=True, slots=True)
class Named:
    """A key and a value: an alias and its entity, a setting, a proxy's fixing source."""

    name: str
    value: str
