"""Settling by hand a deal that HAWK cannot settle with Murex: what is asked for and the plan of it. Pure.

Interfaces section 4, OVERRIDE_DEAL: read the deal, read the state of its workflow, update the deal, record it.
"""

from dataclasses import dataclass
from typing import Any, Literal

from shared.hedging.operations import (
    Operation,
    OperationCounts,
    OperationKind,
    Stage,
    operations_at_once,
)
from shared.hedging.plan import PlanIdentity
from shared.hedging.refusals import Reason

Resolution = Literal["BOOKED_MANUALLY", "CANCELLED"]

#: What becomes of the overridden workflow: it is undone, completed, or waits for its other deals.
Outcome = Literal["UNDONE", "COMPLETED", "WAITS"]


class OverrideCode(Reason):
    """Reasons why a deal cannot be settled by hand. Stable names: approvers, dashboards and the AI read them."""

    # fmt: off
    UNKNOWN_DEAL = ("UNKNOWN_DEAL",
        "HAWK booked no deal with this id", "name the deal_booking_id that `hawk show` of its workflow lists")
    NO_HAND_NEEDED = ("NO_HAND_NEEDED",
        "the workflow of the deal is settled, or goes on by itself", "wait for its end, or leave it as it is")
    DEAL_SETTLED = ("DEAL_SETTLED",
        "this deal was settled before, by Murex or by hand", "settle the deals that are still open, if any")
    CONTRADICTING_RESOLUTION = ("CONTRADICTING_RESOLUTION",
        "it would leave a part of the workflow in Murex and the rest not",
        "settle every deal of the workflow alike: all booked, or all cancelled")
    REFERENCE_IN_USE = ("REFERENCE_IN_USE",
        "another deal of the workflow has this external reference", "give the reference of this deal in Murex")
    # fmt: on


@dataclass(frozen=True, slots=True)
class DealOverride:
    """The request as the answer states it. BOOKED_MANUALLY names the contract in Murex."""

    deal_booking_id: str
    resolution: Resolution
    external_reference: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class OverrideFinding:
    """One thing that prevents the override; `path` leads to it from the proposal (`override.resolution`)."""

    code: OverrideCode
    message: str
    path: str


@dataclass(frozen=True, slots=True)
class StandingDeal:
    """A deal of the overridden workflow as it is when the plan is drawn."""

    deal_booking_id: str
    event_id: str
    deal_sequence: int
    status: str
    contract_id: str | None


@dataclass(frozen=True, slots=True)
class OverridePlan:
    """Everything people approve and the executor applies.

    Args:
        overridden_workflow: the workflow the deal belongs to; `workflow_status` and `why` are how and why it waits.
        deal: as it is now; `deals`: all of the workflow, in the order of its plan.
        outcome: what becomes of that workflow if nothing else moves.
    """

    identity: PlanIdentity
    override: DealOverride
    overridden_workflow: str
    workflow_status: str
    why: str
    deal: StandingDeal
    deals: tuple[StandingDeal, ...]
    outcome: Outcome
    operations: tuple[Operation, ...]
    counts: OperationCounts


def draw_override_operations(workflow_id: str) -> tuple[Operation, ...]:
    """Draw the four operations. The reads are stage 1A, the writes 1B; they send nothing to Murex."""
    steps = (
        ("O1", Stage.CHECK, OperationKind.READ, "deal_bookings", "the deal that is to be settled"),
        ("O2", Stage.CHECK, OperationKind.READ, "execution_status", "state of its workflow"),
        ("O3", Stage.ALLOCATION, OperationKind.UPDATE, "deal_bookings", "the deal as a person found it in Murex"),
        ("O4", Stage.ALLOCATION, OperationKind.INSERT, "audit_trail", "who asked, who approved, what was found"),
    )
    return operations_at_once(workflow_id, steps)


def override_effects(plan: OverridePlan, tier: str) -> dict[str, Any]:
    """Return what apply must reproduce: the deal as it was, and what a person says of it.

    The other deals are left out: each is settled by an approval of its own, in any order, but all alike.
    """
    return {
        "workflow": plan.overridden_workflow,
        "deal": plan.deal.deal_booking_id,
        "stood": plan.deal.status,
        "contract": plan.deal.contract_id,
        "resolution": plan.override.resolution,
        "external_reference": plan.override.external_reference,
        "tier": tier,
    }
