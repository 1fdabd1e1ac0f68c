"""Requests and replies between the gateway and the book."""

import hashlib
import json
from collections.abc import Mapping
from typing import cast

from murex.gateway import port
from murex.simulator.book import OutboxReply
from murex.simulator.replies import DealRequest, RequestKind
from shared.events.catalogue import decode_message
from shared.events.murex import DealCancelSent, DealSent, DealStatusEnquired
from shared.hedging.deals import Deal

SOURCE = "/murex/simulator"

#: Schema version of every reply the book keeps.
REPLY_VERSION = 1


def request_of(taken: port.Request) -> DealRequest:
    """Return what the simulator needs of a request."""
    event = taken.event
    return DealRequest(
        kind=_KINDS[type(event)],
        message_id=taken.message_id,
        workflow_id=event.workflow_id,
        event_id=event.event_id,
        deal_booking_id=event.deal_booking_id,
        deal_sequence=event.deal_sequence,
        attempt=event.attempt,
        message_sequence=event.message_sequence,
        entity_id=event.entity_id if isinstance(event, DealSent) else "",
        exposure_currency=event.exposure_currency if isinstance(event, DealSent) else "",
        legs=_legs(event.deal) if isinstance(event, DealSent) else 0,
        digest=_deal_digest(event) if isinstance(event, DealSent) else "",
    )


def reply_of(waiting: OutboxReply) -> port.Reply:
    """Return a reply of the outbox. It keeps its message id however often it is sent."""
    reply = waiting.reply
    return port.Reply(
        message_id=reply.message_id,
        event=cast("port.ReplyEvent", decode_message(reply.event, REPLY_VERSION, reply.data)),
        causation_id=reply.causation_id,
        traceparent=waiting.traceparent,
        number=waiting.place,
    )


_KINDS: Mapping[type, RequestKind] = {
    DealSent: RequestKind.BOOK,
    DealStatusEnquired: RequestKind.ENQUIRE,
    DealCancelSent: RequestKind.CANCEL,
}


def _legs(deal: Deal) -> int:
    """Return the number of trades of a contract. A swap with a near and a far leg is one contract of two."""
    return sum(leg is not None for leg in (deal.near_leg, deal.far_leg)) or 1


def _deal_digest(sent: DealSent) -> str:
    """Return the digest of everything but the numbers of the message and the time of sending."""
    terms = sent.model_dump(mode="json", exclude={"attempt", "message_sequence", "sent_at"})
    return f"sha256:{hashlib.sha256(json.dumps(terms, sort_keys=True).encode()).hexdigest()}"
