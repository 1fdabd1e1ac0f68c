"""Plausibility of a row of a feed beside the rows in force; one that is not plausible waits for people. Pure.

A row is measured against the one in force and against the one of a day ago, so that many small steps make no large one.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

from services.executor.reference.commands import Command, RemoveRow, SetRow
from shared.events.held import Doubt
from shared.hedging.planning.rates import BASIS_POINTS, SPOT_TYPES, SWAP_POINTS

Row = Mapping[str, Any]
#: entity_id, currency_code, nav_type, position_type.
Exposure = tuple[str, str, str, str]

RATES: Final = "currency_rates"
POSITIONS: Final = "position_nav_master"
PERIODS: Final = "gl_periods"
HOLIDAYS: Final = "holiday_calendar"
#: Tables whose rows decide amounts, days and what may be posted. The others are taken as they come.
GUARDED: Final = frozenset({RATES, POSITIONS, PERIODS, HOLIDAYS})
#: Reopening a period allows postings to the past: it takes two people.
_TWO_PERSONS: Final = frozenset({PERIODS})
#: How far back small steps are added up.
DAY: Final = timedelta(hours=24)

#: Keys of system_configuration, and their values without a row.
RATE_MOVE_BP: Final = ("feeds.rate_move_bp", "1000")
RATE_DAYS_AHEAD: Final = ("feeds.rate_days_ahead", "0")
POSITION_FACTOR: Final = ("feeds.position_factor", "3")

_EXPOSURE: Final = ("entity_id", "currency_code", "nav_type", "position_type")
#: Columns that planning takes off a position; measured against the position, since they may be zero.
_TAKEN_OFF: Final = ("manual_overlay_amount", "optimal_car_amount")
#: Rates of some past day: no other rate says what they should be.
_HISTORICAL: Final = "historical"
ZERO: Final = Decimal(0)
ONE: Final = Decimal(1)


@dataclass(frozen=True, slots=True)
class Bounds:
    """The limits of a change that needs no person."""

    rate_move_bp: Decimal = Decimal(RATE_MOVE_BP[1])
    rate_days_ahead: int = int(RATE_DAYS_AHEAD[1])
    position_factor: Decimal = Decimal(POSITION_FACTOR[1])


@dataclass(frozen=True, slots=True)
class Past:
    """The past of a key. `measured`: the rows to measure against, without repeats; those of a removed row too."""

    in_force: Row | None = None
    measured: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True)
class Scene:
    """The rows beside which a row is judged: rates by key, the latest snapshot of each exposure, all periods."""

    today: date
    bounds: Bounds = Bounds()
    rates: Mapping[str, Row] = field(default_factory=dict)
    positions: Mapping[Exposure, Row] = field(default_factory=dict)
    periods: Sequence[Row] = ()


def bounds_of(settings: Mapping[str, str]) -> Bounds:
    """Return the bounds that these settings give; a setting was checked when it came in."""

    def value(key: str, default: str) -> str:
        return settings.get(key, default)

    return Bounds(
        Decimal(value(*RATE_MOVE_BP)), int(Decimal(value(*RATE_DAYS_AHEAD))), Decimal(value(*POSITION_FACTOR))
    )


def doubts_of(command: Command, past: Past, scene: Scene) -> tuple[Doubt, ...]:
    """Return why a change is not plausible; nothing for one that is, and for tables that are not guarded."""
    if command.table.name not in GUARDED:
        return ()
    if isinstance(command, RemoveRow):
        return () if past.in_force is None else (_gone(command, "is to be removed"),)
    judge = _JUDGES.get(command.table.name)
    return () if judge is None else tuple(judge(command, past, scene))


def persons_for(doubts: Iterable[Doubt]) -> int:
    """Return how many people have to confirm."""
    return 2 if any(each.table in _TWO_PERSONS for each in doubts) else 1


def exposure_of(row: Row) -> Exposure:
    """Return the exposure of which a row states the position."""
    entity, currency, nav, kind = (str(row.get(column)) for column in _EXPOSURE)
    return entity, currency, nav, kind


def neighbours_of(command: Command) -> tuple[str, ...]:
    """Return the keys of comparable rates: that of IFRS, the pair's spot, and the inverted pair."""
    if command.table.name != RATES or not isinstance(command, SetRow):
        return ()
    pair, kind = str(command.row["currency_pair"]), str(command.row["rate_type"])
    first, _, second = pair.partition("/")
    own = (f"{pair}:{kind}",) if command.row.get("ledger") == "LOCAL" else ()
    spots = tuple(f"{each}:{spot}" for each in (pair, f"{second}/{first}") for spot in SPOT_TYPES)
    return own if kind in {_HISTORICAL, SWAP_POINTS} else (*own, *(key for key in spots if key != command.key))


# --- rates


def _rate(command: SetRow, past: Past, scene: Scene) -> Iterator[Doubt]:
    day, latest = _day(command.row["effective_date"]), scene.today + timedelta(days=scene.bounds.rate_days_ahead)
    if day > latest:
        dated = "" if past.in_force is None else str(past.in_force["effective_date"])
        what = f"is dated {day}, after the business date in Singapore"
        yield _doubt(command, "effective_date", dated, str(day), f"at most {latest}", what)
    expiry = command.row.get("expiry_date")
    if past.in_force is not None and expiry is not None and _day(expiry) < scene.today:
        yield _gone(command, f"expires on {expiry}, which is over")
    value, bound = Decimal(str(command.row["rate_value"])), scene.bounds.rate_move_bp
    spot = _spot(command, scene)
    for named, before in _measured_rates(command, past, scene):
        move = _move_bp(value, before, spot)
        if move is None or move > bound:
            moved = "beyond any bound" if move is None else f"{move.quantize(ONE)} basis points"
            what = f"moves from {before} ({named}) to {value}, {moved}"
            yield _doubt(command, "rate_value", str(before), str(value), f"at most {bound} basis points", what)
            return


def _measured_rates(command: SetRow, past: Past, scene: Scene) -> Iterator[tuple[str, Decimal]]:
    for row in past.measured:
        yield f"of {row['effective_date']}", Decimal(str(row["rate_value"]))
    if past.measured:
        return
    pair = str(command.row["currency_pair"])
    for key in neighbours_of(command):
        found = scene.rates.get(key)
        value = ZERO if found is None else Decimal(str(found["rate_value"]))
        if value:
            yield f"as {key} says", value if key.startswith(f"{pair}:") else ONE / value
            return
    if command.row["rate_type"] == SWAP_POINTS:
        yield "no points", ZERO


def _spot(command: SetRow, scene: Scene) -> Decimal | None:
    """Return the rate that swap points are measured against: they move a lot themselves and the outright little."""
    if command.row["rate_type"] != SWAP_POINTS:
        return None
    pair = str(command.row["currency_pair"])
    found = (scene.rates.get(f"{pair}:{spot}") for spot in SPOT_TYPES)
    return next((Decimal(str(row["rate_value"])) for row in found if row is not None), None)


def _move_bp(after: Decimal, before: Decimal, spot: Decimal | None) -> Decimal | None:
    """Return how far a rate moved, equal up and down; None if it changed its sign."""
    if spot:
        return abs(after - before) / abs(spot) * BASIS_POINTS
    if after == before:
        return ZERO
    if after * before <= 0:
        return None
    ratio = after / before
    return (max(ratio, ONE / ratio) - 1) * BASIS_POINTS


# --- positions


def _position(command: SetRow, past: Past, scene: Scene) -> Iterator[Doubt]:
    row, exposure = command.row, exposure_of(command.row)
    day = _day(row["as_of_date"])
    if day > scene.today:
        what = f"is a snapshot of {day}, after the business date in Singapore"
        yield _doubt(command, "as_of_date", "", str(day), f"at most {scene.today}", what)
    if past.in_force is not None and exposure_of(past.in_force) != exposure:
        yield _gone(command, f"states another exposure than before, {' '.join(exposure_of(past.in_force))}")
    latest = scene.positions.get(exposure)
    before = [each for each in past.measured if exposure_of(each) == exposure]
    before += [latest] if latest is not None and latest not in before else []
    for column in ("current_position", *_TAKEN_OFF):
        yield from _amount(command, column, before, scene)


def _amount(command: SetRow, column: str, before: Sequence[Row], scene: Scene) -> Iterator[Doubt]:
    factor, after = scene.bounds.position_factor, _number(command.row.get(column))
    for row in before:
        held, position = _number(row.get(column)), _number(row.get("current_position"))
        if column in _TAKEN_OFF:
            far, bound = abs(after - held) > factor * abs(position), f"a change of at most {factor} times the position"
        else:
            far, bound = _beyond(after, held, factor), f"at most {factor} times, at least 1/{factor}"
            far = far and not _first_hedge(command.row, after, held, scene)
        if far:
            what = f"changes {column} from {held} ({row['as_of_date']}) to {after}"
            yield _doubt(command, column, str(held), str(after), bound, what)
            return


def _beyond(after: Decimal, before: Decimal, factor: Decimal) -> bool:
    if after == before:
        return False
    if after * before <= 0:
        return True
    return not abs(before) <= abs(after) * factor or not abs(after) <= abs(before) * factor


def _first_hedge(row: Row, after: Decimal, before: Decimal, scene: Scene) -> bool:
    """Return True for the first hedge of a position: it starts at zero and does not exceed the position."""
    if before or row["position_type"] != "HEDGED":
        return False
    entity, currency, nav, _ = exposure_of(row)
    net = scene.positions.get((entity, currency, nav, "NET"))
    return (
        net is not None
        and after * _number(net["current_position"]) > 0
        and abs(after) <= abs(_number(net["current_position"]))
    )


# --- periods


def _period(command: SetRow, _past: Past, scene: Scene) -> Iterator[Doubt]:
    """Doubt days that become open, except new ones after all known periods."""
    if not command.row["is_open"] or not scene.periods:
        return
    known_to = max(_day(row["end_date"]) for row in scene.periods)
    first, last = _day(command.row["start_date"]), min(_day(command.row["end_date"]), known_to)
    for row in sorted((row for row in scene.periods if row["is_open"]), key=lambda row: _day(row["start_date"])):
        if _day(row["start_date"]) > first:
            break
        first = max(first, _day(row["end_date"]) + timedelta(days=1))
    if first <= last:
        what = f"opens days again that are closed, from {first} on"
        yield _doubt(command, "is_open", "closed", "open", "closed days stay closed", what)


_JUDGES: Final[Mapping[str, Callable[[SetRow, Past, Scene], Iterator[Doubt]]]] = MappingProxyType(
    {RATES: _rate, POSITIONS: _position, PERIODS: _period}
)


def _gone(command: Command, what: str) -> Doubt:
    return _doubt(command, "", "in force", "gone", "no row in force goes away by itself", what)


def _doubt(command: Command, column: str, before: str, after: str, bound: str, what: str) -> Doubt:
    table, key = command.table.name, command.key
    return Doubt(
        table=table, key=key, column=column, before=before, after=after, bound=bound,
        message=f"{table} {key} {what}; bound: {bound}.",
    )  # fmt: skip


def _day(value: object) -> date:
    return date.fromisoformat(str(value))


def _number(value: object) -> Decimal:
    return ZERO if value is None else Decimal(str(value))
