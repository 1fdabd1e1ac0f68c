"""What the model said, and the source of each value. Pure."""

from collections.abc import Mapping
from typing import Any, Final

from services.approval.console.view.money import figure
from services.approval.console.view.subject import Document, Shown
from shared.hedging.order import CompletedOrder, Provenance
from shared.hedging.plan import HedgePlan

#: The source of a value, in words.
SOURCES: Final[Mapping[str, str]] = {
    Provenance.STATED.value: "stated by the AI",
    Provenance.WORDS.value: "read from the AI's words",
    Provenance.REFERENCE.value: "reference data",
    Provenance.DEFAULT.value: "desk default",
    Provenance.SYSTEM.value: "HAWK",
}
#: Sources that are the AI's, not HAWK's.
OF_THE_AI: Final = frozenset({Provenance.STATED.value, Provenance.WORDS.value})
#: Fields that decide how much money moves, in what, for whom and when.
MONEY_FIELDS: Final = frozenset({"amount", "exposure_currency", "entity_id", "value_date", "tenor_or_maturity"})

LABELS: Final[Mapping[str, str]] = {
    "amount": "Amount",
    "exposure_currency": "Exposure currency",
    "nav_type": "NAV type",
    "entity_id": "Entity",
    "hedge_method": "Hedge method",
    "hedging_instrument": "Instrument",
    "tenor_or_maturity": "Tenor",
    "value_date": "Value date",
    "instruction_date": "Instruction date",
    "order_id": "Order id",
    "sub_order_id": "Sub-order id",
    "previous_order_id": "Previous order",
    "reference_event_ids": "Hedge events",
    "msg_uid": "Message id",
}


def model(of: Shown) -> Document:
    """Return prompt and analysis as they came: text of a person and of a machine, to be shown and never obeyed."""
    summary = of.card.plan
    return {
        "asked_by": of.request.maker.name,
        "prompt": summary.get("prompt", ""),
        "analysis": summary.get("analysis", ""),
        "claims": summary.get("claimed") or [],
    }


def provenance(plan: Any) -> list[Document]:
    """Return the fields of an order, the ones that say how much first; none for a kind without an order."""
    if not isinstance(plan, HedgePlan):
        return []
    names = [*(name for name in LABELS if name in plan.order.provenance)]
    names += [name for name in plan.order.provenance if name not in LABELS]
    return [_field(name, plan.order.provenance[name], plan.order) for name in names]


def _field(name: str, source: str, order: CompletedOrder) -> Document:
    stated = source in OF_THE_AI
    return {
        "field": name,
        "label": LABELS.get(name, name.replace("_", " ").capitalize()),
        "value": _value(name, order),
        "source": source,
        "source_label": SOURCES.get(source, source),
        "by_ai": stated,
        "money": name in MONEY_FIELDS,
        "marked": stated and name in MONEY_FIELDS,
    }


def _value(name: str, order: CompletedOrder) -> str:
    value = getattr(order, name, None)
    if name == "amount":
        return figure(order.amount, order.exposure_currency)
    if name == "entity_id" and value is None:
        return "chosen by the waterfall"
    if isinstance(value, tuple):
        return ", ".join(str(each) for each in value)
    return "" if value is None else str(value)
