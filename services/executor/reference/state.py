"""What is known of one reference row: its content now, or that there is none."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from shared.events.base import Event
from shared.events.reference import ReferenceRowRemoved, ReferenceRowSet


@dataclass(frozen=True, slots=True)
class RowState:
    """`row` is None when there is no row: never set, or removed."""

    row: Mapping[str, Any] | None = None


def evolve(state: RowState, event: Event) -> RowState:
    """The state after an event; events of other kinds change nothing."""
    if isinstance(event, ReferenceRowSet):
        return RowState(event.row)
    if isinstance(event, ReferenceRowRemoved):
        return RowState(None)
    return state


def state_of(events: Iterable[Event]) -> RowState:
    """The state after all events of a row's stream."""
    state = RowState()
    for event in events:
        state = evolve(state, event)
    return state
