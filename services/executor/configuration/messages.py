"""The messages of hawk.progress about a configuration change. Pure; see `progress.Progress`."""

from datetime import datetime

from services.executor.progress import messages
from services.executor.progress.reporting import Progress
from shared.errors import Defect
from shared.events.configuration import ConfigurationPlanned
from shared.events.plans import WorkflowRefused
from shared.events.responses import Originated
from shared.hedging.changes.configuration import ConfigurationPlan
from shared.hedging.operations import Stage


def opening(event: Originated) -> Progress:
    """Report the plan of a change, or its refusal.

    Raises:
        Defect: the event is neither.
    """
    match event:
        case ConfigurationPlanned(change=change, plan=plan):
            what = f"{change.operation} of {change.table} {change.key}"
            return messages.planned(event, f"{what}, {plan.counts.total} operations")
        case WorkflowRefused():
            return messages.refused(event)
        case _:
            raise Defect(f"{type(event).__name__} opens no change of the configuration.")


def waiting(progress: Progress, plan: ConfigurationPlan, at: datetime) -> Progress:
    """Report the effective date that an approved change waits for; the state stays APPROVED."""
    return progress.report(f"Waits for its effective date, {plan.effective_date}", at, state="APPROVED")


def applied(progress: Progress, plan: ConfigurationPlan, at: datetime) -> Progress:
    """Report COMPLETED: the row is in force."""
    reads = sum(operation.stage is Stage.CHECK for operation in plan.operations)
    return messages.applied_at_once(progress, plan.counts, reads, f"{plan.table} {plan.key} is in force", at)
