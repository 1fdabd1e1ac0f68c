"""The rollout, as its events tell it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from shared.errors import Transient
from shared.events import rollout as facts
from shared.events.base import Event
from shared.events.catalogue import encode
from shared.events.decisions import DecisionName, name_of
from shared.eventstore.port import NewEvent, RecordedEvent

#: What the executor keeps to.
Decision = facts.RolloutOpened | facts.RolloutTermsSet | facts.ExecutionStopped | facts.ExecutionResumed


class NotOpened(Transient):
    """The installation has not written its beginning yet; it does so at its first start."""

    def __init__(self, stream: str) -> None:
        super().__init__(f"Stream {stream} is empty: HAWK is starting for the first time. Ask again in a moment.")


@dataclass(frozen=True, slots=True)
class Rollout:
    """State of the stream `rollout`.

    Args:
        terms: in force.
        set: how they came into force; None for those of the start.
        stop: the stop that holds, if one does.
        decided: the latest decision, which the executor is to keep to: opening, terms, a stop, a resumption.
        decided_at: when that was.
        change: a change that waits for its second person.
        resumption: a resumption that does.
    """

    terms: facts.RolloutTerms
    version: int
    decided: DecisionName
    decided_at: datetime
    set: facts.RolloutTermsSet | None = None
    stop: facts.ExecutionStopped | None = None
    change: facts.RolloutChangeProposed | None = None
    resumption: facts.ResumptionProposed | None = None


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What the executor says of itself.

    Args:
        decision: what it keeps to; None: it has taken nothing in.
        since: since when.
        stopped: it is stopped.
        doubted: a decision it was given without the one before it; it begins nothing meanwhile.
        behind_since: since when it does not read hawk.control to its end; None: it does.
    """

    decision: DecisionName | None
    since: datetime
    stopped: bool = False
    doubted: int | None = None
    behind_since: datetime | None = None


def opened(event: facts.RolloutOpened, name: DecisionName) -> Rollout:
    """Return the state after the first event."""
    return Rollout(event.terms, 1, name, event.opened_at)


def evolve(state: Rollout, event: Event, recorded: RecordedEvent | NewEvent) -> Rollout:
    """Return the state after one more event; refuses nothing. `recorded` is the event as the store has it."""
    state = replace(state, version=state.version + 1)
    name = name_of(state.version, recorded.type, recorded.schema_version, recorded.data)
    match event:
        case facts.RolloutChangeProposed():
            return replace(state, change=event)
        case facts.RolloutTermsSet():
            at = event.confirmed_by.at
            return replace(state, terms=event.terms, set=event, change=None, decided=name, decided_at=at)
        case facts.ExecutionStopped():
            # The person who proposed to go on had not seen this stop.
            return replace(state, stop=event, resumption=None, decided=name, decided_at=event.stopped_by.at)
        case facts.ResumptionProposed():
            return replace(state, resumption=event)
        case facts.ExecutionResumed():
            return replace(state, stop=None, resumption=None, decided=name, decided_at=event.confirmed_by.at)
        case _:
            return state


def after_new(state: Rollout, event: Event) -> Rollout:
    """Return the state after an event that is about to be appended."""
    return evolve(state, event, encode(event))


def rollout_of(events: Iterable[tuple[Event, RecordedEvent | NewEvent]]) -> Rollout | None:
    """Return the state after these events; None before the first."""
    state: Rollout | None = None
    for event, recorded in events:
        if state is not None:
            state = evolve(state, event, recorded)
        elif isinstance(event, facts.RolloutOpened):
            state = opened(event, name_of(1, recorded.type, recorded.schema_version, recorded.data))
    return state
