"""The entities that an order may use, their sequence, and what each can take (domain facts 5.1, 5.3, 5.4,
5.7).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from shared.hedging.capacity import Assessment, available_capacity, buffer_amount, unhedged_position
from shared.hedging.facts import ExposureUse, Facts
from shared.hedging.order import NavType
from shared.hedging.planning.stops import configuration_invalid
from shared.hedging.typed_rows import (
    ANY,
    BufferRule,
    Entity,
    Framework,
    Position,
)
from shared.money.amounts import ZERO, quantize

OPENING: Final = "Opening"
CLOSING: Final = "Closing"
HEDGED: Final = "HEDGED"
NET: Final = "NET"
BUFFER_DEFAULT: Final = Decimal(5)  # percent, when neither a rule nor the framework says (domain facts 5.3)
UNPLACED: Final = 10_000  # sequence of an entity type that no waterfall row places: after all others


@dataclass(frozen=True, slots=True)
class Candidates:
    """Assessments in waterfall sequence, entity ids without a snapshot, and those without a HEDGED row."""

    assessments: tuple[Assessment, ...]
    without_position: tuple[str, ...]
    without_hedged: tuple[str, ...]


def assess(
    facts: Facts,
    entities: Sequence[Entity],
    currency: str,
    nav_type: NavType,
    given_back: Mapping[str, Decimal] = MappingProxyType({}),
) -> Candidates:
    """Assess every entity and put them in opening order.

    Sequence: waterfall priority, then highest available first, then entity id (domain facts 5.7). `given_back`: what
    same order takes off the hedges of an entity, so that an amendment can use the room of the hedge it supersedes.
    """
    found: list[tuple[int, Assessment]] = []
    without_position: list[str] = []
    without_hedged: list[str] = []
    for entity in entities:
        net = _latest(facts, entity.entity_id, currency, nav_type, NET)
        if net is None:
            without_position.append(entity.entity_id)
            continue
        hedged = _latest(facts, entity.entity_id, currency, nav_type, HEDGED)
        if hedged is None:
            without_hedged.append(entity.entity_id)
        priority = priority_of(facts, OPENING, entity.entity_type, currency, nav_type)
        back = given_back.get(entity.entity_id, ZERO)
        found.append((priority, _assessment(facts, entity, nav_type, net, hedged, back)))
    found.sort(key=lambda each: (each[0], -each[1].available, each[1].entity_id))
    ordered = tuple(replace(each, waterfall_position=place) for place, (_, each) in enumerate(found, start=1))
    return Candidates(ordered, tuple(sorted(without_position)), tuple(sorted(without_hedged)))


def hedged_snapshot(facts: Facts, currency: str) -> Decimal:
    """HEDGED amounts of the latest snapshots of a currency, over all entities and NAV types."""
    latest: dict[tuple[str, str], Position] = {}
    for position in facts.positions:
        if position.currency == currency and position.position_type == HEDGED and position.as_of_date <= facts.today:
            key = (position.entity_id, position.nav_type)
            if key not in latest or latest[key].as_of_date < position.as_of_date:
                latest[key] = position
    return sum((position.current_position for position in latest.values()), ZERO)


def _latest(facts: Facts, entity_id: str, currency: str, nav_type: NavType, kind: str) -> Position | None:
    """Return the newest snapshot not after today."""
    rows = [
        row
        for row in facts.positions
        if (row.entity_id, row.currency, row.nav_type, row.position_type) == (entity_id, currency, nav_type, kind)
        and row.as_of_date <= facts.today
    ]
    return max(rows, key=lambda row: (row.as_of_date, row.nav_id), default=None)


def priority_of(facts: Facts, waterfall: str, entity_type: str, currency: str, nav_type: NavType) -> int:
    """Place of an entity type in the opening or the closing waterfall; the currency's own row wins."""
    steps = [
        step
        for step in facts.waterfall
        if step.waterfall_type == waterfall
        and step.entity_type == entity_type
        and step.currency in {currency, *ANY}
        and step.nav_type in {nav_type.value, *ANY}
    ]
    steps.sort(key=lambda step: (step.currency in ANY, step.priority))
    return steps[0].priority if steps else UNPLACED


def _assessment(
    facts: Facts,
    entity: Entity,
    nav_type: NavType,
    net: Position,
    hedged_row: Position | None,
    given_back: Decimal,
) -> Assessment:
    framework = framework_of(facts, entity)
    percentage, rule_id = _buffer(facts, entity, framework)
    use = _use(facts, entity, nav_type)
    sfx, car, overlay = (quantize(each, entity.currency) for each in (net.current_position, net.car, net.overlay))
    buffer = buffer_amount(sfx, percentage, entity.currency)
    own = quantize(use.hedged - given_back, entity.currency)
    hedged = own if hedged_row is None else own + quantize(hedged_row.current_position, entity.currency)
    reserved = quantize(use.reserved, entity.currency)
    unhedged = unhedged_position(sfx=sfx, car=car, overlay=overlay, buffer=buffer, hedged=hedged, reserved=reserved)
    return Assessment(
        entity_id=entity.entity_id,
        entity_type=entity.entity_type,
        currency=entity.currency,
        nav_type=nav_type,
        hedging_framework=framework.hedging_state if framework else None,
        car_exemption_flag=entity.car_exemption_flag,
        sfx_position=sfx,
        car_amount=car,
        manual_overlay=overlay,
        buffer_percentage=percentage,
        buffer_amount=buffer,
        buffer_rule_id=rule_id,
        hedged=hedged,
        reserved=reserved,
        unhedged=unhedged,
        available=quantize(available_capacity(unhedged), entity.currency),
        waterfall_position=0,
        allocated=quantize(ZERO, entity.currency),
        snapshot_id=net.nav_id,
        snapshot_date=net.as_of_date,
        stream=use.stream,
        version=use.version,
    )


def _use(facts: Facts, entity: Entity, nav_type: NavType) -> ExposureUse:
    for use in facts.exposures:
        if (use.entity_id, use.currency, use.nav_type) == (entity.entity_id, entity.currency, nav_type):
            return use
    stream = f"exposure-{entity.entity_id}-{entity.currency}-{nav_type.value}"
    return ExposureUse(stream, 0, entity.entity_id, entity.currency, nav_type, ZERO, ZERO)


def framework_of(facts: Facts, entity: Entity) -> Framework | None:
    """Return the entity's own framework, else its currency's, else a general one; the first by id."""
    rows = [
        row
        for row in facts.frameworks
        if row.entity_id in {entity.entity_id, *ANY} and row.currency in {entity.currency, *ANY}
    ]
    rows.sort(key=lambda row: (row.entity_id in ANY, row.currency in ANY, row.framework_id))
    return rows[0] if rows else None


def _buffer(facts: Facts, entity: Entity, framework: Framework | None) -> tuple[Decimal, str | None]:
    """Percentage and the rule that gave it: rule, else framework, else 5 % (domain facts 5.3).

    Among matching rules the lowest priority number wins, then the one that binds more columns; two that still
    tie and differ are a configuration error.
    """
    state = framework.hedging_state if framework else ""
    rows = [row for row in facts.buffer_rules if _applies(row, entity, state)]
    rows.sort(key=lambda row: (row.priority, -_specificity(row), row.rule_id))
    if rows:
        first = rows[0]
        rank = (first.priority, _specificity(first))
        tied = [row for row in rows if (row.priority, _specificity(row)) == rank]
        if any(row.percentage != first.percentage for row in tied):
            names = ", ".join(row.rule_id for row in tied)
            raise configuration_invalid(
                "buffer_configuration",
                f"Buffer of {entity.entity_id}: rules {names} tie and differ. Rank them.",
            )
        return first.percentage, first.rule_id
    if framework is not None and framework.buffer_percentage is not None:
        return framework.buffer_percentage, framework.framework_id
    return BUFFER_DEFAULT, None


def _scopes(row: BufferRule, entity: Entity, state: str) -> tuple[tuple[str, str], ...]:
    return (
        (row.entity_id, entity.entity_id),
        (row.currency, entity.currency),
        (row.framework, state),
        (row.car_exemption_flag, entity.car_exemption_flag),
        (row.entity_type, entity.entity_type),
    )


def _applies(row: BufferRule, entity: Entity, state: str) -> bool:
    return all(scope in ANY or scope == value for scope, value in _scopes(row, entity, state))


def _specificity(row: BufferRule) -> int:
    columns = (row.entity_id, row.currency, row.framework, row.car_exemption_flag, row.entity_type)
    return sum(1 for scope in columns if scope not in ANY)
