"""The number of workflows that may be in flight, and the message for those that wait. Pure.

A workflow that sends deals holds a slot from PREPARED until it is COMPLETED, COMPENSATED or waits for a person. Without
a bound a burst is begun all at once, everything in it grows old together, and lateness makes work of its own.
"""

import math
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from services.executor.execution.state import Status
from shared.hedging.plan import HedgePlan

#: Workflows in flight at a time, of all executors of an installation together. Two cores complete 4 or 5 a second, and
#: Murex may take five seconds for an answer: 25 keep them busy. Four times that leaves room for slower days, and is
#: still through within a minute, which is what a person takes for "in work".
SLOTS: Final = 100
#: The most that may be set. More would grow old together again: each is looked at within the 15 s that Murex has.
SLOTS_MAX: Final = 1_000
#: Seconds that the oldest grant may wait before a person is warned: a trader would telephone by then.
WAITING_SECONDS_MAX: Final = 300

_IN_FLIGHT: Final = frozenset({Status.BOOKING, Status.COMPENSATING})


@dataclass(frozen=True, slots=True)
class Room:
    """The slots as a workflow finds them that would begin. `held_seconds`: how long they are held so far on average."""

    free: int
    before: int
    slots: int
    held_seconds: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """A grant that has to wait for its turn."""

    jti: str
    grant: str
    granted_at: datetime
    room: Room


def needs_slot(plan: HedgePlan) -> bool:
    """Return True if carrying out a plan sends deals. A plan that sends none never waits."""
    return bool(plan.children)


def holds_slot(status: Status) -> bool:
    """Return True if a workflow that has sent deals is still in flight."""
    return status in _IN_FLIGHT


def about_seconds(room: Room) -> int:
    """Estimate when the turn comes: on average, workflows in slots are half done, so a slot takes twice that time."""
    return max(1, math.ceil((room.before + 1) * 2 * max(1, room.held_seconds) / max(1, room.slots)))


class Place(StrEnum):
    """The answer of the slots to a granted plan."""

    BEGIN = "BEGIN"
    QUEUE = "QUEUE"
    """It takes its place behind those that wait."""
    WAIT = "WAIT"
    """Its turn came, and others were faster: it goes on waiting."""


def place_in(room: Room, *, waited: bool) -> Place:
    """Return whether a plan that needs a slot begins now. One that has not waited lets those before it go first."""
    if not waited and (not room.free or room.before):
        return Place.QUEUE
    return Place.BEGIN if room.free else Place.WAIT
