"""Facts of previews: what an answer would become, drawn the ordinary way and never carried out.

A preview has no workflow. Its proposals and plans stand as documents inside these events, in streams of their own, so
that nothing that reads proposals or plans can take one for the other. Streams `preview-<id>` and
`previewplan-<id>-<component>`.
"""

from typing import Any

from shared.events.base import Event, Notice, Refusal, Value, datetime
from shared.events.responses import Maker, Outcome


class Draft(Value):
    """An event that was not recorded: its type, the version of its shape, and its data as JSON values."""

    type: str
    schema_version: int
    data: dict[str, Any]


class PreviewRead(Event):
    """An answer was read for its preview. `drafts`: how many proposals follow, each in an event of its own."""

    response_id: str
    shape: str
    maker: Maker
    prompt: str
    analysis: str
    outcome: Outcome
    drafts: int
    refusals: tuple[Refusal, ...]
    warnings: tuple[Notice, ...]


class ProposalPreviewed(Event):
    """A proposal of a preview; `draft` is the event that an answer of another id would have made."""

    response_id: str
    component: int
    draft: Draft


class PlanPreviewed(Event):
    """A plan of a preview, or its refusal, drawn from the facts at `drawn_at`. It reserves nothing."""

    response_id: str
    component: int
    draft: Draft
    drawn_at: datetime
