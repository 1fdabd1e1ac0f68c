"""Checks of limits, buffers, the waterfall and the settings: what a desk computes with (domain facts 5.3, 5.6, 5.7)."""

from collections.abc import Iterator
from decimal import Decimal
from itertools import combinations
from typing import Final

from shared.hedging.checks.rows import ActiveRow, Finding, ReferenceRows
from shared.hedging.desk_settings import expected_of
from shared.hedging.planning.booking import EXTERNAL_SETTING, INTERNAL_SETTING
from shared.hedging.planning.usd_limit import LIMIT_TYPE, UNITS
from shared.hedging.typed_rows import ANY, BufferRule, Entity, Framework, Named, Threshold, WaterfallStep

CAR_RATIO: Final = "CAR_RATIO"
_SHARES: Final = frozenset({"PERCENTAGE", "BASIS_POINTS"})
#: Units by threshold type; a low ratio of CAR is bad, of all others a high value.
_UNITS: Final = {
    LIMIT_TYPE: frozenset(UNITS),
    CAR_RATIO: _SHARES,
    "HEDGE_DEVIATION": _SHARES,
    "CONCENTRATION_LIMIT": _SHARES,
}
_PERCENT_MAX: Final = 100
_WATERFALLS: Final = ("Closing", "Opening")
_SETTINGS: Final = (
    EXTERNAL_SETTING, INTERNAL_SETTING, "desk.default.nav_type", "desk.default.hedge_method", "desk.default.tenor",
)  # fmt: skip


def threshold(held: ActiveRow) -> Iterator[Finding]:
    """Check type and unit, and that the levels are above zero and in the order of their type."""
    row: Threshold = held.value
    units = _UNITS.get(row.threshold_type)
    if units is None:
        known = ", ".join(sorted(_UNITS))
        yield held.finding("threshold_type", f"{row.threshold_type!r} is not a type of limit. Use one of {known}.")
        return
    if row.unit not in units:
        known = ", ".join(sorted(units))
        yield held.finding(
            "unit_of_measure", f"{row.unit!r} is not a unit of {row.threshold_type}. Use one of {known}."
        )
    levels = (row.warning, row.critical, row.maximum)
    found = ", ".join(str(level) for level in levels)
    if min(levels) <= 0:
        yield held.finding("warning_level", f"Levels lie above zero, found {found}. Correct them.")
    falls = row.threshold_type == CAR_RATIO
    rising = tuple(reversed(levels)) if falls else levels
    if not rising[0] < rising[1] < rising[2]:
        order = "warning > critical > maximum" if falls else "warning < critical < maximum"
        yield held.finding("warning_level", f"Expected {order}, found {found}. Put the levels in that order.")


def buffer_rule(held: ActiveRow) -> Iterator[Finding]:
    """Check the percentage of a buffer rule."""
    yield from _percentage(held, held.value.percentage)


def framework(held: ActiveRow) -> Iterator[Finding]:
    """Check the percentage of a framework, if it has one."""
    row: Framework = held.value
    if row.buffer_percentage is not None:
        yield from _percentage(held, row.buffer_percentage)


def _percentage(held: ActiveRow, value: Decimal) -> Iterator[Finding]:
    if not 0 <= value <= _PERCENT_MAX:
        message = f"A percentage from 0 to {_PERCENT_MAX} was expected, found {value}. Correct it."
        yield held.finding("buffer_percentage", message)


def setting(held: ActiveRow) -> Iterator[Finding]:
    """Check that planning and execution can use the value."""
    row: Named = held.value
    expected = expected_of(row.name, row.value)
    if expected is not None:
        yield held.finding("config_value", f"Expected {expected}, found {row.value!r:.40}. Correct the value.")


def waterfall_step(held: ActiveRow) -> Iterator[Finding]:
    """Check that planning knows the type."""
    row: WaterfallStep = held.value
    if row.waterfall_type not in _WATERFALLS:
        known = " or ".join(_WATERFALLS)
        yield held.finding("waterfall_type", f"Expected {known}, found {row.waterfall_type!r}. Correct it.")


def one_usd_limit(rows: ReferenceRows) -> Iterator[Finding]:
    """Check for one prime-brokerage limit in force per currency, and one general one."""
    first: dict[str, ActiveRow] = {}
    for held in rows.in_force("threshold_configuration"):
        row: Threshold = held.value
        if row.threshold_type != LIMIT_TYPE:
            continue
        before = first.setdefault("ALL" if row.currency in ANY else row.currency, held)
        if before is not held:
            message = f"{before.key} limits {row.currency or 'ALL'} too. Keep one of them in force."
            yield held.finding("currency_code", message)


def no_tied_buffers(rows: ReferenceRows) -> Iterator[Finding]:
    """Find rules of one rank that give one entity different percentages (domain facts 5.3)."""
    entities = rows.entities()
    for first, second in combinations(rows.in_force("buffer_configuration"), 2):
        one, other = first.value, second.value
        if one.percentage != other.percentage and not _exclude(one, other) and _rank(one) == _rank(other):
            both = [each.entity_id for each in entities if _applies(one, each) and _applies(other, each)]
            if both:
                message = (
                    f"{first.key} ties with it for {both[0]}: {one.percentage} against {other.percentage} percent. "
                    "Give them unlike priorities."
                )
                yield second.finding("rule_priority", message)


def _scopes(rule: BufferRule) -> tuple[str, ...]:
    return rule.entity_id, rule.currency, rule.framework, rule.car_exemption_flag, rule.entity_type


def _rank(rule: BufferRule) -> tuple[int, int]:
    return rule.priority, sum(scope not in ANY for scope in _scopes(rule))


def _exclude(one: BufferRule, other: BufferRule) -> bool:
    """Return True if the two name different values of one scope, so that no entity meets both."""
    return any(
        first != second and first not in ANY and second not in ANY
        for first, second in zip(_scopes(one), _scopes(other), strict=True)
    )


def _applies(rule: BufferRule, entity: Entity) -> bool:
    """Return True if a rule applies to an entity, whatever its framework."""
    theirs = entity.entity_id, entity.currency, rule.framework, entity.car_exemption_flag, entity.entity_type
    return all(scope in ANY or scope == value for scope, value in zip(_scopes(rule), theirs, strict=True))


def no_tied_steps(rows: ReferenceRows) -> Iterator[Finding]:
    """Check that priorities of one waterfall differ, and that each entity type has one place per NAV type."""
    by_priority: dict[tuple[str, str, int], ActiveRow] = {}
    by_place: dict[tuple[str, str, str, str], ActiveRow] = {}
    for held in rows.in_force("waterfall_logic_configuration"):
        row: WaterfallStep = held.value
        currency = "ALL" if row.currency in ANY else row.currency
        before = by_priority.setdefault((row.waterfall_type, currency, row.priority), held)
        if before is not held:
            message = f"{before.key} has priority {row.priority} in {row.waterfall_type} {currency} too. Change one."
            yield held.finding("priority_level", message)
        place = by_place.setdefault((row.waterfall_type, currency, row.entity_type, row.nav_type), held)
        if place is not held:
            message = f"{place.key} places {row.entity_type} {row.nav_type} in {row.waterfall_type} too. Keep one."
            yield held.finding("entity_type", message)


def settings_there(rows: ReferenceRows) -> Iterator[Finding]:
    """Check for the settings without which no order can be planned."""
    instruments = {f"desk.default.hedging_instrument.{kind.value}" for _, kind in rows.in_use()}
    there = {each.value.name for each in rows.in_force("system_configuration") if each.value.value}
    for name in sorted({*_SETTINGS, *instruments} - there):
        yield Finding("system_configuration", name, "config_value", "The setting is missing. Add it.")
