"""The first checks, in their fixed order: fields, currency, amount, entity, dates, rates (interfaces section
7).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from shared.hedging.facts import Facts
from shared.hedging.gl_entries import Ledger
from shared.hedging.models import (
    FAMILY_OF,
    RATE_NEEDS,
    USD_RATE_NEEDS,
    CurrencyType,
    Family,
    RateKind,
)
from shared.hedging.open_hedges import OpenHedge
from shared.hedging.order import (
    ASKING_TYPES,
    CLOSING_TYPES,
    InstructionType,
    NavType,
    Order,
    Provenance,
    missing_fields,
)
from shared.hedging.plan import PinnedRate, PlanWarning
from shared.hedging.planning.closing import Closing, draw_closings, referred_hedges
from shared.hedging.planning.deal_dates import Asked, DealDates, draw_dates
from shared.hedging.planning.rates import resolve_rates, stale_rates
from shared.hedging.planning.stops import PlanningStopped, configuration_invalid
from shared.hedging.refusals import PlanningCode
from shared.hedging.typed_rows import (
    CurrencySettings,
    Entity,
)
from shared.money.amounts import ZERO, exceeds_decimals, quantize
from shared.money.currencies import decimals_of, is_currency

RATE_STALE_DAYS: Final = 2  # business days a market rate may be old (domain facts 5.5)
# Tables a utilisation or an inquiry never looks at: a broken row there does not refuse it.
BOOKING_TABLES: Final = frozenset(
    {
        "instruction_event_config", "murex_book_config", "proxy_configuration", "gl_rules", "gl_coa",
        "gl_periods", "hedge_be_config",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Intake:
    """The order once these checks are passed. `entities` in id order; one if the order names one.

    `closings`: what the order takes off open hedges, in closing order; empty for a type that closes none.
    """

    currency: CurrencySettings
    currency_type: CurrencyType
    family: Family
    amount: Decimal
    entity_id: str | None
    entities: tuple[Entity, ...]
    nav_type: NavType
    hedge_method: str
    hedging_instrument: str
    tenor_or_maturity: str
    provenance: dict[str, str]
    dates: DealDates
    rates: dict[Ledger, dict[RateKind, Decimal]]
    pinned_rates: tuple[PinnedRate, ...]
    hedges: tuple[OpenHedge, ...]
    closings: tuple[Closing, ...]
    warnings: tuple[PlanWarning, ...]


def take_in(order: Order, facts: Facts) -> Intake:
    """Run the checks and resolve every field.

    Raises:
        PlanningStopped: with the code of the first check that fails.
    """
    _check_fields(order)
    _check_rows(order, facts)
    currency, currency_type = _currency(order, facts)
    amount = _amount(order, currency)
    warnings: list[PlanWarning] = []
    provenance = dict(order.provenance)
    entity_id, entities = _entities(order, facts, currency.currency, provenance, warnings)
    hedges = referred_hedges(order, facts, currency.currency, entity_id)
    closings = draw_closings(order, amount, hedges)
    if hedges and entity_id is None:
        entity_id, entities = _entity_of_hedges(hedges, entities)
    family = FAMILY_OF[currency_type]
    fields = _Defaults(order, facts, provenance, hedges)
    nav_type = NavType(fields.value("nav_type", "desk.default.nav_type"))
    method = fields.value("hedge_method", "desk.default.hedge_method")
    instrument = fields.value("hedging_instrument", f"desk.default.hedging_instrument.{currency_type.value}")
    tenor = fields.value("tenor_or_maturity", "desk.default.tenor")
    dates = draw_dates(Asked(order, currency, family, tenor, hedges, provenance), facts, warnings)
    needs = (USD_RATE_NEEDS if order.instruction_type in ASKING_TYPES else RATE_NEEDS)[family]
    day = max(dates.trade_date, facts.today)
    rates, pinned = resolve_rates(facts, currency.currency, needs, day)
    days_max = int(facts.settings.get("rates.stale_days", RATE_STALE_DAYS))
    for name in stale_rates(facts, pinned, dates.calendar.counts, days_max):
        warnings.append(
            PlanWarning(
                "RATE_STALE",
                f"Rate {name} is older than {days_max} business days.",
                "reference.currency_rates",
            )
        )
    return Intake(
        currency=currency,
        currency_type=currency_type,
        family=family,
        amount=amount,
        entity_id=entity_id,
        entities=entities,
        nav_type=nav_type,
        hedge_method=method,
        hedging_instrument=instrument,
        tenor_or_maturity=tenor,
        provenance=provenance,
        dates=dates,
        rates=rates,
        pinned_rates=pinned,
        hedges=hedges,
        closings=closings,
        warnings=tuple(warnings),
    )


def _entity_of_hedges(
    hedges: tuple[OpenHedge, ...], entities: tuple[Entity, ...]
) -> tuple[str | None, tuple[Entity, ...]]:
    """Return the one entity whose hedges the order closes; an amended order of several entities is spread again."""
    names = {hedge.entity_id for hedge in hedges}
    if len(names) > 1:
        return None, entities
    return next(iter(names)), tuple(each for each in entities if each.entity_id in names)


def _check_fields(order: Order) -> None:
    missing = missing_fields(order)
    if missing:
        names = ", ".join(missing)
        message = f"Instruction type {order.instruction_type.value} needs {names}. Send the order with them."
        raise PlanningStopped(PlanningCode.MISSING_FIELDS, message, names)
    if order.instruction_type is InstructionType.Q and not _asks_about_something(order):
        names = "exposure_currency, order_id or reference_event_ids"
        message = f"An inquiry needs {names}. Send the order with one of them."
        raise PlanningStopped(PlanningCode.MISSING_FIELDS, message, "exposure_currency")


def _asks_about_something(order: Order) -> bool:
    return bool(order.exposure_currency or order.order_id or order.previous_order_id or order.reference_event_ids)


def _check_rows(order: Order, facts: Facts) -> None:
    ignored = BOOKING_TABLES if order.instruction_type in ASKING_TYPES else frozenset()
    for problem in facts.problems:
        if problem.table not in ignored:
            raise configuration_invalid(problem.table, problem.message)


def _currency(order: Order, facts: Facts) -> tuple[CurrencySettings, CurrencyType]:
    # An inquiry about an order need not name the currency: the facts were read for that of the order's hedges.
    code = order.exposure_currency or facts.usd_use.currency
    if not code:
        message = "No open hedge has these ids. Refer to an open hedge, or ask by currency."
        raise PlanningStopped(PlanningCode.NO_HEDGE_FOUND, message, "order_id")
    settings = facts.currencies.get(code)
    # CNH has a row but its exposure currency is CNY, SGD has none: neither is hedged as an exposure.
    if settings is None or not is_currency(code) or settings.exposure_currency != code:
        message = f"Currency {code!r}: expected a configured exposure currency. Use one of currency_configuration."
        raise PlanningStopped(PlanningCode.UNKNOWN_CURRENCY, message, "exposure_currency")
    if not (settings.dealing and settings.hedge_accounting):
        message = f"Currency {code}: not open for dealing with hedge accounting. Use another."
        raise PlanningStopped(PlanningCode.UNKNOWN_CURRENCY, message, "exposure_currency")
    try:
        return settings, CurrencyType(settings.currency_type)
    except ValueError:
        message = f"Currency {code}: class {settings.currency_type!r} is none of the three. Correct the row."
        raise configuration_invalid("currency_configuration", message) from None


def _amount(order: Order, currency: CurrencySettings) -> Decimal:
    amount, code = order.amount, currency.currency
    path = "hedge_amount_order"
    if amount is None and order.instruction_type is InstructionType.Q:
        return quantize(ZERO, code)
    if amount is None or not amount.is_finite() or amount <= ZERO or exceeds_decimals(amount, decimals_of(code)):
        message = f"Amount {amount}: expected above zero with at most {decimals_of(code)} decimals in {code}."
        raise PlanningStopped(PlanningCode.INVALID_AMOUNT, message, path)
    # What is left of a hedge may be small, and must still be possible to close.
    smallest = ZERO if order.instruction_type in CLOSING_TYPES else currency.deal_size_min
    if not smallest <= amount <= currency.deal_size_max:
        message = (
            f"Amount {amount} {code}: expected from {smallest} to {currency.deal_size_max}. Split or enlarge the order."
        )
        raise PlanningStopped(PlanningCode.AMOUNT_OUT_OF_RANGE, message, path)
    if exceeds_decimals(amount, currency.rounding_precision):
        step = Decimal(1).scaleb(-currency.rounding_precision)
        message = f"Amount {amount} {code}: expected a multiple of {format(step, 'f')}. Round it to the step."
        raise PlanningStopped(PlanningCode.LOT_SIZE, message, path)
    return quantize(amount, code)


def _entities(
    order: Order, facts: Facts, currency: str, provenance: dict[str, str], warnings: list[PlanWarning]
) -> tuple[str | None, tuple[Entity, ...]]:
    if order.entity_id is None:
        provenance["entity_id"] = Provenance.REFERENCE
        entities = tuple(each for each in facts.entities if each.currency == currency)
        if not entities:
            message = f"No active entity has the currency {currency}. Add one to entity_master."
            raise PlanningStopped(PlanningCode.UNKNOWN_ENTITY, message, "entity_id")
        return None, entities
    alias = facts.aliases.get(order.entity_id)
    entity_id = alias or order.entity_id
    found = next((each for each in facts.entities if each.entity_id == entity_id), None)
    # An alias whose entity was not loaded belongs to another currency: only that currency's entities are
    # read.
    other = found.currency if found is not None else ("another" if alias is not None else None)
    if other is None:
        message = f"Entity {order.entity_id}: not in entity_master or not active. Use an active entity."
        raise PlanningStopped(PlanningCode.UNKNOWN_ENTITY, message, "entity_id")
    if found is None or found.currency != currency:
        message = f"Entity {order.entity_id}: its currency is {other}, the order's {currency}. Correct one."
        raise PlanningStopped(PlanningCode.ENTITY_CURRENCY_MISMATCH, message, "entity_id")
    if alias is not None:
        warnings.append(PlanWarning("ENTITY_ALIAS", f"{order.entity_id} means {alias}.", "entity_id"))
    return entity_id, (found,)


_OF_THE_HEDGE: Final[Mapping[str, Callable[[OpenHedge], str]]] = {
    "nav_type": lambda hedge: hedge.nav_type.value,
    "hedging_instrument": lambda hedge: hedge.hedging_instrument,
    "tenor_or_maturity": lambda hedge: hedge.maturity_date.isoformat(),
}


class _Defaults:
    """Fields that may be absent: the stated value, else that of the hedge referred to, else the desk's default;
    provenance is written down."""

    def __init__(self, order: Order, facts: Facts, provenance: dict[str, str], hedges: tuple[OpenHedge, ...]) -> None:
        self._order = order
        self._facts = facts
        self._provenance = provenance
        self._hedges = hedges

    def value(self, name: str, setting: str) -> str:
        stated = getattr(self._order, name)
        if stated is not None:
            self._provenance.setdefault(name, Provenance.STATED)
            return str(stated)
        if self._hedges and name in _OF_THE_HEDGE:
            self._provenance[name] = Provenance.REFERENCE
            return _OF_THE_HEDGE[name](self._hedges[0])
        default = self._facts.settings.get(setting)
        if not default:
            raise configuration_invalid("system_configuration", f"Setting {setting} is missing. Add the desk default.")
        self._provenance[name] = Provenance.DEFAULT
        return default
