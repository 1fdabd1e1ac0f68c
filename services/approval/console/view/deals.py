"""The deals that would be booked, or cancelled, one row each. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import singledispatch
from types import MappingProxyType
from typing import Any, Final

from services.approval.console.view.money import amount_text, rate_with_decimals
from services.approval.console.view.names import entity_name, portfolio_label
from services.approval.console.view.subject import Document
from shared.hedging.changes.reversing import ReversalPlan
from shared.hedging.deals import Deal, DealLeg
from shared.hedging.models import RateKind
from shared.hedging.plan import HedgePlan

#: The letters of the rates in tables and pictures, as docs/domain.md has them.
LETTERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        RateKind.PREVAILING.value: "P",
        RateKind.HISTORICAL.value: "H",
        RateKind.ONSHORE.value: "ON",
        RateKind.OFFSHORE.value: "OFF",
        RateKind.NDF.value: "NDF",
        RateKind.EMBEDDED_SPOT.value: "ES",
        RateKind.USD_SGD.value: "US",
    }
)
#: Rates that no market quotes today: an arrow at one of them is dashed.
DASHED: Final = frozenset({RateKind.HISTORICAL.value, RateKind.EMBEDDED_SPOT.value})


@dataclass(frozen=True, slots=True)
class Part:
    """The deals of one event of one entity. `part` counts from 1; `contracts` are Murex's, where it has booked them."""

    part: int
    event_id: str
    entity_id: str
    name: str | None
    deals: tuple[Deal, ...]
    contracts: Mapping[str, str]

    @property
    def short(self) -> str:
        """The name of the entity as a switch shows it."""
        return self.entity_id if self.name is None else entity_name(self.name).short


@singledispatch
def parts(_: Any) -> tuple[Part, ...]:
    """Return the deals of a plan by event; nothing for a kind without."""
    return ()


@parts.register
def _of_hedge(plan: HedgePlan) -> tuple[Part, ...]:
    return tuple(
        Part(child.index, child.event.event_id, child.entity_id, child.entity_name, child.deals, {})
        for child in plan.children
    )


@parts.register
def _of_reversal(plan: ReversalPlan) -> tuple[Part, ...]:
    events = dict.fromkeys((each.event_id, each.entity_id) for each in plan.cancels)
    found = []
    for number, (event, entity) in enumerate(events, start=1):
        own = [each for each in plan.cancels if each.event_id == event]
        contracts = {each.deal.deal_booking_id: each.contract_id for each in own}
        found.append(Part(number, event, entity, None, tuple(each.deal for each in own), contracts))
    return tuple(found)


def deals(plan: Any) -> list[Document]:
    """Return every deal, in the order in which Murex gets them."""
    return [_row(part, deal) for part in parts(plan) for deal in part.deals]


def _row(part: Part, deal: Deal) -> Document:
    return {
        "part": part.part,
        "number": deal.deal_sequence,
        "label": f"Deal {deal.deal_sequence} of {part.short}",
        "event_id": part.event_id,
        "entity": part.entity_id,
        "deal_booking_id": deal.deal_booking_id,
        "contract_id": part.contracts.get(deal.deal_booking_id),
        "deal_type": deal.deal_type,
        "product_type": deal.product_type,
        "purpose": deal.purpose,
        "from": deal.portfolio_from,
        "to": deal.portfolio_to,
        "from_label": portfolio_label(deal.portfolio_from),
        "to_label": portfolio_label(deal.portfolio_to),
        "sell": _money(deal.sell_currency, deal),
        "buy": {"amount": amount_text(deal.buy_amount, deal.buy_currency), "currency": deal.buy_currency},
        "currency_pair": deal.currency_pair,
        "rate": None if deal.fx_rate is None else rate_with_decimals(deal.fx_rate),
        "rate_type": deal.rate_type,
        "letter": letter(deal),
        "dashed": deal.rate_type in DASHED,
        "legs": [_leg(each) for each in (deal.near_leg, deal.far_leg) if each is not None],
        "value_date": deal.value_date.isoformat(),
        "maturity_date": None if deal.maturity_date is None else deal.maturity_date.isoformat(),
        "counterparty": deal.counterparty,
        "book_code": deal.murex_book_code,
        "final": deal.final,
    }


def letter(deal: Deal) -> str | None:
    """Return the letter of a deal's rate; None for a loan, which has none."""
    return None if deal.rate_type is None else LETTERS.get(deal.rate_type, deal.rate_type)


def _money(currency: str, deal: Deal) -> Document:
    return {"amount": amount_text(deal.sell_amount, currency), "currency": currency}


def _leg(leg: DealLeg) -> Document:
    return {
        "value_date": leg.value_date.isoformat(),
        "sell": {"amount": amount_text(leg.sell_amount, leg.sell_currency), "currency": leg.sell_currency},
        "buy": {"amount": amount_text(leg.buy_amount, leg.buy_currency), "currency": leg.buy_currency},
        "rate": rate_with_decimals(leg.rate),
    }
