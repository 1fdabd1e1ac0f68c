"""The document of a preview. Pure.

Each plan is shown by the same sections as a card: a request is made of it that nobody keeps.
"""

from collections.abc import Callable, Mapping
from typing import Any

from services.approval.console.view.document import view_of
from services.approval.console.view.subject import Beside
from services.approval.previews.preview import Preview
from services.approval.requests.cards import Card, Viewer
from services.approval.requests.plan_view import detail_of, summary_of
from services.approval.requests.state import Approval, Status
from shared.events.approvals import ApprovalRequested
from shared.events.catalogue import decode_message
from shared.events.plans import PlanRefused, WorkflowPlanned, WorkflowRefused
from shared.events.previews import PlanPreviewed

#: The request that a plan would lead to.
Ask = Callable[[WorkflowPlanned | PlanRefused], ApprovalRequested]


def preview_document(preview: Preview, viewer: Viewer, ask: Ask) -> dict[str, Any]:
    """Return what an answer would become: what was refused of it, and each plan as its card would show it.

    Args:
        ask: makes the request that the plan's card would have.
    """
    reading = preview.reading
    read = {} if reading is None else reading.model_dump(mode="json", exclude={"response_id", "drafts"})
    return {
        "preview_id": preview.response_id,
        "state": preview.state,
        "lapses_at": preview.lapses_at.isoformat(),
        "outcome": read.get("outcome"),
        "shape": read.get("shape"),
        "prompt": read.get("prompt"),
        "analysis": read.get("analysis"),
        "refusals": read.get("refusals", []),
        "warnings": read.get("warnings", []),
        "plans": [_plan_document(plan, viewer, ask) for plan in preview.plans],
    }


def _plan_document(previewed: PlanPreviewed, viewer: Viewer, ask: Ask) -> dict[str, Any]:
    draft = previewed.draft
    event = decode_message(draft.type, draft.schema_version, draft.data)
    refusals = [each.model_dump(mode="json") for each in event.refusals] if isinstance(event, WorkflowRefused) else []
    shown = {"component": previewed.component, "drawn_at": previewed.drawn_at.isoformat(), "refusals": refusals}
    if not isinstance(event, WorkflowPlanned | PlanRefused) or (isinstance(event, PlanRefused) and not event.recorded):
        return shown | {"view": None}
    return shown | {"view": view_of(_card(event, draft.data, ask), viewer, Beside())}


def _card(event: WorkflowPlanned | PlanRefused, data: Mapping[str, Any], ask: Ask) -> Card:
    approval = Approval(status=Status.AWAITING_APPROVAL, request=ask(event))
    return Card(approval, None, None, summary_of(event, data), detail_of(event, data))
