"""Checks that each workflow is complete or without effect, each booked deal was planned and acknowledged once, and no
allocation exceeds the capacity: from the executions' events alone. Pure."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from shared.events import booking, configuration, execution, overrides, reversals, undoing
from shared.events.base import Event
from shared.hedging.capacity import UsdCheck
from shared.money.amounts import ZERO
from tools.verification.checks.history import Findings, PastEvent
from tools.verification.checks.spilled import Spilled

#: Operations that only read: they leave nothing to undo.
READS: Final = frozenset(
    {
        execution.CapacityAssessed,
        execution.OpenHedgesConsulted,
        booking.BlueprintRead,
        configuration.ConfigurationConsulted,
        overrides.OverrideConsulted,
    }
)
#: What begins an execution, ends it, or is about a whole deal.
TURNS: Final = frozenset(
    {
        execution.ExecutionPrepared,
        execution.ExecutionCompleted,
        undoing.OperationCompensated,
        undoing.WorkflowCompensated,
        reversals.OperationReversed,
        reversals.ExecutionReversed,
        booking.DealAcknowledged,
        overrides.DealBookedByHand,
    }
)
#: Operations that are checked in detail.
DETAILED: Final = frozenset(
    {booking.DealPlanned, booking.DealsBooked, execution.CapacityAssessed, execution.AllocationCommitted}
)


@dataclass(slots=True)
class Execution:
    """The events of one execution, summed up. Operation numbers are in the order of the events."""

    total: int | None = None
    done: list[int] = field(default_factory=list)
    written: list[int] = field(default_factory=list)
    undone: list[int] = field(default_factory=list)
    completed: list[int] = field(default_factory=list)
    compensated: int = 0
    taken: list[int] = field(default_factory=list)
    taken_back: int = 0
    planned: dict[str, list[str]] = field(default_factory=dict)
    """Hedge event -> ids of its planned deals."""
    acknowledged: dict[str, list[str]] = field(default_factory=dict)
    """Deal -> contracts it was acknowledged with."""
    booked: dict[str, list[booking.BookedDeal]] = field(default_factory=dict)
    usd: UsdCheck | None = None
    allocates: bool = False


class ExecutionFold:
    """Folds each execution; says which are neither whole nor without effect."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._executions = Spilled[Execution]()
        self._contracts = Spilled[str]()

    def take(self, past: PastEvent, event: Event) -> None:
        """Fold an event into its execution, and report an allocation above the available capacity."""
        if not isinstance(event, execution.ExecutionEvent):
            return
        of = self._executions.setdefault(event.workflow_id, Execution())
        if type(event) not in TURNS:  # most of them: asked first, since the cases below are asked one by one
            self._operated(past, of, event)
            return
        match event:
            case execution.ExecutionPrepared():
                of.total = event.total_operations
            case undoing.OperationCompensated():
                of.undone.append(event.operation)
            case reversals.OperationReversed():
                of.taken.append(event.operation)
            case reversals.ExecutionReversed():
                of.taken_back += 1
            case execution.ExecutionCompleted():
                of.completed.append(event.completed_operations)
            case undoing.WorkflowCompensated():
                of.compensated += 1
            case booking.DealAcknowledged():
                of.acknowledged.setdefault(event.deal_booking_id, []).append(event.contract_id)
            case overrides.DealBookedByHand() if not of.completed:
                # The person's statement replaces an earlier one of Murex.
                of.acknowledged[event.deal_booking_id] = [event.external_reference or ""]
            case _:
                self._operated(past, of, event)

    def finish(self) -> None:
        """Report executions that are neither whole nor without effect, and contracts of two deals."""
        for workflow, of in self._executions.each():
            for why in (*_whole(of), *_deals(of), *_usd(of)):
                self._findings.add(f"Workflow {workflow}: {why}.")
            for deal in (deal for deals in of.booked.values() for deal in deals):
                before = self._contracts.setdefault(deal.contract_id, deal.deal_booking_id)
                if before != deal.deal_booking_id:
                    self._findings.add(
                        f"Workflow {workflow}: contract {deal.contract_id} is of deal {deal.deal_booking_id} and of "
                        f"deal {before}."
                    )

    def _operated(self, past: PastEvent, of: Execution, event: Event) -> None:
        """Record the event of an operation; check some in detail."""
        number: int | None = getattr(event, "operation", None)
        numbers: tuple[int, ...] = getattr(event, "operations", ()) if number is None else (number,)
        of.done += numbers
        if type(event) not in READS:
            of.written += numbers
        if type(event) not in DETAILED:
            return
        match event:
            case booking.DealPlanned():
                of.planned.setdefault(event.event_id, []).append(event.deal.deal_booking_id)
            case booking.DealsBooked():
                of.booked.setdefault(event.event_id, []).extend(event.deals)
            case execution.CapacityAssessed():
                of.usd = event.usd_check
            case execution.AllocationCommitted(assessment=assessment):
                of.allocates = True
                if assessment.allocated > max(assessment.available, ZERO):
                    self._findings.add(
                        f"{past.place}: {assessment.entity_id} is allocated {assessment.allocated}, "
                        f"but {assessment.available} is available."
                    )
            case _:
                return


def _whole(of: Execution) -> Iterator[str]:
    twice = sorted(number for number, times in Counter(of.done).items() if times > 1)
    if twice:
        yield f"operations {twice} took effect more than once"
    if of.completed and of.compensated:
        yield "it is completed and compensated"
    if len(of.completed) > 1 or of.compensated > 1:
        yield "it ends more than once"
    if of.completed:
        yield from _complete(of, of.completed[0])
        if of.undone:
            yield f"it is completed, but operations {sorted(of.undone)} are undone"
    if of.compensated:
        yield from _undone(of.written, of.undone, "compensated")
    if of.taken_back or of.taken:
        yield from _undone(of.written, of.taken, "reversed")


def _complete(of: Execution, completed: int) -> Iterator[str]:
    total = completed if of.total is None else of.total
    if completed != total:
        yield f"it is completed with {completed} of {total} operations"
    missing = sorted(set(range(1, total + 1)) - set(of.done))
    beyond = sorted(set(of.done) - set(range(1, total + 1)))
    if missing:
        yield f"it is completed, but operations {missing} took no effect"
    if beyond:
        yield f"operations {beyond} are not in its plan"


def _undone(written: list[int], undone: list[int], how: str) -> Iterator[str]:
    """Report a writing operation that is not undone once, in reverse order."""
    left = sorted(set(written) - set(undone))
    if left:
        yield f"it is {how}, but operations {left} are still in effect"
    never = sorted(set(undone) - set(written))
    if never:
        yield f"operations {never} are undone and never took effect"
    if any(later >= earlier for earlier, later in pairwise(undone)):
        yield "its operations are not undone in reverse order"


def _deals(of: Execution) -> Iterator[str]:
    for deal, times in sorted(Counter(deal for deals in of.planned.values() for deal in deals).items()):
        if times > 1:
            yield f"deal {deal} is planned {times} times"
    for event_id, deals in of.booked.items():
        planned, ids = set(of.planned.get(event_id, ())), [each.deal_booking_id for each in deals]
        if planned != set(ids) or len(set(ids)) != len(ids):
            yield f"of hedge event {event_id} the deals {sorted(ids)} are booked, but {sorted(planned)} are planned"
        for each in deals:
            contracts = of.acknowledged.get(each.deal_booking_id, [])
            if contracts != [each.contract_id]:
                known = ", ".join(contracts) or "nothing"
                yield f"deal {each.deal_booking_id} is booked as {each.contract_id}, but Murex acknowledged {known}"
    if of.completed and set(of.planned) != set(of.booked):
        yield f"it is completed, but the deals of {sorted(set(of.planned) - set(of.booked))} are not booked"


def _usd(of: Execution) -> Iterator[str]:
    usd = of.usd
    if not of.allocates or usd is None or usd.maximum_usd is None or usd.requested_usd <= ZERO:
        return
    if usd.total_after_usd > usd.maximum_usd:
        yield f"USD {usd.total_after_usd} would be used, above the limit of USD {usd.maximum_usd}"
