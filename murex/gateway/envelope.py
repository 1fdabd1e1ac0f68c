"""Requests and answers as messages: CloudEvents of `shared/events/murex.py` in binary mode, keyed by workflow."""

import json
import re
from collections.abc import Mapping, Sequence

from murex.gateway.port import ANSWERS_MAX, Answer, Request, Said
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
    """The request a message of HAWK carries.

    Raises:
        InvalidInput: it is none: NOT_A_CLOUDEVENT, MALFORMED_JSON, EVENT_TYPE_UNKNOWN, EVENT_VERSION_UNKNOWN,
            EVENT_MALFORMED or NOT_A_MUREX_REQUEST.
    """
    attributes, event = message.attributes, message.event
    if not isinstance(event, DealSent | DealStatusEnquired | DealCancelSent):
        raise InvalidInput(
            code="NOT_A_MUREX_REQUEST",
            reason=f"{type(event).__name__} at {message.place} is nothing Murex is asked; send it elsewhere.",
        )
    return Request(attributes.id, event, attributes.traceparent or "", message.place)


def check_answers(answers: Sequence[Answer]) -> None:
    """Refuse answers that no gateway sends.

    Raises:
        InvalidInput: see `MurexGateway.answer`.
    """
    if len(answers) > ANSWERS_MAX:
        raise InvalidInput(
            code="TOO_MANY_ANSWERS", reason=f"{len(answers)} answers at once; send at most {ANSWERS_MAX} at a time."
        )
    for answer in answers:
        if _ID.match(answer.message_id) is None:
            raise InvalidInput(
                code="MESSAGE_ID_INVALID",
                reason=f"Message id {answer.message_id[:64]!r} must be 1 to {MESSAGE_ID_CHARACTERS_MAX} printable "
                "ASCII characters without blanks.",
            )
        if not 0 <= answer.number < 10**_NUMBER_DIGITS:
            raise InvalidInput(
                code="NUMBER_INVALID",
                reason=f"Answer {answer.message_id}: number {answer.number} must have 1 to {_NUMBER_DIGITS} digits.",
            )
        size = len(_value(answer.event))
        if size > ANSWER_BYTES_MAX:
            raise InvalidInput(
                code="ANSWER_TOO_LARGE",
                reason=f"Answer {answer.message_id} has {size} bytes, at most {ANSWER_BYTES_MAX} are sent. Shorten its "
                "reason.",
            )


def answer_message(answer: Answer, source: str) -> tuple[str, bytes, Mapping[str, str]]:
    """Key, value and headers of an answer. What nobody asked for is its own cause."""
    event = answer.event
    headers = {
        "ce_specversion": "1.0",
        "ce_id": answer.message_id,
        "ce_source": source,
        "ce_type": f"hawk.{type(event).__name__}.v{event.SCHEMA_VERSION}",
        "ce_time": _said_at(event),
        "ce_subject": f"murex-{event.deal_booking_id}",
        "ce_sequence": f"{answer.number:0{_NUMBER_DIGITS}d}",
        "ce_correlationid": event.workflow_id,
        "ce_causationid": answer.causation_id or answer.message_id,
        "ce_traceparent": answer.traceparent,
        "content-type": "application/json",
    }
    return event.workflow_id, _value(event), {name: text for name, text in headers.items() if text}


def _value(event: Said) -> bytes:
    return json.dumps(event.model_dump(mode="json"), ensure_ascii=False, separators=(",", ":")).encode()


def _said_at(event: Said) -> str:
    match event:
        case MurexReceipted():
            return event.received_at.isoformat()
        case MurexAnswered() | MurexCancelled():
            return event.answered_at.isoformat()
        case _:
            return event.reported_at.isoformat()
