"""A workflow's saga, one transaction at a time: from state and command to all that is written. Pure.

The handlers (`grants`, `murex`, `posting`) load, call one of these functions and append what it returns. The simulation
does so over memory, so that it explores the code that runs.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from services.executor.execution import answers, decider, slots
from services.executor.execution.commands import CheckDeadlines, MurexCommand, Prepare, due_at
from services.executor.execution.decider import Changes
from services.executor.execution.grant import Ending
from services.executor.execution.holding_back import POSTPONED_LOOK, held_back, postponed
from services.executor.execution.posting import Books, post
from services.executor.execution.slots import Waiting
from services.executor.execution.state import ExecutionState, Status, evolve
from services.executor.exposure.usage import CapacityUse, UsdUsage
from services.executor.planning.state import PlanState
from services.executor.progress import messages
from services.executor.progress.reporting import Progress
from services.executor.reversal import decider as reversing
from services.executor.reversal import messages as reversal_messages
from services.executor.reversal.commands import Reversing
from services.executor.workflow.due import Due, Task
from services.executor.workflow.process import Next, next_step
from shared.errors import Defect
from shared.events import identity, overrides, undoing
from shared.events.approvals import Approver
from shared.events.base import Event
from shared.events.booking import JournalPosted, PostingDeferred
from shared.events.execution import ExecutionCompleted, ExecutionPrepared
from shared.events.plans import PlanClosed, PlanDrawn, PlanRefused, TurnAwaited
from shared.events.reversals import ExecutionReversed
from shared.hedging.plan import HedgePlan
from shared.plans.digests import Planned

#: Until silent deals are looked at again while answers lie unread: about as often as it is known how far they are read.
UNREAD_LOOK: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Turn:
    """The writes of one transaction: events of streams, entries of the to-do list, and the progress's new reports."""

    changes: tuple[Changes, ...] = ()
    due: tuple[Due, ...] = ()
    progress: Progress | None = None
    slot: bool | None = None
    """Whether the workflow holds a slot from now on; None: as before."""


@dataclass(frozen=True, slots=True)
class Resources:
    """The plan, and the use of what it reserves: completing and undoing need both besides the state."""

    drawn: PlanDrawn
    capacity: Mapping[str, CapacityUse]
    usd: UsdUsage
    reversal: Reversing | None = None
    """Where the workflow is being reversed."""


def prepare(command: Prepare, progress: Progress, *, waited: bool = False) -> Turn:
    """Use the grant; note when to look after the deals that leave for booking.

    Args:
        waited: its turn has come.
    """
    plan, now, subject = command.plan, command.now, command.subject
    refusal = subject.refusal if isinstance(subject, PlanRefused) else None
    progress = messages.prepared(progress, plan, command.grant.approvers, now)
    if refusal is not None:
        progress = messages.check_recorded(progress, refusal.code, refusal.message, now)
    elif not plan.children:
        progress = messages.answered(progress, plan, now)
    look = (Due(Task.MUREX, now + timedelta(seconds=command.retry_seconds)),) if plan.children else ()
    return Turn(decider.prepare(command), (*look, *_no_turn(waited=waited)), progress, slots.needs_slot(plan) or None)


def await_turn(
    state: PlanState, waiting: Waiting, approvers: tuple[Approver, ...], progress: Progress, now: datetime
) -> Turn:
    """Keep a grant that permits the plan until its turn comes, as no slot is free.

    Raises:
        Defect: there is no plan.
    """
    subject = _granted(state)
    seconds = slots.about_seconds(waiting.room)
    awaited = TurnAwaited(
        workflow_id=subject.workflow_id,
        response_id=subject.response_id,
        jti=waiting.jti,
        grant=waiting.grant,
        approvers=approvers,
        granted_at=waiting.granted_at,
        before=waiting.room.before,
        about_seconds=seconds,
        awaited_at=now,
    )
    change = Changes(identity.plan_stream(subject.workflow_id), state.version, (awaited,))
    told = messages.awaiting_turn(messages.approved(progress, approvers, now), awaited)
    return Turn((change,), (Due(Task.APPLY, waiting.granted_at),), told)


def close(state: PlanState, ending: Ending, progress: Progress, now: datetime) -> Turn:
    """End a plan that is not applied.

    Raises:
        Defect: there is no plan.
    """
    subject = _granted(state)
    closed = PlanClosed.model_validate(
        {
            "workflow_id": subject.workflow_id,
            "response_id": subject.response_id,
            "state": ending.state,
            "code": ending.code,
            "reason": ending.reason,
            "successor": ending.successor,
            "closed_at": now,
        }
    )
    change = Changes(identity.plan_stream(closed.workflow_id), state.version, (closed,))
    return Turn((change,), _no_turn(waited=state.awaited is not None), messages.closed(progress, closed))


def advance(
    state: ExecutionState,
    command: MurexCommand,
    progress: Progress,
    now: datetime,
    resources: Resources | None = None,
    *,
    stop: str | None = None,
    waits: str = "",
) -> Turn | None:
    """Decide a command and what follows from it, all in one transaction.

    Args:
        stop: HAWK is stopped, and why: a deal that would be sent again counts as not booked.
        waits: no deal may be sent now, and why: it is looked at again soon.
    Returns:
        None when a decision needs the resources: ask again with them.
    Raises:
        Defect: the execution was never prepared.
    """
    events = answers.decide(state, command)
    if stop is not None:
        events = held_back(events, stop, now)
    elif waits:
        events = postponed(events, command, waits, now)
    again = (Due(Task.MUREX, now + POSTPONED_LOOK),) if waits and stop is None else ()
    if not events:
        return Turn(due=(*_next_look(state, command), *again))
    several = state.several_events
    told = messages.murex_turn(progress, events, state.acknowledged, len(state.deals), several=several)
    moving = _Moving(_prepared_of(state).workflow_id, now, state, told)
    moving.take(events)
    if not moving.follow(resources):
        return None
    due = (*_next_look(moving.state, command), *again)
    if moving.state.status is Status.COMPLETED:
        due = (Due(Task.POST, now), *due)
    # Given back in every turn of a workflow that is not in flight: a second time changes nothing.
    slot = None if slots.holds_slot(moving.state.status) else False
    return Turn(tuple(moving.changes), due, moving.progress, slot)


def posting(
    state: ExecutionState, events: Sequence[Event], plan: HedgePlan, books: Books, progress: Progress, now: datetime
) -> Turn:
    """Post the journal (stage 3), or let it wait; report a reason to wait once.

    Args:
        events: those of the execution's stream so far.
    """
    event = post(state, plan, books, now)
    change = Changes(identity.execution_stream(event.workflow_id), state.version, (event,))
    if isinstance(event, JournalPosted):
        lines = sum(len(posted.lines) for posted in event.postings)
        return Turn((change,), (Due(Task.POST, None),), messages.posted(progress, lines, event.posted_at))
    later = (Due(Task.POST, event.retry_at),)
    if _told_before(event, events):
        return Turn(due=later)
    return Turn((change,), later, messages.posting_deferred(progress, event))


def _told_before(event: PostingDeferred, events: Sequence[Event]) -> bool:
    """Return True if the reported reason still holds: a period may remain closed for days, and is read every minute."""
    last = next((each for each in reversed(events) if isinstance(each, PostingDeferred)), None)
    return last is not None and (last.code, last.reason) == (event.code, event.reason)


def _next_look(state: ExecutionState, command: MurexCommand) -> Iterator[Due]:
    """Keep the to-do list in step with the state: when to look after silent deals.

    An answer only ever makes the next look later or needless, so that it may leave an earlier entry in place: the look
    then finds nothing overdue and notes the right time.
    """
    asked = [deal.asked_at for deal in state.deals.values() if deal.open and deal.asked_at is not None]
    if not asked:
        yield Due(Task.MUREX, None)
        return
    retry_seconds = _prepared_of(state).retry_seconds
    if isinstance(command, CheckDeadlines):
        due = due_at(min(asked), retry_seconds, command.listening_since)
        # Due already, and nothing was done: what Murex may have said is not read yet.
        yield Due(Task.MUREX, due if due > command.now else command.now + UNREAD_LOOK)
    elif state.status is not Status.BOOKING:
        yield Due(Task.MUREX, due_at(min(asked), retry_seconds, min(asked)))


def _no_turn(*, waited: bool) -> tuple[Due, ...]:
    """Remove a workflow that has waited for its turn from the queue."""
    return (Due(Task.APPLY, None),) if waited else ()


def _granted(state: PlanState) -> Planned:
    if state.granted is None:
        raise Defect("A plan without a subject was to wait, or to be closed.")
    return state.granted


def _prepared_of(state: ExecutionState) -> ExecutionPrepared:
    if state.prepared is None:
        raise Defect("A turn was taken on an execution that was never prepared.")
    return state.prepared


class _Moving:
    """The state as it moves within one turn, and what is to be appended."""

    def __init__(self, workflow_id: str, now: datetime, state: ExecutionState, progress: Progress) -> None:
        self.workflow_id = workflow_id
        self.now = now
        self.state = state
        self.changes: list[Changes] = []
        self.progress = progress

    def take(self, events: tuple[Event, ...]) -> None:
        """Take in events of the execution's own stream."""
        if events:
            stream = identity.execution_stream(self.workflow_id)
            self.changes.append(Changes(stream, self.state.version, events))
        for event in events:
            self.state = evolve(self.state, event)
            self._tell(event)

    def follow(self, resources: Resources | None) -> bool:
        """Take the decisions that are due until none is left; each changes the state. False: resources are needed."""
        while (step := next_step(self.state)) is not Next.NOTHING:
            match step:
                case Next.START_COMPENSATION:
                    self.take(decider.start_compensation(self.state, self.now))
                case Next.ASK_A_PERSON:
                    self.take((decider.intervention(self.state, self.now),))
                case Next.SETTLE:
                    self.take((decider.settle(self.state, self.now),))
                case Next.COMPLETE | Next.FINISH_COMPENSATION | Next.FINISH_REVERSAL:
                    if resources is None:
                        return False
                    self._decide(resources, step)
        return True

    def _decide(self, resources: Resources, step: Next) -> None:
        """Take a decision that needs the plan and the use of capacity."""
        if step is Next.FINISH_REVERSAL:
            own, *others = reversing.finish(self.state, resources.reversal, resources.capacity, resources.usd, self.now)
        else:
            decide = decider.complete if step is Next.COMPLETE else decider.finish_compensation
            own, *others = decide(self.state, resources.drawn, resources.capacity, resources.usd, self.now)
        self.take(own.events)
        self.changes += others

    def _tell(self, event: Event) -> None:
        """Report the turns that a decision made."""
        match event:
            case undoing.CompensationStarted():
                self.progress = messages.compensating(self.progress, event)
            case undoing.InterventionRequired():
                self.progress = messages.intervention(self.progress, event)
            case undoing.WorkflowCompensated():
                self.progress = messages.compensated(self.progress, event)
            case ExecutionReversed(reversal=reversal):
                self.progress = reversal_messages.taken_back(
                    self.progress, reversal, self.now, journal_waits=self.state.reversing_journal_waits
                )
            case overrides.InterventionSettled():
                self.progress = messages.settled(self.progress, event, journal_waits=self.state.reversing_journal_waits)
            case ExecutionCompleted():
                self.progress = messages.completed(self.progress, event)
