"""What the parser remembers of a response. Stream `response-<id>`."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import reduce

from shared.events.base import Event
from shared.events.responses import ResponseContradicted, ResponseReceived, ResponseRepeated


@dataclass(frozen=True, slots=True)
class ResponseState:
    """`content_sha256` None: nothing came under this id yet. `contradictions`: digests of other answers."""

    content_sha256: str | None = None
    repeats: int = 0
    contradictions: frozenset[str] = frozenset()


def evolve(state: ResponseState, event: Event) -> ResponseState:
    """The state after an event; events that do not matter here change nothing."""
    if isinstance(event, ResponseReceived):
        return replace(state, content_sha256=event.content_sha256)
    if isinstance(event, ResponseRepeated):
        return replace(state, repeats=event.repeats)
    if isinstance(event, ResponseContradicted):
        return replace(state, contradictions=state.contradictions | {event.content_sha256})
    return state


def state_of(events: Iterable[Event]) -> ResponseState:
    """The state a stream leads to."""
    return reduce(evolve, events, ResponseState())
