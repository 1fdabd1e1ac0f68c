"""What the monitor keeps of an event: a fact about a workflow or a response, or a step of progress. Pure.

Facts commute: each has a key of its own, so the order in which topics arrive leaves the same set.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from services.monitor.configuration_documents import (
    configuration_plan_document,
    configuration_proposal_document,
    configuration_refusal_document,
)
from services.monitor.documents import plan_document, proposal_document, refusal_document
from services.monitor.override_documents import (
    override_plan_document,
    override_proposal_document,
    override_refusal_document,
)
from services.monitor.reversal_documents import (
    reversal_link,
    reversal_plan_document,
    reversal_refusal_document,
    reversal_request_document,
)
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
from shared.events.configuration import ConfigurationPlanned, ConfigurationProposed, ConfigurationRefused
from shared.events.overrides import OverridePlanned, OverrideProposed, OverrideRefused
from shared.events.plans import PlanClosed, PlanDrawn, PlanRefused
from shared.events.progress import ProgressReported
from shared.events.responses import (
    ProposalMade,
    ProposalRefused,
    ResponseContradicted,
    ResponseReceived,
    ResponseRepeated,
)
from shared.events.reversals import ReversalPlanned, ReversalRefused, ReversalRequested

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class WorkflowFact:
    """Something told about a workflow. `part` is the message id for kinds that happen more than once."""

    workflow_id: str
    response_id: str | None
    kind: str
    part: str
    document: Document


@dataclass(frozen=True, slots=True)
class ResponseFact:
    """Something told about a response; `part` as above."""

    response_id: str
    kind: str
    part: str
    document: Document


@dataclass(frozen=True, slots=True)
class Step:
    """A message of hawk.progress: the only source of a workflow's state."""

    progress: ProgressReported


Change = WorkflowFact | ResponseFact | Step


def changes_of(event: Event, message_id: str) -> tuple[Change, ...]:
    """What is kept of an event; nothing of events that do not concern the monitor."""
    if isinstance(event, ProgressReported):
        return (Step(event), *_applied(event))
    if isinstance(event, ReversalRequested | ReversalPlanned | ReversalRefused):
        return _of_reversal(event)
    change = _of_response(event, message_id) or _of_plan(event) or _of_approval(event, message_id)
    return () if change is None else (change,)


def _of_response(event: Event, message_id: str) -> ResponseFact | None:
    """The answer's own text is evidence: it stays in the event store and is not copied."""
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
    """What planning said as the plan was applied."""
    if not event.warnings:
        return ()
    document = event.model_dump(mode="json", include={"warnings"})
    return (WorkflowFact(event.workflow_id, event.response_id, "applied", "", document),)


def _of_plan(event: Event) -> WorkflowFact | None:
    match event:
        case ProposalMade():
            kind, document = "proposal", proposal_document(event)
        case PlanDrawn():
            kind, document = "plan", plan_document(event)
        case PlanRefused():
            kind, document = "refusal", refusal_document(event)
        case ConfigurationProposed():
            kind, document = "proposal", configuration_proposal_document(event)
        case ConfigurationPlanned():
            kind, document = "plan", configuration_plan_document(event)
        case ConfigurationRefused():
            kind, document = "refusal", configuration_refusal_document(event)
        case OverrideProposed():
            kind, document = "proposal", override_proposal_document(event)
        case OverridePlanned():
            kind, document = "plan", override_plan_document(event)
        case OverrideRefused():
            kind, document = "refusal", override_refusal_document(event)
        case PlanClosed():
            kind, document = "closed", event.model_dump(mode="json")
        case _:
            return None
    return WorkflowFact(event.workflow_id, event.response_id, kind, "", document)


def _of_reversal(event: ReversalRequested | ReversalPlanned | ReversalRefused) -> tuple[Change, ...]:
    """Two workflows know of each other: the reversal, and the one that it takes back."""
    response_id: str | None = None
    match event:
        case ReversalRequested(reverses=reverses):
            kind, document = "proposal", reversal_request_document(event)
        case ReversalPlanned(response_id=response_id):
            kind, document, reverses = "plan", reversal_plan_document(event), event.plan.reverses
        case ReversalRefused(response_id=response_id, reverses=reverses):
            kind, document = "refusal", reversal_refusal_document(event)
    return (
        WorkflowFact(event.workflow_id, response_id or None, kind, "", document),
        WorkflowFact(reverses, None, "reversal", event.workflow_id, reversal_link(event)),
    )


def _of_approval(event: Event, message_id: str) -> WorkflowFact | None:
    part, response_id = "", None
    match event:
        case ApprovalRequested():
            kind, response_id = "requested", event.response_id
            document = event.model_dump(mode="json", include={"requested_at", "expires_at", "policy"})
        case DecisionRecorded():
            kind, part = "decision", message_id
            document = event.model_dump(mode="json", exclude={"workflow_id"})
        case GrantIssued():
            # The grant itself is a permission: it goes to the executor and is shown to nobody.
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
