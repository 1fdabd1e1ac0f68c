"""The facts that the monitor keeps: about a workflow, about a response, or a step of progress. Pure.

Facts commute: each has a key of its own, so the order in which topics arrive makes no difference.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from services.monitor.cards import OfReversal, Planned, Proposed, Refused, card_of, reversal_link
from services.monitor.ports import Document
from shared.events.approvals import (
    ApprovalClosed,
    ApprovalExpired,
    ApprovalRejected,
    ApprovalRequested,
    ApprovalWithdrawn,
    DecisionRecorded,
    GrantIssued,
    GrantLapsed,
)
from shared.events.base import Event
from shared.events.emergency import GlassBroken
from shared.events.plans import PlanClosed
from shared.events.progress import ProgressReported
from shared.events.responses import (
    ProposalRefused,
    ResponseContradicted,
    ResponseReceived,
    ResponseRepeated,
)
from shared.events.reversals import ReversalRequested
from shared.people.identity import row_keys


@dataclass(frozen=True, slots=True)
class WorkflowFact:
    """A fact about a workflow. `part` is the message id for kinds that happen more than once."""

    workflow_id: str
    response_id: str | None
    kind: str
    part: str
    document: Document


@dataclass(frozen=True, slots=True)
class ResponseFact:
    """A fact about a response; see `WorkflowFact` for `part`."""

    response_id: str
    kind: str
    part: str
    document: Document


@dataclass(frozen=True, slots=True)
class ProgressStep:
    """A message of hawk.progress: the only source of a workflow's state."""

    progress: ProgressReported


Change = WorkflowFact | ResponseFact | ProgressStep
#: A key of a person, when the response was recorded, its id.
Asked = tuple[str, datetime, str]


def changes_of(event: Event, message_id: str) -> tuple[Change, ...]:
    """Return what is kept of an event; nothing of an event that does not concern the monitor."""
    if isinstance(event, ProgressReported):
        return (ProgressStep(event), *_applied(event))
    change = _of_response(event, message_id) or _of_approval(event, message_id)
    return _of_plan(event) if change is None else (change,)


def asked_by(fact: ResponseFact, at: datetime) -> Sequence[Asked]:
    """Return who asked for a response, under each of their keys; nothing where a fact does not tell it."""
    if fact.kind != "received":
        return ()
    return [(key, at, fact.response_id) for key in row_keys(fact.document["maker"]["name"])]


def _of_response(event: Event, message_id: str) -> ResponseFact | None:
    """Return the fact about a response. Its text is evidence: it stays in the event store and is not copied."""
    match event:
        case ResponseReceived():
            kind, part, document = "received", "", event.model_dump(mode="json", exclude={"content"})
        case ResponseRepeated():
            kind, part, document = "repeated", message_id, event.model_dump(mode="json")
        case ResponseContradicted():
            kind, part, document = (
                "contradicted",
                message_id,
                event.model_dump(mode="json", exclude={"content"}),
            )
        case ProposalRefused():
            document = event.model_dump(mode="json", include={"component", "refusals"})
            kind, part = "proposal_refused", message_id
        case _:
            return None
    return ResponseFact(event.response_id, kind, part, document)


def _applied(event: ProgressReported) -> tuple[WorkflowFact, ...]:
    """Return the warnings of planning when the plan was applied."""
    if not event.warnings:
        return ()
    document = event.model_dump(mode="json", include={"warnings"})
    return (WorkflowFact(event.workflow_id, event.response_id, "applied", "", document),)


def _of_plan(event: Event) -> tuple[WorkflowFact, ...]:
    """Return the facts of planning; two workflows know of a reversal: the reversal, and the one that it reverses."""
    if isinstance(event, PlanClosed):
        return (WorkflowFact(event.workflow_id, event.response_id, "closed", "", event.model_dump(mode="json")),)
    if not isinstance(event, Proposed | Planned | Refused):
        return ()
    kind, document = card_of(event)
    response_id = None if isinstance(event, ReversalRequested) else event.response_id or None
    fact = WorkflowFact(event.workflow_id, response_id, kind, "", document)
    if not isinstance(event, OfReversal):
        return (fact,)
    return (fact, WorkflowFact(document["reverses"], None, "reversal", event.workflow_id, reversal_link(event)))


def _of_approval(event: Event, message_id: str) -> WorkflowFact | None:
    part, response_id = "", None
    match event:
        case ApprovalRequested():
            kind, response_id = "requested", event.response_id
            document = event.model_dump(mode="json", include={"requested_at", "expires_at", "policy"})
        case DecisionRecorded():
            kind, part = "decision", message_id
            document = event.model_dump(mode="json", exclude={"workflow_id"})
        case GlassBroken():
            kind, document = "glass", event.model_dump(mode="json", include={"emergency", "missing"})
        case GrantIssued():
            # The grant itself is a permission: it goes to the executor and is not shown.
            kind, document = "granted", event.model_dump(mode="json", exclude={"grant"})
        case ApprovalRejected() | ApprovalExpired() | ApprovalWithdrawn() | ApprovalClosed() | GrantLapsed():
            kind, document = _ENDINGS[type(event)], event.model_dump(mode="json")
        case _:
            return None
    return WorkflowFact(event.workflow_id, response_id, kind, part, document)


_ENDINGS: Final[Mapping[type[Event], str]] = {
    ApprovalRejected: "rejected",
    ApprovalExpired: "expired",
    ApprovalWithdrawn: "withdrawn",
    ApprovalClosed: "approval_closed",
    GrantLapsed: "lapsed",
}
