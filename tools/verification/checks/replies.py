"""Checks that every deal was settled by a reply to a message of HAWK about it: an acknowledgement or a decline to a
booking request or an enquiry, a confirmed cancellation to a cancel message. From the executions' events alone. Pure."""

from typing import Final

from shared.events import booking, disputes, murex, undoing
from shared.events.base import Event
from tools.verification.checks.history import Findings, PastEvent
from tools.verification.checks.spilled import Spilled

#: HAWK's messages to Murex.
MESSAGES: Final = (murex.DealSent, murex.DealStatusEnquired, murex.DealCancelSent)
_BOOKING: Final[tuple[type[Event], ...]] = (murex.DealSent, murex.DealStatusEnquired)
#: What a reply of Murex settled -> the messages that it may answer.
SETTLED: Final[dict[type[Event], tuple[type[Event], ...]]] = {
    booking.DealAcknowledged: _BOOKING,
    booking.DealDeclined: _BOOKING,
    disputes.DealConfirmed: (murex.DealStatusEnquired,),
    undoing.CancelConfirmed: (murex.DealCancelSent,),
}


#: Names of the events that the fold looks at.
EVENTS_OF_REPLIES: Final[frozenset[str]] = frozenset(
    {kind.__name__ for kind in MESSAGES} | {kind.__name__ for kind in SETTLED}
)


class ReplyFold:
    """Follows the messages about each deal; an event that settles one must answer a message before it."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._asked = Spilled[list[type[Event]]]()

    def take(self, past: PastEvent, event: Event) -> None:
        """Count the messages about a deal; report a reply that answers none of them."""
        if isinstance(event, MESSAGES):
            self._sent(past, event)
        elif isinstance(
            event,
            booking.DealAcknowledged | booking.DealDeclined | disputes.DealConfirmed | undoing.CancelConfirmed,
        ):
            # None: no reply came; HAWK gave up the deal by itself.
            if event.in_reply_to is not None:
                self._answered(past, event, event.deal_booking_id, event.in_reply_to)
            elif not self._gave_up(event):
                self._findings.add(
                    f"{past.place}: deal {event.deal_booking_id} is declined by Murex without a request."
                )

    def finish(self) -> None:
        """Do nothing: each reply is checked when it is taken."""

    def _sent(self, past: PastEvent, event: murex.DealSent | murex.DealStatusEnquired | murex.DealCancelSent) -> None:
        asked = self._asked.setdefault(_about(past, event.deal_booking_id), [])
        asked.append(type(event))
        if event.message_sequence != len(asked):
            self._findings.add(
                f"{past.place}: {type(event).__name__} about deal {event.deal_booking_id} has number "
                f"{event.message_sequence}, but is message {len(asked)}."
            )

    def _answered(self, past: PastEvent, event: Event, deal: str, number: int) -> None:
        asked = self._asked.get(_about(past, deal), [])
        kind = asked[number - 1] if 1 <= number <= len(asked) else None
        if kind not in SETTLED[type(event)]:
            found = "was never sent" if kind is None else f"is a {kind.__name__}"
            self._findings.add(
                f"{past.place}: {type(event).__name__} of deal {deal} replies to message {number}, which {found}."
            )

    @staticmethod
    def _gave_up(event: Event) -> bool:
        return isinstance(event, booking.DealDeclined) and event.code != murex.BOOKING_ERROR


def _about(past: PastEvent, deal: str) -> str:
    """Return the key of a deal of an execution."""
    return f"{past.event.stream} {deal}"
