"""The event store: appends a second. The events are those of a workflow that HAWK has just executed."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import cycle, islice

import asyncpg

from benchmarks.figures import Figure, Section
from benchmarks.scratch import Scratch
from benchmarks.sizes import Sizes
from shared.errors import Defect
from shared.events.catalogue import decode as decode_event
from shared.events.catalogue import encode as encode_event
from shared.events.identity import execution_stream
from shared.eventstore.codec import encode
from shared.eventstore.port import NO_STREAM, NewEvent, StreamAppend
from shared.eventstore.postgres import PostgresEventStore

ROLE = "hawk_executor"
SINGLE_EVENT = "DealAcknowledged"
"""The most frequent event that is appended alone: one deal acknowledged by Murex."""


async def events_of(dsn: str, workflow_id: str) -> tuple[NewEvent, ...]:
    """The events of an execution, ready to be appended again under another name, encoded as services do."""
    connection = await asyncpg.connect(dsn)
    try:
        recorded = await PostgresEventStore(connection).read_stream(execution_stream(workflow_id))
    finally:
        await connection.close()
    return tuple(encode_event(decode_event(event), event.metadata) for event in recorded)


async def measure_appends(scratch: Scratch, events: Sequence[NewEvent], sizes: Sizes) -> Section:
    """Measure single events with one and with many writers, and batches; each append is a transaction of its own.

    Raises:
        Defect: `events` holds no DealAcknowledged, which is what single appends write.
    """
    single = next((event for event in events if event.type == SINGLE_EVENT), None)
    if single is None:
        raise Defect(f"The execution holds no {SINGLE_EVENT}; the benchmark takes its size from it.")
    batch = tuple(islice(cycle(events), sizes.batch_events))
    one = await _appends_per_second(scratch, "one", (single,), 1, sizes.append_seconds)
    many = await _appends_per_second(scratch, "many", (single,), sizes.writers, sizes.append_seconds)
    batches = await _appends_per_second(scratch, "batch", batch, 1, sizes.append_seconds)
    alone, whole = f"{_bytes(single):,} bytes each", f"{sizes.batch_events} events, {sum(map(_bytes, batch)):,} bytes"
    return Section(
        "Event store, one transaction an append",
        (
            Figure("appends_1_writer", "Single events, 1 writer", one, "events/s", alone),
            Figure("appends_n_writers", f"Single events, {sizes.writers} writers", many, "events/s", alone),
            Figure("appends_batches", "Batches, 1 writer", batches, "batches/s", whole),
            Figure("appends_batched", "Batches, 1 writer", batches * len(batch), "events/s", whole),
        ),
    )


async def fill(scratch: Scratch, name: str, events: Sequence[NewEvent], count: int, size: int) -> int:
    """Append at least `count` events in batches, unmeasured; gives their number."""
    batch = tuple(islice(cycle(events), size))
    async with _store(scratch.dsn(ROLE)) as (connection, store):
        for number in range(-(-count // size)):
            async with connection.transaction():
                await store.append([StreamAppend(execution_stream(f"{name}-{number}"), NO_STREAM, batch)])
    return -(-count // size) * size


async def _appends_per_second(
    scratch: Scratch, name: str, events: tuple[NewEvent, ...], writers: int, seconds: float
) -> float:
    """Each writer has a connection and a stream of its own: this is the store's cost, not that of conflicts."""
    async with asyncio.TaskGroup() as group:
        began = time.perf_counter()
        until = began + seconds
        counts = [
            group.create_task(_append_until(scratch, f"{name}-{number}", events, until)) for number in range(writers)
        ]
    return sum(count.result() for count in counts) / (time.perf_counter() - began)


async def _append_until(scratch: Scratch, name: str, events: tuple[NewEvent, ...], until: float) -> int:
    async with _store(scratch.dsn(ROLE)) as (connection, store):
        count = 0
        while time.perf_counter() < until:
            append = StreamAppend(execution_stream(name), count * len(events), events)
            async with connection.transaction(isolation="repeatable_read"):
                await store.append([append])
            count += 1
        return count


@asynccontextmanager
async def _store(dsn: str) -> AsyncIterator[tuple[asyncpg.Connection, PostgresEventStore]]:
    connection = await asyncpg.connect(dsn)
    try:
        yield connection, PostgresEventStore(connection)
    finally:
        await connection.close()


def _bytes(event: NewEvent) -> int:
    return len(encode(event.data).encode())
