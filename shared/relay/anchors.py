"""Heads of the chain as the relay anchored them in Kafka: read from the end of the topic, believed by their signature.

Anybody who reaches the broker may put records there, so what the relay's key did not sign is counted and is nothing.
"""

import asyncio
import json
import logging
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from aiokafka import ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from shared.events.topics import AUDIT_HEADS
from shared.eventstore.chain import Head
from shared.exact_json import parse_json
from shared.messaging.records import AIOKafkaConsumer
from shared.security.message_signing import MessageNotSigned, check_signature

#: Key of every head: they are one line.
HEAD_KEY: Final = "head"
#: Bytes of a head; the relay's have about 200. What is longer is none, and is not kept in memory.
HEAD_BYTES_MAX: Final = 1_024
#: Records read at once, from the end: first and at most. A chunk of the first size usually holds a head.
CHUNK_RECORDS: Final = 2_000
CHUNK_RECORDS_MAX: Final = 50_000
#: Records looked through for one valid head; reading so many takes some ten seconds.
RECORDS_MAX: Final = 1_000_000
#: Records looked through behind a valid head that is too old, for a newer one: old heads may have been repeated.
RECORDS_BEHIND_MAX: Final = 300_000
#: Heads of lower positions than one already believed that are checked as well. The newest one covers all before it, so
#: they only help to say where a chain went wrong; checking one takes 0.1 ms.
COMPARED_MAX: Final = 2_000
#: Milliseconds the broker gets for one answer; it is on this machine or in the same data centre.
REQUEST_TIMEOUT_MS: Final = 4_000
#: Seconds for the first answer of the broker, and for all reading.
CONNECT_SECONDS_MAX: Final = 10.0
READ_SECONDS_MAX: Final = 60.0

_HASH: Final = re.compile(r"[0-9a-f]{64}")


class Missing(StrEnum):
    """The reason why there is nothing to read."""

    BROKER = "BROKER"
    """No broker answered in time."""
    TOPIC = "TOPIC"
    """The broker answers, and has no such topic (or hides it from this client)."""


@dataclass(frozen=True, slots=True)
class Anchors:
    """The topic of anchored heads and the signatures that count: `kafka` holds keyword arguments of an aiokafka client,
    `relay_keys` public keys as PEM, today's and those of earlier days."""

    kafka: Mapping[str, Any] = field(repr=False)
    relay_keys: tuple[str, ...] = field(repr=False)
    topic: str = AUDIT_HEADS


@dataclass(frozen=True, slots=True)
class SignedHead:
    """A head that the relay signed at a time by its own clock."""

    head: Head
    signed_at: datetime


@dataclass(frozen=True, slots=True)
class HeadsRead:
    """The findings: valid heads by falling position, how many of the `looked_at` records are invalid, and how many
    records the topic holds."""

    heads: tuple[SignedHead, ...]
    junk: int
    looked_at: int
    on_topic: int

    @property
    def newest(self) -> SignedHead | None:
        """The valid head of the highest position; None without one."""
        return self.heads[0] if self.heads else None


async def read_heads(anchors: Anchors, needed: int = 0) -> HeadsRead | Missing:
    """Return the valid heads among the newest records.

    They are read from the end back until one of at least position `needed` is found, the topic begins, or a limit is
    reached.
    """
    gathered = _Gathered(anchors, needed)
    with _quiet():
        try:
            async with asyncio.timeout(READ_SECONDS_MAX):
                return Missing.TOPIC if await _read(anchors, gathered) else gathered.result()
        except (KafkaError, OSError, TimeoutError):
            # What was seen before it broke off is true; where nothing was, the broker counts as away.
            return gathered.result() if gathered.looked_at else Missing.BROKER


class _Gathered:
    """The records read so far, from the newest back."""

    def __init__(self, anchors: Anchors, needed: int) -> None:
        self._anchors = anchors
        self._needed = needed
        self._heads: list[SignedHead] = []
        self._best = -1
        self._behind = 0
        self._junk = 0
        self.looked_at = 0
        self.on_topic = 0

    def enough(self) -> bool:
        if self._best < 0:
            return self.looked_at >= RECORDS_MAX
        return self._best >= self._needed or self._behind >= RECORDS_BEHIND_MAX

    def take(self, record: ConsumerRecord) -> None:
        self.looked_at += 1
        self._behind += self._best >= 0
        signed = head_of(record.value)
        if signed is None:
            self._junk += 1
        elif signed.head.position > self._best or len(self._heads) < COMPARED_MAX:
            self._check(record, signed)

    def _check(self, record: ConsumerRecord, signed: SignedHead) -> None:
        try:
            check_signature(
                self._anchors.relay_keys,
                topic=self._anchors.topic, key=record.key, headers=record.headers, value=record.value,
            )  # fmt: skip
        except MessageNotSigned:
            self._junk += 1
            return
        self._best = max(self._best, signed.head.position)
        self._heads.append(signed)

    def result(self) -> HeadsRead:
        heads = sorted(self._heads, key=lambda signed: signed.head.position, reverse=True)
        return HeadsRead(tuple(heads), self._junk, self.looked_at, self.on_topic)


async def _read(anchors: Anchors, gathered: _Gathered) -> bool:
    """Read into `gathered`; return whether the topic does not exist."""
    consumer = AIOKafkaConsumer(
        request_timeout_ms=REQUEST_TIMEOUT_MS, enable_auto_commit=False, group_id=None, **anchors.kafka
    )
    try:
        async with asyncio.timeout(CONNECT_SECONDS_MAX):
            await consumer.start()
            if anchors.topic not in await consumer.topics():
                return True
            place = TopicPartition(anchors.topic, 0)
            consumer.assign([place])
            first = (await consumer.beginning_offsets([place]))[place]
            stop = (await consumer.end_offsets([place]))[place]
        gathered.on_topic, chunk = stop - first, CHUNK_RECORDS
        while stop > first and not gathered.enough():
            start = max(first, stop - chunk)
            for record in reversed(await _records(consumer, place, start, stop)):
                gathered.take(record)
            stop, chunk = start, min(chunk * 5, CHUNK_RECORDS_MAX)
        return False
    finally:
        await consumer.stop()


async def _records(consumer: AIOKafkaConsumer, place: TopicPartition, start: int, stop: int) -> list[ConsumerRecord]:
    """Return the records of these offsets. Of one that is too large to be a head only the place is kept."""
    consumer.seek(place, start)
    records: list[ConsumerRecord] = []
    until = time.monotonic() + READ_SECONDS_MAX
    while await consumer.position(place) < stop and time.monotonic() < until:
        for got in (await consumer.getmany(place, timeout_ms=REQUEST_TIMEOUT_MS)).values():
            records += [_small(record) for record in got if record.offset < stop]
    return records


def _small(record: ConsumerRecord) -> ConsumerRecord:
    headers = sum(len(name) + len(content or b"") for name, content in record.headers)
    if len(record.value or b"") + len(record.key or b"") + headers <= 2 * HEAD_BYTES_MAX:
        return record
    record.key, record.value, record.headers = None, None, ()
    return record


def head_of(value: bytes | None) -> SignedHead | None:
    """Return the head in a record before its signature is checked; None when it holds none."""
    if not value or len(value) > HEAD_BYTES_MAX:
        return None
    try:
        document = parse_json(value)
        position, digest = document["position"], document["hash"]
        signed_at = datetime.fromisoformat(document["signed_at"])
    except (ValueError, KeyError, TypeError):
        return None
    known = type(position) is int and position >= 0 and isinstance(digest, str) and _HASH.fullmatch(digest)
    return SignedHead(Head(position, digest), signed_at) if known and signed_at.tzinfo is not None else None


def head_value(head: Head, signed_at: datetime) -> bytes:
    """Return the value of the record of a head."""
    document = {"position": head.position, "hash": head.hash, "signed_at": signed_at.isoformat()}
    return json.dumps(document).encode()


def plain_heads(heads: Sequence[SignedHead]) -> tuple[Head, ...]:
    """Return heads without their times, as the chain is compared with them."""
    return tuple(signed.head for signed in heads)


@contextmanager
def _quiet() -> Iterator[None]:
    """Return a broker that is away is an answer here, not something for the driver to log a page about."""
    logger = logging.getLogger("aiokafka")
    before, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = before
