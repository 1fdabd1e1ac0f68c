"""What `hawk verify` has to find at the end of a history: a grant taken back, an escalation, a question."""

from collections.abc import Callable
from typing import Any

from shared.events.approvals import QuestionAsked, RequestEscalated
from shared.events.base import Event
from shared.events.catalogue import encode
from shared.events.identity import approval_stream, execution_stream, revocation_stream
from shared.events.revocations import AskedToRevoke, GrantRevoked, RevocationRequested
from shared.eventstore.port import RecordedEvent, event_id
from tests.support.executions import NOW

Events = list[RecordedEvent]
Change = Callable[[Events], Events]


def revocation_faults(workflow: str) -> list[tuple[str, Change, str]]:
    """What breaks the invariant `revocations` of an executed workflow, each with what is told of it."""
    return [
        ("revocations", taken_back(workflow), "is revoked, but it is executed at"),
        ("revocations", taken_back(workflow), "is revoked, but its plan is still open"),
        ("revocations", taken_back(workflow, version=99), "had begun before it was revoked"),
        ("revocations", taken_back(workflow, jti="other"), "rita did not ask for that"),
        ("revocations", taken_back(workflow, jti="other"), "never issued the grant other"),
        ("requests", happened(workflow, QUESTION), "mallory asks, but person:rita recorded it"),
        ("requests", happened(workflow, ESCALATION), "it was not to escalate"),
    ]


QUESTION = QuestionAsked(
    workflow_id="", plan_digest="d", number=1, person="mallory", role="TRADER", question="Why?", asked_at=NOW
)
ESCALATION = RequestEscalated(workflow_id="", role="RISK_MANAGER", escalated_at=NOW)


def happened(workflow: str, event: Event) -> Change:
    """Something more happens to the request, as rita recorded it."""
    said = event.model_copy(update={"workflow_id": workflow})
    return lambda events: [*events, _recorded(approval_stream(workflow), 90, said, {"actor": "person:rita"})]


def taken_back(workflow: str, version: int = 1, **said: Any) -> Change:
    """The executor says of the grant what was asked for, or something else."""

    def change(events: Events) -> Events:
        jti = next(event.data["jti"] for event in events if event.type == "GrantIssued")
        by = AskedToRevoke(person="rita", role="RISK_MANAGER", reason="wrong", at=NOW)
        word = RevocationRequested(workflow_id=workflow, jti=jti, plan_digest="d", by=by)
        done = GrantRevoked(workflow_id=workflow, jti=jti, by=by, revoked_at=NOW).model_copy(update=said)
        own, execution = revocation_stream(workflow), execution_stream(workflow)
        cause = {"actor": "person:rita", "causation_id": str(event_id(own, 1))}
        return [*events, _recorded(own, 1, word, cause), _recorded(execution, version, done, cause)]

    return change


def _recorded(stream: str, version: int, event: Event, metadata: dict[str, str]) -> RecordedEvent:
    new = encode(event)
    return RecordedEvent(stream, version, event_id(stream, version), new.type, 1, new.data, metadata, NOW)
