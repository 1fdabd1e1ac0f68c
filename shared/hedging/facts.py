"""Everything a plan may look at, gathered as one immutable value. No clock and no database: both come in
here.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, Final

from shared.hedging.open_hedges import EarlierInstruction, OpenHedge
from shared.hedging.order import NavType
from shared.hedging.plan import Pins, ReferenceVersion
from shared.hedging.reference import (
    SHAPES,
    key_of,
)
from shared.hedging.row import Row, RowUnreadable
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
    Holiday,
    Position,
    Rate,
    Threshold,
    WaterfallStep,
)

# Singapore has had no clock changes since 1982: a fixed offset is exact and needs no time-zone database.
SINGAPORE: Final = timezone(timedelta(hours=8), "Asia/Singapore")

Rows = Mapping[str, Sequence[Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class ExposureUse:
    """The amounts that HAWK itself holds against one entity, currency and NAV type.

    `reserved`: prepared, not complete. `hedged`: own completed movements whose trade date is after the
    snapshot. Both in the exposure currency. `version` of the stream 0 means no event yet.
    """

    stream: str
    version: int
    entity_id: str
    currency: str
    nav_type: NavType
    reserved: Decimal
    hedged: Decimal


@dataclass(frozen=True, slots=True)
class UsdUse:
    """Use of the currency's USD limit, over all entities, in USD."""

    stream: str
    version: int
    currency: str
    reserved_usd: Decimal
    hedged_usd: Decimal


@dataclass(frozen=True, slots=True)
class RowProblem:
    """A reference row that cannot be read; a plan that would need its table is refused with it."""

    table: str
    key: str
    message: str


@dataclass(frozen=True, slots=True)
class Facts:
    """Typed reference rows in force on the business day, own use, the time, and pins if re-drawn."""

    now: datetime
    today: date
    aliases: Mapping[str, str]
    entities: tuple[Entity, ...]
    positions: tuple[Position, ...]
    buffer_rules: tuple[BufferRule, ...]
    frameworks: tuple[Framework, ...]
    thresholds: tuple[Threshold, ...]
    currencies: Mapping[str, CurrencySettings]
    waterfall: tuple[WaterfallStep, ...]
    event_configs: tuple[EventConfig, ...]
    book_codes: Mapping[str, BookCode]
    settings: Mapping[str, str]
    rates: tuple[Rate, ...]
    fixing_sources: Mapping[str, str]
    holidays: Mapping[str, frozenset[date]]
    last_days: Mapping[str, date]
    gl_rules: tuple[GlRule, ...]
    accounts: frozenset[str]
    periods: tuple[GlPeriod, ...]
    be_codes: tuple[BeCode, ...]
    exposures: tuple[ExposureUse, ...]
    usd_use: UsdUse
    pins: Pins | None
    versions: tuple[ReferenceVersion, ...]
    problems: tuple[RowProblem, ...]
    open_hedges: tuple[OpenHedge, ...] = ()
    earlier_today: tuple[EarlierInstruction, ...] = ()
    earlier_number: int = 0
    waiting: tuple[str, ...] = ()


def facts_from_rows(
    rows: Rows,
    exposures: Sequence[ExposureUse],
    usd_use: UsdUse,
    now: datetime,
    pins: Pins | None = None,
    *,
    open_hedges: Sequence[OpenHedge] = (),
    earlier_today: Sequence[EarlierInstruction] = (),
    earlier_number: int = 0,
    waiting: Sequence[str] = (),
    read: "Callable[[str, Sequence[Mapping[str, Any]], date], TableFacts] | None" = None,
) -> Facts:
    """Read the rows strictly and gather them.

    Args:
        rows: table name -> rows with the columns of domain facts 2.2, in any order; empty tables may be absent.
        exposures: own use per entity and NAV type; an exposure without events may be left out.
        usd_use: own use of the order's currency in USD.
        now: the present, timezone-aware.
        pins: given when a plan is drawn again: its dates and rates are used instead of today's. Everything else,
            snapshots above all, is of `now`: capacity that is gone since must not be given again.
        open_hedges: hedges of the order's currency that are open and that planning it may ask for, in any order.
        earlier_today: other instructions of the currency and business day: those that a plan would name.
        earlier_number: how many of the order's own type there are, where `earlier_today` holds the first of them only.
        waiting: ids of other orders of the type and currency that are planned and not applied, the first one first.
        read: in place of `read_table`, for a caller that has read some of these rows before.
    Returns:
        Facts, whatever the order of the rows. An unreadable row becomes a problem, never an exception:
        a plan that looks at its table is refused as CONFIGURATION_INVALID.
    Raises:
        ValueError: `now` has no time zone.
    """
    if now.tzinfo is None:
        raise ValueError(f"now: expected a time with a time zone, found {now.isoformat()}. Pass an aware datetime.")
    today = now.astimezone(SINGAPORE).date()
    tables = {table: (read or read_table)(table, rows.get(table, ()), today) for table in SHAPES}
    typed = {table: found.values for table, found in tables.items()}
    return Facts(
        now=now,
        today=today,
        aliases=_named(typed["entity_alias"]),
        entities=typed["entity_master"],
        positions=typed["position_nav_master"],
        buffer_rules=typed["buffer_configuration"],
        frameworks=typed["hedging_framework"],
        thresholds=typed["threshold_configuration"],
        currencies={each.currency: each for each in typed["currency_configuration"]},
        waterfall=typed["waterfall_logic_configuration"],
        event_configs=typed["instruction_event_config"],
        book_codes={each.code: each for each in typed["murex_book_config"]},
        settings=_named(typed["system_configuration"]),
        rates=typed["currency_rates"],
        fixing_sources=_named(typed["proxy_configuration"]),
        holidays=_holidays(typed["holiday_calendar"]),
        last_days=_last_days(typed["holiday_calendar"]),
        gl_rules=typed["gl_rules"],
        accounts=frozenset(each.name for each in typed["gl_coa"]),
        periods=typed["gl_periods"],
        be_codes=typed["hedge_be_config"],
        exposures=tuple(sorted(exposures, key=lambda each: each.stream)),
        usd_use=usd_use,
        pins=pins,
        versions=_versions(tables.values()),
        problems=_problems(tables.values()),
        open_hedges=tuple(sorted(open_hedges, key=lambda each: each.event_id)),
        earlier_today=tuple(sorted(earlier_today, key=lambda each: (each.received_at, each.msg_uid))),
        earlier_number=earlier_number,
        waiting=tuple(waiting),
    )


def _versions(tables: "Iterable[TableFacts]") -> tuple[ReferenceVersion, ...]:
    versions = (version for table in tables for version in table.versions)
    return tuple(sorted(versions, key=lambda each: (each.table, each.key)))


def _problems(tables: "Iterable[TableFacts]") -> tuple[RowProblem, ...]:
    problems = (problem for table in tables for problem in table.problems)
    return tuple(sorted(problems, key=lambda each: (each.table, each.key, each.message)))


@dataclass(frozen=True, slots=True)
class TableFacts:
    """The facts of one table: its rows as values, in the order of their keys; what cannot be read; the versions."""

    values: tuple[Any, ...]
    problems: tuple[RowProblem, ...]
    versions: tuple[ReferenceVersion, ...]


def read_table(table: str, rows: Sequence[Mapping[str, Any]], today: date) -> TableFacts:
    """Return the rows of a table that are active and in force, by key; two rows of one key are a problem."""
    shape = SHAPES[table]
    found: dict[str, Any] = {}
    problems: list[RowProblem] = []
    versions: list[ReferenceVersion] = []
    for values in rows:
        row = Row(table, key_of(table, values), values)
        try:
            if shape.active is not None and not row.flag(shape.active):
                continue
            if shape.validity is not None and not row.in_force(today, *shape.validity):
                continue
            value = shape.read(row)
        except RowUnreadable as error:
            problems.append(RowProblem(table, row.key, str(error)))
            continue
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            problems.append(RowProblem(table, row.key, f"{table} {row.key}: unreadable, {error!r}. Correct the row."))
            continue
        if row.key in found:
            problems.append(RowProblem(table, row.key, f"{table} {row.key}: occurs twice. Keep one row."))
            continue
        found[row.key] = value
        version = values.get("reference_version")
        if version is not None:
            versions.append(ReferenceVersion(table, row.key, int(version)))
    return TableFacts(tuple(found[key] for key in sorted(found)), tuple(problems), tuple(versions))


def _named(values: Sequence[Any]) -> dict[str, str]:
    return {each.name: each.value for each in values}


def _holidays(values: Sequence[Holiday]) -> dict[str, frozenset[date]]:
    calendars: dict[str, set[date]] = {}
    for each in values:
        calendars.setdefault(each.calendar, set()).add(each.day)
    return {code: frozenset(days) for code, days in calendars.items()}


def _last_days(values: Sequence[Holiday]) -> dict[str, date]:
    """Return the last day of each calendar: as its rows state it, else its last holiday before any missing year."""
    last: dict[str, date] = {}
    for each in sorted(values, key=lambda each: (each.calendar, each.day)):
        before = last.get(each.calendar, each.known_until)
        if each.day.year <= before.year + 1:
            last[each.calendar] = max(before, each.known_until)
    return last
