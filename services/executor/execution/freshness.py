"""Checks that a plan may still be applied as it was approved: rates, effects and the settings that bound them. Pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from shared.events.plans import PlanDrawn, PlanRefused
from shared.hedging.facts import Facts
from shared.hedging.plan import HedgePlan, PlanRefusal
from shared.hedging.planning.rates import rates_moved
from shared.plans.digests import effects_digest

#: Keys of system_configuration and the defaults without the row (design sections 2, 6 and 8, Q21).
ATTEMPTS_MAX: Final = ("murex.retry.attempts", 3)
RETRY_SECONDS: Final = ("murex.retry.interval_seconds", 15)
RATE_VALIDITY_HOURS: Final = ("rates.validity_hours", 24)
RATE_TOLERANCE_BP: Final = ("rates.tolerance_bp", 50)


def setting(settings: Mapping[str, str], key_and_default: tuple[str, int]) -> Decimal:
    """Return the value of a numeric setting, or its default."""
    key, default = key_and_default
    return Decimal(settings.get(key, default))


def outdated(
    subject: PlanDrawn | PlanRefused, approved: HedgePlan, drawn: HedgePlan | PlanRefusal, today: Facts, now: datetime
) -> str | None:
    """Return why the approved plan may not be applied any more, as a sentence; None while it may.

    Args:
        drawn: the plan of the order drawn now, with the dates and rates that `approved` pinned.
        today: the present facts, without pins.
    """
    return stale(approved, today, now) or changed(subject, drawn)


def applicable(drawn: HedgePlan | PlanRefusal) -> HedgePlan | None:
    """Return the plan that would be applied: of a refused check its record, if it has one."""
    return drawn.record if isinstance(drawn, PlanRefusal) else drawn


def stale(approved: HedgePlan, today: Facts, now: datetime) -> str | None:
    """Return why the pinned rates may not be used any more; None while they may (design section 2)."""
    validity = timedelta(hours=int(setting(today.settings, RATE_VALIDITY_HOURS)))
    if now - approved.pins.pinned_at > validity:
        return f"The plan's rates were pinned at {approved.pins.pinned_at.isoformat()}, longer ago than {validity}"
    moves = rates_moved(approved.pins, today, setting(today.settings, RATE_TOLERANCE_BP))
    if not moves:
        return None
    told = "; ".join(
        f"{move.currency_pair} {move.rate_type} ({move.ledger}) from {move.pinned} to "
        + (f"{move.today}, {move.move_bp} basis points" if move.today is not None else "nothing")
        for move in moves
    )
    return f"Rates moved beyond the tolerance since the plan was drawn: {told}"


def changed(subject: PlanDrawn | PlanRefused, drawn: HedgePlan | PlanRefusal) -> str | None:
    """Return why the plan drawn now is not the granted one; None when its effects are equal."""
    plan, failure = applicable(drawn), drawn.code.value if isinstance(drawn, PlanRefusal) else None
    refused_then = subject.refusal.code.value if isinstance(subject, PlanRefused) else None
    if plan is None or failure != refused_then:
        return f"The order can no longer be planned as approved: {failure or 'the check passes now'}"
    tier = subject.policy.tier if subject.policy is not None else ""
    if effects_digest(plan, tier) != subject.effects_digest:
        return "The facts changed since the plan was approved, and with them what would be done"
    return None
