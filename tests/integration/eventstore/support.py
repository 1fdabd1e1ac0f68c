"""What the event store's integration tests share: appends in their own transaction, a relay's parts, a
recording outlet."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field

import asyncpg

from shared.events.routing import OutMessage
from shared.eventstore.port import NewEvent, RecordedEvent, StreamAppend
from shared.eventstore.postgres import PostgresEventStore
from shared.relay.anchors import HeadsRead, Missing, head_of
from shared.relay.outlet import PublishFailed
from shared.relay.relay import Relay, RelaySettings
from shared.relay.sealer import Sealer

#: Seconds for anything that waits for the feed: other tests on the same server may hold a transaction open.
LIMIT_SECONDS = 30.0


PREFIXES_OF_ROLE = {
    "hawk_parser": ("response-", "deadletter-parser-"),
    "hawk_approval": ("approval-", "submission-", "policy-", "rollout", "deadletter-approval-"),
    "hawk_executor": (
        *("plan-", "execution-", "progress-", "exposure-", "usdpb-", "reference-"),
        "deadletter-executor-",
    ),
    "hawk_monitor": ("deadletter-monitor-",),
}


def happened(count: int = 1, **data: object) -> tuple[NewEvent, ...]:
    return tuple(NewEvent("Happened", 1, {"number": number, **data}, {"actor": "test"}) for number in range(count))


async def append(
    connection: asyncpg.Connection, stream: str, expected: int, count: int = 1
) -> tuple[RecordedEvent, ...]:
    async with connection.transaction():
        return await PostgresEventStore(connection).append([StreamAppend(stream, expected, happened(count))])


@contextlib.asynccontextmanager
async def connected(*dsns: str) -> AsyncIterator[list[asyncpg.Connection]]:
    connections = [await asyncpg.connect(dsn) for dsn in dsns]
    try:
        yield connections
    finally:
        for connection in connections:
            connection.terminate()


async def seal_all(dsn: str, expected: int) -> None:
    """Seal until so many events are sealed; other open transactions on the server may delay it."""
    async with connected(dsn) as [connection]:
        sealer = Sealer(connection)
        async with asyncio.timeout(LIMIT_SECONDS):
            while await connection.fetchval("SELECT count(*) FROM es.seals") < expected:
                await sealer.seal()


def one_message(event: RecordedEvent) -> tuple[OutMessage, ...]:
    """Routing for tests: each event to one topic, keyed by its stream."""
    body = f"{event.stream}:{event.version}".encode()
    return (OutMessage("test", event.stream, body, (("ce_id", str(event.event_id).encode()),)),)


@dataclass
class RecordingOutlet:
    """Stands for Kafka: keeps what arrived, in order. `fail` decides per call what happens instead."""

    arrived: list[OutMessage] = field(default_factory=list)
    heads: list[OutMessage] = field(default_factory=list)
    fail: Callable[[Sequence[OutMessage]], Awaitable[None]] | None = None
    opened: int = 0
    closed: int = 0

    async def open(self) -> "RecordingOutlet":
        self.opened += 1
        return self

    async def send(self, messages: Sequence[OutMessage]) -> None:
        if self.fail is not None:
            await self.fail(messages)
        for message in messages:
            (self.heads if message.key == "head" else self.arrived).append(message)

    async def close(self) -> None:
        self.closed += 1

    async def read_heads(self) -> HeadsRead | Missing:
        """What `shared.relay.anchors` would read of these heads, as if all were signed."""
        found = [head for message in self.heads if (head := head_of(message.value)) is not None]
        found.sort(key=lambda signed: signed.head.position, reverse=True)
        return HeadsRead(tuple(found), 0, len(found), len(found))

    @property
    def bodies(self) -> list[str]:
        return [message.value.decode() for message in self.arrived]


async def kafka_is_away(messages: Sequence[OutMessage]) -> None:
    raise PublishFailed("Kafka is away in this test.")


def relay_over(dsn: str, outlet: RecordingOutlet) -> Relay:
    return Relay(RelaySettings(dsn, one_message, outlet.open, outlet.read_heads))


@contextlib.asynccontextmanager
async def running(*relays: Relay) -> AsyncIterator[list[asyncio.Task[None]]]:
    tasks = [asyncio.create_task(relay.run()) for relay in relays]
    try:
        yield tasks
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def in_stream_order(bodies: Iterable[str]) -> bool:
    """Whether the first arrivals of each stream's versions come in order, without a gap."""
    reached: dict[str, int] = {}
    for body in bodies:
        stream, version = body.rsplit(":", 1)
        last = reached.get(stream, 0)
        if int(version) > last + 1:
            return False
        reached[stream] = max(last, int(version))
    return True
