"""A stop during booking: no deal is sent any more; one that would have to be sent again counts as not booked. Pure."""

from collections.abc import Iterable
from datetime import datetime

from shared.events import murex
from shared.events.base import Event
from shared.events.execution import DealDeclined


def sends_deals(events: Iterable[Event]) -> bool:
    """Whether a deal would leave for Murex; enquiries and cancel messages may at any time."""
    return any(isinstance(event, murex.DealSent) for event in events)


def held_back(events: Iterable[Event], why: str, now: datetime) -> tuple[Event, ...]:
    """The same events with each deal that would be sent declined instead. Murex may hold an earlier attempt of it, so
    that the compensation that follows cancels it."""
    return tuple(_declined(event, why, now) if isinstance(event, murex.DealSent) else event for event in events)


def _declined(event: murex.DealSent, why: str, now: datetime) -> DealDeclined:
    return DealDeclined(
        workflow_id=event.workflow_id,
        event_id=event.event_id,
        deal_booking_id=event.deal_booking_id,
        deal_sequence=event.deal_sequence,
        attempt=event.attempt - 1,
        code=murex.STOPPED,
        reason=f"{why}; attempt {event.attempt} was not sent",
        declined_at=now,
    )
