"""The booking conversation with Murex, one deal at a time (topics hawk.murex.requests and .answers).

A request carries the external id `deal_booking_id`: the same id with another attempt is the same deal, so Murex
never books it twice. An answer comes in two steps: a technical receipt, later the business answer.
The messages mean what FpML's mean (docs/decisions/murex-gateway.md): execution notification, acknowledgement,
exception, event-status request, retraction. `deal_booking_id` is the correlation id of a deal's conversation;
`message_sequence` numbers HAWK's requests within it, and `in_reply_to` names the one an answer is for: what answers
no request of HAWK's settles nothing.
"""

from typing import Annotated, Literal

from pydantic import Field

from shared.events.base import Event, datetime
from shared.hedging.deals import Deal

#: Numbers that come from outside are bounded where they come in: they end in integer columns.
Attempt = Annotated[int, Field(ge=1, le=1_000)]
Sequence = Annotated[int, Field(ge=1, le=10_000)]
#: Requests about one deal, dense from 1: attempts, enquiries and cancel messages together.
MessageSequence = Annotated[int, Field(ge=1, le=100_000)]

#: Bytes of one reply on the topic: what it says becomes part of HAWK's trail, more than once.
ANSWER_BYTES_MAX = 64 * 1024

#: Why a deal was not booked: Murex said no; or it said nothing in all attempts, or HAWK was stopped when the deal would
#: have had to be sent again, or Murex took back what it had said.
BOOKING_ERROR = "MX_BOOKING_ERROR"
NO_ANSWER = "MX_NO_ANSWER"
STOPPED = "STOPPED"
CONTRADICTION = "MX_CONTRADICTION"
#: A person found that Murex does not hold it, while HAWK still waited for the answer.
OVERRIDDEN = "MX_CANCELLED_MANUALLY"
#: For these codes Murex may hold the deal nevertheless.
MAYBE_HELD = frozenset({NO_ANSWER, STOPPED, CONTRADICTION})


class DealSent(Event):
    """A deal was handed to Murex for booking. `operation` numbers the plan's set-based update (first attempt)."""

    workflow_id: str
    event_id: str
    deal_booking_id: str
    deal_sequence: Sequence
    attempt: Attempt
    message_sequence: MessageSequence = 1
    entity_id: str
    exposure_currency: str
    deal: Deal
    sent_at: datetime


class DealStatusEnquired(Event):
    """HAWK asks what became of a deal before it would send it again."""

    workflow_id: str
    event_id: str
    deal_booking_id: str
    deal_sequence: Sequence
    attempt: Attempt
    message_sequence: MessageSequence = 1
    enquired_at: datetime


class DealCancelSent(Event):
    """A deal that Murex holds, or may hold, is to be cancelled."""

    workflow_id: str
    event_id: str
    deal_booking_id: str
    deal_sequence: Sequence
    attempt: Attempt
    message_sequence: MessageSequence = 1
    contract_id: str | None
    reason: str
    sent_at: datetime


class MurexReceipted(Event):
    """Technical receipt: Murex has the message; it says nothing about the booking."""

    workflow_id: str
    event_id: str
    deal_booking_id: str
    deal_sequence: Sequence
    attempt: Attempt
    in_reply_to: MessageSequence
    received_at: datetime


class MurexAnswered(Event):
    """Business answer to a booking request. ACK carries contract and trade ids, NOK a reason and is final.

    `level` is Murex's grade: WARNING still books, ABORT and FATAL are declines; `technical` marks a fault of the
    exchange (not of the deal), which may be sent again. `correction` says that Murex means to replace an answer it gave
    before. `reason_code` is Murex's own word for `reason`.
    """

    workflow_id: str
    event_id: str
    deal_booking_id: str
    deal_sequence: Sequence
    attempt: Attempt
    in_reply_to: MessageSequence
    answer: Literal["ACK", "NOK"]
    level: Literal["OK", "WARNING", "ABORT", "FATAL"]
    technical: bool = False
    correction: bool = False
    contract_id: str | None = None
    trade_ids: tuple[str, ...] = ()
    booking_reference: str | None = None
    reason: str | None = None
    reason_code: str | None = None
    answered_at: datetime


class MurexStatusReported(Event):
    """Answer to an enquiry, from Murex's book."""

    workflow_id: str
    event_id: str
    deal_booking_id: str
    deal_sequence: Sequence
    attempt: Attempt
    in_reply_to: MessageSequence
    status: Literal["UNKNOWN", "RECEIVED", "BOOKED", "DECLINED", "CANCELLED"]
    contract_id: str | None = None
    trade_ids: tuple[str, ...] = ()
    booking_reference: str | None = None
    reason: str | None = None
    reported_at: datetime


class MurexCancelled(Event):
    """Answer to a cancel message: the contract is gone, was never there, or Murex refuses to cancel."""

    workflow_id: str
    event_id: str
    deal_booking_id: str
    deal_sequence: Sequence
    attempt: Attempt
    in_reply_to: MessageSequence
    outcome: Literal["CANCELLED", "NOT_FOUND", "REFUSED"]
    contract_id: str | None = None
    reason: str | None = None
    answered_at: datetime
