"""What the sources say, as values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class Reading(StrEnum):
    """How a group stands with a topic, the worst last."""

    UP_TO_DATE = "UP_TO_DATE"
    BEHIND = "BEHIND"
    STALLED = "STALLED"
    NOBODY = "NOBODY"


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits on one partition for one group.

    Args:
        oldest_at: the time of the oldest message that waits; None if none does, or it could not be read.
        still_since: since when the group was seen to hand in nothing while messages wait; None if it does.
    """

    partition: int
    waiting: int
    oldest_at: datetime | None = None
    still_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Consumer:
    """One group on one topic. `members`: processes that are in the group."""

    group: str
    topic: str
    members: int
    backlogs: tuple[Backlog, ...]


@dataclass(frozen=True, slots=True)
class BrokerFound:
    """What the broker says."""

    consumers: tuple[Consumer, ...]


@dataclass(frozen=True, slots=True)
class ProcessFound:
    """One process.

    Args:
        ready: None if it does not answer, and `reason` says why.
        parts: name to state and detail, as `/health/ready` has them.
        figures: its gauges and counters by name, those that are shown; labels are added up.
    """

    name: str
    ready: bool | None
    reason: str = ""
    parts: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    version: str | None = None
    figures: Mapping[str, float] = field(default_factory=dict)
    away_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Holder:
    """The session whose open transaction holds the feed up."""

    pid: int
    role: str
    application: str
    seconds: int


@dataclass(frozen=True, slots=True)
class Relay:
    """What waits for the relay; counts end at a bound. Seconds are of the oldest that waits."""

    unsealed: int
    unpublished: int
    unpublishable: int
    published: int
    seal_seconds: float
    publish_seconds: float
    stalled_seconds: float
    holder: Holder | None = None


@dataclass(frozen=True, slots=True)
class Urgent:
    """A workflow in flight or in need; see `overview.lines.Attention`."""

    attention: int
    changed_at: datetime
    unanswered: int
    reason: str | None


@dataclass(frozen=True, slots=True)
class Letter:
    """A dead letter that nobody has had handled again."""

    letter: str
    at: datetime
    code: str
    topic: str
    group: str
    reason: str
    cure: str


@dataclass(frozen=True, slots=True)
class Letters:
    """The dead letters of the last days that wait.

    Args:
        shown: the latest of them.
        waiting: how many, up to a bound.
        urgent: those of the last day about which somebody has to do something, and since when.
    """

    shown: tuple[Letter, ...] = ()
    waiting: int = 0
    urgent: int = 0
    urgent_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Control:
    """The rollout.

    Args:
        decisions: the last events of the approval service, newest first: version, type, data, time.
        followed: the last note of the executor, None before the first.
        caught_up_at: up to when the executor has read what is decided.
    """

    decisions: Sequence[tuple[int, str, Mapping[str, Any], datetime]]
    followed: Mapping[str, Any] | None
    caught_up_at: datetime | None


@dataclass(frozen=True, slots=True)
class StoreFound:
    """What the database says.

    Args:
        answer_ms: how long Murex took for each of the last deals, the newest first.
    """

    now: datetime
    relay: Relay
    urgent: tuple[Urgent, ...]
    answer_ms: tuple[int, ...]
    letters: Letters
    control: Control
    events: int


@dataclass(frozen=True, slots=True)
class Bar:
    """A limit or a capacity with what is used of it. Amounts are text."""

    name: str
    used: str
    reserved: str
    whole: str
    warning: str | None = None
    critical: str | None = None
    protected: str = "0"
    state: str = "WITHIN"


@dataclass(frozen=True, slots=True)
class LimitsFound:
    """USD limits by currency, and capacities by exposure."""

    limits: tuple[Bar, ...]
    capacities: tuple[Bar, ...]
