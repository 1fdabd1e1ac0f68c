"""Requests and replies as messages: CloudEvents of `shared/events/murex.py` in binary mode, keyed by workflow."""

import json
import re
from collections.abc import Mapping, Sequence

from murex.gateway.port import REPLIES_MAX, Reply, ReplyEvent, Request
from shared.errors import InvalidInput
from shared.events.murex import (
    ANSWER_BYTES_MAX,
    DealCancelSent,
    DealSent,
    DealStatusEnquired,
    MurexAnswered,
    MurexCancelled,
    MurexReceipted,
)
from shared.messaging.message import MESSAGE_ID_CHARACTERS_MAX, Message

_ID = re.compile(rf"[!-~]{{1,{MESSAGE_ID_CHARACTERS_MAX}}}\Z")
_NUMBER_DIGITS = 20


def request_of(message: Message) -> Request:
    """Return the request that a message of HAWK carries.

    Raises:
        InvalidInput: it is none: NOT_A_CLOUDEVENT, MALFORMED_JSON, EVENT_TYPE_UNKNOWN, EVENT_VERSION_UNKNOWN,
            EVENT_MALFORMED or NOT_A_MUREX_REQUEST.
    """
    attributes, event = message.attributes, message.event
    if not isinstance(event, DealSent | DealStatusEnquired | DealCancelSent):
        raise InvalidInput(
            code="NOT_A_MUREX_REQUEST",
            reason=f"{type(event).__name__} at {message.place} is not a request to Murex. Send it elsewhere.",
        )
    return Request(attributes.id, event, attributes.traceparent or "", message.place)


def check_replies(replies: Sequence[Reply]) -> None:
    """Refuse replies that no gateway sends.

    Raises:
        InvalidInput: see `MurexGateway.reply`.
    """
    if len(replies) > REPLIES_MAX:
        raise InvalidInput(
            code="TOO_MANY_ANSWERS", reason=f"{len(replies)} replies at once; send at most {REPLIES_MAX} at a time."
        )
    for reply in replies:
        if _ID.match(reply.message_id) is None:
            raise InvalidInput(
                code="MESSAGE_ID_INVALID",
                reason=f"Message id {reply.message_id[:64]!r} must be 1 to {MESSAGE_ID_CHARACTERS_MAX} printable "
                "ASCII characters without blanks.",
            )
        if not 0 <= reply.number < 10**_NUMBER_DIGITS:
            raise InvalidInput(
                code="NUMBER_INVALID",
                reason=f"Reply {reply.message_id}: number {reply.number} must have 1 to {_NUMBER_DIGITS} digits.",
            )
        size = len(_value(reply.event))
        if size > ANSWER_BYTES_MAX:
            raise InvalidInput(
                code="ANSWER_TOO_LARGE",
                reason=f"Reply {reply.message_id} has {size} bytes, at most {ANSWER_BYTES_MAX} are sent. Shorten its "
                "reason.",
            )


def reply_message(reply: Reply, source: str) -> tuple[str, bytes, Mapping[str, str]]:
    """Return key, value and headers of a reply. What nobody asked for is its own cause."""
    event = reply.event
    headers = {
        "ce_specversion": "1.0",
        "ce_id": reply.message_id,
        "ce_source": source,
        "ce_type": f"hawk.{type(event).__name__}.v{event.SCHEMA_VERSION}",
        "ce_time": _said_at(event),
        "ce_subject": f"murex-{event.deal_booking_id}",
        "ce_sequence": f"{reply.number:0{_NUMBER_DIGITS}d}",
        "ce_correlationid": event.workflow_id,
        "ce_causationid": reply.causation_id or reply.message_id,
        "ce_traceparent": reply.traceparent,
        "content-type": "application/json",
    }
    return event.workflow_id, _value(event), {name: text for name, text in headers.items() if text}


def _value(event: ReplyEvent) -> bytes:
    return json.dumps(event.model_dump(mode="json"), ensure_ascii=False, separators=(",", ":")).encode()


def _said_at(event: ReplyEvent) -> str:
    match event:
        case MurexReceipted():
            return event.received_at.isoformat()
        case MurexAnswered() | MurexCancelled():
            return event.answered_at.isoformat()
        case _:
            return event.reported_at.isoformat()
