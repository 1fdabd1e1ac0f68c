"""Checks that the rollout admits a piece of work: at planning, at apply, and before a deal is sent again. Pure."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final

from shared.events.plans import PlanDrawn, PlanRefused
from shared.events.rollout import RolloutLimits, RolloutTerms
from shared.hedging.facts import SINGAPORE
from shared.hedging.plan import HedgePlan
from shared.hedging.refusals import PlanningCode

ZERO: Final = Decimal(0)
#: The name under which a list of LIMITED admits changes of the configuration.
UPDATE_CONFIGURATION: Final = "UPDATE_CONFIGURATION"


class Kind(StrEnum):
    """The effect of a workflow, as far as the rollout is concerned.

    `CHECK`: a utilisation, a question, the record of a refused check: no money moves. `UNDOING`: a reversal of what was
    executed. `OVERRIDE`: a person settles a deal whose outcome HAWK could not learn; nothing is sent.
    """

    HEDGE = "HEDGE"
    CONFIGURATION = "CONFIGURATION"
    CHECK = "CHECK"
    UNDOING = "UNDOING"
    OVERRIDE = "OVERRIDE"


@dataclass(frozen=True, slots=True)
class WorkItem:
    """One workflow to be judged. `action` is its instruction type or action type; `amount_usd` counts against caps."""

    kind: Kind
    action: str
    amount_usd: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class InForce:
    """The rollout the executor keeps to. `reason` of a stop: who ordered it and why; `doubted`: the version of a
    decision that came without the one before it."""

    version: int
    terms: RolloutTerms
    stopped: bool = False
    reason: str = ""
    doubted: int | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """All that a check looks at.

    Args:
        used_today_usd: what was applied on the business day so far.
        waits: why nothing may begin at this moment, and no deal be sent; empty when something may.
    """

    in_force: InForce
    used_today_usd: Decimal = ZERO
    waits: str = ""


@dataclass(frozen=True, slots=True)
class Bar:
    """The rollout's reason not to admit it."""

    code: PlanningCode
    reason: str


#: Seconds after which a read of hawk.control is too old: a stop may have been ordered since.
CAUGHT_UP_SECONDS_MAX: Final = 10

#: Nothing is held back: for plans that are drawn to be looked at, outside an installation.
EVERYTHING: Final = Standing(InForce(0, RolloutTerms(mode="FULL")))


def why_it_waits(in_force: InForce, behind_seconds: float | None) -> str:
    """Return why nothing may begin: the executor cannot know whether HAWK was stopped. Empty: it can.

    Args:
        behind_seconds: how long ago hawk.control was last read to its end; None: never.
    """
    if in_force.doubted is not None:
        return (
            f"decision {in_force.doubted} of the rollout came without the one before it, and the executor keeps to "
            f"decision {in_force.version}: stop HAWK and resume"
        )
    if behind_seconds is None:
        return "hawk.control was not read to its end yet: a stop may stand there"
    if behind_seconds > CAUGHT_UP_SECONDS_MAX:
        return f"hawk.control was last read to its end {behind_seconds:.0f} s ago: a stop may stand there"
    return ""


def has_to_wait(standing: Standing, work: WorkItem) -> bool:
    """Return True if work may not begin now, though it may later. A deal is settled by hand in any case."""
    return bool(standing.waits) and work.kind is not Kind.OVERRIDE


def business_day(now: datetime) -> date:
    """Return the day whose cap counts: the date in Singapore."""
    return now.astimezone(SINGAPORE).date()


def work_of_plan(plan: HedgePlan) -> WorkItem:
    """Return the work of a plan: with events it moves money; without any it is a check or an answer."""
    return WorkItem(Kind.HEDGE if plan.children else Kind.CHECK, plan.order.instruction_type.value, plan.usd_equivalent)


def work_of_order(subject: PlanDrawn | PlanRefused) -> WorkItem:
    """Return what a grant for an order starts; the record of a refused check moves no money."""
    if isinstance(subject, PlanDrawn):
        return work_of_plan(subject.plan)
    return WorkItem(Kind.CHECK, subject.order.instruction_type.value)


CONFIGURATION: Final = WorkItem(Kind.CONFIGURATION, UPDATE_CONFIGURATION)
#: Settling a deal by hand goes on while HAWK is stopped: it is how in-flight workflows get to a safe point.
OVERRIDE: Final = WorkItem(Kind.OVERRIDE, "OVERRIDE_DEAL")


def bar_to_planning(standing: Standing, work: WorkItem) -> Bar | None:
    """Return why the work is not even planned; None: it is. OBSERVE plans everything."""
    if standing.in_force.terms.mode == "OBSERVE":
        return _stopped(standing.in_force, work)
    return bar_to_applying(standing, work)


def bar_to_applying(standing: Standing, work: WorkItem) -> Bar | None:
    """Return why a granted plan is not applied; None: it may be."""
    stopped = _stopped(standing.in_force, work)
    if stopped is not None:
        return stopped
    terms = standing.in_force.terms
    if work.kind in {Kind.UNDOING, Kind.OVERRIDE} or terms.mode == "FULL":
        return None
    if terms.mode == "OBSERVE":
        return _not_allowed("The rollout mode is OBSERVE: plans are drawn and shown, none is applied")
    if work.kind is Kind.CHECK:
        return None
    if terms.limits is None:
        return _not_allowed("The rollout mode is LIMITED without limits: nothing is admitted")
    return _beyond(terms.limits, work, standing.used_today_usd)


def _beyond(limits: RolloutLimits, work: WorkItem, used: Decimal) -> Bar | None:
    """Return the limits that the work does not keep to."""
    if work.action not in limits.action_types:
        admitted = ", ".join(limits.action_types)
        return _not_allowed(f"The rollout mode is LIMITED and admits {admitted}; this is {work.action}")
    if work.kind is not Kind.HEDGE:
        return None
    amount, order_cap, day_cap = work.amount_usd, limits.order_cap_usd, limits.day_cap_usd
    if amount > order_cap:
        return _not_allowed(
            f"The order is USD {amount:,.2f}; the rollout mode LIMITED admits USD {order_cap:,.2f} an order"
        )
    if used + amount > day_cap:
        return _not_allowed(
            f"USD {used:,.2f} were applied today; with this order of USD {amount:,.2f} it would be more than the "
            f"USD {day_cap:,.2f} a day that the rollout mode LIMITED admits. Ask again on the next business day"
        )
    return None


def _stopped(in_force: InForce, work: WorkItem) -> Bar | None:
    if not in_force.stopped or work.kind is Kind.OVERRIDE:
        return None
    return Bar(PlanningCode.STOPPED, stop_sentence(in_force))


def stop_sentence(in_force: InForce) -> str:
    """Return the sentence for people whose work is held back."""
    return f"HAWK is stopped: {in_force.reason}. Nothing new starts until two persons resume"


def _not_allowed(reason: str) -> Bar:
    return Bar(PlanningCode.ROLLOUT_NOT_ALLOWED, reason)
