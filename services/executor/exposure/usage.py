"""Reserve, hedge, release: the totals of an exposure's stream and of a currency's USD limit.

Each function returns the event with the totals after it. The stream's expected version makes the totals exact: another
workflow that was faster makes the append fail, and the decision is taken again.

A workflow may open and close hedges of one exposure. It reserves by how much it hedges more, never less than nothing:
the room that a closing gives back exists once it is closed, not before.
"""

from collections.abc import Mapping
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
from shared.hedging.plan import HedgePlan
from shared.money.amounts import ZERO


@dataclass(frozen=True, slots=True)
class NetChange:
    """The signed change that one workflow makes to what is hedged, of an exposure in its currency or of a USD limit."""

    amount: Decimal
    amount_usd: Decimal

    @property
    def reserved(self) -> Decimal:
        """The amount to reserve in the exposure currency: zero where the workflow closes more than it opens."""
        return max(self.amount, ZERO)

    @property
    def reserved_usd(self) -> Decimal:
        """The amount to reserve in USD: zero where the workflow closes more than it opens."""
        return max(self.amount_usd, ZERO)


def changes_by_exposure(plan: HedgePlan) -> dict[str, NetChange]:
    """Return the net change by exposure stream over all events of the plan, in the order of the events."""
    changes: dict[str, NetChange] = {}
    for child in plan.children:
        before = changes.get(child.assessment.stream, NetChange(ZERO, ZERO))
        changes[child.assessment.stream] = NetChange(before.amount + child.net, before.amount_usd + child.net_usd)
    return changes


@dataclass(frozen=True, slots=True)
class CapacityUse:
    """The totals of one exposure's stream at a version, in the exposure's currency."""

    stream: str
    version: int
    entity_id: str
    currency: str
    nav_type: str
    reserved: Decimal
    hedged: Decimal

    def reserve(self, workflow_id: str, amount: Decimal, amount_usd: Decimal) -> CapacityReserved:
        """Return the event that adds `amount`, in the exposure currency, to the reserved total."""
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

    def hedge(
        self, workflow_id: str, amount: Decimal, amount_usd: Decimal, trade_date: date, *, reserved: Decimal
    ) -> CapacityHedged:
        """Return the event that ends a reservation of `reserved` and hedges `amount`, signed; exposure currency."""
        return CapacityHedged(
            workflow_id=workflow_id,
            entity_id=self.entity_id,
            currency=self.currency,
            nav_type=self.nav_type,
            amount=amount,
            amount_usd=amount_usd,
            reserved_total=self.reserved - reserved,
            hedged_total=self.hedged + amount,
            trade_date=trade_date,
            reserved=reserved,
        )

    def release(self, workflow_id: str, amount: Decimal, amount_usd: Decimal, reason: str) -> CapacityReleased:
        """Return the event that gives `amount` of a reservation back; the hedged total does not change."""
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
    """The totals of one currency's USD limit stream at a version."""

    stream: str
    version: int
    currency: str
    reserved_usd: Decimal
    hedged_usd: Decimal

    def reserve(self, workflow_id: str, amount_usd: Decimal) -> UsdLimitReserved:
        """Return the event that adds `amount_usd` to the reserved total."""
        return UsdLimitReserved(
            workflow_id=workflow_id,
            currency=self.currency,
            amount_usd=amount_usd,
            reserved_total_usd=self.reserved_usd + amount_usd,
            hedged_total_usd=self.hedged_usd,
        )

    def hedge(self, workflow_id: str, amount_usd: Decimal, trade_date: date, *, reserved: Decimal) -> UsdLimitHedged:
        """Return the event that ends a reservation of `reserved` USD and hedges `amount_usd`, signed."""
        return UsdLimitHedged(
            workflow_id=workflow_id,
            currency=self.currency,
            amount_usd=amount_usd,
            reserved_total_usd=self.reserved_usd - reserved,
            hedged_total_usd=self.hedged_usd + amount_usd,
            trade_date=trade_date,
            reserved_usd=reserved,
        )

    def release(self, workflow_id: str, amount_usd: Decimal, reason: str) -> UsdLimitReleased:
        """Return the event that gives `amount_usd` of a reservation back; the hedged total does not change."""
        return UsdLimitReleased(
            workflow_id=workflow_id,
            currency=self.currency,
            amount_usd=amount_usd,
            reserved_total_usd=self.reserved_usd - amount_usd,
            hedged_total_usd=self.hedged_usd,
            reason=reason,
        )


def uses_of(plan: HedgePlan, known: Mapping[str, CapacityUse]) -> Mapping[str, CapacityUse]:
    """Return the use of every exposure that the plan touches; one that was never used is at version 0."""
    return {
        child.assessment.stream: known.get(child.assessment.stream)
        or CapacityUse(
            child.assessment.stream,
            0,
            child.entity_id,
            plan.order.exposure_currency,
            child.event.nav_type.value,
            ZERO,
            ZERO,
        )
        for child in plan.children
    }
