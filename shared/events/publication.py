"""An event that the relay passed over is published after all, as two persons decided.

Stream `publication-<position>`: one for each event in es.unpublishable, by its place in the global order.
"""

from enum import StrEnum
from uuid import UUID

from shared.events.approvals import Approver
from shared.events.base import Event, datetime

_PREFIX = "publication-"


class Cause(StrEnum):
    """Reasons why an event can never be published as it is. Any other failure stops publishing instead."""

    NO_ROUTE = "NO_ROUTE"
    """The stream starts with no prefix that the routing knows."""
    TYPE_FORBIDDEN = "TYPE_FORBIDDEN"
    """Streams of that kind hold no event of that type."""
    DATA_MALFORMED = "DATA_MALFORMED"
    """A field that makes the message is missing or not of its type."""
    TOO_LARGE = "TOO_LARGE"
    """Its topic takes no message of that size."""


class Unpublishable(Exception):
    """An event can never be published, for a named cause. It is listed, passed over, and published by two persons."""

    def __init__(self, cause: Cause, reason: str) -> None:
        self.cause = cause
        self.reason = reason
        super().__init__(f"{cause}: {reason}")


def publication_stream(position: int) -> str:
    """Return what people decided about the event at a position."""
    return f"{_PREFIX}{position}"


class PublicationProposed(Event):
    """One person wants the relay to publish it: what was in the way is put right."""

    position: int
    event_id: UUID
    cause: Cause
    reason: str
    digest: str
    proposed_by: Approver
    expires_at: datetime


class PublicationConfirmed(Event):
    """A second person agreed. The relay tries it once for each of these events."""

    position: int
    event_id: UUID
    digest: str
    reason: str
    proposed_by: Approver
    confirmed_by: Approver
