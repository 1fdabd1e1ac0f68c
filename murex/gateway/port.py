"""The port of everything that connects Murex: take HAWK's requests, send the replies, acknowledge what was taken.

HAWK itself needs no port: its requests leave by the event store and the relay, replies come in through its consumers.
On the other side are the translator of a real installation, the simulator of the demo, and tests. The contract suite
`tests/contract/murex_gateway_contract.py` runs every sentence here against each adapter.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from shared.events.murex import (
    DealCancelSent,
    DealSent,
    DealStatusEnquired,
    MurexAnswered,
    MurexCancelled,
    MurexReceipted,
    MurexStatusReported,
)

#: Requests of HAWK, and the replies to them.
RequestEvent = DealSent | DealStatusEnquired | DealCancelSent
ReplyEvent = MurexReceipted | MurexAnswered | MurexStatusReported | MurexCancelled

#: Requests of one `take`: a burst of a hundred workflows.
REQUESTS_MAX = 1_000
#: Replies of one `reply`: as many as one round trip to a broker carries well.
REPLIES_MAX = 1_000


@dataclass(frozen=True, slots=True)
class Request:
    """A message of HAWK. The same `message_id` is the same message, delivered again.

    `place` says where it was taken from, for logs; a message that is delivered again may name another one.
    """

    message_id: str
    event: RequestEvent
    traceparent: str = ""
    place: str = field(default="", compare=False)

    @property
    def correlation_id(self) -> str:
        """The id that all messages about one deal share, in both directions."""
        return self.event.deal_booking_id

    @property
    def sequence(self) -> int:
        """HAWK's requests about one deal, from 1 without gaps; replies name it as `in_reply_to`."""
        return self.event.message_sequence


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A message that is not a request. Nobody replies to it; somebody should hear of it. `code` is stable.

    SIGNATURE_INVALID: whatever it says, HAWK's relay did not sign it. Nothing in it may be acted on.
    """

    place: str
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Taken:
    """What one `take` found, each in the order in which HAWK sent it."""

    requests: tuple[Request, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.requests or self.unreadable)


@dataclass(frozen=True, slots=True)
class Reply:
    """A message to HAWK, at most `shared.events.murex.ANSWER_BYTES_MAX` long.

    Args:
        message_id: 1 to 200 printable ASCII characters without blanks. HAWK takes each id once. Make it a
            function of the request and of what is said: then a reply sent again after a crash changes nothing.
        causation_id: `message_id` of the request; empty for what Murex says unasked.
        traceparent: of the request, or a child of it; empty for none.
        number: the sender's running number (`ce_sequence`). HAWK keeps to the order of the messages, not to it.
    """

    message_id: str
    event: ReplyEvent
    causation_id: str = ""
    traceparent: str = ""
    number: int = 1


class MurexGateway(Protocol):
    """One reader of HAWK's requests.

    Requests come at least once, those of a deal in the order of their sequence. What was taken and not acknowledged
    comes again to the next reader, under the same message ids, after whatever ended the first one.
    """

    async def take(self, wait_ms: int) -> Taken:
        """Return the next requests, at most `REQUESTS_MAX`; waits so long for the first one, then returns nothing.

        A message that is not a request holds nothing up: it is given as unreadable.

        Raises:
            Transient, or what the adapter's transport raises: it is away. Open a new gateway and go on.
        """

    async def reply(self, replies: Sequence[Reply]) -> None:
        """Send replies in this order and wait until they are kept. The same reply may be sent any number of times.

        Raises:
            InvalidInput: TOO_MANY_ANSWERS, MESSAGE_ID_INVALID, NUMBER_INVALID or ANSWER_TOO_LARGE; none was sent.
            Transient, or what the adapter's transport raises: some may have been sent. Send all again, same ids.
        """

    async def acknowledge(self) -> None:
        """Note that all requests given so far are dealt with: they need not come again, though they may.

        To be called when the replies are sent, or are kept where a crash does not lose them.
        """
