"""The rates of a plan: which it uses, their source, and how far they have moved since it was drawn.

The LOCAL ledger has rates of its own; where it has none for a pair and type, the IFRS rate holds for both.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Final

from shared.hedging.calendar import Calendar
from shared.hedging.facts import Facts
from shared.hedging.gl_entries import Ledger
from shared.hedging.models import Family, RateKind, RateNeed
from shared.hedging.plan import PinnedRate, Pins, RateMove
from shared.hedging.planning.stops import PlanningStopped
from shared.hedging.refusals import PlanningCode
from shared.money.amounts import over, plain, quantize_rate, times

BASIS_POINTS: Final = Decimal(10_000)
SWAP_POINTS: Final = "swap_points"
# Swap points move a lot in themselves and little in the outright: they are measured against the pair's spot.
SPOT_TYPES: Final = ("prevailing", "onshore", "ndf")

RateSet = Mapping[RateKind, Decimal]


def rate_today(facts: Facts, pair: str, rate_type: str, ledger: Ledger, day: date) -> Decimal | None:
    """Return the rate in force on `day`, or None. For LOCAL, a rate of its own precedes the IFRS one."""
    order = (Ledger.LOCAL, Ledger.IFRS) if ledger is Ledger.LOCAL else (Ledger.IFRS,)
    for wanted in order:
        for rate in facts.rates:
            if (rate.currency_pair, rate.rate_type, rate.ledger) == (pair, rate_type, wanted) and (
                rate.effective_date is None or rate.effective_date <= day
            ):
                return rate.value
    return None


def resolve_rates(
    facts: Facts, currency: str, needs: Sequence[RateNeed], day: date
) -> tuple[dict[Ledger, dict[RateKind, Decimal]], tuple[PinnedRate, ...]]:
    """Values of the needed rates for both ledgers, and their pins, sorted.

    With pins in the facts the pinned values are used; a rate the pins lack is looked up.
    Raises:
        PlanningStopped: RATE_MISSING, naming pair and type; CONFIGURATION_INVALID for a rate not above zero.
    """
    values: dict[Ledger, dict[RateKind, Decimal]] = {ledger: {} for ledger in Ledger}
    pinned: dict[tuple[str, str, Ledger], Decimal] = {}
    for ledger in Ledger:
        for kind, pattern, rate_type in needs:
            pair = pattern.replace("{F}", currency)
            value = _pinned(facts.pins, pair, rate_type, ledger)
            if value is None:
                value = rate_today(facts, pair, rate_type, ledger, day)
            _guard(value, pair, rate_type)
            if value is not None:
                values[ledger][kind] = pinned[pair, rate_type, ledger] = value
    rates = tuple(PinnedRate(*key, value) for key, value in sorted(pinned.items()))
    return values, rates


def _pinned(pins: Pins | None, pair: str, rate_type: str, ledger: Ledger) -> Decimal | None:
    for rate in pins.rates if pins is not None else ():
        if (rate.currency_pair, rate.rate_type, rate.ledger) == (pair, rate_type, ledger):
            return plain(rate.value)
    return None


def _guard(value: Decimal | None, pair: str, rate_type: str) -> None:
    path = f"reference.currency_rates.{pair}:{rate_type}"
    if value is None:
        message = f"Rate {pair} {rate_type}: expected a rate in force, found none. Publish it on hawk.reference."
        raise PlanningStopped(PlanningCode.RATE_MISSING, message, path)
    if rate_type != SWAP_POINTS and value <= 0:
        message = f"Rate {pair} {rate_type}: expected above zero, found {value}. Correct the row."
        raise PlanningStopped(PlanningCode.CONFIGURATION_INVALID, message, path)


def to_usd(amount: Decimal, family: Family, rates: RateSet) -> Decimal:
    """USD equivalent, not yet rounded: via SGD for A (prevailing) and B (onshore), by the NDF rate for C."""
    if family is Family.C:
        return over(amount, rates[RateKind.NDF])
    rate = rates[RateKind.PREVAILING if family is Family.A else RateKind.ONSHORE]
    return over(times(amount, rate), rates[RateKind.USD_SGD])


def stale_rates(facts: Facts, used: Iterable[PinnedRate], calendar: Calendar, days_max: int) -> tuple[str, ...]:
    """Return the used market rates dated more than `days_max` business days back; historical rates never age."""
    names = {
        (rate.currency_pair, rate.rate_type)
        for rate in facts.rates
        if rate.effective_date is not None and calendar.days_between(rate.effective_date, facts.today) > days_max
    }
    wanted = {(rate.currency_pair, rate.rate_type) for rate in used if rate.rate_type != "historical"}
    return tuple(f"{pair} {rate_type}" for pair, rate_type in sorted(names & wanted))


def rates_moved(pins: Pins, facts_today: Facts, tolerance_bp: Decimal) -> tuple[RateMove, ...]:
    """Return the pinned rates whose value today differs by more than the tolerance, or that are gone.

    Only rates the plan used count. The move is absolute and relative to the pinned value, in basis points
    rounded to `quantize_rate`; swap points are measured against the spot of their pair. Exactly at the
    tolerance is not a move.
    """
    day = max(pins.trade_date, facts_today.today)
    moves = []
    for rate in pins.rates:
        today = rate_today(facts_today, rate.currency_pair, rate.rate_type, rate.ledger, day)
        move = None if today is None else _move_bp(rate, today, _base(pins.rates, rate))
        if move is None or move > tolerance_bp:
            moves.append(RateMove(rate.currency_pair, rate.rate_type, rate.ledger, rate.value, today, move))
    return tuple(moves)


def _base(rates: Sequence[PinnedRate], rate: PinnedRate) -> Decimal:
    if rate.rate_type != SWAP_POINTS:
        return rate.value
    spots = [
        other.value
        for other in rates
        if other.currency_pair == rate.currency_pair and other.ledger == rate.ledger and other.rate_type in SPOT_TYPES
    ]
    return spots[0] if spots else rate.value


def _move_bp(rate: PinnedRate, today: Decimal, base: Decimal) -> Decimal | None:
    if today == rate.value:
        return Decimal(0)
    if base == 0:
        return None
    return quantize_rate(times(over(abs(today - rate.value), abs(base)), BASIS_POINTS))
