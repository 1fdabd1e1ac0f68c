"""Deals that would be sent again while HAWK is stopped, or cannot know whether it is. Pure.

After a stop it counts as not booked. Where the executor has not read all decisions on the rollout it is postponed: the
next look at silent deals decides again, and no attempt is used.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from services.executor.execution.commands import MurexCommand, RecordStatus
from shared.events import murex
from shared.events.base import Event
from shared.events.booking import AnswerIgnored, DealDeclined

#: Until a deal is looked at again that may not be sent now: catching up takes about a second.
POSTPONED_LOOK: Final = timedelta(seconds=2)


def sends_deals(events: Iterable[Event]) -> bool:
    """Return True if a deal would leave for Murex; enquiries and cancel messages may at any time."""
    return any(isinstance(event, murex.DealSent) for event in events)


def held_back(events: Iterable[Event], why: str, now: datetime) -> tuple[Event, ...]:
    """Return the events with each deal that would be sent declined instead. Murex may hold an earlier attempt of it, so
    that the compensation that follows cancels it."""
    return tuple(_declined(event, why, now) if isinstance(event, murex.DealSent) else event for event in events)


def postponed(events: Iterable[Event], command: MurexCommand, why: str, now: datetime) -> tuple[Event, ...]:
    """Return the events without each deal that would be sent. A report of Murex that led to one is kept as ignored: the
    next look finds the deal as it was before, and asks or sends again."""
    kept = tuple(event for event in events if not isinstance(event, murex.DealSent))
    return (*kept, _ignored(command.message, why, now)) if isinstance(command, RecordStatus) else kept


def _ignored(message: murex.MurexStatusReported, why: str, now: datetime) -> AnswerIgnored:
    return AnswerIgnored(
        workflow_id=message.workflow_id,
        event_id=message.event_id,
        deal_booking_id=message.deal_booking_id,
        deal_sequence=message.deal_sequence,
        answer=message.status,
        why=f"The deal is not sent again now: {why}.",
        ignored_at=now,
    )


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
