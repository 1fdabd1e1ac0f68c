"""Kafka as an outsider sees it: send anything to a topic, read a topic from its beginning."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

MESSAGE_BYTES_MAX = 8 * 1024 * 1024
READ_SECONDS_MAX = 60.0

Headers = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Kept:
    """A message as a topic keeps it, byte for byte."""

    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]

    def header(self, name: str) -> str:
        """Text of a header, empty without it."""
        return dict(self.headers).get(name, b"").decode()


@dataclass(frozen=True, slots=True)
class Wire:
    """The topics of one broker."""

    bootstrap: str

    def send(self, topic: str, *values: tuple[str | None, bytes | None], headers: Headers | None = None) -> list[str]:
        """Publish (key, value) pairs in their order; None as value is Kafka's null. Gives the place of each,
        `topic:partition:offset`."""
        raw = tuple((name, text.encode()) for name, text in (headers or {}).items())
        return asyncio.run(
            _send(self.bootstrap, topic, [(None if key is None else key.encode(), value, raw) for key, value in values])
        )

    def again(self, topic: str, messages: Sequence[Kept]) -> None:
        """Deliver messages a second time: same key (hence same partition), value and headers."""
        asyncio.run(_send(self.bootstrap, topic, [(each.key, each.value, each.headers) for each in messages]))

    def read(self, topic: str) -> list[Kept]:
        """All messages that a topic holds now, partition by partition."""
        return asyncio.run(_read(self.bootstrap, topic))

    def waiting(self) -> int:
        """Messages that some consumer group has not committed yet, over all groups."""
        return asyncio.run(_waiting(self.bootstrap))


async def _waiting(bootstrap: str) -> int:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    ends = AIOKafkaConsumer(bootstrap_servers=bootstrap)
    await admin.start()
    await ends.start()
    try:
        waiting = 0
        for group, *_ in await admin.list_consumer_groups():
            committed = await admin.list_consumer_group_offsets(group)
            at = await ends.end_offsets(list(committed))
            waiting += sum(at[each] - max(committed[each].offset, 0) for each in committed)
        return waiting
    finally:
        await ends.stop()
        await admin.close()


async def _send(
    bootstrap: str,
    topic: str,
    messages: Sequence[tuple[bytes | None, bytes | None, Sequence[tuple[str, bytes]]]],
) -> list[str]:
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap, acks="all", enable_idempotence=True, max_request_size=MESSAGE_BYTES_MAX
    )
    try:
        await producer.start()
        sent = [await producer.send(topic, value, key=key, headers=list(headers)) for key, value, headers in messages]
        kept = await asyncio.gather(*sent)
    finally:
        await producer.stop()
    return [f"{record.topic}:{record.partition}:{record.offset}" for record in kept]


async def _read(bootstrap: str, topic: str) -> list[Kept]:
    consumer = AIOKafkaConsumer(
        topic,
        bootstrap_servers=bootstrap,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=2 * MESSAGE_BYTES_MAX,
    )
    await consumer.start()
    try:
        async with asyncio.timeout(READ_SECONDS_MAX):
            partitions = consumer.assignment()  # without a group: all of them
            ends = await consumer.end_offsets(partitions)
            found: list[Kept] = []
            while any([await consumer.position(each) < ends[each] for each in partitions]):
                batches = await consumer.getmany(timeout_ms=200)
                found += [
                    Kept(record.partition, record.offset, record.key, record.value, tuple(record.headers))
                    for records in batches.values()
                    for record in records
                    if record.offset < ends[TopicPartition(topic, record.partition)]
                ]
    finally:
        await consumer.stop()
    return sorted(found, key=lambda each: (each.partition, each.offset))
