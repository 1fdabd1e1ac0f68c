"""Reserve, hedge, release: the totals of an exposure's stream and of a currency's USD limit.

Each function gives the event with the totals after it. The stream's expected version makes the totals exact: another
workflow that was faster makes the append fail, and the decision is taken anew.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from shared.events.capacity import (
    CapacityHedged,
    CapacityReleased,
    CapacityReserved,
    UsdLimitHedged,
    UsdLimitReleased,
    UsdLimitReserved,
)


@dataclass(frozen=True, slots=True)
class CapacityUse:
    """What one exposure's stream holds, in the exposure's currency, at a version."""

    stream: str
    version: int
    entity_id: str
    currency: str
    nav_type: str
    reserved: Decimal
    hedged: Decimal

    def reserve(self, workflow_id: str, amount: Decimal, amount_usd: Decimal) -> CapacityReserved:
        return CapacityReserved(
            workflow_id=workflow_id,
            entity_id=self.entity_id,
            currency=self.currency,
            nav_type=self.nav_type,
            amount=amount,
            amount_usd=amount_usd,
            reserved_total=self.reserved + amount,
            hedged_total=self.hedged,
        )

    def hedge(self, workflow_id: str, amount: Decimal, amount_usd: Decimal, trade_date: date) -> CapacityHedged:
        return CapacityHedged(
            workflow_id=workflow_id,
            entity_id=self.entity_id,
            currency=self.currency,
            nav_type=self.nav_type,
            amount=amount,
            amount_usd=amount_usd,
            reserved_total=self.reserved - amount,
            hedged_total=self.hedged + amount,
            trade_date=trade_date,
        )

    def release(self, workflow_id: str, amount: Decimal, amount_usd: Decimal, reason: str) -> CapacityReleased:
        return CapacityReleased(
            workflow_id=workflow_id,
            entity_id=self.entity_id,
            currency=self.currency,
            nav_type=self.nav_type,
            amount=amount,
            amount_usd=amount_usd,
            reserved_total=self.reserved - amount,
            hedged_total=self.hedged,
            reason=reason,
        )


@dataclass(frozen=True, slots=True)
class UsdUsage:
    """What one currency's USD limit stream holds, at a version."""

    stream: str
    version: int
    currency: str
    reserved_usd: Decimal
    hedged_usd: Decimal

    def reserve(self, workflow_id: str, amount_usd: Decimal) -> UsdLimitReserved:
        return UsdLimitReserved(
            workflow_id=workflow_id,
            currency=self.currency,
            amount_usd=amount_usd,
            reserved_total_usd=self.reserved_usd + amount_usd,
            hedged_total_usd=self.hedged_usd,
        )

    def hedge(self, workflow_id: str, amount_usd: Decimal, trade_date: date) -> UsdLimitHedged:
        return UsdLimitHedged(
            workflow_id=workflow_id,
            currency=self.currency,
            amount_usd=amount_usd,
            reserved_total_usd=self.reserved_usd - amount_usd,
            hedged_total_usd=self.hedged_usd + amount_usd,
            trade_date=trade_date,
        )

    def release(self, workflow_id: str, amount_usd: Decimal, reason: str) -> UsdLimitReleased:
        return UsdLimitReleased(
            workflow_id=workflow_id,
            currency=self.currency,
            amount_usd=amount_usd,
            reserved_total_usd=self.reserved_usd - amount_usd,
            hedged_total_usd=self.hedged_usd,
            reason=reason,
        )
