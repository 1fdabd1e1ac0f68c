"""The state of a reversal's own execution. Folded from `execution-<reversal>`."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from shared.events import reversals
from shared.events.base import Event


@dataclass(frozen=True, slots=True)
class Reversal:
    """The fold. The status of its deals is on the stream of the workflow that is reversed."""

    version: int = 0
    prepared: reversals.ReversalPrepared | None = None
    completed: reversals.ReversalCompleted | None = None
    posted: bool = False
    posting_attempts: int = 0

    @property
    def to_post(self) -> bool:
        """True if journal lines wait for their counterparts."""
        return self.completed is not None and self.completed.posts and not self.posted


def fold(events: Iterable[Event]) -> Reversal:
    """Return the state after these events."""
    state = Reversal()
    for event in events:
        state = evolve(state, event)
    return state


def evolve(state: Reversal, event: Event) -> Reversal:
    """Return the state after one more event; refuse nothing."""
    state = replace(state, version=state.version + 1)
    match event:
        case reversals.ReversalPrepared():
            return replace(state, prepared=event)
        case reversals.ReversalCompleted():
            return replace(state, completed=event)
        case reversals.ReversalPostingDeferred():
            return replace(state, posting_attempts=event.attempts)
        case reversals.ReversalPosted():
            return replace(state, posted=True)
        case _:
            return state
