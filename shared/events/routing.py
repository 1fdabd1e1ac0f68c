"""Where recorded events go: which topics, under which key, with which headers (CloudEvents 1.0, binary mode)."""

import json
from dataclasses import dataclass
from typing import Any

from shared.events import topics
from shared.events.deadletters import letter_of
from shared.eventstore.port import RecordedEvent


@dataclass(frozen=True, slots=True)
class OutMessage:
    """A Kafka message ready to be sent."""

    topic: str
    key: str | None
    value: bytes
    headers: tuple[tuple[str, bytes], ...]


#: Stream prefix -> (service that writes it, topic of its events). No topic: the event stays in the store.
_STREAMS: tuple[tuple[str, str, str | None], ...] = (
    ("response-", "parser", topics.PROPOSALS),
    ("plan-", "executor", topics.PLANS),
    ("execution-", "executor", topics.EXECUTIONS),
    ("exposure-", "executor", topics.EXECUTIONS),
    ("usdpb-", "executor", topics.EXECUTIONS),
    ("progress-", "executor", topics.PROGRESS),
    ("reference-", "executor", None),
    ("control-", "executor", topics.EXECUTIONS),
    ("daylimit-", "executor", topics.EXECUTIONS),
    ("approval-", "approval", topics.APPROVALS),
    ("submission-", "approval", topics.AI_RESPONSES),
    ("policy", "approval", topics.CONTROL),
    ("rollout", "approval", topics.CONTROL),
    ("replay-", "approval", topics.CONTROL),
    ("deadletter-parser-", "parser", topics.DEAD_LETTERS),
    ("deadletter-approval-", "approval", topics.DEAD_LETTERS),
    ("deadletter-executor-", "executor", topics.DEAD_LETTERS),
    ("deadletter-monitor-", "monitor", topics.DEAD_LETTERS),
)

#: Header of a message that is published again: `<letter>@<version of MessageReplayed>`. It gives nothing by itself; the
#: consumer looks into the stream it names.
REPLAY_HEADER = "hawkreplay"

#: Events that leave HAWK for Murex besides being facts of the execution.
_TO_MUREX = frozenset({"DealSent", "DealStatusEnquired", "DealCancelSent"})


def routes(recorded: RecordedEvent) -> tuple[str, ...]:
    """The topics an event is published on, in order; empty for one that stays in the store."""
    _, topic = _origin(recorded.stream)
    if topic is None:
        return ()
    return (topic, topics.MUREX_REQUESTS) if recorded.type in _TO_MUREX else (topic,)


def key_of(recorded: RecordedEvent) -> str:
    """The message key: the workflow, or the response where no workflow exists yet, else the stream."""
    data = recorded.data
    key = data.get("workflow_id") or data.get("response_id") or recorded.stream
    return str(key)


def messages(recorded: RecordedEvent) -> tuple[OutMessage, ...]:
    """An event as the messages it is published as. The same `ce_id` on each: it is one fact."""
    service, _ = _origin(recorded.stream)
    value = _answer_envelope(recorded.data) if recorded.type == "AnswerSubmitted" else recorded.data
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    headers = cloud_event_headers(recorded, source=f"/hawk/{service}")
    told = tuple(OutMessage(topic, key_of(recorded), body, headers) for topic in routes(recorded))
    return (*told, _replayed(recorded)) if recorded.type == "MessageReplayed" else told


def cloud_event_headers(recorded: RecordedEvent, *, source: str) -> tuple[tuple[str, bytes], ...]:
    """The headers of CloudEvents binary mode, with HAWK's correlation, causation and trace context."""
    attributes = {
        "ce_specversion": "1.0",
        "ce_id": str(recorded.event_id),
        "ce_source": source,
        "ce_type": f"hawk.{recorded.type}.v{recorded.schema_version}",
        "ce_time": recorded.recorded_at.isoformat(),
        "ce_subject": recorded.stream,
        # Zero padded: the CloudEvents sequence extension compares as text.
        "ce_sequence": f"{recorded.version:020d}",
        "ce_correlationid": recorded.metadata.get("correlation_id", ""),
        "ce_causationid": recorded.metadata.get("causation_id", ""),
        "ce_traceparent": recorded.metadata.get("traceparent", ""),
        "content-type": "application/json",
    }
    return tuple((name, text.encode()) for name, text in attributes.items() if text)


def _replayed(recorded: RecordedEvent) -> OutMessage:
    """The message itself once more: its own topic, key, value and headers, and what it is a replay of."""
    data = recorded.data
    again = data["headers"] | {REPLAY_HEADER: f"{letter_of(recorded.stream)}@{recorded.version}"}
    headers = tuple((name, text.encode()) for name, text in again.items())
    return OutMessage(data["topic"], data["key"], data["value"].encode(), headers)


def _answer_envelope(data: Any) -> dict[str, Any]:
    """A submitted answer travels as the envelope any other publisher would use, plus the proof of its maker."""
    return {
        "response_id": data["response_id"],
        "user_id": data["maker"],
        "prompt": data["prompt"],
        "answer": data["answer"],
        "maker_proof": data["maker_proof"],
    }


def _origin(stream: str) -> tuple[str, str | None]:
    for prefix, service, topic in _STREAMS:
        if stream.startswith(prefix):
            return service, topic
    return "unknown", None
