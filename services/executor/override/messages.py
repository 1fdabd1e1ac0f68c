"""The messages of hawk.progress about settling a deal by hand. Pure; see `progress.Progress`."""

from datetime import datetime

from services.executor.progress import messages
from services.executor.progress.reporting import Progress
from shared.errors import Defect
from shared.events.approvals import Approver
from shared.events.overrides import OverridePlanned
from shared.events.plans import WorkflowRefused
from shared.events.responses import Originated
from shared.hedging.changes.override import DealOverride, OverridePlan
from shared.hedging.operations import Stage


def opening(event: Originated) -> Progress:
    """Report the plan of an override, or its refusal.

    Raises:
        Defect: the event is neither.
    """
    match event:
        case OverridePlanned(override=override, plan=plan):
            return messages.planned(event, f"{what(override)}, {plan.counts.total} operations")
        case WorkflowRefused():
            return messages.refused(event)
        case _:
            raise Defect(f"{type(event).__name__} opens no override.")


def applied(progress: Progress, plan: OverridePlan, approvers: tuple[Approver, ...], at: datetime) -> Progress:
    """Report APPROVED, then COMPLETED: the deal is settled."""
    progress = messages.approved(progress, approvers, at)
    reads = sum(operation.stage is Stage.CHECK for operation in plan.operations)
    return messages.applied_at_once(progress, plan.counts, reads, what(plan.override), at)


def what(override: DealOverride) -> str:
    """Return for example `deal X settled as BOOKED_MANUALLY (MX-1)`."""
    reference = f" ({override.external_reference})" if override.external_reference else ""
    return f"deal {override.deal_booking_id} settled as {override.resolution}{reference}"
