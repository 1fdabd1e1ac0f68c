"""The planned Murex deals: their values, and how they follow from the model's table, the rates and the
notional.

Rates as in currency_rates: SGD per unit, NDF and embedded spot in exposure currency per USD.
A CNH/USD rate is derived as (CNH/SGD) / (USD/SGD) (domain facts 4.6). Amounts are computed from unrounded
rates and rounded once, half up, in their own currency.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final

from shared.hedging.models import DEAL_ROWS, EXTERNAL, DealRow, Model, Pair, RateKind
from shared.money.amounts import over, quantize, quantize_rate, times

SGD: Final = "SGD"
USD: Final = "USD"
CNH: Final = "CNH"
SWAP_TYPES: Final = frozenset({"FX_SWAP", "FX_SWAP_CNH"})
PRODUCTS: Final[Mapping[str, str]] = {
    "FX_SWAP": "FX Swap", "FX_SWAP_CNH": "FX Swap", "NDF": "NDF", "LNBR": "LNBR",
    "FX_SPOT_HEDGE": "FX Spot", "FX_SPOT_FUNDING": "FX Spot", "FX_SPOT_DIFF": "FX Spot",
    "FX_SPOT_EMBEDDED": "FX Spot",
}  # fmt: skip


class Direction(StrEnum):
    """The direction in which the rows of the model's table are run."""

    OPENING = "OPENING"
    CLOSING = "CLOSING"
    ROLLING = "ROLLING"


@dataclass(frozen=True, slots=True)
class DealLeg:
    """One exchange of a swap: on `value_date` the owner sells one amount and buys the other at `rate`."""

    value_date: date
    sell_currency: str
    sell_amount: Decimal
    buy_currency: str
    buy_amount: Decimal
    rate: Decimal


@dataclass(frozen=True, slots=True)
class NdfTerms:
    """Non-deliverable terms. Rates in exposure currency per USD."""

    fixing_source: str
    fixing_date: date
    settlement_date: date
    settlement_currency: str
    embedded_spot_rate: Decimal


@dataclass(frozen=True, slots=True)
class Deal:
    """A row of the deal plan (domain facts 4.6).

    The deal moves `notional_amount` of `notional_currency` from `portfolio_from` to `portfolio_to`:
    `sell` is what the source gives, `buy` what it gets. `fx_rate` is written as the pair's convention has
    it (SGD per unit; exposure currency per USD for NDF and embedded spot); None for a loan or borrowing.
    """

    deal_booking_id: str
    deal_sequence: int
    deal_type: str
    product_type: str
    portfolio_from: str
    portfolio_to: str
    currency_pair: str
    notional_currency: str
    notional_amount: Decimal
    sell_currency: str
    sell_amount: Decimal
    buy_currency: str
    buy_amount: Decimal
    fx_rate: Decimal | None
    rate_type: str | None
    swap_points: Decimal | None
    near_leg: DealLeg | None
    far_leg: DealLeg | None
    ndf: NdfTerms | None
    trade_date: date
    value_date: date
    maturity_date: date | None
    counterparty: str
    murex_book_code: str | None
    final: bool
    purpose: str
    comment: str
    internal_reference: str
    proxy_currency: str | None


@dataclass(frozen=True, slots=True)
class DealContext:
    """The values shared by the deals of an event. `rates` are the IFRS ones; `deal_prefix` begins the deals' ids."""

    model: Model
    currency: str
    notional: Decimal
    rates: Mapping[RateKind, Decimal]
    trade_date: date
    value_date: date
    maturity_date: date
    fixing_date: date
    fixing_source: str
    counterparty_external: str
    counterparty_internal: str
    book_counterparties: Mapping[str, str]
    comment: str
    deal_prefix: str
    direction: Direction = Direction.OPENING


def draw_deals(context: DealContext) -> tuple[Deal, ...]:
    """Draw one deal per row of the model's table, in its sequence.

    A termination runs the rows in reverse: from and to exchanged, what was sold is bought back. A rollover
    keeps them; the near leg of its swaps closes the hedge, the far leg opens it again at the new maturity (design 8,
    Q4).
    """
    deals = (_deal(context, row) for row in DEAL_ROWS[context.model])
    if context.direction is Direction.CLOSING:
        return tuple(_closed(context, deal) for deal in deals)
    if context.direction is Direction.ROLLING:
        return tuple(_rolled(deal) for deal in deals)
    return tuple(deals)


def _closed(context: DealContext, deal: Deal) -> Deal:
    """Reverse a leg. A hedge whose last day is the value date itself has no far leg left to close."""
    over_already = context.maturity_date <= context.value_date
    return replace(
        deal,
        portfolio_from=deal.portfolio_to,
        portfolio_to=deal.portfolio_from,
        sell_currency=deal.buy_currency,
        sell_amount=deal.buy_amount,
        buy_currency=deal.sell_currency,
        buy_amount=deal.sell_amount,
        near_leg=_opposite(deal.near_leg),
        far_leg=None if over_already else _opposite(deal.far_leg),
        counterparty=context.counterparty_external
        if EXTERNAL in (deal.portfolio_from, deal.portfolio_to)
        else deal.counterparty,
        purpose=f"close: {deal.purpose}",
    )


def _rolled(deal: Deal) -> Deal:
    if deal.near_leg is None or deal.far_leg is None:
        return replace(deal, purpose=f"roll: {deal.purpose}")
    near, far = _opposite(deal.near_leg), _opposite(deal.far_leg)
    return replace(deal, near_leg=near, far_leg=far, purpose=f"roll: {deal.purpose}")


def _opposite(leg: DealLeg | None) -> DealLeg | None:
    """Return the exchange with its sides swapped."""
    if leg is None:
        return None
    return replace(
        leg,
        sell_currency=leg.buy_currency,
        sell_amount=leg.buy_amount,
        buy_currency=leg.sell_currency,
        buy_amount=leg.sell_amount,
    )


def _deal(context: DealContext, row: DealRow) -> Deal:
    base, quote = _currencies(row.pair, context.currency)
    amount = _notional(context, row.pair)
    rate = _rate(context, row)
    points = _points(context, row)
    swap = row.deal_type in SWAP_TYPES
    bought = _counter_amount(row.pair, amount, rate, quote)
    near = DealLeg(context.value_date, base, amount, quote, bought, quantize_rate(rate)) if swap and rate else None
    return Deal(
        deal_booking_id=f"{context.deal_prefix}_{row.sequence:02d}",
        deal_sequence=row.sequence,
        deal_type=row.deal_type,
        product_type=PRODUCTS[row.deal_type],
        portfolio_from=row.source,
        portfolio_to=row.target,
        currency_pair=USD if row.pair is Pair.USD else f"{base}/{quote}",
        notional_currency=base,
        notional_amount=amount,
        sell_currency=base,
        sell_amount=amount,
        buy_currency=quote,
        buy_amount=bought,
        fx_rate=None if rate is None else quantize_rate(rate),
        rate_type=None if row.rate is None else row.rate.value,
        swap_points=points,
        near_leg=near,
        far_leg=_far_leg(context, row, amount, rate) if swap and rate else None,
        ndf=_ndf_terms(context) if row.deal_type == "NDF" else None,
        trade_date=context.trade_date,
        value_date=context.value_date,
        maturity_date=context.maturity_date if swap or row.deal_type in {"NDF", "LNBR"} else None,
        counterparty=_counterparty(context, row),
        murex_book_code=row.book_code,
        final=row.final,
        purpose=row.purpose,
        comment=context.comment,
        internal_reference=f"{context.deal_prefix}_{row.sequence:02d}",
        proxy_currency=CNH if base == CNH else (USD if row.pair is Pair.F_USD else None),
    )


def _currencies(pair: Pair, currency: str) -> tuple[str, str]:
    return {
        Pair.F_SGD: (currency, SGD),
        Pair.F_USD: (currency, USD),
        Pair.CNH_SGD: (CNH, SGD),
        Pair.CNH_USD: (CNH, USD),
        Pair.USD_SGD: (USD, SGD),
        Pair.USD: (USD, USD),
    }[pair]


def usd_notional(notional: Decimal, rates: Mapping[RateKind, Decimal]) -> Decimal:
    """N / NDF in USD cents: the size of the USD funding of a proxy hedge."""
    return quantize(over(notional, rates[RateKind.NDF]), USD)


def _notional(context: DealContext, pair: Pair) -> Decimal:
    return usd_notional(context.notional, context.rates) if pair in {Pair.USD_SGD, Pair.USD} else context.notional


def _rate(context: DealContext, row: DealRow) -> Decimal | None:
    if row.rate is None:
        return None
    rate = context.rates[row.rate]
    return over(rate, context.rates[RateKind.USD_SGD]) if row.pair is Pair.CNH_USD else rate


def _points_kind(pair: Pair) -> RateKind:
    return RateKind.USD_SWAP_POINTS if pair is Pair.USD_SGD else RateKind.SWAP_POINTS


def _points(context: DealContext, row: DealRow) -> Decimal | None:
    """Swap points in the terms of the row's own pair; None for a spot. A loan's are those of its currency's
    class.
    """
    if row.deal_type not in SWAP_TYPES | {"NDF", "LNBR"}:
        return None
    if row.pair is Pair.USD:
        return context.rates[RateKind.USD_SWAP_POINTS]
    points = context.rates[_points_kind(row.pair)]
    if row.pair is Pair.CNH_USD:
        points = over(points, context.rates[RateKind.USD_SGD])
    return quantize_rate(points)


def _counter_amount(pair: Pair, amount: Decimal, rate: Decimal | None, quote: str) -> Decimal:
    if rate is None:
        return amount
    return quantize(over(amount, rate) if pair is Pair.F_USD else times(amount, rate), quote)


def _far_leg(context: DealContext, row: DealRow, amount: Decimal, rate: Decimal) -> DealLeg:
    """Return the far leg: the base currency is bought back at maturity at the near rate plus swap points."""
    base, quote = _currencies(row.pair, context.currency)
    points = context.rates[_points_kind(row.pair)]
    if row.pair is Pair.CNH_USD:
        points = over(points, context.rates[RateKind.USD_SGD])
    far = rate + points
    paid = _counter_amount(row.pair, amount, far, quote)
    return DealLeg(context.maturity_date, quote, paid, base, amount, quantize_rate(far))


def _ndf_terms(context: DealContext) -> NdfTerms:
    return NdfTerms(
        fixing_source=context.fixing_source,
        fixing_date=context.fixing_date,
        settlement_date=context.maturity_date,
        settlement_currency=USD,
        embedded_spot_rate=context.rates[RateKind.EMBEDDED_SPOT],
    )


def _counterparty(context: DealContext, row: DealRow) -> str:
    if row.source == EXTERNAL:
        return context.counterparty_external
    configured = context.book_counterparties.get(row.book_code or "", "")
    return configured or context.counterparty_internal
