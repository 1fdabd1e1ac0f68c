"""One session of a member with its consumer group: how the client library is told to keep it."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from aiokafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor

from shared.events.topics import MESSAGE_BYTES_MAX
from shared.messaging.kafka import KafkaConnection
from shared.messaging.records import AIOKafkaConsumer

T = TypeVar("T")

#: Milliseconds without a heartbeat after which the broker gives the partitions to others. A killed process says no
#: goodbye, and the one started in its place waits this long for its partitions; five heartbeats, so that a hiccup
#: does not count as death. A false alarm costs a rebalance and nothing else.
SESSION_TIMEOUT_MS = 10_000
HEARTBEAT_INTERVAL_MS = 2_000
#: Milliseconds members have to join a rebalance: above draining, which is above the longest handler.
REBALANCE_TIMEOUT_MS = 60_000
#: Milliseconds without a fetch after which aiokafka leaves the group; we fetch all the time, so it never is
#: reached.
MAX_POLL_INTERVAL_MS = 300_000
#: Messages taken from the client at a time: small, so that a revoke finds little to give up.
POLL_RECORDS_MAX = 100
#: Bytes per fetch. A message of the largest size and its headers fit, and twice that in one answer.
PARTITION_FETCH_BYTES = MESSAGE_BYTES_MAX + 64 * 1024
FETCH_BYTES = 2 * PARTITION_FETCH_BYTES


def member_of(group: str, connection: KafkaConnection) -> AIOKafkaConsumer:
    """A client that will be a member of a group, not started. Made in the loop that it will run in."""
    return AIOKafkaConsumer(
        group_id=group,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        partition_assignment_strategy=(RoundRobinPartitionAssignor,),
        session_timeout_ms=SESSION_TIMEOUT_MS,
        heartbeat_interval_ms=HEARTBEAT_INTERVAL_MS,
        rebalance_timeout_ms=REBALANCE_TIMEOUT_MS,
        max_poll_interval_ms=MAX_POLL_INTERVAL_MS,
        max_poll_records=POLL_RECORDS_MAX,
        max_partition_fetch_bytes=PARTITION_FETCH_BYTES,
        fetch_max_bytes=FETCH_BYTES,
        **connection.options(),
    )


async def within(awaitable: Awaitable[T], seconds: float) -> T:
    """What is awaited; TimeoutError after so many seconds."""
    async with asyncio.timeout(seconds):
        return await awaitable


async def waited(event: asyncio.Event) -> None:
    """End when an event is set."""
    await event.wait()
