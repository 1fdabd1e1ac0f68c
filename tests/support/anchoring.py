"""The topic of heads as the relay fills it, and as an attacker who can reach the broker leaves it."""

import json
from collections.abc import Iterable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import asyncpg
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from shared.eventstore.chain import Head
from shared.relay.anchors import head_value
from shared.security.keys import ensure_relay_keys, read_pem
from shared.security.message_signing import signature_header
from tests.support.eventually import eventually_async

Record = tuple[bytes | None, list[tuple[str, bytes]], bytes]
"""Key, headers and value of a record."""

KEY = b"head"
#: Bytes after which a flood begins another batch, and the bound above that; the broker takes 8 MiB.
BATCH_BYTES = 500_000
BATCH_BYTES_MAX = 1_000_000
#: Seconds that a topic takes to appear or to vanish on a busy machine.
TOPIC_SECONDS_MAX = 60.0


def new_relay_key() -> str:
    """A private key such as the relay's."""
    with TemporaryDirectory() as folder:
        return read_pem(ensure_relay_keys(Path(folder)).private)


def head_record(private_pem: str, topic: str, head: Head, signed_at: datetime | None = None) -> Record:
    """A head as the relay signs it, now."""
    value = head_value(head, signed_at or datetime.now(UTC))
    headers = [("content-type", b"application/json")]
    return KEY, [*headers, signature_header(private_pem, topic=topic, key=KEY, headers=headers, value=value)], value


def unsigned(head: Head) -> Record:
    """A head that anybody could have written."""
    return KEY, [], head_value(head, datetime.now(UTC))


def badly_signed(record: Record, position: int) -> Record:
    """The signature of one head over another: it names the right key."""
    key, headers, value = record
    return key, headers, json.dumps(json.loads(value) | {"position": position}).encode()


async def heads_of(dsn: str) -> list[Head]:
    """Every seal of a database as a head."""
    connection = await asyncpg.connect(dsn)
    try:
        rows = await connection.fetch("SELECT position, encode(hash, 'hex') AS hash FROM es.seals ORDER BY position")
    finally:
        await connection.close()
    return [Head(row["position"], row["hash"]) for row in rows]


@asynccontextmanager
async def _administrator(bootstrap: str) -> Any:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        yield admin
    finally:
        await admin.close()


async def make_topic(bootstrap: str, topic: str) -> None:
    """An empty topic of one partition."""
    async with _administrator(bootstrap) as admin:
        await admin.create_topics([NewTopic(topic, 1, 1)])
        await _await_topic(admin, topic, there=True)


async def delete_topic(bootstrap: str, topic: str) -> None:
    """The topic and everything on it are gone."""
    async with _administrator(bootstrap) as admin:
        await admin.delete_topics([topic])
        await _await_topic(admin, topic, there=False)


async def _await_topic(admin: AIOKafkaAdminClient, topic: str, *, there: bool) -> None:
    await eventually_async(
        admin.list_topics, TOPIC_SECONDS_MAX, until=lambda names: (topic in names) is there, what=f"{topic}: {there}"
    )


async def send(bootstrap: str, topic: str, records: Iterable[Record]) -> int:
    """Put records on the topic in their order, as fast as the broker takes them; says how many."""
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap, max_request_size=BATCH_BYTES_MAX, max_batch_size=BATCH_BYTES_MAX
    )
    await producer.start()
    sent = 0
    try:
        for batch in _batches(producer, records):
            sent += batch.record_count()
            await (await producer.send_batch(batch, topic, partition=0))
    finally:
        await producer.stop()
    return sent


def _batches(producer: AIOKafkaProducer, records: Iterable[Record]) -> Iterator[Any]:
    batch, size = producer.create_batch(), 0
    for key, headers, value in records:
        batch.append(key=key, value=value, headers=headers, timestamp=None)
        size += len(value) + sum(len(content) for _, content in headers) + 100
        if size > BATCH_BYTES:
            yield batch
            batch, size = producer.create_batch(), 0
    if size:
        yield batch
