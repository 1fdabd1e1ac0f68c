"""Terms, people and decisions of the rollout for tests."""

from datetime import timedelta
from decimal import Decimal

from services.approval.rollout.commands import Actor
from shared.events.rollout import (
    ExecutionResumed,
    ExecutionStopped,
    RolloutLimits,
    RolloutPerson,
    RolloutTerms,
    RolloutTermsSet,
)
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


def _person(name: str, role: str) -> RolloutPerson:
    return RolloutPerson(person=name, role=role, at=WHEN)


def terms_set(terms: RolloutTerms) -> RolloutTermsSet:
    return RolloutTermsSet(
        terms=terms,
        digest="sha256:" + "d" * 64,
        proposed_by=_person("rita", "RISK_MANAGER"),
        confirmed_by=_person("tom", "TRADER"),
    )


def stopped(reason: str = "rates look odd") -> ExecutionStopped:
    return ExecutionStopped(reason=reason, stopped_by=_person("tom", "TRADER"))


def resumed() -> ExecutionResumed:
    return ExecutionResumed(
        reason="",
        digest="sha256:" + "d" * 64,
        proposed_by=_person("tom", "TRADER"),
        confirmed_by=_person("olga", "OPERATIONS"),
    )
