"""The reversing journal is due: post it in a transaction of its own, or note why it has to wait."""

from services.executor.execution.state import Status
from services.executor.handlers import timers
from services.executor.handlers.books import books_for
from services.executor.handlers.streams import load_execution, load_plan, load_progress, report, write
from services.executor.ports import Ports
from services.executor.reversal import decider, messages
from services.executor.reversal.state import fold
from services.executor.workflow.due import Task
from services.executor.workflow.saga import Turn
from shared.errors import Defect
from shared.events import reversals
from shared.messaging.streams import LoadedStream
from shared.messaging.unit_of_work import UnitOfWork


def is_reversal(stream: LoadedStream) -> bool:
    """Return True if an execution is that of a reversal."""
    return bool(stream.events) and isinstance(stream.events[0], reversals.ReversalPrepared)


async def post_reversal(ports: Ports, uow: UnitOfWork, stream: LoadedStream) -> None:
    """Post the counterparts of a journal, or look again later; what is posted already is left alone.

    Raises:
        Defect: the stream holds no reversal, or the reversal has no plan.
    """
    state = fold(stream.events)
    if state.prepared is None:
        raise Defect(f"{stream.stream} holds no reversal.")
    workflow_id, original = state.prepared.workflow_id, state.prepared.reverses
    if not state.to_post:
        timers.settled(uow, workflow_id, Task.POST)
        return
    subject = (await load_plan(uow, workflow_id)).reversal
    if subject is None:
        raise Defect(f"Reversal {workflow_id} is completed but has no plan.")
    lines = tuple(line for each in subject.plan.journal for line in each.lines)
    reversed_ = await load_execution(uow, original)
    now = ports.clock()
    changes = decider.post(state, subject.plan, await books_for(uow, lines), reversed_.version, now)
    event, progress = changes[0].events[0], await load_progress(uow, workflow_id)
    if isinstance(event, reversals.ReversalPostingDeferred):
        timers.due(uow, workflow_id, Task.POST, event.retry_at)
        if _told_before(event, stream):
            return
        write(uow, workflow_id, Turn(changes))
        report(uow, messages.posting_deferred(progress, event))
        return
    write(uow, workflow_id, Turn(changes))
    timers.settled(uow, workflow_id, Task.POST)
    report(uow, messages.posted(progress, len(lines), now))
    # Where a person is asked about its deals, the workflow is over only when that is settled.
    if reversed_.status is Status.REVERSED:
        report(uow, messages.reversed_(await load_progress(uow, original), workflow_id, now))


def _told_before(event: reversals.ReversalPostingDeferred, stream: LoadedStream) -> bool:
    """Return True if the reversal still waits for the reason that was reported."""
    waits = [each for each in stream.events if isinstance(each, reversals.ReversalPostingDeferred)]
    return bool(waits) and (waits[-1].code, waits[-1].reason) == (event.code, event.reason)
