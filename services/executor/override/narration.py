"""The sentences of hawk.progress about settling a deal by hand. Pure; see `progress.Journey`."""

from datetime import datetime

from services.executor.progress.journey import Journey
from shared.events.approvals import Approver
from shared.events.overrides import OverridePlanned, OverrideRefused
from shared.hedging.changes.override import DealOverride, OverridePlan


def planned(event: OverridePlanned) -> Journey:
    """PROPOSED, then PLANNED."""
    total = event.plan.counts.total
    journey = Journey(event.workflow_id, response_id=event.response_id, total_operations=total)
    origin = "Proposed by the AI" if event.predecessor is None else f"Planned again after {event.predecessor}"
    return journey.report(origin, event.planned_at, state="PROPOSED").report(
        f"Planned: {what(event.override)}, {total} operations", event.planned_at, state="PLANNED"
    )


def refused(event: OverrideRefused) -> Journey:
    """PROPOSED, then REFUSED with the finding."""
    first = event.refusals[0]
    return (
        Journey(event.workflow_id, response_id=event.response_id)
        .report("Proposed by the AI", event.refused_at, state="PROPOSED")
        .report(f"Refused: {first.message}", event.refused_at, state="REFUSED", reason=f"{first.code}: {first.message}")
    )


def applied(journey: Journey, plan: OverridePlan, approvers: tuple[Approver, ...], at: datetime) -> Journey:
    """Approved, the two stages, then COMPLETED: nothing is to be posted for it, so nothing follows."""
    people = ", ".join(f"{approver.person} ({approver.role})" for approver in approvers)
    total = plan.counts.total
    return (
        journey.report(f"Approved by {people}", at, state="APPROVED")
        .report("Starting Stage 1A", at, stage="1A", stage_status="IN_PROGRESS")
        .report("Stage 1A completed", at, stage="1A", stage_status="COMPLETED", done=2, operation=2)
        .report("Starting Stage 1B", at, stage="1B", stage_status="IN_PROGRESS")
        .report(
            f"Successfully executed {total} database operations: {what(plan.override)}",
            at,
            state="COMPLETED",
            stage="1B",
            stage_status="COMPLETED",
            done=total,
            operation=total,
            final=True,
        )
    )


def what(override: DealOverride) -> str:
    """`deal X settled as BOOKED_MANUALLY (MX-1)`."""
    reference = f" ({override.external_reference})" if override.external_reference else ""
    return f"deal {override.deal_booking_id} settled as {override.resolution}{reference}"
