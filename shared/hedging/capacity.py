"""Values and arithmetic of the two checks of stage 1A: the entity's capacity and the USD limit (domain facts
5).
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from shared.hedging.order import NavType
from shared.money.amounts import ZERO, over, quantize, times

PERCENT = Decimal(100)


class CheckStatus(StrEnum):
    """Result of the capacity check (domain facts 5.2)."""

    PASS = "PASS"  # noqa: S105  a check result, no password
    PARTIAL = "PARTIAL"
    FAIL = "FAIL"


class UsdStatus(StrEnum):
    """The USD total after the order, against its three limits (domain facts 5.6)."""

    WITHIN = "WITHIN"
    WARN = "WARN"
    CRITICAL = "CRITICAL"
    BREACH = "BREACH"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True)
class UsdCheck:
    """The USD limit of one currency over all entities. Amounts in USD; a limit not configured is None."""

    status: UsdStatus
    warning_usd: Decimal | None
    critical_usd: Decimal | None
    maximum_usd: Decimal | None
    used_usd: Decimal
    requested_usd: Decimal
    total_after_usd: Decimal
    stream: str
    version: int


@dataclass(frozen=True, slots=True)
class Assessment:
    """The capacity of one entity and NAV type, every term shown. Amounts in the exposure currency.

    `hedged` is the snapshot's amount plus HAWK's own later movements; `reserved` is what other workflows
    hold.
    """

    entity_id: str
    entity_type: str
    currency: str
    nav_type: NavType
    hedging_framework: str | None
    car_exemption_flag: str
    sfx_position: Decimal
    car_amount: Decimal
    manual_overlay: Decimal
    buffer_percentage: Decimal
    buffer_amount: Decimal
    buffer_rule_id: str | None
    hedged: Decimal
    reserved: Decimal
    unhedged: Decimal
    available: Decimal
    waterfall_position: int
    allocated: Decimal
    snapshot_id: str
    snapshot_date: date
    stream: str
    version: int


@dataclass(frozen=True, slots=True)
class CapacityResult:
    """The amount asked for and the amount that fits: allocated + not_allocated = ordered, always."""

    status: CheckStatus
    ordered: Decimal
    available: Decimal
    allocated: Decimal
    not_allocated: Decimal


def buffer_amount(sfx_position: Decimal, buffer_percentage: Decimal, currency: str) -> Decimal:
    """Percentage of the SFX position, half up in the currency's decimals (base SFX: design 8, Q11)."""
    return quantize(over(times(sfx_position, buffer_percentage), PERCENT), currency)


def unhedged_position(
    *,
    sfx: Decimal,
    car: Decimal,
    overlay: Decimal,
    buffer: Decimal,
    hedged: Decimal,
    reserved: Decimal = ZERO,
) -> Decimal:
    """SFX − CAR + overlay − buffer − hedged − reserved; below zero when over-hedged (domain facts 5.1)."""
    return sfx - car + overlay - buffer - hedged - reserved


def available_capacity(unhedged: Decimal) -> Decimal:
    """Return the amount that may still be hedged: the unhedged position, never below zero (domain facts 5.1)."""
    return max(unhedged, ZERO)


def capacity_result(ordered: Decimal, available: Decimal, allocated: Decimal) -> CapacityResult:
    """Apply the result rule of domain facts 5.2: all fits PASS, some PARTIAL, nothing FAIL."""
    some = CheckStatus.PARTIAL if allocated > ZERO else CheckStatus.FAIL
    status = CheckStatus.PASS if allocated == ordered else some
    return CapacityResult(status, ordered, available, allocated, ordered - allocated)


def usd_status(total: Decimal, warning: Decimal, critical: Decimal, maximum: Decimal) -> UsdStatus:
    """Return the status of a total. Only a total above a level passes it: the maximum itself is allowed (5.6)."""
    if total > maximum:
        return UsdStatus.BREACH
    if total > critical:
        return UsdStatus.CRITICAL
    return UsdStatus.WARN if total > warning else UsdStatus.WITHIN
