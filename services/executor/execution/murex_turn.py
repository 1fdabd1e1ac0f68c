"""Murex answers, or does not: decide, and decide what follows, in one append."""

from datetime import datetime

from services.executor import narration, todo
from services.executor.approval_turns import load_journey, load_plan, report
from services.executor.execution import answers, decider
from services.executor.execution.commands import (
    CheckDeadlines,
    MurexCommand,
    RecordAnswer,
    RecordCancel,
    RecordReceipt,
    RecordStatus,
    due_at,
)
from services.executor.execution.decider import Changes
from services.executor.execution.state import ExecutionState, Status, evolve, fold
from services.executor.planning.facts import load_capacity
from services.executor.ports import Ports
from services.executor.process import Next, next_step
from services.executor.progress import Journey
from shared.errors import Defect, InvalidInput
from shared.events import identity, murex, undoing
from shared.events.base import Event
from shared.events.execution import (
    ExecutionCompleted,
)
from shared.messaging.message import Message, message_event
from shared.messaging.unit_of_work import UnitOfWork


async def on_murex_message(ports: Ports, uow: UnitOfWork, message: Message) -> None:
    """An answer of Murex about one deal.

    Raises:
        InvalidInput: the answer belongs to no execution of HAWK.
    """
    event = message_event(message)
    now = ports.clock()
    command: MurexCommand
    match event:
        case murex.MurexReceipted():
            command = RecordReceipt(event)
        case murex.MurexAnswered():
            command = RecordAnswer(event, now)
        case murex.MurexStatusReported():
            command = RecordStatus(event, now)
        case murex.MurexCancelled():
            command = RecordCancel(event, now)
        case _:
            raise InvalidInput(code="EVENT_MALFORMED", reason=f"{type(event).__name__} is no answer of Murex.")
    if not await advance(ports, uow, event.workflow_id, command):
        raise InvalidInput(
            code="MUREX_ANSWER_UNKNOWN_WORKFLOW",
            reason=f"HAWK executes no workflow {event.workflow_id}. Check with Murex what was booked.",
        )


async def check_deadlines(ports: Ports, uow: UnitOfWork, workflow_id: str, listening_since: datetime) -> None:
    """Time has passed on a workflow that waits for Murex; the next look is noted when deals stay open."""
    now = ports.clock()
    await advance(ports, uow, workflow_id, CheckDeadlines(now, listening_since))


async def advance(ports: Ports, uow: UnitOfWork, workflow_id: str, command: MurexCommand) -> bool:
    """Decide a command and what follows from it. False: there is no such execution."""
    now = ports.clock()
    stream = await uow.load(identity.execution_stream(workflow_id))
    if not stream.version:
        return False
    state = fold(stream.events)
    events = answers.decide(state, command)
    if not events:
        _next_look(uow, state, command)
    else:
        journey = await load_journey(uow, workflow_id)
        journey = narration.murex_turn(journey, events, state.acknowledged, len(state.deals))
        turn = _Turn(uow, workflow_id, now, state, journey)
        turn.take(events)
        await turn.follow()
        turn.append()
        if turn.completed:
            todo.due(uow, workflow_id, todo.Task.POST, now)
            uow.after_commit(ports.wake_worker)
        _next_look(uow, turn.state, command)
    return True


def _next_look(uow: UnitOfWork, state: ExecutionState, command: MurexCommand) -> None:
    """Keep the to-do list in step with the state: when to look after silent deals.

    An answer only ever makes the next look later or needless, so that it may leave an earlier entry standing: the look
    then finds nothing overdue and notes the right time.
    """
    if state.prepared is None:
        raise Defect("A turn was taken on an execution that was never prepared.")
    workflow_id = state.prepared.workflow_id
    asked = [deal.asked_at for deal in state.deals.values() if deal.open and deal.asked_at is not None]
    if not asked:
        todo.settled(uow, workflow_id, todo.Task.MUREX)
    elif isinstance(command, CheckDeadlines) or state.status is not Status.BOOKING:
        since = command.listening_since if isinstance(command, CheckDeadlines) else min(asked)
        at = due_at(min(asked), state.prepared.retry_seconds, since)
        todo.due(uow, workflow_id, todo.Task.MUREX, at)


class _Turn:
    """The state as it moves within one transaction, and what is to be appended."""

    def __init__(
        self, uow: UnitOfWork, workflow_id: str, now: datetime, state: ExecutionState, journey: Journey
    ) -> None:
        self.uow = uow
        self.workflow_id = workflow_id
        self.now = now
        self.state = state
        self.changes: list[Changes] = []
        self.journey = journey

    def take(self, events: tuple[Event, ...]) -> None:
        """Events of the execution's own stream."""
        if events:
            stream = identity.execution_stream(self.workflow_id)
            self.changes.append(Changes(stream, self.state.version, events))
        for event in events:
            self.state = evolve(self.state, event)
            self._tell(event)

    async def follow(self) -> None:
        """Decide what is due until nothing is; each step changes the state, so it ends."""
        while (step := next_step(self.state)) is not Next.NOTHING:
            match step:
                case Next.START_COMPENSATION:
                    self.take(decider.start_compensation(self.state, self.now))
                case Next.ASK_A_PERSON:
                    self.take((decider.intervention(self.state, self.now),))
                case Next.COMPLETE:
                    await self._decide(complete=True)
                case Next.FINISH_COMPENSATION:
                    await self._decide(complete=False)

    @property
    def completed(self) -> bool:
        return self.state.status is Status.COMPLETED

    def append(self) -> None:
        for changes in self.changes:
            self.uow.append(changes.stream, changes.expected, *changes.events, correlation_id=self.workflow_id)
        report(self.uow, self.journey)

    async def _decide(self, *, complete: bool) -> None:
        """A decision that needs the plan and the use of capacity."""
        drawn = (await load_plan(self.uow, self.workflow_id)).drawn
        if drawn is None:
            raise Defect(f"Workflow {self.workflow_id} is executed but has no plan.")
        capacity, usd = await load_capacity(self.uow.connection, drawn.plan)
        decide = decider.complete if complete else decider.finish_compensation
        own, *others = decide(self.state, drawn, capacity, usd, self.now)
        self.take(own.events)
        self.changes += others

    def _tell(self, event: Event) -> None:
        """Report the turns that a decision made."""
        match event:
            case undoing.CompensationStarted():
                self.journey = narration.compensating(self.journey, event)
            case undoing.InterventionRequired():
                self.journey = narration.intervention(self.journey, event)
            case undoing.WorkflowCompensated():
                self.journey = narration.compensated(self.journey, event)
            case ExecutionCompleted():
                self.journey = narration.completed(self.journey, event)
