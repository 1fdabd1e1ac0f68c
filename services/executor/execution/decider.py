"""From a granted plan to events: prepare, complete, post, compensate. Pure.

A decision is a tuple of `Changes`: the events for each stream and the version that stream has to be at. They are
appended together or not at all, so a workflow's operations and the capacity they use can never part.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from services.executor.execution.answers import cancel
from services.executor.execution.applied import Applied
from services.executor.execution.commands import Prepare
from services.executor.execution.state import DealState, DealStatus, ExecutionState, Status
from services.executor.execution.steps import events_of
from services.executor.exposure.usage import CapacityUse, NetChange, UsdUsage, changes_by_exposure
from services.executor.projections.keys import written_by
from shared.errors import Defect
from shared.events import booking, identity, murex, overrides, undoing
from shared.events import execution as facts
from shared.events.base import Event, Notice
from shared.events.plans import PlanDrawn
from shared.eventstore.port import NO_STREAM
from shared.hedging.operations import Operation, OperationKind, Phase
from shared.hedging.plan import ChildPlan, HedgePlan


@dataclass(frozen=True, slots=True)
class Changes:
    """Events for one stream, which must be at version `expected`."""

    stream: str
    expected: int
    events: tuple[Event, ...]


def prepare(command: Prepare) -> tuple[Changes, ...]:
    """Decide the transaction before Murex: use the grant, take capacity, send the deals.

    A plan without deals (a utilisation, the record of a refused check) is complete with it.
    """
    plan, workflow_id = command.plan, command.plan.identity.workflow_id
    applied = Applied(
        plan=plan,
        maker=command.grant.maker,
        approvers=command.grant.approvers,
        now=command.now,
        failure=command.failure,
    )
    events: list[Event] = [_prepared(command), *events_of(applied, Phase.PREPARE)]
    if plan.children:
        events += [_first_send(command, child, index) for child in plan.children for index in range(len(child.deals))]
    else:
        events.append(
            facts.ExecutionCompleted(
                workflow_id=workflow_id, completed_operations=plan.counts.total, completed_at=command.now
            )
        )
    return (
        Changes(identity.execution_stream(workflow_id), NO_STREAM, tuple(events)),
        *_each_exposure(
            plan,
            command.capacity,
            lambda use, change: use.reserve(workflow_id, change.reserved, change.reserved_usd),
        ),
        *_usd(plan, command.usd, lambda usd, change: usd.reserve(workflow_id, change.reserved_usd)),
    )


def complete(
    state: ExecutionState,
    drawn: PlanDrawn,
    capacity: Mapping[str, CapacityUse],
    usd: UsdUsage,
    now: datetime,
) -> tuple[Changes, ...]:
    """Decide the transaction after Murex has acknowledged exactly the planned deals: book them, prepare the pairs.

    Raises:
        Defect: the set of acknowledged deals is not the set of planned ones, or an acknowledgement answers no request.
    """
    plan, prepared = drawn.plan, _prepared_of(state)
    planned = {deal.deal_booking_id for child in plan.children for deal in child.deals}
    if not state.all_acknowledged or planned != set(state.deals):
        raise Defect(f"Workflow {prepared.workflow_id}: completing with {state.acknowledged} of {len(planned)} deals.")
    unasked = sorted(each for each, deal in state.deals.items() if not deal.booking_answered)
    if unasked:
        raise Defect(f"Workflow {prepared.workflow_id}: the acknowledgement of {unasked} answers no request of HAWK's.")
    applied = Applied(
        plan=plan,
        maker=prepared.grant.maker,
        approvers=prepared.grant.approvers,
        now=now,
        booked={
            booking_id: booking.BookedDeal(
                deal_booking_id=booking_id,
                contract_id=deal.contract_id or "",
                booking_reference=deal.booking_reference or "",
            )
            for booking_id, deal in state.deals.items()
        },
    )
    done = facts.ExecutionCompleted(
        workflow_id=prepared.workflow_id, completed_operations=plan.counts.total, completed_at=now
    )
    workflow_id, trade_date = prepared.workflow_id, plan.dates.trade_date
    return (
        Changes(
            identity.execution_stream(workflow_id),
            state.version,
            (*events_of(applied, Phase.COMPLETE), done),
        ),
        *_each_exposure(
            plan,
            capacity,
            lambda use, change: use.hedge(
                workflow_id, change.amount, change.amount_usd, trade_date, reserved=change.reserved
            ),
        ),
        *_usd(
            plan,
            usd,
            lambda use, change: use.hedge(workflow_id, change.amount_usd, trade_date, reserved=change.reserved_usd),
        ),
    )


def start_compensation(state: ExecutionState, now: datetime) -> tuple[Event, ...]:
    """Cancel whatever Murex holds, or may hold, because a deal was declined."""
    prepared = _prepared_of(state)
    declined = next(deal for deal in state.deals.values() if deal.status is DealStatus.DECLINED)
    reason = f"Deal {declined.deal.deal_sequence} of event {declined.event_id} was not booked: {declined.why}"
    # A deal given up after silence, a stop or a contradiction counts as declined but may well sit in Murex's book.
    held = [deal for deal in state.deals.values() if deal.may_be_held]
    held.sort(key=lambda deal: (deal.event_id, deal.deal.deal_sequence))
    started = undoing.CompensationStarted(
        workflow_id=prepared.workflow_id,
        code=declined.code,
        reason=reason,
        event_ids=tuple(dict.fromkeys(deal.event_id for deal in state.deals.values())),
        deals_to_cancel=tuple(deal.deal.deal_booking_id for deal in held),
        started_at=now,
    )
    return (
        started,
        *(
            cancel(prepared.workflow_id, deal, contract_id=deal.contract_id, reason=started.reason, now=now)
            for deal in held
        ),
    )


def finish_compensation(
    state: ExecutionState,
    drawn: PlanDrawn,
    capacity: Mapping[str, CapacityUse],
    usd: UsdUsage,
    now: datetime,
) -> tuple[Changes, ...]:
    """Undo every operation, last first, and give the capacity back: Murex holds nothing any more."""
    plan, prepared = drawn.plan, _prepared_of(state)
    workflow_id, reason = prepared.workflow_id, state.failure_reason
    undone = tuple(_undo(state, {operation.number: operation for operation in plan.operations}, workflow_id, now))
    ended = undoing.WorkflowCompensated(
        workflow_id=workflow_id, code=state.failure_code, reason=reason, compensated_at=now
    )
    return (
        Changes(identity.execution_stream(workflow_id), state.version, (*undone, ended)),
        *_each_exposure(
            plan,
            capacity,
            lambda use, change: use.release(workflow_id, change.reserved, change.reserved_usd, reason),
        ),
        *_usd(plan, usd, lambda use, change: use.release(workflow_id, change.reserved_usd, reason)),
    )


def settle(state: ExecutionState, now: datetime) -> Event:
    """Settle what a person was asked about: what was booked is in Murex, or what was undone is not."""
    outcome: overrides.Settled = "POSTED" if state.posted else "COMPLETED"
    reason = "Murex holds every deal that is in the ledger"
    if state.taken_back:
        outcome, reason = "REVERSED", "Murex holds no deal of what was reversed"
    elif state.undone:
        outcome, reason = "COMPENSATED", "Murex holds no deal of what was undone"
    return overrides.InterventionSettled(
        workflow_id=_prepared_of(state).workflow_id, outcome=outcome, reason=reason, settled_at=now
    )


def intervention(state: ExecutionState, now: datetime) -> Event:
    """Ask a person: Murex keeps a deal, does not answer, or denies a deal that is booked."""
    if state.status in {Status.COMPLETED, Status.POSTED}:
        return _contradicted(state, now)
    refused = state.cancels_refused
    return undoing.InterventionRequired(
        workflow_id=_prepared_of(state).workflow_id,
        code=state.failure_code,
        reason=f"{state.failure_reason.removesuffix('.')}. Murex does not confirm that it gave up "
        f"{'; '.join(_named(deal) for deal in refused)}.",
        deal_booking_ids=tuple(deal.deal.deal_booking_id for deal in refused),
        required_at=now,
    )


def _named(deal: DealState) -> str:
    """Name a deal as a person finds it in Murex: by its external id, or by its contract."""
    contract = f", contract {deal.contract_id}" if deal.contract_id else ""
    return f"deal {deal.deal.deal_sequence} of event {deal.event_id} ({deal.deal.deal_booking_id}{contract})"


def _contradicted(state: ExecutionState, now: datetime) -> Event:
    """Undo nothing: the deals are in the ledger, and it is unknown whether Murex holds them."""
    deals = state.contradicted
    told = "; ".join(f"{_named(deal)}: {deal.why}" for deal in deals)
    return undoing.InterventionRequired(
        workflow_id=_prepared_of(state).workflow_id,
        code=murex.CONTRADICTION,
        reason=f"Booked and in the ledger, but Murex contradicts it: {told}.",
        deal_booking_ids=tuple(deal.deal.deal_booking_id for deal in deals),
        required_at=now,
    )


def _prepared(command: Prepare) -> facts.ExecutionPrepared:
    plan = command.plan
    return facts.ExecutionPrepared(
        workflow_id=plan.identity.workflow_id,
        response_id=plan.identity.response_id,
        attempt=plan.identity.attempt,
        grant=command.grant,
        begun_at=command.now,
        order_id=plan.order.order_id,
        exposure_currency=plan.order.exposure_currency,
        total_operations=plan.counts.total,
        attempts_max=command.attempts_max,
        retry_seconds=command.retry_seconds,
        warnings=tuple(Notice(code=each.code, message=each.message, path=each.path) for each in plan.warnings),
    )


def _first_send(command: Prepare, child: ChildPlan, index: int) -> murex.DealSent:
    deal = child.deals[index]
    return murex.DealSent(
        workflow_id=command.plan.identity.workflow_id,
        event_id=child.event.event_id,
        deal_booking_id=deal.deal_booking_id,
        deal_sequence=deal.deal_sequence,
        attempt=1,
        entity_id=child.entity_id,
        exposure_currency=command.plan.order.exposure_currency,
        deal=deal,
        sent_at=command.now,
    )


def _undo(
    state: ExecutionState, operations: Mapping[int, Operation], workflow_id: str, now: datetime
) -> Iterable[Event]:
    """Return one event per write that took effect, in reverse order; reads leave nothing to undo."""
    for event in reversed(state.done):
        number = getattr(event, "operation", None)
        operation = operations.get(number) if number is not None else None
        if operation is None or operation.kind is OperationKind.READ:
            continue
        yield undoing.OperationCompensated(
            workflow_id=workflow_id,
            operation=operation.number,
            kind=operation.kind,
            table=operation.table,
            keys=written_by(event, operation.table),
            compensated_at=now,
        )


def _each_exposure(
    plan: HedgePlan, capacity: Mapping[str, CapacityUse], event_of: Callable[[CapacityUse, NetChange], Event]
) -> tuple[Changes, ...]:
    """Return one event on the stream of every exposure the plan touches, also where nothing is reserved: its version
    keeps two workflows from closing one hedge."""
    changes = []
    for stream, change in changes_by_exposure(plan).items():
        use = capacity.get(stream)
        if use is None:
            raise Defect(f"Exposure {stream}: its use was not loaded.")
        changes.append(Changes(use.stream, use.version, (event_of(use, change),)))
    return tuple(changes)


def _usd(plan: HedgePlan, usd: UsdUsage, event_of: Callable[[UsdUsage, NetChange], Event]) -> tuple[Changes, ...]:
    """Return the change on the USD limit's stream; a plan that changes nothing of it leaves it alone."""
    change = NetChange(Decimal(0), plan.net_usd)
    if change.amount_usd == Decimal(0):
        return ()
    return (Changes(usd.stream, usd.version, (event_of(usd, change),)),)


def _prepared_of(state: ExecutionState) -> facts.ExecutionPrepared:
    if state.prepared is None:
        raise Defect("An execution without its first event was asked to go on.")
    return state.prepared
