"""The sentences of hawk.progress about a configuration change. Pure; see `progress.Journey`."""

from datetime import datetime

from services.executor.progress.journey import Journey
from shared.events.approvals import Approver
from shared.events.configuration import ConfigurationPlanned, ConfigurationRefused
from shared.hedging.changes.configuration import ConfigurationChange, ConfigurationPlan
from shared.hedging.operations import Stage


def planned(event: ConfigurationPlanned) -> Journey:
    """PROPOSED, then PLANNED."""
    plan = event.plan
    journey = Journey(event.workflow_id, response_id=event.response_id, total_operations=plan.counts.total)
    origin = "Proposed by the AI" if event.predecessor is None else f"Planned again after {event.predecessor}"
    return journey.report(origin, event.planned_at, state="PROPOSED").report(
        f"Planned: {_what(event.change)}, {plan.counts.total} operations", event.planned_at, state="PLANNED"
    )


def refused(event: ConfigurationRefused) -> Journey:
    """PROPOSED, then REFUSED with the first finding; all of them stand in the event."""
    first, more = event.refusals[0], len(event.refusals) - 1
    message = first.message + (f" And {more} more." if more else "")
    return (
        Journey(event.workflow_id, response_id=event.response_id)
        .report("Proposed by the AI", event.refused_at, state="PROPOSED")
        .report(f"Refused: {message}", event.refused_at, state="REFUSED", reason=f"{first.code}: {message}")
    )


def approved(journey: Journey, approvers: tuple[Approver, ...], at: datetime) -> Journey:
    """Report APPROVED, naming each approver with the role."""
    people = ", ".join(f"{approver.person} ({approver.role})" for approver in approvers)
    return journey.report(f"Approved by {people}", at, state="APPROVED")


def waiting(journey: Journey, plan: ConfigurationPlan, at: datetime) -> Journey:
    """Report the effective date that an approved change waits for; the state stays APPROVED."""
    return journey.report(f"Waits for its effective date, {plan.effective_date}", at, state="APPROVED")


def applied(journey: Journey, plan: ConfigurationPlan, at: datetime) -> Journey:
    """The two stages, then COMPLETED: nothing is to be posted, so nothing follows."""
    reads = sum(operation.stage is Stage.CHECK for operation in plan.operations)
    total = plan.counts.total
    return (
        journey.report("Starting Stage 1A", at, stage="1A", stage_status="IN_PROGRESS")
        .report("Stage 1A completed", at, stage="1A", stage_status="COMPLETED", done=reads, operation=reads)
        .report("Starting Stage 1B", at, stage="1B", stage_status="IN_PROGRESS")
        .report(
            f"Successfully executed {total} database operations: {plan.table} {plan.key} is in force",
            at,
            state="COMPLETED",
            stage="1B",
            stage_status="COMPLETED",
            done=total,
            operation=total,
            final=True,
        )
    )


def _what(change: ConfigurationChange) -> str:
    return f"{change.operation} of {change.table} {change.key}"
