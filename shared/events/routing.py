"""The routing of recorded events: topics, key and headers (CloudEvents 1.0, binary mode)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from shared.errors import Defect
from shared.events import topics
from shared.events.approvals import AnswerSubmitted
from shared.events.base import Event
from shared.events.catalogue import decode
from shared.events.deadletters import MessageReplayed, letter_of
from shared.events.publication import Cause, Unpublishable
from shared.events.streams import STREAMS, StreamKind, kind_of
from shared.eventstore.port import RecordedEvent

E = TypeVar("E", bound=Event)


@dataclass(frozen=True, slots=True)
class OutMessage:
    """A Kafka message ready to be sent.

    `sign`: the relay vouches for it with its signature. Only what a person replays goes without: those are the bytes
    of their first publisher, with that publisher's signature, if any.
    """

    topic: str
    key: str | None
    value: bytes
    headers: tuple[tuple[str, bytes], ...]
    sign: bool = True


#: Of every value that HAWK publishes of its own.
CONTENT_TYPE = "application/json"

#: Header of a message that is published again: `<letter>@<version of MessageReplayed>`. It gives nothing by itself; the
#: consumer looks into the stream it names.
REPLAY_HEADER = "hawkreplay"

#: The topics that only the relay writes: each message on them is an event of the store. The topic of answers is
#: open to others.
WRITTEN_BY_RELAY = frozenset({kind.topic for kind in STREAMS if kind.topic is not None} - {topics.AI_RESPONSES}) | {
    topics.MUREX_REQUESTS
}

#: Events that leave HAWK for Murex besides being facts of the execution.
_TO_MUREX = frozenset({"DealSent", "DealStatusEnquired", "DealCancelSent"})

#: As PostgreSQL prints the data of an event: the check at the door need not read what it can compare by a digest.
_PRINTED = json.JSONEncoder(ensure_ascii=False, separators=(", ", ": "))

_TYPES = {kind.prefix: frozenset(event.__name__ for event in kind.events) for kind in STREAMS}


#: Topics that a service reads, so that a message it refused may be published there again.
REPLAYED_TO = frozenset(topic.name for topic in topics.TOPICS) - {topics.MUREX_REQUESTS, topics.AUDIT_HEADS}


def routes(stream: str, event_type: str) -> tuple[str, ...]:
    """Return the topics an event is published on, in order; none for one that stays in the store.

    Raises:
        Unpublishable: NO_ROUTE.
    """
    topic = _kind(stream).topic
    if topic is None:
        return ()
    return (topic, topics.MUREX_REQUESTS) if event_type in _TO_MUREX else (topic,)


def key_of(stream: str, data: Mapping[str, Any]) -> str:
    """Return the message key: the workflow, or the response where no workflow exists yet, else the stream.

    Raises:
        Unpublishable: DATA_MALFORMED.
    """
    key = data.get("workflow_id") or data.get("response_id") or stream
    if not isinstance(key, str):
        raise Unpublishable(Cause.DATA_MALFORMED, f"The id of its workflow or response is a {type(key).__name__}.")
    return key


def messages(recorded: RecordedEvent) -> tuple[OutMessage, ...]:
    """Return an event as the messages it is published as. All have one `ce_id`: it is one fact.

    Raises:
        Unpublishable: it can never be one, for a named cause.
    """
    kind = _kind(recorded.stream)
    if recorded.type not in _TYPES[kind.prefix]:
        raise Unpublishable(
            Cause.TYPE_FORBIDDEN, f"A stream {kind.prefix}… holds no {recorded.type}; HAWK would not have written it."
        )
    body = _body(recorded)
    headers = cloud_event_headers(recorded)
    key = key_of(recorded.stream, recorded.data)
    sent = tuple(OutMessage(topic, key, body, headers) for topic in routes(recorded.stream, recorded.type))
    return (*sent, _replayed(recorded)) if recorded.type == "MessageReplayed" else sent


def _body(recorded: RecordedEvent) -> bytes:
    """Return the value of the message: the data as PostgreSQL prints them, which is the text that was read."""
    if recorded.type == "AnswerSubmitted":
        return _PRINTED.encode(_answer_envelope(recorded)).encode()
    return (recorded.source if isinstance(recorded.source, str) else _PRINTED.encode(recorded.data)).encode()


def service_of(stream: str) -> str:
    """Return the service that writes a stream; "unknown" for a stream without a writer."""
    kind = kind_of(stream)
    return "unknown" if kind is None else kind.service


def source_of(stream: str) -> str:
    """Return `ce_source` of the events of a stream."""
    return f"/hawk/{service_of(stream)}"


def cloud_event_headers(recorded: RecordedEvent) -> tuple[tuple[str, bytes], ...]:
    """Return the headers of CloudEvents binary mode, with HAWK's correlation, causation and trace context."""
    attributes = {
        "ce_specversion": "1.0",
        "ce_id": str(recorded.event_id),
        "ce_source": source_of(recorded.stream),
        "ce_type": f"hawk.{recorded.type}.v{recorded.schema_version}",
        "ce_time": recorded.recorded_at.isoformat(),
        "ce_subject": recorded.stream,
        # Zero padded: the CloudEvents sequence extension compares as text.
        "ce_sequence": f"{recorded.version:020d}",
        "ce_correlationid": recorded.metadata.get("correlation_id", ""),
        "ce_causationid": recorded.metadata.get("causation_id", ""),
        "ce_traceparent": recorded.metadata.get("traceparent", ""),
        "content-type": CONTENT_TYPE,
    }
    return tuple((name, text.encode()) for name, text in attributes.items() if text)


def _replayed(recorded: RecordedEvent) -> OutMessage:
    """Return the message itself once more: its own topic, key, value and headers, and what it is a replay of.

    HAWK does not sign it. A signature on it is of its first publisher and covers topic, key, headers and
    value: it proves that publisher's message and no other. A strict reader refuses it because of the header more.
    """
    event = _well_formed(recorded, MessageReplayed)
    if event.topic not in REPLAYED_TO:
        raise Unpublishable(Cause.DATA_MALFORMED, f"Nothing is published again on topic {event.topic[:100]!r}.")
    again = event.headers | {REPLAY_HEADER: f"{letter_of(recorded.stream)}@{recorded.version}"}
    headers = tuple((name, text.encode()) for name, text in again.items())
    return OutMessage(event.topic, event.key, event.value.encode(), headers, sign=False)


def _answer_envelope(recorded: RecordedEvent) -> dict[str, Any]:
    """Return a submitted answer travels as the envelope any other publisher would use, plus the proof of its maker."""
    event = _well_formed(recorded, AnswerSubmitted)
    return {
        "response_id": event.response_id,
        "user_id": event.maker,
        "prompt": event.prompt,
        "answer": event.answer,
        "maker_proof": event.maker_proof,
    }


def _well_formed(recorded: RecordedEvent, expected: type[E]) -> E:
    """Return an event whose fields make a message of their own: this depends on them, and HAWK's topics do not."""
    try:
        event = decode(recorded)
    except Defect as error:
        raise Unpublishable(Cause.DATA_MALFORMED, str(error)) from error
    if not isinstance(event, expected):
        raise Unpublishable(Cause.DATA_MALFORMED, f"It is not a {expected.__name__}.")
    return event


def _kind(stream: str) -> StreamKind:
    kind = kind_of(stream)
    if kind is None:
        raise Unpublishable(Cause.NO_ROUTE, "Its stream starts with no prefix that this release knows.")
    return kind
