"""The display document of a card: every section, made once from the card's plan. Pure."""

from typing import Final

from services.approval.console.view.attention import attention
from services.approval.console.view.capacity import capacity, usd_limit
from services.approval.console.view.change import change
from services.approval.console.view.changed import changed
from services.approval.console.view.deals import deals
from services.approval.console.view.flows import flows
from services.approval.console.view.headline import headline
from services.approval.console.view.ledger import ledger
from services.approval.console.view.lines import lines
from services.approval.console.view.notices import warnings
from services.approval.console.view.operations import operations
from services.approval.console.view.origin import model, provenance
from services.approval.console.view.plans import Kind
from services.approval.console.view.risk import risk
from services.approval.console.view.stages import stages
from services.approval.console.view.subject import Beside, Document, Shown, shown
from services.approval.console.view.undo import undo
from services.approval.console.view.who import who
from services.approval.requests.cards import Card, Viewer

#: The sections a person reads and ticks, by kind, in the order of doubt.
SECTIONS: Final = {
    Kind.HEDGE: ("lines", "risk", "capacity", "deals", "ledger", "operations", "undo", "origin"),
    Kind.CONFIGURATION: ("change", "lines", "operations", "undo", "origin"),
    Kind.OVERRIDE: ("change", "lines", "operations", "undo", "origin"),
    Kind.REVERSAL: ("change", "lines", "capacity", "deals", "ledger", "operations", "undo"),
    Kind.CHECK: ("origin",),
}


def view_of(card: Card, viewer: Viewer, beside: Beside) -> Document | None:
    """Return everything the console shows of a card; None for a workflow that was never asked for."""
    of = shown(card, viewer, beside)
    if of is None:
        return None
    predecessor = beside.predecessor
    return {
        "sections": list(SECTIONS[of.kind]),
        "headline": headline(of),
        "stages": stages(of),
        "warnings": warnings(of),
        "attention": attention(
            card.approval,
            card.plan.get("predecessor"),
            None if predecessor is None else predecessor.approval.reason,
            viewer.at,
        ),
        "changed": changed(of),
        "change": change(of.plan, of),
        "lines": lines(of.plan),
        "risk": risk(of),
        "capacity": capacity(of.plan),
        "usd_limit": usd_limit(of.plan),
        "deals": deals(of.plan),
        "flows": flows(of.plan),
        "ledger": ledger(of.plan),
        "operations": operations(of.plan, of.kind),
        "undo": undo(of.plan),
        "model": model(of),
        "provenance": provenance(of.plan),
        "who": who(of),
        "ids": _ids(of),
        "digest": of.request.plan_digest,
        "as_of": viewer.at.isoformat(),
    }


def _ids(of: Shown) -> Document:
    return {
        "workflow_id": of.request.workflow_id,
        "response_id": of.request.response_id,
        "order_id": of.card.plan.get("order_id"),
        "effects_digest": of.request.effects_digest,
    }
