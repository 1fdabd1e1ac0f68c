"""Requests and answers as Kafka messages: CloudEvents of `shared/events/murex.py` in binary mode."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from demo.murex.answering import Request, RequestKind
from demo.murex.book import Waiting
from shared.errors import InvalidInput
from shared.events.catalogue import decode_message
from shared.events.murex import DealCancelSent, DealSent, DealStatusEnquired
from shared.hedging.deals import Deal
from shared.messaging.message import Message, cloud_event, message_data

SOURCE = "/murex/simulator"


def request_of(message: Message) -> Request:
    """The request a message of hawk.murex.requests carries.

    Raises:
        InvalidInput: it is none: NOT_A_CLOUDEVENT, MALFORMED_JSON, EVENT_MALFORMED or NOT_A_MUREX_REQUEST.
    """
    attributes, data = cloud_event(message), message_data(message)
    event = decode_message(attributes.event_name, attributes.schema_version, data)
    if not isinstance(event, DealSent | DealStatusEnquired | DealCancelSent):
        raise InvalidInput(
            code="NOT_A_MUREX_REQUEST",
            reason=f"{type(event).__name__} at {message.place} is nothing Murex is asked; send it elsewhere.",
        )
    return Request(
        kind=_KINDS[type(event)],
        message_id=message.id,
        workflow_id=event.workflow_id,
        event_id=event.event_id,
        deal_booking_id=event.deal_booking_id,
        deal_sequence=event.deal_sequence,
        attempt=event.attempt,
        message_sequence=event.message_sequence,
        entity_id=event.entity_id if isinstance(event, DealSent) else "",
        exposure_currency=event.exposure_currency if isinstance(event, DealSent) else "",
        legs=_legs(event.deal) if isinstance(event, DealSent) else 0,
        digest=_deal_digest(data) if isinstance(event, DealSent) else "",
    )


def answer_message(waiting: Waiting) -> tuple[str, bytes, Mapping[str, str]]:
    """Key, value and headers of an answer. Its `ce_id` is the same however often it is sent."""
    answer = waiting.answer
    workflow = str(answer.data["workflow_id"])
    headers = {
        "ce_specversion": "1.0",
        "ce_id": answer.message_id,
        "ce_source": SOURCE,
        "ce_type": f"hawk.{answer.event}.v1",
        "ce_time": answer.due.isoformat(),
        "ce_subject": f"murex-{answer.data['deal_booking_id']}",
        "ce_sequence": f"{waiting.place:020d}",
        "ce_correlationid": workflow,
        "ce_causationid": answer.causation_id,
        "ce_traceparent": waiting.traceparent,
        "content-type": "application/json",
    }
    value = json.dumps(answer.data, ensure_ascii=False, separators=(",", ":")).encode()
    return workflow, value, headers


_KINDS: Mapping[type, RequestKind] = {
    DealSent: RequestKind.BOOK,
    DealStatusEnquired: RequestKind.ENQUIRE,
    DealCancelSent: RequestKind.CANCEL,
}


def _legs(deal: Deal) -> int:
    """A swap with a near and a far leg is one contract of two trades."""
    return sum(leg is not None for leg in (deal.near_leg, deal.far_leg)) or 1


def _deal_digest(data: Mapping[str, Any]) -> str:
    """What makes two requests the same: everything but the numbers of the message and the time of sending."""
    terms = {name: value for name, value in data.items() if name not in ("attempt", "message_sequence", "sent_at")}
    return f"sha256:{hashlib.sha256(json.dumps(terms, sort_keys=True).encode()).hexdigest()}"
