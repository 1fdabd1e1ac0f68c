"""What is due, and when to look next. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from services.approval.requests.commands import EscalateRequest, ExpireRequest, LapseGrant, OfClock
from services.approval.requests.state import Status

#: Seconds between two looks when nothing is due sooner: another process may have written.
LOOK_SECONDS_MAX: Final = 1.0
#: Seconds between two looks at least: a deadline that cannot be acted on is not tried without pause.
LOOK_SECONDS_MIN: Final = 0.05
#: Deadlines acted on in one look.
DUE_MAX: Final = 100


@dataclass(frozen=True, slots=True)
class Deadline:
    """What the clock does to a workflow: its request escalates or expires, or its unused grant lapses."""

    workflow_id: str
    status: Status
    due_at: datetime
    escalates: bool = False


def due(deadlines: Iterable[Deadline], now: datetime) -> list[tuple[str, OfClock]]:
    """Return the commands that the clock gives now, the longest overdue first."""
    over = sorted(
        (deadline for deadline in deadlines if deadline.due_at <= now),
        key=lambda deadline: (deadline.due_at, deadline.workflow_id, not deadline.escalates),
    )
    return [(deadline.workflow_id, _command(deadline, now)) for deadline in over]


def pause_seconds(deadlines: Iterable[Deadline], now: datetime) -> float:
    """Return how long to wait before the next look."""
    left = [(deadline.due_at - now).total_seconds() for deadline in deadlines]
    return max(LOOK_SECONDS_MIN, min([LOOK_SECONDS_MAX, *left]))


def _command(deadline: Deadline, now: datetime) -> OfClock:
    if deadline.escalates:
        return EscalateRequest(now)
    return LapseGrant(now) if deadline.status is Status.APPROVED else ExpireRequest(now)
