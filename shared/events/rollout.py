"""HAWK's permissions: facts of the one stream `rollout`, and the executor's notes on them in its own streams.

The stream's version is the version of the rollout. A change and a resumption are proposed by one person and confirmed
by a second one, who names the digest of what was proposed; a stop is one person's and counts at once.

Each decision names the one before it (`follows`), so that the executor never follows one whose predecessor it has not
seen. A stop is followed whatever came before, and therefore says which terms are in force beside it.
"""

from typing import Literal

from shared.events.approvals import Approver
from shared.events.base import Amount, Event, Value, date, datetime
from shared.events.decisions import DecisionName

#: OBSERVE draws plans and applies none; LIMITED applies what its limits admit; FULL applies what people approve.
Mode = Literal["OBSERVE", "LIMITED", "FULL"]

#: What an installation may start in; LIMITED needs limits, which only people set.
ModeAtStart = Literal["OBSERVE", "FULL"]

#: What a list may admit: the instruction types that move money, and changes of the configuration.
Admitted = Literal["I", "R", "T", "A", "UPDATE_CONFIGURATION"]


class RolloutLimits(Value):
    """The limits of LIMITED. Both caps are USD equivalents; the day is the business day in Singapore."""

    action_types: tuple[Admitted, ...]
    order_cap_usd: Amount
    day_cap_usd: Amount


class RolloutTerms(Value):
    """A mode; `limits` belong to LIMITED and to no other."""

    mode: Mode
    limits: RolloutLimits | None = None


def mode_at_start(wanted: ModeAtStart | None, *, demo: bool) -> ModeAtStart:
    """Return the mode until people decide: as wanted, else plans only, but in the local demo (design section 7)."""
    return wanted or ("FULL" if demo else "OBSERVE")


class RolloutOpened(Event):
    """The installation begins: these terms hold until two persons set others. Version 1 of the stream, and no other."""

    terms: RolloutTerms
    opened_at: datetime


class RolloutChangeProposed(Event):
    """One person wants other terms. It takes the place of a proposal that waited before."""

    terms: RolloutTerms
    based_on: int
    digest: str
    proposed_by: Approver
    comment: str
    expires_at: datetime


class RolloutTermsSet(Event):
    """A second person confirmed: these terms are in force."""

    follows: DecisionName
    terms: RolloutTerms
    digest: str
    proposed_by: Approver
    confirmed_by: Approver


class ExecutionStopped(Event):
    """One person stopped HAWK: nothing new starts until two resume. `terms` are those in force meanwhile."""

    follows: DecisionName
    terms: RolloutTerms
    reason: str
    stopped_by: Approver


class ResumptionProposed(Event):
    """One person wants HAWK to go on."""

    reason: str
    based_on: int
    digest: str
    proposed_by: Approver
    expires_at: datetime


class ExecutionResumed(Event):
    """A second person confirmed: HAWK goes on, under the terms in force."""

    follows: DecisionName
    reason: str
    digest: str
    proposed_by: Approver
    confirmed_by: Approver


class RolloutTakenIn(Event):
    """The terms that the executor follows from here on (stream `control-executor`), and the decision behind them.

    `decision` and `terms` are None while none was taken in. `doubted`: the latest decision that came without the one
    before it. The executor does not follow it and cannot know what it missed, so it begins nothing until a later stop,
    or the missing decision, has come.
    """

    decision: DecisionName | None
    terms: RolloutTerms | None
    stopped: bool
    reason: str
    doubted: DecisionName | None
    taken_in_at: datetime


class ControlFellBehind(Event):
    """The executor has not read hawk.control to its end for too long: a stop may be there. It begins nothing new.

    `as_of`: as of when it had read everything; None: never.
    """

    as_of: datetime | None
    noticed_at: datetime


class ControlCaughtUp(Event):
    """The executor has read hawk.control to its end again, and goes on."""

    as_of: datetime
    noticed_at: datetime


class DayLimitUsed(Event):
    """A workflow was applied under LIMITED (stream `daylimit-<day>`): its expected version keeps two workflows from
    using what is left of a day's cap at once. `used_total_usd` is the day's, with this workflow."""

    workflow_id: str
    business_day: date
    amount_usd: Amount
    used_total_usd: Amount
    day_cap_usd: Amount
    rollout_version: int
