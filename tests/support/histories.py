"""Histories in memory: the rules of those in PostgreSQL, written once more and plainly."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.monitor.workflow.history import SHOWN_MAX, Histories, Kept, Sought
from shared.events.base import Event
from shared.events.catalogue import encode
from shared.eventstore.port import FEED_START, FeedPosition, RecordedEvent, event_id


class MemoryHistories(Histories):
    """Events of all streams in the order in which they were told."""

    def __init__(self) -> None:
        self.kept: list[Kept] = []

    def tell(self, stream: str, event: Event, at: datetime) -> Kept:
        """Record an event behind what its stream holds."""
        version = 1 + sum(each.recorded.stream == stream for each in self.kept)
        new, number = encode(event), len(self.kept) + 1
        recorded = RecordedEvent(
            stream, version, event_id(stream, version), new.type, new.schema_version, new.data, {"actor": "test"}, at
        )
        self.kept.append(Kept(recorded, FeedPosition(number, number), number))
        return self.kept[-1]

    async def events(self, of: Sought, after: FeedPosition = FEED_START, limit: int = SHOWN_MAX) -> Sequence[Kept]:
        """See `Histories`."""
        return [each for each in self.of(of) if each.place > after][:limit]

    async def event(self, of: Sought, event_id: UUID) -> Kept | None:
        """See `Histories`."""
        return next((each for each in self.of(of) if each.recorded.event_id == event_id), None)

    def of(self, sought: Sought) -> list[Kept]:
        """The events of one workflow."""
        begun = next((each.place for each in self.kept if self._begins(each, sought)), None)
        return [each for each in self.kept if self._belongs(each, sought, begun)]

    def _begins(self, kept: Kept, of: Sought) -> bool:
        recorded = kept.recorded
        named = (recorded.type, recorded.data.get("reversal")) == ("ReversalStarted", of.workflow_id)
        return recorded.stream == of.reversed and named

    def _belongs(self, kept: Kept, of: Sought, begun: FeedPosition | None) -> bool:
        recorded = kept.recorded
        if recorded.stream == of.answer:
            return recorded.type == "ResponseReceived" or recorded.data.get("workflow_id") == of.workflow_id
        if recorded.stream == of.reversed:
            return begun is not None and kept.place >= begun
        return recorded.stream in of.streams
