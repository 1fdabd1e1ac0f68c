"""The risk shown on the card: computed from size, use of capacity and limit, age of facts, and
contradictions.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from shared.hedging.capacity import Assessment, CapacityResult, CheckStatus, UsdCheck, UsdStatus
from shared.hedging.plan import PlanWarning, Risk, RiskLevel
from shared.money.amounts import ZERO, over, times

# USD equivalents of the approval tiers (design section 7): the sizes at which people look harder.
USD_MEDIUM_FROM: Final = Decimal(10_000_000)
USD_HIGH_FROM: Final = Decimal(50_000_000)
USD_HIGHEST_FROM: Final = Decimal(100_000_000)
# Percent of an entity's capacity; from here a small move of its position leaves it over-hedged.
CAPACITY_USE_HIGH_PCT: Final = Decimal(90)
STALE_CODES: Final = frozenset({"SNAPSHOT_STALE", "RATE_STALE", "HEDGED_UNKNOWN", "CALENDAR_ENDS"})
CONTRADICTION_CODES: Final = frozenset({"CLAIM_DIFFERS"})

_RANK: Final = (RiskLevel.LOW, RiskLevel.MEDIUM, RiskLevel.HIGH)
_USD_REASONS: Final = {
    UsdStatus.WARN: (RiskLevel.MEDIUM, "the USD total passes the warning level"),
    UsdStatus.CRITICAL: (RiskLevel.HIGH, "the USD total passes the critical level"),
    UsdStatus.BREACH: (RiskLevel.HIGH, "the USD total exceeds the maximum"),
    UsdStatus.UNKNOWN: (RiskLevel.MEDIUM, "no USD limit is configured for the currency"),
}


def assess_risk(
    usd_equivalent: Decimal,
    usd_check: UsdCheck,
    capacity: CapacityResult,
    assessments: Sequence[Assessment],
    warnings: Sequence[PlanWarning],
) -> Risk:
    """Return the highest level that any reason gives, with all reasons; LOW without a reason."""
    found = [
        *_size(usd_equivalent),
        *_limit(usd_check),
        *_capacity(capacity, assessments),
        *_quality(warnings),
    ]
    level = max((level for level, _ in found), key=_RANK.index, default=RiskLevel.LOW)
    return Risk(level, tuple(reason for _, reason in found))


def contradicted(risk: Risk) -> Risk:
    """Raise the risk of an order that the text around it contradicts in amount, currency or entity."""
    level = max(risk.level, RiskLevel.MEDIUM, key=_RANK.index)
    return Risk(level, (*risk.reasons, "the text of the answer contradicts its actions"))


def _size(usd: Decimal) -> list[tuple[RiskLevel, str]]:
    if usd >= USD_HIGHEST_FROM:
        return [(RiskLevel.HIGH, f"size USD {usd} is at or above {USD_HIGHEST_FROM}")]
    if usd >= USD_HIGH_FROM:
        return [(RiskLevel.HIGH, f"size USD {usd} is at or above {USD_HIGH_FROM}")]
    if usd >= USD_MEDIUM_FROM:
        return [(RiskLevel.MEDIUM, f"size USD {usd} is at or above {USD_MEDIUM_FROM}")]
    return []


def _limit(check: UsdCheck) -> list[tuple[RiskLevel, str]]:
    reason = _USD_REASONS.get(check.status)
    return [reason] if reason is not None else []


def _capacity(result: CapacityResult, assessments: Sequence[Assessment]) -> list[tuple[RiskLevel, str]]:
    found = []
    if result.status is not CheckStatus.PASS:
        found.append((RiskLevel.MEDIUM, f"only {result.allocated} of {result.ordered} can be placed"))
    for each in assessments:
        if each.allocated > ZERO:
            used = over(times(each.allocated, Decimal(100)), each.available)
            if used >= CAPACITY_USE_HIGH_PCT:
                share = f"{used.quantize(Decimal('0.1'))} % of the capacity of {each.entity_id} is used"
                found.append((RiskLevel.MEDIUM, share))
    return found


def _quality(warnings: Sequence[PlanWarning]) -> list[tuple[RiskLevel, str]]:
    codes = {warning.code for warning in warnings}
    found = []
    if codes & STALE_CODES:
        found.append((RiskLevel.MEDIUM, "facts are old or missing: " + ", ".join(sorted(codes & STALE_CODES))))
    if codes & CONTRADICTION_CODES:
        found.append((RiskLevel.MEDIUM, "the answer contradicts the computed plan"))
    return found
