"""What the sender needs of the world: the outbox, and a way out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from services.approval.notifications.notices import Channel, Notice
from shared.errors import HawkError


class NotSent(HawkError):
    """A parcel did not reach its recipient, or it is not known that it did; it is tried again."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """What goes to one recipient at once: one mail about all of it, or one webhook about one notice.

    `claim` is whose turn it is; `attempts` of each notice, this one counted.
    """

    claim: UUID
    recipient: str
    notices: Sequence[Notice]
    attempts: Mapping[str, int]


class Outlet(Protocol):
    """A way out. Contract: `tests/contract/notification_outlet_contract.py`."""

    @property
    def channel(self) -> Channel:
        """Which one it is."""

    async def send(self, parcel: Parcel) -> None:
        """Send it; return when the other side has taken it.

        Raises:
            NotSent: it has not, or nobody knows; a sentence says why, without secrets.
        """


class Outbox(Protocol):
    """What waits to be sent."""

    async def claim(self, channel: Channel, parcels_max: int) -> Sequence[Parcel]:
        """Return what is due, for nobody else to send until the lease is over."""

    async def sent(self, parcel: Parcel) -> None:
        """Note that a parcel has arrived, unless its claim is over."""

    async def failed(self, parcel: Parcel, why: str, pauses: Mapping[str, float | None]) -> None:
        """Note that it has not: when each is tried again, None for one that is given up."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A notification as people see it."""

    notification_id: str
    channel: str
    recipient: str
    kind: str
    workflow_id: str
    state: str
    attempts: int
    noted_at: datetime
    due_at: datetime | None
    sent_at: datetime | None
    why: str
    again_by: str
