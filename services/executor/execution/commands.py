"""The commands of an execution. Imperative values; time and ids come in with them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.executor.exposure.usage import CapacityUse, UsdUsage
from shared.events.approvals import UsedGrant
from shared.events.murex import MurexAnswered, MurexCancelled, MurexReceipted, MurexStatusReported
from shared.events.overrides import DealBookedByHand, DealCancelledByHand
from shared.events.plans import PlanDrawn, PlanRefused
from shared.hedging.plan import HedgePlan


@dataclass(frozen=True, slots=True)
class Prepare:
    """Apply `plan`, drawn again from the present facts and equal in its effects to the one granted (`subject`).

    `capacity` and `usd` are what the exposures' streams hold, with the versions to expect.
    """

    subject: PlanDrawn | PlanRefused
    plan: HedgePlan
    grant: UsedGrant
    capacity: Mapping[str, CapacityUse]
    usd: UsdUsage
    attempts_max: int
    retry_seconds: int
    now: datetime

    @property
    def failure(self) -> str | None:
        """The refusal of the check of which the plan is only the record; None where the plan is applied."""
        if not isinstance(self.subject, PlanRefused):
            return None
        return f"{self.subject.refusal.code}: {self.subject.refusal.message}"


@dataclass(frozen=True, slots=True)
class RecordReceipt:
    message: MurexReceipted


@dataclass(frozen=True, slots=True)
class RecordAnswer:
    message: MurexAnswered
    now: datetime


@dataclass(frozen=True, slots=True)
class RecordStatus:
    message: MurexStatusReported
    now: datetime


@dataclass(frozen=True, slots=True)
class RecordCancel:
    message: MurexCancelled
    now: datetime


@dataclass(frozen=True, slots=True)
class CheckDeadlines:
    """Time has passed.

    `listening_since`: since when HAWK, the broker and the answers have been there without a break; silence before that
    was not Murex's and consumes no attempt. `heard_until`: as of when the topic of answers was handled to its end, on
    each of its partitions; None: never. An unread message may be the answer.
    """

    now: datetime
    listening_since: datetime
    heard_until: datetime | None

    def silent(self, asked_at: datetime, retry_seconds: int) -> bool:
        """Return True if everything was read that could arrive until silence about a message had lasted long enough."""
        due = due_at(asked_at, retry_seconds, self.listening_since)
        return self.now >= due and self.heard_until is not None and self.heard_until >= due


@dataclass(frozen=True, slots=True)
class SettleByHand:
    """A person settled a deal outside, under a grant; an earlier check allowed it."""

    fact: DealBookedByHand | DealCancelledByHand


def due_at(asked_at: datetime, retry_seconds: int, listening_since: datetime) -> datetime:
    """Return when silence about a message has lasted long enough to act on."""
    return max(asked_at, listening_since) + timedelta(seconds=retry_seconds)


MurexCommand = RecordReceipt | RecordAnswer | RecordStatus | RecordCancel | CheckDeadlines | SettleByHand
Reply = MurexReceipted | MurexAnswered | MurexStatusReported | MurexCancelled
"""A message of Murex about one deal."""


def command_of(reply: Reply, now: datetime) -> MurexCommand:
    """Return the command that records a reply of Murex."""
    match reply:
        case MurexReceipted():
            return RecordReceipt(reply)
        case MurexAnswered():
            return RecordAnswer(reply, now)
        case MurexStatusReported():
            return RecordStatus(reply, now)
        case MurexCancelled():
            return RecordCancel(reply, now)
