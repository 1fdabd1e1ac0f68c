"""What comes from the broker, unpacked within a bound; what cannot be unpacked or read is stepped over, and told.

The client library unpacks whatever it fetches in one piece: a quarter of a megabyte of gzip became 512. And a batch
that it cannot read (another codec, a header name that is no UTF-8, a record that contradicts itself) it fetches again
for ever, and everything behind it waits. Here each batch is unpacked no further than the bound, and a batch that gives
no record, or no further one, gives one `UnreadableRecord` in the place of what is left of it.

The library makes the parts of its consumer by name, so these take the place of two of those names, for every consumer
of the process, Faust's too. `tests/unit/messaging/test_records.py` fails when a new version goes another way.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.consumer import fetcher
from aiokafka.record.default_records import DefaultRecordBatch
from aiokafka.record.legacy_records import LegacyRecordBatch
from aiokafka.structs import ConsumerRecord

from shared.events.topics import MESSAGE_BYTES_MAX

#: Bytes of a batch when it is unpacked, and of all batches that one answer of the broker gives at a time: two messages
#: of the largest size. No publisher of HAWK packs more than one into a batch.
UNPACKED_BYTES_MAX: Final = 2 * MESSAGE_BYTES_MAX
#: Bytes unpacked in one step, so that what is too large is seen before it is there.
STEP_BYTES: Final = 256 * 1024
#: Headers of one record. HAWK's have eleven; in memory each takes a hundred times the two bytes it has on the wire.
HEADERS_MAX: Final = 100_000
#: Times a batch is fetched that does not agree with its own checksum. The broker checks it when it takes a batch, so
#: it was damaged on the way, and comes right again; or on the broker's disk, and never does.
CHECKSUM_ATTEMPTS: Final = 3

_GZIP: Final = 1
_CODECS: Final = {0: "none", _GZIP: "gzip", 2: "snappy", 3: "lz4", 4: "zstd"}
_CODEC_MASK: Final = 0x07
#: Of a batch: base offset, length; and where its other facts stand (Kafka protocol, record batch).
_FRAME: Final = struct.Struct(">qi")
_MAGIC_AT: Final = 16
_ATTRIBUTES_AT: Final = 21
_RECORDS_AT: Final = 61
_ANY_ZLIB_HEADER: Final = zlib.MAX_WBITS | 32


class UnreadableBatch(Exception):
    """A batch that gives no record: what is wrong with it."""


class TooMuchForNow(Exception):
    """A batch that is right, and unpacks to more than is left of the bound: the next fetch begins with it."""


@dataclass(frozen=True)
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

    def next_batch(self) -> memoryview:
        """The next batch, not unpacked."""
        _, length = _FRAME.unpack_from(self._data, self._at)
        begins, self._at = self._at, self._at + _FRAME.size + length
        return self._data[begins : self._at]


class BoundedRecords(fetcher.PartitionRecords):  # type: ignore[misc]
    """The records of one answer for one partition. Ends early, at a batch, when enough was unpacked."""

    _damaged: ClassVar[dict[TopicPartition, tuple[int, int]]] = {}

    def _unpack_records(self) -> Iterator[ConsumerRecord]:
        left = UNPACKED_BYTES_MAX
        while self._records.has_next():
            raw = self._records.next_batch()
            try:
                batch, size = self._opened(raw, left)
            except TooMuchForNow:
                return
            except UnreadableBatch as error:
                yield self._unreadable(raw, error)
                continue
            left -= size
            if not batch.is_control_batch:
                yield from self._read(raw, batch)
            self.next_fetch_offset = max(self.next_fetch_offset, batch.next_offset)

    def _opened(self, raw: memoryview, left: int) -> tuple[Any, int]:
        """A batch that can be iterated, and its size unpacked.

        Raises:
            UnreadableBatch, TooMuchForNow: see there.
        """
        try:
            packed = _batch_of(raw)
            if not packed.validate_crc():
                self._came_damaged(raw)
                raise UnreadableBatch("it does not agree with its own checksum")
            codec = _codec_of(raw)
            if codec == 0:
                return _counted(raw, packed), len(raw)
            if raw[_MAGIC_AT] < 2 or codec != _GZIP:
                raise UnreadableBatch(
                    f"it is packed with {_CODECS.get(codec, 'an unknown codec')}; HAWK reads plain batches and gzip"
                )
            plain = _unpacked(raw, left)
            return _counted(plain, _batch_of(plain)), len(plain)
        except (ValueError, IndexError, AssertionError, struct.error, zlib.error) as error:
            raise UnreadableBatch(f"{type(error).__name__}: {error}") from error
