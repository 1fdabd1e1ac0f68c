"""What is known of a workflow's plan. Folded from `plan-<workflow>`."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from shared.events.base import Event
from shared.events.configuration import ConfigurationPlanned
from shared.events.overrides import OverridePlanned
from shared.events.plans import PlanClosed, PlanDrawn, PlanRefused, TurnAwaited
from shared.events.reversals import ReversalPlanned
from shared.hedging.plan import HedgePlan


@dataclass(frozen=True, slots=True)
class PlanState:
    """`subject` is what a grant would be for: the plan drawn, or the record of a refused check.

    A workflow that changes the configuration has `configuration` instead, one that takes another back
    `reversal`, one that settles a deal by hand `override`.
    """

    version: int = 0
    drawn: PlanDrawn | None = None
    refused: PlanRefused | None = None
    awaited: TurnAwaited | None = None
    """The grant that waits for its turn, or has waited."""
    closed: PlanClosed | None = None
    configuration: ConfigurationPlanned | None = None
    reversal: ReversalPlanned | None = None
    override: OverridePlanned | None = None

    @property
    def granted(self) -> PlanDrawn | PlanRefused | ConfigurationPlanned | ReversalPlanned | OverridePlanned | None:
        """What a grant would be for, of whatever kind the workflow is."""
        return self.subject or self.configuration or self.reversal or self.override

    @property
    def subject(self) -> PlanDrawn | PlanRefused | None:
        """The hedge plan, else the refused check that keeps its record; None where there is neither."""
        if self.drawn is not None:
            return self.drawn
        return self.refused if self.refused is not None and self.refused.recorded else None

    @property
    def plan(self) -> HedgePlan | None:
        """The plan that a grant would apply."""
        if self.drawn is not None:
            return self.drawn.plan
        return self.refused.refusal.record if self.refused is not None else None


def fold(events: Iterable[Event]) -> PlanState:
    """The state after these events."""
    state = PlanState()
    for event in events:
        state = evolve(state, event)
    return state


def evolve(state: PlanState, event: Event) -> PlanState:
    """The state after one more event; refuses nothing."""
    state = replace(state, version=state.version + 1)
    match event:
        case PlanDrawn():
            return replace(state, drawn=event)
        case PlanRefused():
            return replace(state, refused=event)
        case TurnAwaited():
            return replace(state, awaited=event)
        case PlanClosed():
            return replace(state, closed=event)
        case ConfigurationPlanned():
            return replace(state, configuration=event)
        case ReversalPlanned():
            return replace(state, reversal=event)
        case OverridePlanned():
            return replace(state, override=event)
        case _:
            return state
