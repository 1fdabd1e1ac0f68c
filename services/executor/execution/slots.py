"""How many workflows may be in flight, and what is said of those that wait. Pure.

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
#: Seconds that the oldest grant may wait before somebody is told: what a trader would telephone about.
WAITING_SECONDS_MAX: Final = 300

_IN_FLIGHT: Final = frozenset({Status.BOOKING, Status.COMPENSATING})


@dataclass(frozen=True, slots=True)
class Room:
    """What a workflow finds that would begin. `held_seconds`: how long the slots are held so far, on average."""

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
    """Whether carrying out a plan sends deals. What sends none never waits."""
    return bool(plan.children)


def holds_slot(status: Status) -> bool:
    """Whether a workflow that has sent deals is still in flight."""
    return status in _IN_FLIGHT


def about_seconds(room: Room) -> int:
    """A guess when the turn comes: slots seen at any moment are half through, so each comes free after twice that."""
    return max(1, math.ceil((room.before + 1) * 2 * max(1, room.held_seconds) / max(1, room.slots)))


class Place(StrEnum):
    """What the slots say to a plan that is granted."""

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
