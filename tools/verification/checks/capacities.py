"""Checks that the totals of capacity are the sums of reservations, hedges and releases, and that each workflow holds
the capacity of its state: from the events alone. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from shared.events import booking, execution, overrides, reversals, states, undoing
from shared.events import capacity as facts
from shared.events.base import Event
from shared.events.identity import exposure_stream, usd_limit_stream
from shared.events.reference import ReferenceRowSet
from shared.money.amounts import ZERO
from tools.verification.checks.history import Findings, PastEvent
from tools.verification.checks.spilled import Spilled

Reserved = facts.CapacityReserved | facts.UsdLimitReserved
Hedged = facts.CapacityHedged | facts.UsdLimitHedged
Released = facts.CapacityReleased | facts.UsdLimitReleased

#: USD by which one entity's rounded share may miss its part of the rounded whole.
ROUNDING_USD = Decimal("0.01")


@dataclass(slots=True)
class Use:
    """The reserved and hedged amounts of a stream, or of one workflow in it."""

    reserved: Decimal = ZERO
    hedged: Decimal = ZERO


@dataclass(slots=True)
class Workflow:
    """An execution: its state, what it changes and holds by stream, and both in USD, once by its exposures and once by
    the USD limit. What it closes counts below zero."""

    status: str = "NONE"
    allocated: dict[str, Decimal] = field(default_factory=dict)
    holds: dict[str, Use] = field(default_factory=dict)
    exposures_usd: dict[str, Decimal] = field(default_factory=dict)
    limit_usd: Decimal = ZERO
    reverses: str = ""
    """The workflow that this one takes back."""


#: The state of an execution after an event.
STATUS_OF: Mapping[type[Event], str] = {
    execution.ExecutionPrepared: "PREPARED",
    execution.ExecutionCompleted: "COMPLETED",
    booking.JournalPosted: "POSTED",
    undoing.CompensationStarted: "COMPENSATING",
    undoing.WorkflowCompensated: "COMPENSATED",
    undoing.InterventionRequired: "NEEDS_INTERVENTION",
    reversals.ReversalPrepared: "PREPARED",
    reversals.ReversalCompleted: "COMPLETED",
    reversals.ReversalPosted: "POSTED",
    reversals.ReversalStarted: "REVERSING",
    reversals.ExecutionReversed: "REVERSED",
}
#: The states in which a workflow holds its allocation as hedged, not reserved; its reversal holds the negative amount,
#: so that both together hold nothing.
_HOLDS = states.EXECUTED


class CapacityFold:
    """Folds events into the use of every exposure and USD limit; says what does not add up."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self.exposures: dict[str, Use] = {}
        self.usd_limits: dict[str, Use] = {}
        self._workflows = Spilled[Workflow]()
        self._opened_before: dict[str, Decimal] = {}

    def take(self, past: PastEvent, event: Event) -> None:
        """Apply an event to exposure, USD limit or workflow, and compare the totals that it states."""
        match event:
            case facts.CapacityReserved() | facts.CapacityHedged() | facts.CapacityReleased():
                stated = Use(event.reserved_total, event.hedged_total)
                self._move(past, event, event.amount, stated, self.exposures)
                self._workflow(event.workflow_id).exposures_usd[past.event.stream] = _held(event)
            case facts.UsdLimitReserved() | facts.UsdLimitHedged() | facts.UsdLimitReleased():
                stated = Use(event.reserved_total_usd, event.hedged_total_usd)
                self._move(past, event, event.amount_usd, stated, self.usd_limits)
                self._workflow(event.workflow_id).limit_usd = _held(event)
            case ReferenceRowSet(table="opening_hedges", row=row):
                self._opened(
                    exposure_stream(row["entity_id"], row["exposure_currency"], row["nav_type"]), row, "amount"
                )
                self._opened(usd_limit_stream(row["exposure_currency"]), row, "usd")
            case execution.AllocationCommitted(assessment=assessment):
                allocated = self._workflow(event.workflow_id).allocated
                allocated[assessment.stream] = allocated.get(assessment.stream, ZERO) + assessment.allocated
            case reversals.ReversalPrepared():
                workflow = self._workflow(event.workflow_id)
                workflow.status, workflow.reverses = "PREPARED", event.reverses
                workflow.allocated = {each.stream: each.amount for each in event.exposures}
            case overrides.InterventionSettled(outcome=outcome):
                self._workflow(event.workflow_id).status = outcome
            case execution.ExecutionEvent():
                status = STATUS_OF.get(type(event))
                if status is not None:
                    self._workflow(event.workflow_id).status = status
            case _:
                return

    def opened_before(self, stream: str) -> Decimal:
        """Return the hedges from before HAWK that were imported as open: what HAWK closes of them was never hedged
        here."""
        return self._opened_before.get(stream, ZERO)

    def _opened(self, stream: str, row: Mapping[str, Any], what: str) -> None:
        self._opened_before[stream] = self.opened_before(stream) + Decimal(str(row[f"notional_{what}"]))

    def finish(self) -> None:
        """Compare the capacity that each workflow holds with its state."""
        for workflow_id, workflow in self._workflows.each():
            for why in _contradictions(workflow):
                self._findings.add(f"Workflow {workflow_id} is {workflow.status} but {why}.")
            if workflow.reverses and workflow.status in _HOLDS:
                self._nets_to_zero(workflow_id, workflow)

    def _nets_to_zero(self, reversal: str, workflow: Workflow) -> None:
        """Report a reversal that releases another amount than its workflow held."""
        original = self._workflow(workflow.reverses)
        for stream in sorted({*workflow.holds, *original.holds}):
            left = workflow.holds.get(stream, Use()).hedged + original.holds.get(stream, Use()).hedged
            if left:
                self._findings.add(
                    f"Workflow {workflow.reverses} is reversed by {reversal}, but {left} stays hedged of {stream}."
                )

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
                    use.reserved -= _reserved_before(event, amount)
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


def _held(event: Reserved | Hedged | Released) -> Decimal:
    """Return the USD that the workflow holds, reserved or hedged, after the event."""
    return ZERO if isinstance(event, facts.CapacityReleased | facts.UsdLimitReleased) else event.amount_usd


def _reserved_before(event: Hedged, amount: Decimal) -> Decimal:
    """Return what the workflow had reserved until it completed."""
    reserved = event.reserved if isinstance(event, facts.CapacityHedged) else event.reserved_usd
    return amount if reserved is None else reserved


def _contradictions(workflow: Workflow) -> Iterator[str]:
    exposures_usd = sum(workflow.exposures_usd.values(), ZERO)
    # A workflow that closes more than it opens reserves nothing, of an exposure or of the limit; over several exposures
    # the sum of what it reserves may be more than what it reserves of the one limit.
    settled = workflow.status in _HOLDS
    difference = abs(exposures_usd - workflow.limit_usd) if settled else workflow.limit_usd - exposures_usd
    if difference > ROUNDING_USD * len(workflow.allocated):
        yield f"holds USD {exposures_usd} of its exposures and USD {workflow.limit_usd} of the limit"
    for stream, use in workflow.holds.items():
        if workflow.status in {"NONE", "COMPENSATED"} and (use.reserved or use.hedged):
            yield f"holds {use.reserved} reserved and {use.hedged} hedged of {stream}"
        elif workflow.status in _HOLDS and use.reserved:
            yield f"still holds {use.reserved} reserved of {stream}"
        elif workflow.status in {"PREPARED", "COMPENSATING"} and use.hedged:
            yield f"holds {use.hedged} hedged of {stream} already"
    for stream, allocated in workflow.allocated.items():
        use = workflow.holds.get(stream, Use())
        if workflow.status in _HOLDS and use.hedged != allocated:
            yield f"was allocated {allocated} of {stream} and hedged {use.hedged}"
        elif workflow.status in {"PREPARED", "COMPENSATING"} and use.reserved != max(allocated, ZERO):
            yield f"was allocated {allocated} of {stream} and reserved {use.reserved}"
