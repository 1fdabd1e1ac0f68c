"""What comes from the broker: committed, and unpacked within a bound; what cannot be read is stepped over, and told.

The client library unpacks whatever it fetches in one piece: a quarter of a megabyte of gzip became 512. And a batch
that it cannot read (wrongly packed, a header name that is no UTF-8, a record that contradicts itself) it fetches again
for ever, and everything behind it waits. Here each batch is unpacked no further than the bound, and a batch that gives
no record, or no further one, gives one `UnreadableRecord` in the place of what is left of it.

The library makes the parts of its consumer by name, so these take the place of two of those names, for every consumer
of the process, Faust's too. `tests/unit/messaging/test_records.py` fails when a new version goes another way.
"""

import asyncio
import copy
import functools
import struct
import zlib
from collections.abc import Callable, Coroutine, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import aiokafka
import cramjam
from aiokafka import TopicPartition
from aiokafka.consumer import fetcher
from aiokafka.errors import KafkaError
from aiokafka.record.default_records import DefaultRecordBatch
from aiokafka.record.legacy_records import LegacyRecordBatch
from aiokafka.structs import ConsumerRecord

from shared.events.topics import MESSAGE_BYTES_MAX
from shared.messaging.packed import Larger, UnreadableBatch, unpacked

#: Bytes of a batch when it is unpacked, and of all batches that one answer of the broker gives at a time: two messages
#: of the largest size. No publisher of HAWK packs more than one into a batch.
UNPACKED_BYTES_MAX: Final = 2 * MESSAGE_BYTES_MAX
#: Headers of one record. HAWK's have eleven; in memory each takes a hundred times the two bytes it has on the wire.
HEADERS_MAX: Final = 100_000
#: Times a batch is fetched that does not agree with its own checksum. The broker checks it when it takes a batch, so
#: it was damaged on the way, and comes right again; or on the broker's disk, and never does.
CHECKSUM_ATTEMPTS: Final = 3

#: Seconds that a bootstrap which nobody waits for any more is given to end by itself; a broker answers in milliseconds.
BOOTSTRAP_GRACE_SECONDS: Final = 1.0

#: How a consumer is told to pass over messages of aborted transactions, and to wait for open ones.
READ_COMMITTED: Final = "read_committed"

_PLAIN: Final = 0
_CODEC_MASK: Final = 0x07
#: Of a batch: base offset and length; and where its other facts stand (Kafka protocol, record batch, magic 2).
_FRAME: Final = struct.Struct(">qi")
_MAGIC: Final = 2
_MAGIC_AT: Final = 16
_ATTRIBUTES_AT: Final = 21
_DELTA_AT: Final = 23
_DELTA_AND_TIME: Final = struct.Struct(">iq")
_COUNT_AT: Final = 57
_RECORDS_AT: Final = 61
#: Of a number of variable length: the bit that says that it goes on, and the bits it may have.
_MORE: Final = 0x80
_NUMBER_BITS: Final = 63


class _NotNow(Exception):
    """The next fetch begins with this batch: it came damaged, or unpacks to more than is left of the bound."""


#: What the client library, those that unpack and the framing say of bytes that are no batch.
_UNREADABLE: Final = (
    UnreadableBatch, KafkaError, ValueError, IndexError, AssertionError, OverflowError, struct.error, zlib.error,
    cramjam.DecompressionError,
)  # fmt: skip


@dataclass
class UnreadableRecord(ConsumerRecord):  # type: ignore[misc]  # aiokafka ships no types
    """In place of records that cannot be read. `offset` is the last of them, so that what follows comes next.

    Who does not know it takes it for a message without a value.
    """

    first_offset: int = 0
    error: str = ""


class Batches:
    """The batches of one answer of the broker, as they lie in its bytes."""

    def __init__(self, data: bytes) -> None:
        self._data = memoryview(data)
        self._at = 0

    def size_in_bytes(self) -> int:
        """Bytes of the answer, the last batch of which may be cut off."""
        return len(self._data)

    def has_next(self) -> bool:
        """Whether another whole batch is there."""
        if len(self._data) - self._at < _FRAME.size:
            return False
        _, length = _FRAME.unpack_from(self._data, self._at)
        return bool(length >= 0 and self._at + _FRAME.size + length <= len(self._data))

    def next_batch(self) -> bytes:
        """The next batch, not unpacked."""
        _, length = _FRAME.unpack_from(self._data, self._at)
        begins, self._at = self._at, self._at + _FRAME.size + length
        return bytes(self._data[begins : self._at])


class BoundedRecords(fetcher.PartitionRecords):  # type: ignore[misc]
    """The records of one answer for one partition. Ends early, at a batch, when enough was unpacked."""

    _damaged: ClassVar[dict[TopicPartition, tuple[int, int]]] = {}
    next_fetch_offset: int

    def _unpack_records(self) -> Iterator[ConsumerRecord]:
        left = UNPACKED_BYTES_MAX
        while self._records.has_next():
            raw = self._records.next_batch()
            try:
                plain, batch = self._opened(raw, left)
            except _NotNow:
                return
            except UnreadableBatch as error:
                yield from self._unreadable(raw, error)
                continue
            left -= len(plain)
            if plain and not batch.is_control_batch:
                try:
                    yield from self._records_of(plain, batch)
                except _UNREADABLE as error:
                    yield from self._unreadable(raw, error)
            self.next_fetch_offset = max(self.next_fetch_offset, batch.next_offset)

    def _opened(self, raw: bytes, left: int) -> tuple[bytes, Any]:
        """A batch as it is unpacked, and the library's view of it; no bytes of one whose transaction was aborted.

        Raises:
            UnreadableBatch: it cannot be unpacked, or to more than the bound.
            _NotNow: it is to be fetched again.
        """
        try:
            batch = _batch_of(raw)
            if not batch.validate_crc():
                self._fetch_again(raw)
                raise UnreadableBatch("it does not agree with its own checksum")
            if self._is_aborted(raw, batch):
                return b"", batch
            codec = _codec_of(raw)
            if codec == _PLAIN:
                return raw, batch
            if raw[_MAGIC_AT] < _MAGIC:
                raise UnreadableBatch("it is packed as before Kafka 0.11; HAWK reads batches of the later format")
            plain = _unpacked(raw, codec, left)
            return plain, _batch_of(plain)
        except _UNREADABLE as error:
            raise UnreadableBatch(_told(error)) from error

    def _is_aborted(self, raw: bytes, batch: Any) -> bool:
        """Whether the transaction of a batch was aborted, as the broker told with this answer."""
        if raw[_MAGIC_AT] < _MAGIC or self._isolation_level != fetcher.READ_COMMITTED:
            return False
        self._consume_aborted_up_to(batch.base_offset)
        if batch.is_control_batch and self._contains_abort_marker(batch):
            self._aborted_producers.discard(batch.producer_id)
        return bool(batch.is_transactional and batch.producer_id in self._aborted_producers)

    def _fetch_again(self, raw: bytes) -> None:
        offset, _ = _FRAME.unpack_from(raw)
        before, times = self._damaged.get(self._tp, (offset, 0))
        times = times + 1 if before == offset else 1
        self._damaged[self._tp] = (offset, times)
        if times < CHECKSUM_ATTEMPTS:
            raise _NotNow

    def _records_of(self, plain: bytes, batch: Any) -> Iterator[ConsumerRecord]:
        records, end = iter(batch), batch.next_offset
        for headers in _headers_of(plain):
            if headers > HEADERS_MAX:
                raise UnreadableBatch(f"a record of it has {headers} headers; HAWK reads up to {HEADERS_MAX}")
            record = next(records, None)
            if record is None or record.offset >= end:
                raise UnreadableBatch(f"it has no more records than those up to offset {self.next_fetch_offset - 1}")
            if record.offset >= self.next_fetch_offset:
                told = self._consumer_record(self._tp, record)
                self.next_fetch_offset = record.offset + 1
                yield told

    def _unreadable(self, raw: bytes, error: Exception) -> Iterator[UnreadableRecord]:
        """One record in the place of what is left of a batch; none where nothing is."""
        base, _ = _FRAME.unpack_from(raw)
        delta, time = _DELTA_AND_TIME.unpack_from(raw, _DELTA_AT) if len(raw) >= _RECORDS_AT else (0, 0)
        first, last = max(base, self.next_fetch_offset), base + max(delta, 0)
        if first > last:
            return
        self.next_fetch_offset = last + 1
        yield UnreadableRecord(
            topic=self._tp.topic,
            partition=self._tp.partition,
            offset=last,
            timestamp=time,
            timestamp_type=0,
            key=None,
            value=None,
            checksum=None,
            serialized_key_size=-1,
            serialized_value_size=-1,
            headers=(),
            first_offset=first,
            error=_told(error),
        )


def _told(error: Exception) -> str:
    return str(error) if isinstance(error, UnreadableBatch) else f"{type(error).__name__}: {error}"


def _batch_of(raw: bytes) -> Any:
    magic = raw[_MAGIC_AT]
    return DefaultRecordBatch(raw) if magic >= _MAGIC else LegacyRecordBatch(raw, magic)


def _codec_of(raw: bytes) -> int:
    """How a batch is packed; of the old formats the attributes are one byte, elsewhere."""
    return raw[_ATTRIBUTES_AT + 1 if raw[_MAGIC_AT] >= _MAGIC else _MAGIC_AT + 1] & _CODEC_MASK


def _unpacked(raw: bytes, codec: int, left: int) -> bytes:
    """A packed batch as the plain batch that it stands for, not looked at further than the bound.

    Raises:
        UnreadableBatch: it alone is above the bound, or not packed as it says.
        _NotNow: it may be above what is left.
    """
    try:
        plain = bytearray(raw[:_RECORDS_AT]) + unpacked(codec, memoryview(raw)[_RECORDS_AT:], left)
    except Larger as error:
        if left < UNPACKED_BYTES_MAX:
            raise _NotNow from error
        raise UnreadableBatch(f"it unpacks to more than {UNPACKED_BYTES_MAX} bytes{error}") from error
    plain[_ATTRIBUTES_AT + 1] &= ~_CODEC_MASK
    struct.pack_into(">i", plain, _FRAME.size - 4, len(plain) - _FRAME.size)
    return bytes(plain)


def _headers_of(plain: bytes) -> Iterator[int]:
    """How many headers each record of a plain batch says it has, as far as so many fit into it; 0 where it is short."""
    if plain[_MAGIC_AT] < _MAGIC:
        yield 0
        return
    (count,) = struct.unpack_from(">i", plain, _COUNT_AT)
    at = _RECORDS_AT
    for _ in range(count):
        length, begins = _number(plain, at)
        yield _header_count(plain, begins) if length > 2 * HEADERS_MAX else 0
        at = begins + length


def _header_count(plain: bytes, at: int) -> int:
    """Attributes, time, offset, key, value, headers: how many there are of the last."""
    at += 1
    for _ in range(2):
        _, at = _number(plain, at)
    for _ in range(2):
        length, at = _number(plain, at)
        at += max(length, 0)
    return _number(plain, at)[0]


def _number(plain: bytes, at: int) -> tuple[int, int]:
    """A number of variable length (zigzag), and where the next thing begins."""
    found = shift = 0
    while True:
        byte = plain[at]
        at += 1
        found |= (byte & 0x7F) << shift
        if byte < _MORE:
            return (found >> 1) ^ -(found & 1), at
        shift += 7
        if shift > _NUMBER_BITS:
            raise UnreadableBatch("a number of it has no end")


class AIOKafkaConsumer(aiokafka.AIOKafkaConsumer):  # type: ignore[misc]
    """The client of the library, that reads what was committed alone: an aborted message was never said."""

    def __init__(self, *subscribed: str, **options: Any) -> None:
        super().__init__(*subscribed, **options, isolation_level=READ_COMMITTED)
        self._client.bootstrap = functools.partial(_to_its_end, self._client.bootstrap)

    async def high_watermarks(self, partitions: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        """The ends of partitions, whatever is committed there. `end_offsets` ends before a transaction that is open.

        Raises:
            KafkaError: the broker does not answer.
        """
        asking = copy.copy(self._fetcher)
        asking._isolation_level = fetcher.READ_UNCOMMITTED
        return dict(await asking.end_offsets(list(partitions), self._request_timeout_ms))


async def _to_its_end(bootstrap: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Bootstrap. Who gives up meanwhile waits a moment: the library forgets the connection that it bootstraps over."""
    bootstrapping = asyncio.create_task(bootstrap())
    try:
        await asyncio.shield(bootstrapping)
    except asyncio.CancelledError:
        bootstrapping.add_done_callback(lambda task: task.cancelled() or task.exception())
        await asyncio.wait([bootstrapping], timeout=BOOTSTRAP_GRACE_SECONDS)
        bootstrapping.cancel()
        raise


fetcher.MemoryRecords = Batches
fetcher.PartitionRecords = BoundedRecords
