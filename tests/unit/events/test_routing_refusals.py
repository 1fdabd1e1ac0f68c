"""What can never be published is told from everything else by a named cause."""

from datetime import UTC, datetime
from typing import Any

import pytest

from shared.events import topics
from shared.events.publication import Cause, Unpublishable
from shared.events.routing import messages, routes
from shared.eventstore.port import RecordedEvent, event_id

ANSWER = {
    "response_id": "r-1",
    "maker": "trader.01",
    "maker_proof": "a.b.c",
    "prompt": "",
    "answer": "x",
    "submitted_at": "2026-11-23T00:00:00Z",
}
REPLAYED = {
    "letter": "monitor-1",
    "service": "monitor",
    "topic": topics.APPROVALS,
    "key": "k",
    "value": "{}",
    "sha256": "0" * 64,
    "headers": {"ce_id": "x"},
    "requested_by": "ops.01",
    "role": "OPERATIONS",
    "reason": "",
    "replayed_at": "2026-11-23T00:00:00Z",
}


def recorded(stream: str, type: str, data: dict[str, Any]) -> RecordedEvent:
    return RecordedEvent(stream, 1, event_id(stream, 1), type, 1, data, {}, datetime(2026, 11, 23, tzinfo=UTC))


@pytest.mark.parametrize(
    ("event", "cause"),
    [
        (recorded("nobody-knows", "Thing", {}), Cause.NO_ROUTE),
        (recorded("Plan-1", "PlanDrawn", {}), Cause.NO_ROUTE),
        (recorded("response-1", "DealSent", {}), Cause.TYPE_FORBIDDEN),
        (recorded("deadletter-monitor-1", "GrantIssued", {}), Cause.TYPE_FORBIDDEN),
        (recorded("plan-1", "PlanForged", {}), Cause.TYPE_FORBIDDEN),
        (recorded("plan-1", "PlanDrawn", {"workflow_id": 5}), Cause.DATA_MALFORMED),
        (recorded("plan-1", "PlanDrawn", {"workflow_id": ["wf"]}), Cause.DATA_MALFORMED),
        (recorded("plan-1", "PlanDrawn", {"response_id": {"a": "b"}}), Cause.DATA_MALFORMED),
        (recorded("submission-1", "AnswerSubmitted", {}), Cause.DATA_MALFORMED),
        (recorded("submission-1", "AnswerSubmitted", {**ANSWER, "maker": 7}), Cause.DATA_MALFORMED),
        (recorded("deadletter-monitor-1", "MessageReplayed", {}), Cause.DATA_MALFORMED),
        (recorded("deadletter-monitor-1", "MessageReplayed", {**REPLAYED, "headers": {"a": 1}}), Cause.DATA_MALFORMED),
        *(
            (recorded("deadletter-monitor-1", "MessageReplayed", {**REPLAYED, "topic": topic}), Cause.DATA_MALFORMED)
            for topic in ("nowhere", "", "__consumer_offsets", topics.MUREX_REQUESTS, topics.AUDIT_HEADS)
        ),
    ],
)
def test_an_event_that_no_message_can_be_made_of_names_its_cause(event: RecordedEvent, cause: Cause) -> None:
    with pytest.raises(Unpublishable) as refused:
        messages(event)
    assert refused.value.cause is cause


def test_a_stream_that_no_release_knows_is_not_silently_routed_nowhere() -> None:
    with pytest.raises(Unpublishable) as refused:
        routes("nobody-knows", "Thing")
    assert refused.value.cause is Cause.NO_ROUTE


def test_a_true_replay_and_a_true_answer_still_become_messages() -> None:
    (_, again) = messages(recorded("deadletter-monitor-1", "MessageReplayed", REPLAYED))
    assert (again.topic, again.key, again.value) == (topics.APPROVALS, "k", b"{}")
    (answer,) = messages(recorded("submission-1", "AnswerSubmitted", ANSWER))
    assert answer.topic == topics.AI_RESPONSES
