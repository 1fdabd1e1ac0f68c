"""The words in which a conversation with Murex is told, whoever holds it: see `murex_rows`."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from shared.events.murex import DealCancelSent, DealSent

DEAL = 3
OTHERS = (1, 2, 4, 5, 6)
ATTEMPTS = 3
SENT, ENQUIRED, CANCEL = "DealSent", "DealStatusEnquired", "DealCancelSent"
OTHER = "MX-OTHER"


class Conversation(Protocol):
    """A workflow that was prepared, as Murex sees it."""

    async def ack(self, *deals: int, times: int = 1, **fields: object) -> None:
        """ACK of deals (deal 3 without), under the contract that belongs to it unless `fields` says otherwise."""

    async def nok(self, deal: int = DEAL, **fields: object) -> None: ...

    async def receipt(self, deal: int = DEAL) -> None: ...

    async def report(self, status: str, *, answering: int = 0, **fields: object) -> None:
        """About deal 3; `answering`: in reply to that enquiry, the latest without."""

    async def cancelled(self, *deals: int, outcome: str = "CANCELLED", answering: int = 0, **fields: object) -> None:
        """Answer the cancel messages of these deals (without: of all that the compensation cancels)."""

    async def cancelled_unasked(self) -> None:
        """Say that deal 3 is cancelled, though no cancel message was sent."""

    async def asked(self, kind: str, number: int = 1, deal: int = DEAL, *, or_more: bool = False) -> None:
        """HAWK has sent this many messages of a kind about a deal, and not more unless `or_more`; time passes until it
        has."""

    async def recorded(self, text: str, number: int = 1) -> None:
        """This many answers are recorded as ignored, with a reason that holds the text."""

    async def happened(self, event: str, number: int = 1) -> None:
        """Deal 3 has this many events of a type."""

    async def ends(self, *states: str, code: str = "") -> None:
        """The workflow reaches one of these states, for a reason with this code."""

    async def refused(self, code: str, *, workflow_id: str = "", signed: bool = True, **fields: object) -> None:
        """An answer that no workflow can take becomes a dead letter with this code."""


def unasked(sent: DealSent) -> DealCancelSent:
    """The cancel message that HAWK never sent."""
    return DealCancelSent(
        workflow_id=sent.workflow_id, event_id=sent.event_id, deal_booking_id=sent.deal_booking_id,
        deal_sequence=sent.deal_sequence, attempt=1, contract_id=None, reason="", sent_at=sent.sent_at,
    )  # fmt: skip


BOOKED = ("COMPLETED", "POSTED")
Told = Callable[[Conversation], Awaitable[None]]
CONVERSATIONS: dict[str, Told] = {}


def row(row_id: str) -> Callable[[Told], Told]:
    """The conversation of a row."""

    def keep(told: Told) -> Told:
        if row_id in CONVERSATIONS:
            raise AssertionError(f"row {row_id} is told twice")
        CONVERSATIONS[row_id] = told
        return told

    return keep
