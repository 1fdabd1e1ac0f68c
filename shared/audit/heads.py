"""Chain heads as the relay anchored them in Kafka, and the moment when the relay has caught up."""

import asyncio
import json
import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import asyncpg
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from shared.events.topics import AUDIT_HEADS
from shared.eventstore.chain import Head
from shared.messaging.records import AIOKafkaConsumer

#: Heads read, the newest ones. The relay publishes at most one a second, so these cover more than two days of
#: unbroken work and usually all there is.
HEADS_MAX: Final = 200_000
#: Milliseconds the broker gets for one answer; it is on this machine or in the same data centre.
REQUEST_TIMEOUT_MS: Final = 4_000
#: Seconds for reading all heads; then the broker counts as away.
READ_SECONDS_MAX: Final = 20.0
#: Seconds that events which were just appended get to be sealed. The relay seals within milliseconds.
SEALING_SECONDS_MAX: Final = 3.0
#: Seconds between two looks at it.
SEALING_POLL_SECONDS: Final = 0.05

LAST_IS_SEALED = """
SELECT NOT EXISTS (
    SELECT FROM (SELECT event_id FROM es.events ORDER BY xid DESC, id DESC LIMIT 1) AS last
    WHERE NOT EXISTS (SELECT FROM es.seals WHERE seals.event_id = last.event_id))
"""


async def await_sealing(connection: asyncpg.Connection) -> bool:
    """Wait briefly until the last event is sealed. False: the relay is away, or events keep coming."""
    deadline = time.monotonic() + SEALING_SECONDS_MAX
    while not await connection.fetchval(LAST_IS_SEALED):
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(SEALING_POLL_SECONDS)
    return True


async def read_heads(options: Mapping[str, Any], topic: str = AUDIT_HEADS) -> tuple[Head, ...] | None:
    """The anchored heads, oldest first; None when the broker cannot be reached.

    Args:
        options: keyword arguments of an aiokafka client (`shared.messaging.kafka`).
    """
    with _quiet():
        try:
            async with asyncio.timeout(READ_SECONDS_MAX):
                return await _read(options, topic)
        except (KafkaError, OSError, TimeoutError):
            return None


async def _read(options: Mapping[str, Any], topic: str) -> tuple[Head, ...]:
    consumer = AIOKafkaConsumer(
        request_timeout_ms=REQUEST_TIMEOUT_MS, enable_auto_commit=False, group_id=None, **options
    )
    try:
        await consumer.start()
        place = TopicPartition(topic, 0)
        consumer.assign([place])
        first = (await consumer.beginning_offsets([place]))[place]
        end = (await consumer.end_offsets([place]))[place]
        consumer.seek(place, max(first, end - HEADS_MAX))
        heads: list[Head] = []
        while await consumer.position(place) < end:
            for messages in (await consumer.getmany(place, timeout_ms=REQUEST_TIMEOUT_MS)).values():
                heads += [head for message in messages if (head := head_of(message.value)) is not None]
        return tuple(heads)
    finally:
        await consumer.stop()


def head_of(value: bytes | None) -> Head | None:
    """The head a message tells; None when it tells none (then it can neither prove nor disprove anything)."""
    try:
        document = json.loads(value or b"")
        position, digest = document["position"], document["hash"]
    except (ValueError, KeyError, TypeError):
        return None
    return Head(position, digest) if isinstance(position, int) and isinstance(digest, str) else None


@contextmanager
def _quiet() -> Iterator[None]:
    """A broker that is away is an answer here, not something for the driver to log a page about."""
    logger = logging.getLogger("aiokafka")
    before, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = before
