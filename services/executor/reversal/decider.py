"""From a granted reversal to events: start, finish, post. Pure.

The deals are cancelled on the stream of the workflow that is reversed, as in a compensation: what is known of a deal is
in one place. A decision is a tuple of `Changes`, appended together or not at all.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final

from services.executor.execution.answers import cancel
from services.executor.execution.decider import Changes
from services.executor.execution.posting import RETRY_SECONDS, Books, problems
from services.executor.execution.state import ExecutionState
from services.executor.exposure.usage import CapacityUse, NetChange, UsdUsage
from services.executor.projections.keys import written_by
from services.executor.reversal.commands import FinishReversal, Reversing, StartReversal
from services.executor.reversal.state import Reversal
from shared.errors import Defect
from shared.events import booking, identity, reversals
from shared.events.base import Event
from shared.eventstore.port import NO_STREAM
from shared.hedging.changes.reversing import PREFIX, ReversalPlan
from shared.hedging.facts import SINGAPORE
from shared.hedging.operations import Operation, OperationKind
from shared.hedging.reversal import CANCEL, KEEP, TAKE_BACK
from shared.money.amounts import ZERO

#: In a record that is about no single entity.
_EVERY: Final = "ALL"
#: What takes an UPDATE back; its row was inserted by the same workflow.
_OF_UPDATES: Final = frozenset({CANCEL, TAKE_BACK})


def start(command: StartReversal) -> tuple[Changes, ...]:
    """Decide the transaction before Murex: use the grant, let nothing more build on the workflow, cancel its deals, and
    reserve what will be hedged again."""
    plan, subject, now = command.plan, command.subject, command.now
    workflow_id, original = subject.workflow_id, plan.reverses
    deals = [command.state.deals[each.deal.deal_booking_id] for each in plan.cancels]
    started = reversals.ReversalStarted(
        workflow_id=original,
        reversal=workflow_id,
        reason=subject.reason,
        event_ids=tuple(dict.fromkeys(each.event_id for each in plan.cancels)),
        deals_to_cancel=tuple(each.deal.deal_booking_id for each in plan.cancels),
        started_at=now,
    )
    why = f"Reversed by workflow {workflow_id}"
    cancels = tuple(cancel(original, deal, contract_id=deal.contract_id, reason=why, now=now) for deal in deals)
    return (
        Changes(identity.execution_stream(workflow_id), NO_STREAM, (_prepared(command),)),
        Changes(identity.execution_stream(original), command.state.version, (started, *cancels)),
        *_each_exposure(
            plan, command.capacity, lambda use, net: use.reserve(workflow_id, net.reserved, net.reserved_usd)
        ),
        *_usd(plan, command.usd, lambda usd, net: usd.reserve(workflow_id, net.reserved_usd)),
    )


def finish(
    state: ExecutionState,
    reversing: Reversing | None,
    capacity: Mapping[str, CapacityUse],
    usd: UsdUsage,
    now: datetime,
) -> tuple[Changes, ...]:
    """Decide the transaction after Murex has confirmed every cancel: undo each operation, last first, add the
    counterparts of the pairs, give capacity back. The first changes are those of the workflow that is reversed.

    Raises:
        Defect: it is not being reversed.
    """
    if reversing is None:
        raise Defect("A reversal was to be finished that was never started.")
    command = FinishReversal(reversing.subject, reversing.prepared, reversing.version, state, capacity, usd, now)
    return _finish(command)


def _finish(command: FinishReversal) -> tuple[Changes, ...]:
    plan, now, workflow_id = command.subject.plan, command.now, command.subject.workflow_id
    original = plan.reverses
    day = max(now.astimezone(SINGAPORE).date(), plan.trade_date)
    reversed_ = reversals.ExecutionReversed(
        workflow_id=original, reversal=workflow_id, reason=command.subject.reason, reversed_at=now
    )
    completed = reversals.ReversalCompleted(
        workflow_id=workflow_id, completed_operations=plan.counts.total, posts=bool(plan.journal), completed_at=now
    )
    return (
        Changes(
            identity.execution_stream(original), command.state.version, (*_operations_reversed(command), reversed_)
        ),
        Changes(identity.execution_stream(workflow_id), command.version, (*_counterparts(command), completed)),
        *_each_exposure(
            plan,
            command.capacity,
            lambda use, net: use.hedge(workflow_id, net.amount, net.amount_usd, day, reserved=net.reserved),
        ),
        *_usd(
            plan,
            command.usd,
            lambda usd, net: usd.hedge(workflow_id, net.amount_usd, day, reserved=net.reserved_usd),
        ),
    )


def post(
    state: Reversal, plan: ReversalPlan, books: Books, original_version: int, now: datetime
) -> tuple[Changes, ...]:
    """Post the counterparts of the journal, or say why they have to wait. Fails closed."""
    stream = identity.execution_stream(plan.identity.workflow_id)
    lines = tuple(line for each in plan.journal for line in each.lines)
    problem = next(iter(problems(lines, books)), None)
    if problem is not None:
        code, reason = problem
        deferred = reversals.ReversalPostingDeferred(
            workflow_id=plan.identity.workflow_id,
            code=code,
            reason=reason,
            attempts=state.posting_attempts + 1,
            retry_at=now + timedelta(seconds=RETRY_SECONDS),
            deferred_at=now,
        )
        return (Changes(stream, state.version, (deferred,)),)
    posted = reversals.ReversalPosted(workflow_id=plan.identity.workflow_id, postings=plan.journal, posted_at=now)
    journals = tuple(dict.fromkeys(line.journal_id for line in lines))
    reversed_ = reversals.JournalReversed(
        workflow_id=plan.reverses, reversal=plan.identity.workflow_id, journal_ids=journals, reversed_at=now
    )
    return (
        Changes(stream, state.version, (posted,)),
        Changes(identity.execution_stream(plan.reverses), original_version, (reversed_,)),
    )


def _prepared(command: StartReversal) -> reversals.ReversalPrepared:
    subject, grant, plan = command.subject, command.grant, command.plan
    return reversals.ReversalPrepared(
        workflow_id=subject.workflow_id,
        response_id=subject.response_id,
        attempt=subject.origin.attempt,
        grant=grant,
        begun_at=command.now,
        reverses=plan.reverses,
        reason=subject.reason,
        order_id=plan.order_id,
        total_operations=plan.counts.total,
        exposures=plan.exposures,
    )


def _operations_reversed(command: FinishReversal) -> Iterator[Event]:
    """Return one event per step that was shown, in its order; the rows are those that the operation wrote."""
    plan, done = command.subject.plan, _done(command)
    for step in plan.steps:
        yield reversals.OperationReversed(
            workflow_id=plan.reverses,
            operation=step.undoes,
            step=step.number,
            kind=OperationKind.UPDATE if step.action in _OF_UPDATES else OperationKind.INSERT,
            table=step.table,
            action=step.action,
            keys=() if step.action == KEEP else written_by(done[step.undoes], step.table),
            reversal=command.subject.workflow_id,
            reversed_at=command.now,
        )


def _counterparts(command: FinishReversal) -> Iterator[Event]:
    """Return what the reversal adds: a pair against each pair, its audit record, the end of each lineage."""
    plan, workflow_id, now, done = command.subject.plan, command.subject.workflow_id, command.now, _done(command)
    pairs = {entry.gl_entry_id: (part, entry) for part in plan.entries for entry in part.entries}
    for operation, step in zip(plan.operations, plan.steps, strict=True):
        undone = done[step.undoes]
        if step.action == KEEP:
            yield _record(command, operation, step.undoes)
        elif isinstance(undone, booking.GlEntryPrepared):
            mirrors = undone.entry.gl_entry_id
            part, entry = pairs.pop(f"{PREFIX}{mirrors}")
            yield reversals.EntryMirrored(
                workflow_id=workflow_id,
                operation=operation.number,
                event_id=part.event_id,
                entity_id=part.entity_id,
                instruction_id=part.instruction_id,
                gl_package_id=part.gl_package_id,
                entry=entry,
                mirrors=mirrors,
                mirrored_at=now,
            )
        elif isinstance(undone, booking.GlDetailPrepared):
            details = next(each.details for each in plan.entries if each.event_id == undone.event_id)
            yield reversals.DetailsMirrored(
                workflow_id=workflow_id,
                operation=operation.number,
                event_id=undone.event_id,
                details=details,
                mirrored_at=now,
            )
    if pairs:
        raise Defect(f"Workflow {plan.reverses}: {', '.join(pairs)} stand against no pair that was prepared.")
    for end in plan.lineage:
        yield reversals.LineageEnded(workflow_id=workflow_id, end=end, ended_at=now)


def _done(command: FinishReversal) -> Mapping[int, Event]:
    """Return the event of each operation that wrote, by its number.

    Raises:
        Defect: an operation that was shown as one to be taken back was never done.
    """
    done = {number: event for event in command.state.done if (number := getattr(event, "operation", None)) is not None}
    missing = [step.undoes for step in command.subject.plan.steps if step.undoes not in done]
    if missing:
        raise Defect(f"Workflow {command.subject.plan.reverses}: operations {missing} were never done.")
    return done


def _record(command: FinishReversal, operation: Operation, undoes: int) -> Event:
    plan = command.subject.plan
    return reversals.ReversalRecorded(
        workflow_id=command.subject.workflow_id,
        operation=operation.number,
        audit_id=f"AUD-{operation.operation_id}",
        undoes=undoes,
        record_id=plan.reverses,
        entity_id=operation.entity_id or _EVERY,
        currency=plan.exposure_currency,
        message=f"Operation {undoes} of workflow {plan.reverses} reversed: {command.subject.reason}",
        approvers=command.prepared.grant.approvers,
        recorded_at=command.now,
    )


def _each_exposure(
    plan: ReversalPlan, capacity: Mapping[str, CapacityUse], event_of: Callable[[CapacityUse, NetChange], Event]
) -> tuple[Changes, ...]:
    """Return one event on the stream of every exposure, also where nothing is reserved: its version keeps a closing and
    a reversal of one hedge apart."""
    changes = []
    for each in plan.exposures:
        use = capacity.get(each.stream)
        if use is None:
            raise Defect(f"Exposure {each.stream}: its use was not loaded.")
        changes.append(Changes(use.stream, use.version, (event_of(use, NetChange(each.amount, each.amount_usd)),)))
    return tuple(changes)


def _usd(plan: ReversalPlan, usd: UsdUsage, event_of: Callable[[UsdUsage, NetChange], Event]) -> tuple[Changes, ...]:
    if plan.usd == ZERO:
        return ()
    return (Changes(usd.stream, usd.version, (event_of(usd, NetChange(ZERO, plan.usd)),)),)
