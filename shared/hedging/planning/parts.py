"""The parts of an order: one event each, in the order in which they are booked.

An inception has one part per entity that takes a share. A termination or rollover has one per hedge it closes, two
where a hedge is rolled in part. An amendment ends all of the old order's hedges, then opens the new one.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from shared.hedging.capacity import Assessment
from shared.hedging.facts import Facts
from shared.hedging.gl_entries import Ledger
from shared.hedging.open_hedges import OpenHedge
from shared.hedging.order import InstructionType, NavType, Order
from shared.hedging.plan import LineageKind
from shared.hedging.planning.closing import Closing
from shared.hedging.planning.intake import Intake
from shared.hedging.planning.rates import to_usd
from shared.hedging.planning.stops import configuration_invalid
from shared.hedging.planning.waterfall import assess
from shared.money.amounts import ZERO, quantize

USD: Final = "USD"
#: business_event_type of hedge_business_events (domain facts 3.3).
EVENT_TYPES: Final[Mapping[LineageKind, str]] = MappingProxyType(
    {
        LineageKind.INCEPTION_NEW: "Initiation",
        LineageKind.INCEPTION_EXISTING: "Initiation",
        LineageKind.ROLLOVER: "Rollover",
        LineageKind.TERMINATION: "Termination",
        LineageKind.AMENDMENT: "Amendment",
    }
)


@dataclass(frozen=True, slots=True)
class Part:
    """One event to be drawn. `share` is its exposure as assessed, with the event's net change as `allocated`.

    `amount` is the event's own, above zero, and `amount_usd` its USD equivalent at the plan's rates. `follows` is the
    event before it in the chain of the hedge.
    """

    index: int
    kind: LineageKind
    share: Assessment
    amount: Decimal
    amount_usd: Decimal
    maturity_date: date
    closing: Closing | None = None
    follows: str | None = None

    @property
    def nav_type(self) -> NavType:
        """The NAV type of the exposure that the event changes."""
        return self.share.nav_type


def draw_parts(order: Order, facts: Facts, intake: Intake, shares: Sequence[Assessment]) -> tuple[Part, ...]:
    """Draw all parts; closing ones first, so that an amendment ends the old hedge before it opens the new one.

    Args:
        shares: what entities take of the order's amount; empty for a rollover or termination.
    Raises:
        PlanningStopped: CONFIGURATION_INVALID when the exposure of a hedge has no position snapshot.
    """
    closing = list(_closing_parts(facts, intake))
    opening = _opening_parts(order, facts, intake, shares)
    return tuple(replace(part, index=index) for index, part in enumerate((*closing, *opening), start=1))


def exposures_of_closings(facts: Facts, intake: Intake) -> Mapping[tuple[str, NavType], Assessment]:
    """Assess the exposure of every hedge the order closes, as it is now.

    Raises:
        PlanningStopped: CONFIGURATION_INVALID when an exposure has no position snapshot.
    """
    found: dict[tuple[str, NavType], Assessment] = {}
    for hedge in intake.hedges:
        if (hedge.entity_id, hedge.nav_type) in found:
            continue
        entities = tuple(each for each in facts.entities if each.entity_id == hedge.entity_id)
        assessed = assess(facts, entities, hedge.currency, hedge.nav_type).assessments
        if not assessed:
            message = (
                f"No {hedge.nav_type.value} position snapshot for {hedge.entity_id}, which has the hedge "
                f"{hedge.event_id}. Publish one on hawk.reference."
            )
            raise configuration_invalid("position_nav_master", message)
        found[hedge.entity_id, hedge.nav_type] = assessed[0]
    return found


def _closing_parts(facts: Facts, intake: Intake) -> Iterator[Part]:
    exposures = exposures_of_closings(facts, intake)
    for closing in intake.closings:
        hedge = closing.hedge
        ended = closing.kind is LineageKind.TERMINATION
        exposure = exposures[hedge.entity_id, hedge.nav_type]
        yield Part(
            index=0,
            kind=closing.kind,
            share=replace(exposure, allocated=-closing.amount if ended else quantize(ZERO, hedge.currency)),
            amount=closing.amount,
            amount_usd=_usd(intake, closing.amount),
            maturity_date=max(intake.dates.value_date, hedge.maturity_date) if ended else intake.dates.maturity_date,
            closing=closing,
            follows=hedge.event_id,
        )


def _opening_parts(order: Order, facts: Facts, intake: Intake, shares: Sequence[Assessment]) -> Iterator[Part]:
    """Draw a part per share. Its USD is the difference of two rounded sums, so that all add up, to the cent, to the USD
    of the whole, with which the limit was checked."""
    opened = ZERO
    for share in shares:
        up_to = opened + share.allocated
        yield _opening_part(order, facts, intake, share, _usd(intake, up_to) - _usd(intake, opened))
        opened = up_to


def _usd(intake: Intake, amount: Decimal) -> Decimal:
    return quantize(to_usd(amount, intake.family, intake.rates[Ledger.IFRS]), USD)


def _opening_part(order: Order, facts: Facts, intake: Intake, share: Assessment, amount_usd: Decimal) -> Part:
    amended = order.instruction_type is InstructionType.A
    before = intake.hedges[0] if amended else _open_hedge(facts, intake, share)
    existing = LineageKind.INCEPTION_NEW if before is None else LineageKind.INCEPTION_EXISTING
    return Part(
        index=0,
        kind=LineageKind.AMENDMENT if amended else existing,
        share=share,
        amount=share.allocated,
        amount_usd=amount_usd,
        maturity_date=intake.dates.maturity_date,
        follows=None if before is None else before.event_id,
    )


def _open_hedge(facts: Facts, intake: Intake, share: Assessment) -> OpenHedge | None:
    """Return the oldest open hedge with this entity, currency, NAV type and method: an inception adds to it."""
    wanted = (share.entity_id, share.currency, share.nav_type, intake.hedge_method)
    found = [
        each
        for each in facts.open_hedges
        if (each.entity_id, each.currency, each.nav_type, each.hedge_method) == wanted
    ]
    return min(found, key=lambda each: (each.trade_date, each.event_id), default=None)
