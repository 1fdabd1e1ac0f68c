"""The state of a workflow's plan. Folded from `plan-<workflow>`."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from shared.events.base import Event
from shared.events.plans import PlanClosed, PlanDrawn, PlanRefused, TurnAwaited, WorkflowPlanned, WorkflowRefused
from shared.events.reversals import ReversalPlanned
from shared.hedging.plan import HedgePlan


@dataclass(frozen=True, slots=True)
class PlanState:
    """The fold: what was planned or refused, the grant that waits for its turn, the end of a plan not applied."""

    version: int = 0
    planned: WorkflowPlanned | WorkflowRefused | None = None
    awaited: TurnAwaited | None = None
    """The grant that waits for its turn, or has waited."""
    closed: PlanClosed | None = None

    @property
    def granted(self) -> WorkflowPlanned | PlanRefused | None:
        """The subject of a grant: the plan, or the refused check that keeps its record."""
        match self.planned:
            case WorkflowPlanned() | PlanRefused(recorded=True):
                return self.planned
            case _:
                return None

    @property
    def drawn(self) -> PlanDrawn | None:
        """The plan of an order; None for a refusal and for workflows of another kind."""
        return self.planned if isinstance(self.planned, PlanDrawn) else None

    @property
    def reversal(self) -> ReversalPlanned | None:
        """The plan of a reversal; None for workflows of another kind."""
        return self.planned if isinstance(self.planned, ReversalPlanned) else None

    @property
    def plan(self) -> HedgePlan | None:
        """The hedge plan that a grant would apply: of a refused check its record."""
        match self.planned:
            case PlanDrawn(plan=plan):
                return plan
            case PlanRefused(refusal=refusal):
                return refusal.record
            case _:
                return None


def fold(events: Iterable[Event]) -> PlanState:
    """Return the state after these events."""
    state = PlanState()
    for event in events:
        state = evolve(state, event)
    return state


def evolve(state: PlanState, event: Event) -> PlanState:
    """Return the state after one more event; refuse nothing."""
    state = replace(state, version=state.version + 1)
    match event:
        case WorkflowPlanned() | WorkflowRefused():
            return replace(state, planned=event)
        case TurnAwaited():
            return replace(state, awaited=event)
        case PlanClosed():
            return replace(state, closed=event)
        case _:
            return state
