"""Murex's answers to the cancel messages of a reversal: what finishing it needs, and what is reported."""

from collections.abc import Sequence
from datetime import datetime

from services.executor.execution.decider import Changes
from services.executor.execution.state import DealStatus, ExecutionState, evolve
from services.executor.handlers import timers
from services.executor.handlers.streams import load_plan, load_progress, report
from services.executor.ports import Ports
from services.executor.reversal import messages
from services.executor.reversal.commands import Reversing
from services.executor.reversal.state import fold
from services.executor.workflow.due import Task
from shared.errors import Defect
from shared.events import identity, reversals, undoing
from shared.messaging.unit_of_work import UnitOfWork


async def load_reversing(uow: UnitOfWork, state: ExecutionState) -> Reversing | None:
    """Load the reversal of a workflow that is under way; None where there is none.

    Raises:
        Defect: it lacks its plan or its execution.
    """
    if state.reversal is None:
        return None
    workflow_id = state.reversal.reversal
    subject = (await load_plan(uow, workflow_id)).reversal
    execution = fold((await uow.load(identity.execution_stream(workflow_id))).events)
    if subject is None or execution.prepared is None:
        raise Defect(f"Reversal {workflow_id} is under way but lacks its plan or its execution.")
    return Reversing(subject, execution.prepared, execution.version)


async def tell(
    ports: Ports, uow: UnitOfWork, before: ExecutionState, changes: Sequence[Changes], now: datetime
) -> None:
    """Report a turn of the reversed workflow on the progress of its reversal; note what is due then.

    Args:
        before: the reversed workflow before the turn.
    """
    if before.reversal is None or before.taken_back:
        return
    workflow_id = before.reversal.reversal
    progress, state = await load_progress(uow, workflow_id), before
    for event in (event for each in changes for event in each.events):
        if isinstance(event, undoing.CancelConfirmed):
            state = evolve(state, event)
            gone = sum(deal.status is DealStatus.CANCELLED for deal in state.deals.values())
            progress = messages.cancelled(progress, event, gone, len(state.deals), several=state.several_events)
        elif isinstance(event, undoing.InterventionRequired):
            progress = messages.intervention(progress, event)
        elif isinstance(event, reversals.ReversalCompleted):
            progress = messages.completed(progress, event)
            if event.posts:
                timers.due(uow, workflow_id, Task.POST, now)
                uow.after_commit(ports.wake_worker)
    report(uow, progress)
