"""The outcome of a deal that Murex acknowledged and then contradicted. Stream `execution-<workflow>`."""

from shared.events.base import datetime
from shared.events.execution import ExecutionEvent


class DealConfirmed(ExecutionEvent):
    """Murex had contradicted its acknowledgement of a deal; asked, its book confirms the contract. `in_reply_to`: the
    enquiry that it answered."""

    event_id: str
    deal_booking_id: str
    deal_sequence: int
    in_reply_to: int
    contract_id: str
    confirmed_at: datetime


class DealContradicted(ExecutionEvent):
    """Murex had contradicted its acknowledgement of a deal that HAWK counts as booked, and its book does not confirm
    the contract: a person must act."""

    event_id: str
    deal_booking_id: str
    deal_sequence: int
    contract_id: str
    code: str
    reason: str
    contradicted_at: datetime
