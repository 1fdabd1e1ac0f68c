"""What the event store holds about one workflow, and what of it nobody is shown. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol
from uuid import UUID

from shared.errors import Defect
from shared.events.base import Event
from shared.events.catalogue import decode
from shared.events.identity import (
    approval_stream,
    execution_stream,
    plan_stream,
    progress_stream,
    response_stream,
    revocation_stream,
)
from shared.eventstore.port import FEED_START, FeedPosition, RecordedEvent

Document = dict[str, Any]

#: Events of a workflow on its page. An order of three entities that is reversed has some 500; each word of Murex that
#: settles nothing is one more, and Murex may go on saying it. The download has all of them.
SHOWN_MAX: Final = 2_000

#: Texts that are a permission or a proof: they stay between the services that check them.
_WITHHELD_TEXTS: Final = frozenset({"grant", "proof", "maker_proof"})
#: The answer as it came is evidence, kept under its digest.
_EVIDENCE: Final = "content"


@dataclass(frozen=True, slots=True)
class Sought:
    """Whose history is read: a workflow, with the answer it is from, and the workflow that it reverses."""

    workflow_id: str
    response_id: str | None = None
    reverses: str | None = None

    @property
    def streams(self) -> tuple[str, ...]:
        """The workflow's own streams, each whole."""
        kinds = (plan_stream, approval_stream, revocation_stream, execution_stream, progress_stream)
        return tuple(of(self.workflow_id) for of in kinds)

    @property
    def answer(self) -> str | None:
        """The stream of its answer, of which what names this workflow counts."""
        return None if self.response_id is None else response_stream(self.response_id)

    @property
    def reversed(self) -> str | None:
        """The stream of what it reverses, which counts from the reversal on: its deals are cancelled there."""
        return None if self.reverses is None else execution_stream(self.reverses)


@dataclass(frozen=True, slots=True)
class Kept:
    """An event as it is kept. `number` is its place in the one order of all events; None until the relay sealed it."""

    recorded: RecordedEvent
    place: FeedPosition
    number: int | None

    @property
    def at(self) -> datetime:
        """The time of its record, by the clock of the database: one clock for all services."""
        return self.recorded.recorded_at

    @property
    def event(self) -> Event | None:
        """The event as this release reads it; None for one of a later release."""
        try:
            return decode(self.recorded)
        except Defect:
            return None


class Histories(Protocol):
    """Histories of workflows, each read when somebody asks for it."""

    async def events(self, of: Sought, after: FeedPosition = FEED_START, limit: int = SHOWN_MAX) -> Sequence[Kept]:
        """Return what comes after a place, in the one order of all events."""

    async def event(self, of: Sought, event_id: UUID) -> Kept | None:
        """Return one event of a workflow; None where it is of another one."""


def summary(kept: Kept) -> Document:
    """Return an event without its data."""
    recorded = kept.recorded
    return {
        "number": kept.number,
        "event_id": str(recorded.event_id),
        "stream": recorded.stream,
        "version": recorded.version,
        "type": recorded.type,
        "at": kept.at.isoformat(),
    }


def whole(kept: Kept) -> Document:
    """Return an event with its data, but for what is withheld, whose places it names."""
    recorded = kept.recorded
    data, withheld = without_secrets(recorded.data)
    return summary(kept) | {
        "schema_version": recorded.schema_version,
        "metadata": dict(recorded.metadata),
        "data": data,
        "withheld": withheld,
    }


def without_secrets(data: Mapping[str, Any]) -> tuple[Document, list[str]]:
    """Return data without grants, proofs and the text of an answer, and the places where they stood."""
    places: list[str] = []

    def cleaned(value: Any, place: str) -> Any:
        if isinstance(value, Mapping):
            return dict(members(value, place))
        if isinstance(value, list | tuple):
            return [cleaned(each, f"{place}[{number}]") for number, each in enumerate(value)]
        return value

    def members(value: Mapping[str, Any], place: str) -> Iterator[tuple[str, Any]]:
        for name, each in value.items():
            at = f"{place}.{name}" if place else name
            if isinstance(each, str) and (name in _WITHHELD_TEXTS or at == _EVIDENCE):
                places.append(at)
            else:
                yield name, cleaned(each, at)

    return dict(members(data, "")), places
