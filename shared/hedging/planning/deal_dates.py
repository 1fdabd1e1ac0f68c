"""The days of a hedge: which are stated, which are computed, and what has to be said of them. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from shared.hedging.calendar import (
    MATURITY_DAYS_MAX,
    TENOR_COUNT_MAX,
    Calendar,
    CalendarInvalid,
    DealCalendar,
)
from shared.hedging.conventions import Conventions, conventions_of
from shared.hedging.facts import SINGAPORE, Facts
from shared.hedging.models import Family
from shared.hedging.open_hedges import OpenHedge
from shared.hedging.order import InstructionType, Order, Provenance
from shared.hedging.plan import PlanWarning
from shared.hedging.planning.stops import PlanningStopped, configuration_invalid
from shared.hedging.refusals import PlanningCode
from shared.hedging.typed_rows import CurrencySettings

DAYS_TO_NEXT_TEST: Final = 30  # effectiveness is tested monthly
#: The dollar is on one side of the pair, or in the middle: offshore against onshore, and the proxy.
_THROUGH_USD: Final = frozenset({Family.B, Family.C})


@dataclass(frozen=True, slots=True)
class DealDates:
    """The days of the hedge, whether computed today or pinned, and the calendars they were computed with."""

    business_date: date
    instruction_date: date
    trade_date: date
    value_date: date
    maturity_date: date
    fixing_date: date
    next_test_date: date
    calendar: DealCalendar


@dataclass(frozen=True, slots=True)
class Asked:
    """The parts of an order that decide its dates. `provenance` is added to."""

    order: Order
    currency: CurrencySettings
    family: Family
    tenor: str
    hedges: tuple[OpenHedge, ...]
    provenance: dict[str, str]


def draw_dates(asked: Asked, facts: Facts, warnings: list[PlanWarning]) -> DealDates:
    """Days of the hedge in Singapore; pinned ones are taken as they are.

    Raises:
        PlanningStopped: INVALID_DATE for a stated day that cannot be, CONFIGURATION_INVALID for unusable calendars.
    """
    order, provenance = asked.order, asked.provenance
    calendar = DealCalendar.of(
        facts.holidays,
        facts.last_days,
        asked.currency.currency,
        through_usd=asked.family in _THROUGH_USD,
        conventions=_conventions(facts.settings),
    )
    if order.instruction_date is not None and order.instruction_date > facts.today:
        raise _bad_date("instruction_date", f"{order.instruction_date} lies after today, {facts.today}")
    provenance.setdefault("instruction_date", Provenance.STATED if order.instruction_date else Provenance.SYSTEM)
    provenance.setdefault("value_date", Provenance.STATED if order.value_date else Provenance.DEFAULT)
    business_date = facts.today if facts.pins is None else facts.pins.business_date
    try:
        if facts.pins is not None:
            trade, value, maturity = facts.pins.trade_date, facts.pins.value_date, facts.pins.maturity_date
        else:
            trade = _trade_date(asked, facts, calendar, warnings)
            value = _value_date(asked, trade, calendar, warnings)
            maturity = _maturity(asked, value, calendar)
        dates = DealDates(
            business_date=business_date,
            instruction_date=order.instruction_date or business_date,
            trade_date=trade,
            value_date=value,
            maturity_date=maturity,
            fixing_date=calendar.fixing(maturity),
            next_test_date=calendar.after(trade, DAYS_TO_NEXT_TEST, "D"),
            calendar=calendar,
        )
    except CalendarInvalid as error:
        raise configuration_invalid("holiday_calendar", str(error)) from error
    warnings += _unknown_days(dates)
    return dates


def _conventions(settings: Mapping[str, str]) -> Conventions:
    try:
        return conventions_of(settings)
    except ValueError as error:
        raise configuration_invalid("system_configuration", f"Settings dates.*: {error}. Correct them.") from error


def _bad_date(path: str, what: str) -> PlanningStopped:
    return PlanningStopped(PlanningCode.INVALID_DATE, f"{path}: {what}. State another or leave it out.", path)


def _trade_date(asked: Asked, facts: Facts, calendar: DealCalendar, warnings: list[PlanWarning]) -> date:
    trade, why = calendar.trade_date(facts.now.astimezone(SINGAPORE), asked.currency.cut_off)
    if why is not None:
        message = f"Trade date is {trade.isoformat()}, the next business day: {why} (Asia/Singapore)."
        warnings.append(PlanWarning("TRADE_DATE_ROLLED", message, "trade_date"))
    return trade


def _value_date(asked: Asked, trade: date, calendar: DealCalendar, warnings: list[PlanWarning]) -> date:
    standard, stated = calendar.spot(trade, asked.currency.settlement_days), asked.order.value_date
    if stated is None:
        return standard
    if stated < trade:
        raise _bad_date("value_date", f"{stated} lies before the trade date, {trade}")
    if (stated - trade).days > TENOR_COUNT_MAX:
        raise _bad_date("value_date", f"{stated} lies more than {TENOR_COUNT_MAX} days after {trade}")
    if not calendar.settles.is_open(stated):
        raise _bad_date("value_date", f"{stated} is not a business day")
    if stated != standard:
        message = f"Value date {stated} is stated; the standard one is {standard}."
        warnings.append(PlanWarning("VALUE_DATE_NOT_STANDARD", message, "value_date"))
    return stated


def _maturity(asked: Asked, value: date, calendar: DealCalendar) -> date:
    if asked.order.instruction_type is InstructionType.T:
        # A termination ends the hedge it refers to: its last day is that hedge's, if it still lies ahead. Nobody stated
        # it, so that it is right whatever has become of the day since.
        return max(value, *(hedge.maturity_date for hedge in asked.hedges))
    maturity = calendar.maturity(asked.tenor, value)
    if maturity is None or maturity <= value or (maturity - value).days > MATURITY_DAYS_MAX:
        raise _bad_date(
            "tenor_or_maturity", f"{asked.tenor!r} is neither a tenor such as 3M nor a business day after {value}"
        )
    return maturity


def _unknown_days(dates: DealDates) -> Iterator[PlanWarning]:
    """Warn of each day after the end of the calendars; the fixing date lies before maturity and needs no check."""
    counts, settles = dates.calendar.counts, dates.calendar.settles
    named: tuple[tuple[str, date, Calendar], ...] = (
        ("trade_date", dates.trade_date, counts),
        ("value_date", dates.value_date, settles),
        ("maturity_date", dates.maturity_date, settles),
        ("next_test_date", dates.next_test_date, settles),
    )
    for path, day, calendar in named:
        if ended := calendar.ended_before(day):
            known = ", ".join(
                f"{code} knows no holiday" if last is None else f"{code} ends {last}" for code, last in ended.items()
            )
            what = path.replace("_", " ").capitalize()
            message = f"{what} {day} lies beyond the holidays that are known: {known}. It may turn out to be one."
            yield PlanWarning("CALENDAR_ENDS", message, path)
