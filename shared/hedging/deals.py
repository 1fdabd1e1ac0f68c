"""Values of one planned Murex deal. How they are computed: `deal_rows` over the table of the model."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


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
