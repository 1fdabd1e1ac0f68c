"""Terms, people and decisions of the rollout for tests."""

from datetime import timedelta
from decimal import Decimal

from services.approval.rollout.state import Rollout
from services.approval.rollout.state import opened as state_after
from services.approval.two_persons import Actor
from shared.events.approvals import Approver
from shared.events.base import Event
from shared.events.catalogue import encode
from shared.events.decisions import DecisionName, name_of
from shared.events.policy import PolicySet
from shared.events.rollout import (
    ExecutionResumed,
    ExecutionStopped,
    RolloutLimits,
    RolloutOpened,
    RolloutTerms,
    RolloutTermsSet,
)
from shared.policy.recorded import table_of
from shared.policy.table import DEFAULT_POLICY, Policy
from tests.support.units import WHEN

DAY = timedelta(days=1)
RITA = ("rita", ("RISK_MANAGER",))
TOM = ("tom", ("TRADER",))
OLGA = ("olga", ("OPERATIONS",))
VIC = ("vic", ("VIEWER",))


def actor(who: tuple[str, tuple[str, ...]], *, after: timedelta = timedelta(0)) -> Actor:
    return Actor(who[0], who[1], WHEN + after)


def limited(*admitted: str, order: str = "30000000", day: str = "60000000") -> RolloutTerms:
    limits = RolloutLimits.model_validate(
        {"action_types": admitted or ("I",), "order_cap_usd": Decimal(order), "day_cap_usd": Decimal(day)}
    )
    return RolloutTerms(mode="LIMITED", limits=limits)


OBSERVE = RolloutTerms(mode="OBSERVE")
FULL = RolloutTerms(mode="FULL")


def _person(name: str, role: str) -> Approver:
    return Approver(person=name, role=role, at=WHEN)


def named(event: Event, version: int) -> DecisionName:
    """What an event is called at a version of its stream."""
    new = encode(event)
    return name_of(version, new.type, new.schema_version, new.data)


def opened(terms: RolloutTerms = FULL) -> RolloutOpened:
    return RolloutOpened(terms=terms, opened_at=WHEN)


def opened_state(terms: RolloutTerms) -> Rollout:
    """How the rollout stands when nobody has decided anything yet."""
    return state_after(opened(terms), named(opened(terms), 1))


def policy_set(policy: Policy = DEFAULT_POLICY) -> PolicySet:
    return PolicySet(table=table_of(policy), follows=None, set_at=WHEN)


#: The decision before those below, where a test says no other.
OPENED = named(opened(), 1)


def terms_set(terms: RolloutTerms, follows: DecisionName = OPENED) -> RolloutTermsSet:
    return RolloutTermsSet(
        follows=follows,
        terms=terms,
        digest="sha256:" + "d" * 64,
        proposed_by=_person("rita", "RISK_MANAGER"),
        confirmed_by=_person("tom", "TRADER"),
    )


def stopped(
    reason: str = "rates look odd", follows: DecisionName = OPENED, terms: RolloutTerms = FULL
) -> ExecutionStopped:
    return ExecutionStopped(follows=follows, terms=terms, reason=reason, stopped_by=_person("tom", "TRADER"))


def resumed(follows: DecisionName = OPENED) -> ExecutionResumed:
    return ExecutionResumed(
        follows=follows,
        reason="",
        digest="sha256:" + "d" * 64,
        proposed_by=_person("tom", "TRADER"),
        confirmed_by=_person("olga", "OPERATIONS"),
    )
