"""How the amount travels between portfolios: nodes, arrows and what every node ends with. Pure.

Each deal moves its notional from one portfolio to another. Reading the exposure currency alone (CNH counted as CNY),
the outside bank ends at minus the amount, the final portfolio at plus the amount, everything between at zero.
"""

from decimal import Decimal
from functools import singledispatch
from typing import Any, Final

from services.approval.console.view.deals import DASHED, Part, letter, parts
from services.approval.console.view.money import (
    BASE_CURRENCY,
    amount_text,
    figure,
    rate_with_decimals,
    signed_figure,
    written,
)
from services.approval.console.view.names import portfolio_label
from services.approval.console.view.subject import Document
from shared.hedging.changes.reversing import ReversalPlan
from shared.hedging.deals import CNH, Deal
from shared.hedging.gl_entries import INCEPTION_KEYS
from shared.hedging.models import DEAL_ROWS, EXTERNAL, Family, Model, RateKind
from shared.hedging.plan import ChildPlan, HedgePlan
from shared.money.amounts import ZERO, quantize, times

_CNY: Final = "CNY"
#: Where the amount of a hedge lies in the end, whichever way its deals run.
_FINAL: Final = frozenset(row.target for rows in DEAL_ROWS.values() for row in rows if row.final)


@singledispatch
def flows(_: Any) -> list[Document]:
    """Return one picture for each event of the plan; none for a kind without deals."""
    return []


@flows.register
def _of_hedge(plan: HedgePlan) -> list[Document]:
    currency = plan.order.exposure_currency
    return [
        _picture(part, currency, child.allocated) | {"difference": _difference(plan, child)}
        for part, child in zip(parts(plan), plan.children, strict=True)
    ]


@flows.register
def _of_reversal(plan: ReversalPlan) -> list[Document]:
    """Return the flows that the cancelled deals had: they are taken back as a whole."""
    shares = {each.event_id: abs(each.amount) for each in plan.lineage}
    return [
        _picture(part, plan.exposure_currency, shares.get(part.event_id, plan.allocated)) | {"difference": None}
        for part in parts(plan)
    ]


def _picture(part: Part, currency: str, amount: Decimal) -> Document:
    nodes = dict.fromkeys(each for deal in part.deals for each in (deal.portfolio_from, deal.portfolio_to))
    return {
        "part": part.part,
        "event_id": part.event_id,
        "entity": part.entity_id,
        "name": part.name,
        "short": part.short,
        "amount": amount_text(amount, currency),
        "currency": currency,
        "nodes": [{"id": node, "label": portfolio_label(node), "kind": _kind(node)} for node in _placed(nodes)],
        "arrows": _arrows(part.deals),
        "rates": _rates(part.deals),
        "net": _net(part.deals, currency, list(nodes)),
    }


def _placed(nodes: dict[str, None]) -> list[str]:
    """Return the nodes from left to right: the outside bank first, also where a closing deal leads back to it."""
    return sorted(nodes, key=lambda node: node != EXTERNAL)


def _kind(node: str) -> str:
    if node == EXTERNAL:
        return "bank"
    return "final" if node in _FINAL else "portfolio"


def _arrows(deals: tuple[Deal, ...]) -> list[Document]:
    """Return an arrow for each pair of nodes, with the deals on it; `arc` where it leads back to its own node."""
    pairs: dict[tuple[str, str], list[Deal]] = {}
    for deal in deals:
        pairs.setdefault((deal.portfolio_from, deal.portfolio_to), []).append(deal)
    return [
        {
            "from": source,
            "to": target,
            "arc": source == target,
            "dashed": all(deal.rate_type in DASHED for deal in own),
            "deals": [
                {
                    "number": deal.deal_sequence,
                    "deal_type": deal.deal_type,
                    "pair": deal.currency_pair,
                    "letter": letter(deal),
                    "dashed": deal.rate_type in DASHED,
                }
                for deal in own
            ],
        }
        for (source, target), own in pairs.items()
    ]


def _rates(deals: tuple[Deal, ...]) -> list[Document]:
    """Return each rate that the deals use, once."""
    found: dict[tuple[str | None, str], Document] = {}
    for deal in deals:
        if deal.fx_rate is not None:
            value = rate_with_decimals(deal.fx_rate)
            found.setdefault(
                (deal.rate_type, deal.currency_pair),
                {
                    "letter": letter(deal),
                    "type": deal.rate_type,
                    "pair": deal.currency_pair,
                    "value": value,
                    "dashed": deal.rate_type in DASHED,
                },
            )
    return list(found.values())


def _counted(currency: str) -> str:
    return _CNY if currency == CNH else currency


def _net(deals: tuple[Deal, ...], currency: str, nodes: list[str]) -> Document:
    """Return what each node ends with, in the exposure currency and in others that travelled (USD funding)."""
    ends: dict[tuple[str, str], Decimal] = {}
    for deal in deals:
        counted = _counted(deal.notional_currency)
        for node, moved in ((deal.portfolio_from, -deal.notional_amount), (deal.portfolio_to, deal.notional_amount)):
            ends[node, counted] = ends.get((node, counted), ZERO) + moved
    own = {node: ends.get((node, currency), ZERO) for node in nodes}
    between = [node for node in nodes if _kind(node) == "portfolio"]
    rest = sum((abs(own[node]) for node in between), ZERO)
    ordered = [node for node in _placed(dict.fromkeys(nodes)) if node not in between]
    return {
        "currency": currency,
        "ends": [
            {"node": node, "label": portfolio_label(node), "amount": amount_text(own[node], currency)}
            for node in (*ordered, *between)
        ],
        "text": " · ".join(
            f"{portfolio_label(node)} {signed_figure(own[node], currency)} {currency}" for node in ordered
        ),
        "between": amount_text(rest, currency),
        "between_text": f"every portfolio between {figure(rest, currency)}" if between else "",
        "others": [
            {
                "node": node,
                "label": portfolio_label(node),
                "currency": other,
                "amount": amount_text(amount, other),
            }
            for (node, other), amount in ends.items()
            if other != currency and amount != ZERO
        ],
    }


def _difference(plan: HedgePlan, child: ChildPlan) -> Document | None:
    """Return what the ledger books because the rates differ on the way; the product only where it is that amount."""
    key = INCEPTION_KEYS[Model(child.event.booking_model)][0]
    if key not in child.amount_keys:
        return None
    amount = Decimal(child.amount_keys[key])
    return {
        "currency": BASE_CURRENCY,
        "amount": amount_text(amount, BASE_CURRENCY),
        "key": key,
        "text": _product(plan, child, amount) or f"{written(amount, BASE_CURRENCY)} is what the ledger books.",
    }


def _product(plan: HedgePlan, child: ChildPlan, amount: Decimal) -> str | None:
    """Return the sentence of a matched currency: amount times prevailing less historical rate."""
    rates = {deal.rate_type: deal.fx_rate for deal in child.deals if deal.fx_rate is not None}
    today, then = rates.get(RateKind.PREVAILING.value), rates.get(RateKind.HISTORICAL.value)
    if Model(child.event.booking_model).family is not Family.A or today is None or then is None:
        return None
    if quantize(times(child.allocated, today - then), BASE_CURRENCY) != quantize(amount, BASE_CURRENCY):
        return None
    factors = f"{figure(child.allocated, plan.order.exposure_currency)} × {rate_with_decimals(today - then)}"
    return f"The difference, {factors} = {written(amount, BASE_CURRENCY)}, is what the ledger books."
