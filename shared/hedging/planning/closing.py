"""The open hedges an order refers to, and how much of each it takes: rollover, termination, amendment (domain facts
3.1, 5.7; design sections 6 and 8, Q4).

A termination takes its amount off the hedges in the order of the closing waterfall. A rollover keeps its amount open
and ends the rest: what it does not roll is terminated, in that order. An amendment ends all of the old order.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from shared.hedging.facts import Facts
from shared.hedging.gl_entries import SGD
from shared.hedging.open_hedges import OpenHedge
from shared.hedging.order import InstructionType, NavType, Order
from shared.hedging.plan import LineageKind
from shared.hedging.planning.stops import PlanningStopped
from shared.hedging.planning.waterfall import CLOSING, priority_of
from shared.hedging.refusals import PlanningCode
from shared.money.amounts import ZERO, over, quantize, text_of, times

#: Hedges one order may close: the parts of a plan are bounded, as its entities are.
CLOSINGS_MAX: Final = 100
#: NAV types in the order in which they give hedges back.
_NAV_ORDER: Final = (NavType.COI, NavType.RE)
_USD: Final = "USD"
_FAILED: Final = {
    InstructionType.R: PlanningCode.ROLLOVER_INVALID,
    InstructionType.T: PlanningCode.TERMINATION_FAILED,
    InstructionType.A: PlanningCode.TERMINATION_FAILED,
}


@dataclass(frozen=True, slots=True)
class Closing:
    """One event that takes `amount` off an open hedge: ends it, or rolls it over.

    `before` is what was outstanding before this event, `usd` the share of the USD held for the hedge, `share` that of
    its amount keys in SGD text (empty when they are not known). The shares of all closings of a hedge add up exactly.
    """

    kind: LineageKind
    hedge: OpenHedge
    amount: Decimal
    usd: Decimal
    before: Decimal
    share: Mapping[str, str]

    @property
    def after(self) -> Decimal:
        """The amount of the hedge that stays outstanding after this event."""
        return self.before - self.amount


def referred_hedges(order: Order, facts: Facts, currency: str, entity_id: str | None) -> tuple[OpenHedge, ...]:
    """Return the open hedges the order refers to, in closing order; none for a type that refers to none.

    Raises:
        PlanningStopped: NO_HEDGE_FOUND when a reference is not an open hedge; ROLLOVER_INVALID or TERMINATION_FAILED
            when one is of another order, entity, NAV type or method, or when there are too many.
    """
    code = _FAILED.get(order.instruction_type)
    if code is None:
        return ()
    own = {each.event_id: each for each in facts.open_hedges if each.currency == currency}
    if order.reference_event_ids:
        found = tuple(_named(own, event_id, currency) for event_id in dict.fromkeys(order.reference_event_ids))
    else:
        found = tuple(each for each in own.values() if each.order_id == order.previous_order_id)
    if not found:
        message = f"Order {order.previous_order_id} has no open hedge in {currency}. Refer to an open hedge."
        raise PlanningStopped(PlanningCode.NO_HEDGE_FOUND, message, "previous_order_id")
    if len(found) > CLOSINGS_MAX:
        message = f"{len(found)} hedges, at most {CLOSINGS_MAX} can be closed by one order. Split it."
        raise PlanningStopped(code, message, "reference_event_ids")
    for hedge in found:
        _check(order, hedge, entity_id, code)
    return tuple(sorted(found, key=lambda each: _closing_order(facts, each)))


def draw_closings(order: Order, amount: Decimal, hedges: Sequence[OpenHedge]) -> tuple[Closing, ...]:
    """Draw what is taken off each hedge, in the order given; a hedge that is rolled in part gives two closings.

    Raises:
        PlanningStopped: ROLLOVER_INVALID or TERMINATION_FAILED when the amount is more than is outstanding.
    """
    if not hedges:
        return ()
    outstanding = sum((hedge.outstanding for hedge in hedges), ZERO)
    if order.instruction_type is InstructionType.A:
        return tuple(each for hedge in hedges for each in _events(hedge, hedge.outstanding))
    if amount > outstanding:
        what = "roll over" if order.instruction_type is InstructionType.R else "terminate"
        message = f"Asked to {what} {amount}, {outstanding} {hedges[0].currency} is outstanding. Ask for less."
        raise PlanningStopped(_FAILED[order.instruction_type], message, "hedge_amount_order")
    to_end = amount if order.instruction_type is InstructionType.T else outstanding - amount
    closings: list[Closing] = []
    for hedge in hedges:
        ended = min(hedge.outstanding, to_end)
        to_end -= ended
        rolled = hedge.outstanding - ended if order.instruction_type is InstructionType.R else ZERO
        closings += _events(hedge, ended, rolled)
    return tuple(closings)


def _events(hedge: OpenHedge, ended: Decimal, rolled: Decimal = ZERO) -> Iterator[Closing]:
    before = hedge.outstanding
    usd_left = hedge.outstanding_usd
    for kind, amount in ((LineageKind.TERMINATION, ended), (LineageKind.ROLLOVER, rolled)):
        if amount == ZERO:
            continue
        usd = usd_left if amount == before else quantize(over(times(usd_left, amount), before), _USD)
        yield Closing(kind, hedge, amount, usd, before, _share(hedge, hedge.notional - before, amount))
        before -= amount
        usd_left -= usd


def _share(hedge: OpenHedge, closed: Decimal, amount: Decimal) -> dict[str, str]:
    """Return each key's share for `amount`, the difference of two rounded sums, so that all add up to the whole."""

    def up_to(value: Decimal, part: Decimal) -> Decimal:
        return quantize(over(times(value, part), hedge.notional), SGD)

    return {
        name: text_of(up_to(Decimal(value), closed + amount) - up_to(Decimal(value), closed), SGD)
        for name, value in hedge.carried.items()
    }


def _named(own: Mapping[str, OpenHedge], event_id: str, currency: str) -> OpenHedge:
    hedge = own.get(event_id)
    if hedge is None:
        message = f"Event {event_id}: no open hedge in {currency} has this id. Refer to an open hedge."
        raise PlanningStopped(PlanningCode.NO_HEDGE_FOUND, message, "reference_event_ids")
    return hedge


def _check(order: Order, hedge: OpenHedge, entity_id: str | None, code: PlanningCode) -> None:
    stated = (
        ("previous_order_id", order.previous_order_id, hedge.order_id),
        ("entity_id", entity_id, hedge.entity_id),
        ("nav_type", order.nav_type, hedge.nav_type),
        ("hedge_method", order.hedge_method, hedge.hedge_method),
    )
    for path, asked, found in stated:
        if asked is not None and asked != found:
            message = f"Event {hedge.event_id}: its {path} is {found}, the order says {asked}. Correct one."
            raise PlanningStopped(code, message, path)


def _closing_order(facts: Facts, hedge: OpenHedge) -> tuple[object, ...]:
    """COI before RE, then the closing waterfall's entity types, then the oldest hedge (domain facts 5.7)."""
    entity = next((each for each in facts.entities if each.entity_id == hedge.entity_id), None)
    entity_type = entity.entity_type if entity is not None else ""
    priority = priority_of(facts, CLOSING, entity_type, hedge.currency, hedge.nav_type)
    return (_NAV_ORDER.index(hedge.nav_type), priority, hedge.trade_date, hedge.event_id)
