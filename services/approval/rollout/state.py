"""The rollout, as its events tell it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from shared.events import rollout as facts
from shared.events.base import Event


@dataclass(frozen=True, slots=True)
class Rollout:
    """State of the stream `rollout`.

    Args:
        terms: in force; until people set others, those the installation starts with.
        set: how they came into force; None for those of the start.
        stop: the stop that holds, if one does.
        decided: the version of the latest decision the executor keeps to: terms, a stop, a resumption.
        change: a change that waits for its second person.
        resumption: a resumption that does.
    """

    terms: facts.RolloutTerms
    version: int = 0
    decided: int = 0
    set: facts.RolloutTermsSet | None = None
    stop: facts.ExecutionStopped | None = None
    change: facts.RolloutChangeProposed | None = None
    resumption: facts.ResumptionProposed | None = None


@dataclass(frozen=True, slots=True)
class TakenIn:
    """Which version the executor keeps to, and since when."""

    version: int
    since: datetime


def evolve(state: Rollout, event: Event) -> Rollout:
    """The state after one more event; refuses nothing."""
    state = replace(state, version=state.version + 1)
    match event:
        case facts.RolloutChangeProposed():
            return replace(state, change=event)
        case facts.RolloutTermsSet():
            return replace(state, terms=event.terms, set=event, change=None, decided=state.version)
        case facts.ExecutionStopped():
            # Whoever proposed to go on had not seen this stop.
            return replace(state, stop=event, resumption=None, decided=state.version)
        case facts.ResumptionProposed():
            return replace(state, resumption=event)
        case facts.ExecutionResumed():
            return replace(state, stop=None, resumption=None, decided=state.version)
        case _:
            return state


def rollout_of(events: Iterable[Event], starting: facts.RolloutTerms) -> Rollout:
    """The state after these events, of an installation that starts with these terms."""
    state = Rollout(terms=starting)
    for event in events:
        state = evolve(state, event)
    return state
