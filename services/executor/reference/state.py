"""The state of one reference row: its content, or that there is none."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.executor.reference.plausible import Past
from shared.events.base import Event
from shared.events.reference import ReferenceRowRemoved, ReferenceRowSet


@dataclass(frozen=True, slots=True)
class RowState:
    """The content of a row. `row` is None if there is none: never set, or removed."""

    row: Mapping[str, Any] | None = None


def evolve(state: RowState, event: Event) -> RowState:
    """Return the state after an event; events of other kinds change nothing."""
    if isinstance(event, ReferenceRowSet):
        return RowState(event.row)
    if isinstance(event, ReferenceRowRemoved):
        return RowState(None)
    return state


def state_of(events: Iterable[Event]) -> RowState:
    """Return the state after all events of a row's stream."""
    state = RowState()
    for event in events:
        state = evolve(state, event)
    return state


def past_of(recorded: Iterable[tuple[datetime, Event]], a_day_ago: datetime) -> Past:
    """Return what a row is measured against: the last one, and the one of a day ago or confirmed by people since.

    A removed row still counts: else removing it first would allow any change.
    """
    state, rows, settled = RowState(), list[Mapping[str, Any]](), list[Mapping[str, Any]]()
    for at, event in recorded:
        state = evolve(state, event)
        if isinstance(event, ReferenceRowSet):
            rows.append(event.row)
            if at <= a_day_ago or event.confirmed:
                settled.append(event.row)
    if not rows:
        return Past()
    last, base = rows[-1], settled[-1] if settled else rows[0]
    return Past(state.row, (last,) if base == last else (last, base))
