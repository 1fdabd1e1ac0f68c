"""Handlers without a database: give streams, run the handler, look at what it appended.

unit = await run_handler(on_grant, message_for(ApprovalGranted(...)), {"plan-wf": [PlanDrawn(...)]})
assert unit.appended == {"execution-wf": (ExecutionPrepared(...),)}
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from shared.errors import Defect
from shared.events.base import Event
from shared.events.catalogue import decode, encode
from shared.eventstore.memory import MemoryEventStore
from shared.eventstore.port import RecordedEvent, StreamAppend, event_id
from shared.messaging.cause import Cause
from shared.messaging.database import to_json
from shared.messaging.message import Message
from shared.messaging.subscription import Handler, Subscription
from shared.messaging.unit_of_work import UnitOfWork

T = TypeVar("T")

WHEN = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
CAUSE = Cause(
    actor="service:test",
    correlation_id="wf-test",
    causation_id="cause-test",
    traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
)


class MemoryStreams(MemoryEventStore):
    """The event store in memory, holding these streams from the start."""

    def __init__(self, streams: Mapping[str, Iterable[Event]] | None = None) -> None:
        super().__init__(clock=lambda: WHEN)
        for stream, events in (streams or {}).items():
            if new := tuple(encode(event, CAUSE.metadata()) for event in events):
                self.write([StreamAppend(stream, 0, new)])


class _NoConnection:
    """In place of a database connection; a handler that reads tables needs a fake of its own."""

    def __getattr__(self, name: str) -> Any:
        raise Defect(f"This unit has no database; the handler called connection.{name}.")


class MemoryUnitOfWork(UnitOfWork):
    """A unit of work over `MemoryStreams`. `connection` may be a fake of the handler's own."""

    def __init__(
        self,
        streams: MemoryStreams | Mapping[str, Iterable[Event]] | None = None,
        *,
        cause: Cause = CAUSE,
        connection: Any = None,
    ) -> None:
        self.streams = streams if isinstance(streams, MemoryStreams) else MemoryStreams(streams)
        super().__init__(connection=connection or _NoConnection(), store=self.streams, cause=cause)

    @property
    def appended(self) -> dict[str, tuple[Event, ...]]:
        """What was committed, by stream, decoded again (so that encoding is part of the test)."""
        found: dict[str, tuple[Event, ...]] = {}
        for event in self.recorded:
            found[event.stream] = (*found.get(event.stream, ()), decode(event))
        return found

    async def commit(self) -> tuple[RecordedEvent, ...]:
        """Write what was collected, as the real unit does at its end (no projection)."""
        await self.write(None)
        self.committed()
        return self.recorded


def handlers_of(subscriptions: Iterable[Subscription]) -> dict[type[Event], Handler]:
    """The handler of each event type that some subscriptions want."""
    return {kind: handler for each in subscriptions for kind, handler in dict(each.handlers).items()}


async def run_handler(
    handler: Callable[[UnitOfWork, Message], Awaitable[None]],
    message: Message,
    streams: MemoryStreams | Mapping[str, Iterable[Event]] | None = None,
    *,
    cause: Cause = CAUSE,
    connection: Any = None,
) -> MemoryUnitOfWork:
    """Run a handler on a message and commit; the unit shows what was appended."""
    unit = MemoryUnitOfWork(streams, cause=cause, connection=connection)
    await handler(unit, message)
    await unit.commit()
    return unit


def message_for(
    event: Event,
    *,
    topic: str = "hawk.test",
    stream: str = "test-1",
    version: int = 1,
    correlation_id: str = "wf-test",
    key: str | None = None,
    offset: int = 0,
) -> Message:
    """The message the relay would publish for an event at a version of a stream."""
    new = encode(event)
    return Message(
        topic=topic,
        partition=0,
        offset=offset,
        key=key or correlation_id,
        value=to_json(new.data).encode(),
        headers={
            "ce_specversion": "1.0",
            "ce_id": str(event_id(stream, version)),
            "ce_source": "/hawk/test",
            "ce_type": f"hawk.{new.type}.v{new.schema_version}",
            "ce_time": WHEN.isoformat(),
            "ce_subject": stream,
            "ce_sequence": f"{version:020d}",
            "ce_correlationid": correlation_id,
            "ce_causationid": "cause-test",
            "ce_traceparent": CAUSE.traceparent,
            "content-type": "application/json",
        },
        timestamp=WHEN,
    )
