"""The streams of a workflow: loaded before a decision, and appended to after it."""

from services.executor.execution import state as executing
from services.executor.execution.slots import SLOTS
from services.executor.execution.state import ExecutionState
from services.executor.handlers import timers, turn_queue
from services.executor.planning import state as planning
from services.executor.planning.state import PlanState
from services.executor.progress import reporting
from services.executor.progress.reporting import Progress
from services.executor.workflow.saga import Turn
from shared.events import identity
from shared.events.base import Event
from shared.eventstore.port import NO_STREAM
from shared.messaging.streams import LoadedStream
from shared.messaging.unit_of_work import UnitOfWork


def streams_of(workflow_id: str) -> tuple[str, ...]:
    """Return the streams of a workflow's plan, execution and progress."""
    return (
        identity.plan_stream(workflow_id),
        identity.execution_stream(workflow_id),
        identity.progress_stream(workflow_id),
    )


async def load_progress(uow: UnitOfWork, workflow_id: str) -> Progress:
    """Fold the progress stream of a workflow; without reports it is a new progress in state PROPOSED."""
    stream = await uow.load(identity.progress_stream(workflow_id))
    return stream.state(Progress(workflow_id), reporting.evolve)


async def load_plan(uow: UnitOfWork, workflow_id: str) -> PlanState:
    """Fold the plan stream of a workflow; version 0 where no plan is known."""
    return plan_of(await uow.load(identity.plan_stream(workflow_id)))


async def load_execution(uow: UnitOfWork, workflow_id: str) -> ExecutionState:
    """Fold the execution stream of a workflow; version 0 where nothing is executed."""
    return execution_of(await uow.load(identity.execution_stream(workflow_id)))


def plan_of(stream: LoadedStream) -> PlanState:
    """Fold a plan stream that was loaded."""
    return stream.state(PlanState(), planning.evolve)


def execution_of(stream: LoadedStream) -> ExecutionState:
    """Fold an execution stream that was loaded."""
    return stream.state(ExecutionState(), executing.evolve)


def write(uow: UnitOfWork, workflow_id: str, turn: Turn, slots: int = SLOTS) -> None:
    """Append the changes, note what is due, report the progress: one transaction with whatever else the unit holds.

    Args:
        slots: of which the workflow takes one, where it takes one.
    """
    for changes in turn.changes:
        # A turn may touch two workflows: a reversal and the one that it takes back.
        of_event = getattr(changes.events[0], "workflow_id", workflow_id)
        uow.append(changes.stream, changes.expected, *changes.events, correlation_id=of_event)
    timers.note(uow, workflow_id, turn.due)
    if turn.slot is not None:
        turn_queue.note(uow, workflow_id, slots=slots if turn.slot else None)
    if turn.progress is not None:
        report(uow, turn.progress)


def report(uow: UnitOfWork, progress: Progress) -> None:
    """Append the new reports of a progress."""
    if progress.reports:
        stream = identity.progress_stream(progress.workflow_id)
        uow.append(stream, progress.start, *progress.reports, correlation_id=progress.workflow_id)


def open_plan(uow: UnitOfWork, planned: Event, progress: Progress) -> None:
    """Begin a workflow's plan stream with what was planned or refused, and its progress stream with these reports."""
    stream = identity.plan_stream(progress.workflow_id)
    uow.append(stream, NO_STREAM, planned, correlation_id=progress.workflow_id)
    report(uow, progress)
