"""The sentences of hawk.progress about a reversal: of the reversal itself and of the workflow it takes back. Pure."""

from datetime import datetime

from services.executor.progress import messages
from services.executor.progress.reporting import Progress
from shared.errors import Defect
from shared.events import reversals, undoing
from shared.events.approvals import Approver
from shared.events.responses import Originated
from shared.hedging.changes.reversing import ReversalPlan
from shared.hedging.operations import Phase


def opening(event: Originated) -> Progress:
    """Report the plan of a reversal, or its refusal.

    Raises:
        Defect: the event is neither.
    """
    match event:
        case reversals.ReversalPlanned(plan=plan):
            what = f"{plan.counts.total} operations to take back, {len(plan.cancels)} deals to cancel"
            again = f": reversal of workflow {event.reverses}"
            return messages.planned(event, what, order_id=plan.order_id, asked=_asked(event), again=again)
        case reversals.ReversalRefused():
            return messages.refused(event, order_id=event.order_id, asked=_asked(event))
        case _:
            raise Defect(f"{type(event).__name__} opens no reversal.")


def _asked(event: reversals.ReversalPlanned | reversals.ReversalRefused) -> str:
    return f"Reversal of workflow {event.reverses} asked for by {event.origin.maker.name}: {event.reason}"


def prepared(progress: Progress, plan: ReversalPlan, approvers: tuple[Approver, ...], at: datetime) -> Progress:
    """Report APPROVED and PREPARED: the cancel messages have left."""
    done = sum(operation.phase is Phase.PREPARE for operation in plan.operations)
    return (
        messages.approved(progress, approvers, at)
        .report("Starting Stage 2", at, stage="2", stage_status="IN_PROGRESS")
        .report(
            f"Prepared; {len(plan.cancels)} cancel messages sent to Murex", at, state="PREPARED", stage="2", done=done
        )
    )


def reversing(progress: Progress, event: reversals.ReversalStarted) -> Progress:
    """Report that the reversed workflow is being taken back."""
    return progress.report(
        f"Being reversed by workflow {event.reversal}: {len(event.deals_to_cancel)} deals to cancel in Murex",
        event.started_at,
        state="REVERSING",
        successor=event.reversal,
    )


def cancelled(
    progress: Progress, event: undoing.CancelConfirmed, confirmed: int, total: int, *, several: bool
) -> Progress:
    """Report a cancelled deal. The state remains while a person is asked: the other deals are still open."""
    return progress.report(
        f"{messages.deal_named(event, several=several)} cancelled in Murex ({confirmed} of {total})",
        event.confirmed_at,
        state=None if progress.state == "NEEDS_INTERVENTION" else "BOOKING",
        stage="2",
    )


def completed(progress: Progress, event: reversals.ReversalCompleted) -> Progress:
    """Report that everything is taken back; the reversal ends here where no journal is to be reversed."""
    total = event.completed_operations
    progress = progress.report("Stage 2 completed", event.completed_at, stage="2", stage_status="COMPLETED")
    for name in ("1B", "1A"):
        progress = progress.report(f"Stage {name} taken back", event.completed_at, stage=name, stage_status="COMPLETED")
    return progress.report(
        f"Successfully reversed {total} database operations",
        event.completed_at,
        state="COMPLETED",
        done=total,
        operation=total,
        final=not event.posts,
    )


def posted(progress: Progress, lines: int, at: datetime) -> Progress:
    """Report POSTED with the number of reversing journal lines."""
    return progress.report(
        f"Reversing journal posted: {lines} lines", at, state="POSTED", stage="3", stage_status="COMPLETED"
    )


def posting_deferred(progress: Progress, event: reversals.ReversalPostingDeferred) -> Progress:
    """Report why the reversing journal waits; the state of the reversal does not change."""
    return progress.report(
        f"Posting waits: {event.reason}", event.deferred_at, stage="3", stage_status="IN_PROGRESS",
        reason=f"{event.code}: {event.reason}",
    )  # fmt: skip


def taken_back(progress: Progress, reversal: str, at: datetime, *, journal_waits: bool) -> Progress:
    """Report that Murex holds no deal of the reversed workflow: it has ended, or waits for its reversing journal.

    Report the wait only where another state was reported in between.
    """
    if not journal_waits:
        return reversed_(progress, reversal, at)
    if progress.state == "REVERSING":
        return progress
    return progress.report(
        f"Every deal is settled; the reversing journal of workflow {reversal} is to be posted",
        at,
        state="REVERSING",
        successor=reversal,
    )


def reversed_(progress: Progress, reversal: str, at: datetime) -> Progress:
    """Report the end of the workflow that was taken back."""
    return progress.report(f"Reversed by workflow {reversal}", at, state="REVERSED", done=0, successor=reversal)


def intervention(progress: Progress, event: undoing.InterventionRequired) -> Progress:
    """Report that the reversal waits for the person for whom the workflow it takes back waits."""
    return progress.report(
        "A person must act: deals in Murex could not be cancelled",
        event.required_at,
        state="NEEDS_INTERVENTION",
        reason=f"{event.code}: {event.reason}",
    )
