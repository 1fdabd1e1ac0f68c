"""What waits, as the executor reported it, and what people have said to it so far."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from shared.events import held as facts
from shared.events.base import Event


class State(StrEnum):
    """How far it is. CONFIRMED and REJECTED: people have decided, and the executor takes it in."""

    WAITING = "WAITING"
    CONFIRMED = "CONFIRMED"
    REJECTED = "REJECTED"
    APPLIED = "APPLIED"
    DROPPED = "DROPPED"


@dataclass(frozen=True, slots=True)
class Said:
    """What people said: the stream `confirmation-<id>`."""

    confirmed: tuple[facts.HeldPerson, ...] = ()
    state: State = State.WAITING


@dataclass(frozen=True, slots=True)
class Held:
    """One row or set that was held. `document` is what people are shown of it; `reason` says why it was dropped."""

    held_id: str
    stream: str
    digest: str
    persons: int
    document: dict[str, Any]
    state: State
    reason: str
    confirmed: tuple[facts.HeldPerson, ...]


def said_of(events: Iterable[Event]) -> Said:
    """Return what people have said after these events."""
    said = Said()
    for event in events:
        match event:
            case facts.HeldReferenceConfirmed():
                said = replace(said, confirmed=(*said.confirmed, event.by))
            case facts.HeldReferenceReleased():
                said = replace(said, state=State.CONFIRMED)
            case facts.HeldReferenceRejected():
                said = replace(said, state=State.REJECTED)
    return said
