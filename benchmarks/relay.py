"""The relay: rows a second that it seals, and that it seals and publishes, from a backlog."""

import asyncio
import contextlib
import dataclasses
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import asyncpg

from benchmarks.figures import Figure, Section
from benchmarks.scratch import Scratch
from benchmarks.sizes import Sizes
from benchmarks.store import fill
from shared.events.routing import OutMessage, messages
from shared.events.topics import WORKFLOW_PARTITIONS, Topic
from shared.eventstore.port import NewEvent
from shared.messaging.kafka import KafkaConnection
from shared.relay.anchors import HeadsRead
from shared.relay.outlet import KafkaOutlet
from shared.relay.relay import Relay, RelaySettings
from shared.relay.sealer import Sealer
from shared.security.keys import ensure_relay_keys, read_private_pem
from tools.local_stack.topics import ensure_topics

ROLE = "hawk_relay"
TOPIC = Topic("bench.relay", WORKFLOW_PARTITIONS, retention_ms=60 * 60 * 1000)
"""In place of HAWK's topics, so that no service sees these events."""
POLL_SECONDS = 0.01


class _Diverted:
    """Sends everything to the benchmark's topic."""

    def __init__(self, outlet: KafkaOutlet) -> None:
        self._outlet = outlet

    async def send(self, sent: Sequence[OutMessage]) -> None:
        await self._outlet.send([dataclasses.replace(message, topic=TOPIC.name) for message in sent])

    async def close(self) -> None:
        await self._outlet.close()


async def measure_relay(scratch: Scratch, bootstrap: str, events: Sequence[NewEvent], sizes: Sizes) -> Section:
    """Seal what waits; then let a whole relay seal and publish a backlog of its own size."""
    connection = await asyncpg.connect(scratch.dsn(ROLE))
    try:
        await _seal(connection)  # what other measurements have left
        sealed = await fill(scratch, "sealing", events, sizes.backlog, sizes.batch_events)
        sealing = sealed / await _seal(connection)
        await _skip_publishing(connection)
        published = await fill(scratch, "publishing", events, sizes.backlog, sizes.batch_events)
        publishing = published / await _relay(scratch, bootstrap, connection)
    finally:
        await connection.close()
    return Section(
        "Relay, from a backlog",
        (
            Figure("relay_sealed", "Sealing", sealing, "rows/s", f"{sealed:,} events"),
            Figure("relay_published", "Sealing and publishing", publishing, "rows/s", f"{published:,} events"),
        ),
    )


async def _seal(connection: asyncpg.Connection) -> float:
    """Seconds to seal everything that waits."""
    sealer = Sealer(connection)
    began = time.perf_counter()
    while await sealer.seal():
        pass
    return time.perf_counter() - began


async def _skip_publishing(connection: asyncpg.Connection) -> None:
    """As if everything sealed had been published."""
    await connection.fetchval(
        "SELECT es.advance_checkpoint('publish', position, (SELECT max(position) FROM es.seals))"
        " FROM es.checkpoints WHERE name = 'publish'"
    )


async def _relay(scratch: Scratch, bootstrap: str, connection: asyncpg.Connection) -> float:
    """Seconds until a relay that starts now has published everything."""
    options = KafkaConnection(bootstrap).options()
    await ensure_topics(options, [TOPIC])
    with tempfile.TemporaryDirectory() as folder:
        private_key = read_private_pem(ensure_relay_keys(Path(folder)).private)

    async def open_outlet() -> _Diverted:
        return _Diverted(await KafkaOutlet.open(options, private_key))

    async def no_heads() -> HeadsRead:
        return HeadsRead((), 0, 0, 0)

    relay = asyncio.create_task(Relay(RelaySettings(scratch.dsn(ROLE), messages, open_outlet, no_heads)).run())
    began = time.perf_counter()
    try:
        while await connection.fetchval(
            "SELECT (SELECT position FROM es.checkpoints WHERE name = 'publish') < (SELECT count(*) FROM es.events)"
        ):
            if relay.done():
                relay.result()
            await asyncio.sleep(POLL_SECONDS)
        return time.perf_counter() - began
    finally:
        relay.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await relay
