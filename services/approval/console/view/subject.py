"""What every section is made of: the card, its plan, who looks, and what was there before. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.approval.console.view.plans import Kind, Plan, kind_of, plan_of
from services.approval.requests.cards import Card, Viewer
from shared.events.approvals import ApprovalRequested

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Beside:
    """What is known beside a card.

    Args:
        predecessor: the card of the plan in whose place this one was drawn.
        progress: the latest message of hawk.progress about this workflow.
    """

    predecessor: Card | None = None
    progress: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """A card, read once for all sections."""

    card: Card
    request: ApprovalRequested
    kind: Kind
    plan: Plan | None
    viewer: Viewer
    beside: Beside


def shown(card: Card, viewer: Viewer, beside: Beside) -> Shown | None:
    """Read a card; None for one that was never asked for."""
    request = card.approval.request
    if request is None:
        return None
    kind = kind_of(card.plan)
    return Shown(card, request, kind, plan_of(kind, card.detail), viewer, beside)
