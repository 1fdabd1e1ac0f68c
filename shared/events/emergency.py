"""Emergencies: somebody breaks the glass of a request, and others review afterwards. Streams `approval-<workflow>`."""

from typing import Literal

from shared.events.approvals import Emergency
from shared.events.base import Event, datetime


class GlassBroken(Event):
    """A person declared an emergency: the places named in `missing` may be filled by any approving role for a time."""

    workflow_id: str
    plan_digest: str
    emergency: Emergency
    missing: tuple[str, ...]


class ReviewRecorded(Event):
    """A person who had no part in it looked at what was granted in an emergency. The second one closes the review."""

    workflow_id: str
    person: str
    role: str
    finding: Literal["JUSTIFIED", "NOT_JUSTIFIED"]
    comment: str
    recorded_at: datetime
