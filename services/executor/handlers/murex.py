"""Murex answers, or does not: load, let the saga decide, append."""

from datetime import datetime
from typing import Final

from services.executor.execution.commands import (
    CheckDeadlines,
    MurexCommand,
    Reply,
    command_of,
)
from services.executor.execution.holding_back import sends_deals
from services.executor.execution.state import ExecutionState, Status
from services.executor.handlers import timers
from services.executor.handlers.caught_up import heard_until
from services.executor.handlers.hedge.facts import load_capacity
from services.executor.handlers.reversal import cancels
from services.executor.handlers.rollout.reading import hold
from services.executor.handlers.streams import load_execution, load_plan, load_progress, write
from services.executor.ports import Ports
from services.executor.progress.reporting import Progress
from services.executor.rollout.checking import stop_sentence
from services.executor.workflow import saga
from services.executor.workflow.due import Due, Task
from services.executor.workflow.saga import UNREAD_LOOK
from shared.errors import Defect, InvalidInput
from shared.events import murex
from shared.messaging.message import Message
from shared.messaging.unit_of_work import UnitOfWork
from shared.telemetry.listed.instruments import counter

#: What HAWK says to Murex.
TO_MUREX: Final = (murex.DealSent, murex.DealStatusEnquired, murex.DealCancelSent)

POSTPONED = counter("hawk_executor_repeats_postponed_total")


async def on_murex_message(ports: Ports, uow: UnitOfWork, message: Message[Reply]) -> None:
    """Handle an answer of Murex about one deal.

    Raises:
        InvalidInput: the answer is too long, or belongs to no execution of HAWK.
    """
    if len(message.value) > murex.ANSWER_BYTES_MAX:
        # Its reason would be in several events, which the store would refuse: the partition would stop.
        raise InvalidInput(
            code="MUREX_ANSWER_TOO_LARGE",
            reason=f"{message.place} has {len(message.value)} bytes; an answer has at most {murex.ANSWER_BYTES_MAX}.",
        )
    event = message.event
    if not await advance(ports, uow, event.workflow_id, command_of(event, ports.clock())):
        raise InvalidInput(
            code="MUREX_ANSWER_UNKNOWN_WORKFLOW",
            reason=f"HAWK executes no workflow {event.workflow_id}. Check with Murex what was booked.",
        )


async def check_deadlines(ports: Ports, uow: UnitOfWork, workflow_id: str, listening_since: datetime) -> None:
    """Act on silence about a workflow that waits for Murex; note the next look when deals stay open."""
    now = ports.clock()
    await advance(ports, uow, workflow_id, CheckDeadlines(now, listening_since, await heard_until(uow.connection, now)))


async def advance(ports: Ports, uow: UnitOfWork, workflow_id: str, command: MurexCommand) -> bool:
    """Decide a command and what follows from it. False: there is no such execution."""
    now = ports.clock()
    state = await load_execution(uow, workflow_id)
    if not state.version or state.status is Status.REVOKED:
        return False
    progress = await load_progress(uow, workflow_id)
    turn = await _decide(uow, state, command, progress, now)
    if sends_deals(event for changes in turn.changes for event in changes.events):
        rollout = await hold(ports, uow)
        stop = stop_sentence(rollout.in_force) if rollout.in_force.stopped else None
        if stop is not None or rollout.waits:
            turn = await _decide(uow, state, command, progress, now, stop=stop, waits=rollout.waits)
    if isinstance(command, CheckDeadlines) and not _within_budget(ports, turn, now):
        timers.due(uow, workflow_id, Task.MUREX, now + UNREAD_LOOK)
        return True
    write(uow, workflow_id, turn)
    await cancels.tell(ports, uow, state, turn.changes, now)
    if Due(Task.POST, now) in turn.due:
        uow.after_commit(ports.wake_worker)
    return True


def _within_budget(ports: Ports, turn: saga.Turn, now: datetime) -> bool:
    """Return True if what HAWK would send to Murex because of silence may be sent now."""
    repeats = sum(isinstance(event, TO_MUREX) for changes in turn.changes for event in changes.events)
    if not repeats or ports.repeats.take(repeats, now):
        return True
    POSTPONED.inc(repeats)
    return False


async def _decide(
    uow: UnitOfWork,
    state: ExecutionState,
    command: MurexCommand,
    progress: Progress,
    now: datetime,
    *,
    stop: str | None = None,
    waits: str = "",
) -> saga.Turn:
    """Return the saga's decision on a command; load plan and capacity only for a decision that needs them."""
    turn = saga.advance(state, command, progress, now, stop=stop, waits=waits)
    if turn is None:
        workflow_id = progress.workflow_id
        turn = saga.advance(
            state, command, progress, now, await _resources(uow, workflow_id, state), stop=stop, waits=waits
        )
        if turn is None:
            raise Defect(f"Workflow {workflow_id}: a decision stayed open with everything it needs.")
    return turn


async def _resources(uow: UnitOfWork, workflow_id: str, state: ExecutionState) -> saga.Resources:
    drawn = (await load_plan(uow, workflow_id)).drawn
    if drawn is None:
        raise Defect(f"Workflow {workflow_id} is executed but has no plan.")
    capacity, usd = await load_capacity(uow, drawn.plan)
    return saga.Resources(drawn, capacity, usd, await cancels.load_reversing(uow, state))
