"""Whether the totals of capacity are the sum of what was reserved, hedged and released, and whether each workflow holds
what its execution entitles it to: from the events alone. Pure.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from shared.audit.history import Findings, PastEvent
from shared.events import capacity as facts
from shared.events import execution
from shared.events.base import Event
from shared.money.amounts import ZERO

Reserved = facts.CapacityReserved | facts.UsdLimitReserved
Hedged = facts.CapacityHedged | facts.UsdLimitHedged
Released = facts.CapacityReleased | facts.UsdLimitReleased

#: USD by which one entity's rounded share may miss its part of the rounded whole.
ROUNDING_USD = Decimal("0.01")


@dataclass(slots=True)
class Use:
    """What is reserved and hedged: of a whole stream, or of one workflow in it."""

    reserved: Decimal = ZERO
    hedged: Decimal = ZERO


@dataclass(slots=True)
class Workflow:
    """One execution: how it stands, what it was allocated, what it holds by stream, and the same in USD, once as its
    exposures have it and once as the USD limit has it."""

    status: str = "NONE"
    allocated: dict[str, Decimal] = field(default_factory=dict)
    holds: dict[str, Use] = field(default_factory=dict)
    exposures_usd: Decimal = ZERO
    limit_usd: Decimal = ZERO


#: What an execution's event says about where it stands.
STATUS_OF: Mapping[type[Event], str] = {
    execution.ExecutionPrepared: "PREPARED",
    execution.ExecutionCompleted: "COMPLETED",
    execution.JournalPosted: "POSTED",
    execution.CompensationStarted: "COMPENSATING",
    execution.WorkflowCompensated: "COMPENSATED",
    execution.InterventionRequired: "NEEDS_INTERVENTION",
}


class CapacityFold:
    """Folds events into the use of every exposure and USD limit; says what does not add up."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self.exposures: dict[str, Use] = {}
        self.usd_limits: dict[str, Use] = {}
        self._workflows: dict[str, Workflow] = {}

    def take(self, past: PastEvent, event: Event) -> None:
        match event:
            case facts.CapacityReserved() | facts.CapacityHedged() | facts.CapacityReleased():
                stated = Use(event.reserved_total, event.hedged_total)
                self._move(past, event, event.amount, stated, self.exposures)
                self._workflow(event.workflow_id).exposures_usd += _taken(event, event.amount_usd)
            case facts.UsdLimitReserved() | facts.UsdLimitHedged() | facts.UsdLimitReleased():
                stated = Use(event.reserved_total_usd, event.hedged_total_usd)
                self._move(past, event, event.amount_usd, stated, self.usd_limits)
                self._workflow(event.workflow_id).limit_usd += _taken(event, event.amount_usd)
            case execution.AllocationCommitted(assessment=assessment):
                self._workflow(event.workflow_id).allocated[assessment.stream] = assessment.allocated
            case execution.ExecutionEvent():
                status = STATUS_OF.get(type(event))
                if status is not None:
                    self._workflow(event.workflow_id).status = status
            case _:
                return

    def finish(self) -> None:
        """Compare what each workflow holds with how its execution stands."""
        for workflow_id, workflow in self._workflows.items():
            for why in _contradictions(workflow):
                self._findings.add(f"Workflow {workflow_id} is {workflow.status} but {why}.")

    def _workflow(self, workflow_id: str) -> Workflow:
        return self._workflows.setdefault(workflow_id, Workflow())

    def _move(
        self,
        past: PastEvent,
        event: Reserved | Hedged | Released,
        amount: Decimal,
        stated: Use,
        streams: dict[str, Use],
    ) -> None:
        total = streams.setdefault(past.event.stream, Use())
        own = self._workflow(event.workflow_id).holds.setdefault(past.event.stream, Use())
        for use in (total, own):
            match event:
                case facts.CapacityReserved() | facts.UsdLimitReserved():
                    use.reserved += amount
                case facts.CapacityHedged() | facts.UsdLimitHedged():
                    use.reserved -= amount
                    use.hedged += amount
                case facts.CapacityReleased() | facts.UsdLimitReleased():
                    use.reserved -= amount
        if total != stated:
            self._findings.add(
                f"{past.place}: the event states reserved {stated.reserved} and hedged {stated.hedged}, "
                f"its stream sums up to {total.reserved} and {total.hedged}."
            )
            # Going on from what is stated finds the places that were touched instead of everything behind the first.
            streams[past.event.stream] = Use(stated.reserved, stated.hedged)


def _taken(event: Reserved | Hedged | Released, amount: Decimal) -> Decimal:
    """How much more the workflow holds, reserved or hedged, after the event."""
    match event:
        case facts.CapacityReserved() | facts.UsdLimitReserved():
            return amount
        case facts.CapacityReleased() | facts.UsdLimitReleased():
            return -amount
        case _:
            return ZERO


def _contradictions(workflow: Workflow) -> Iterator[str]:
    if abs(workflow.exposures_usd - workflow.limit_usd) > ROUNDING_USD * len(workflow.allocated):
        yield f"holds USD {workflow.exposures_usd} of its exposures and USD {workflow.limit_usd} of the limit"
    for stream, use in workflow.holds.items():
        if workflow.status in {"NONE", "COMPENSATED"} and (use.reserved or use.hedged):
            yield f"holds {use.reserved} reserved and {use.hedged} hedged of {stream}"
        elif workflow.status in {"COMPLETED", "POSTED"} and use.reserved:
            yield f"still holds {use.reserved} reserved of {stream}"
        elif workflow.status in {"PREPARED", "COMPENSATING"} and use.hedged:
            yield f"holds {use.hedged} hedged of {stream} already"
    for stream, allocated in workflow.allocated.items():
        use = workflow.holds.get(stream, Use())
        if workflow.status in {"COMPLETED", "POSTED"} and use.hedged != allocated:
            yield f"was allocated {allocated} of {stream} and hedged {use.hedged}"
        elif workflow.status in {"PREPARED", "COMPENSATING"} and use.reserved != allocated:
            yield f"was allocated {allocated} of {stream} and reserved {use.reserved}"
