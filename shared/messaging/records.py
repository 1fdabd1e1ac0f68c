"""Committed messages from the broker, unpacked within a bound; what cannot be read is passed over and reported.

The client library unpacks whatever it fetches in one piece: a quarter of a megabyte of gzip became 512. And what it
cannot read (a batch that is wrongly packed, a header name that is not UTF-8, a record that contradicts itself) it
fetches again for ever, and everything behind it waits. Here each batch is unpacked no further than the bound. A record
that cannot be read gives an `UnreadableRecord` in its place, and where the others cannot be separated from it, one
gives the place of all that is left of the batch.

The library makes the parts of its consumer by name, so these take the place of three of those names, for every consumer
of the process. `tests/unit/messaging/test_records.py` fails when a new version goes another way.
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
from aiokafka.consumer import consumer as library
from aiokafka.consumer import fetcher
from aiokafka.errors import KafkaError
from aiokafka.structs import ConsumerRecord

from shared.events.topics import MESSAGE_BYTES_MAX
from shared.messaging.framing import (
    ATTRIBUTES_AT,
    MAGIC,
    MAGIC_AT,
    RECORDS_AT,
    Batch,
    Batches,
    Frame,
    alone,
    frames,
    headers_of,
    is_dense,
    plain_batch,
    told_apart,
    view_of,
)
from shared.messaging.packed import Larger, UnreadableBatch, unpacked
from shared.messaging.unserved import ATTEMPTS, SteppingFetcher

#: Bytes of a batch when it is unpacked, and of all batches that one answer of the broker gives at a time: two messages
#: of the largest size. No publisher of HAWK packs more than one into a batch.
UNPACKED_BYTES_MAX: Final = 2 * MESSAGE_BYTES_MAX
#: Headers of one record. HAWK's have eleven; in memory each takes a hundred times the two bytes it has on the wire.
HEADERS_MAX: Final = 100_000

#: Seconds that an abandoned bootstrap is given to end by itself; a broker answers in milliseconds.
BOOTSTRAP_GRACE_SECONDS: Final = 1.0

#: The isolation level that passes over messages of aborted transactions, and waits for open ones.
READ_COMMITTED: Final = "read_committed"

_PLAIN: Final = 0
_CODEC_MASK: Final = 0x07


class _NotNow(Exception):
    """The next fetch begins with this batch: it came damaged, or unpacks to more than is left of the bound."""


class _Rest(Exception):
    """The rest of a batch, from a byte on, cannot be separated."""

    def __init__(self, at: int, error: Exception) -> None:
        self.at = at
        self.error = error
        super().__init__(str(error))


#: What the client library, those that unpack and the framing say of bytes that are not a batch.
_UNREADABLE: Final = (
    UnreadableBatch, KafkaError, ValueError, IndexError, AssertionError, OverflowError, SystemError, struct.error,
    zlib.error, cramjam.DecompressionError,
)  # fmt: skip


@dataclass
class UnreadableRecord(ConsumerRecord):  # type: ignore[misc]  # aiokafka ships no types
    """A placeholder for records that cannot be read. `offset` is the last of them, so that what follows comes next.

    `raw` are their bytes, as far as they came. Code that does not know it takes it for a message without a value.
    """

    first_offset: int = 0
    error: str = ""
    raw: bytes = b""


@dataclass(slots=True)
class _Damage:
    """A damaged batch at an offset: how often it was fetched, and whether another batch is known to end there."""

    first: int
    times: int = 0
    behind: bool = False


class BoundedRecords(fetcher.PartitionRecords):  # type: ignore[misc]
    """The records of one answer for one partition. Ends early, at a batch, when enough was unpacked."""

    _damaged: ClassVar[dict[TopicPartition, _Damage]] = {}
    next_fetch_offset: int

    def _unpack_records(self) -> Iterator[ConsumerRecord]:
        left = UNPACKED_BYTES_MAX
        self._doubtful: set[int] = set()
        marker_lost = False
        damage = self._damaged.get(self._tp)
        if damage is not None and damage.behind and damage.first == self.next_fetch_offset:
            self._records.begin_where_asked()
        if self._records.gap is not None:
            begins, why = self._records.gap
            yield from self._unreadable(Batch(b"", self.next_fetch_offset, begins - 1), why)
        while self._records.has_next():
            batch = self._records.next_batch()
            try:
                plain, view = self._opened(batch, left, marker_lost)
            except _NotNow:
                return
            except UnreadableBatch as error:
                marker_lost = marker_lost or bool(batch.fault)
                yield from self._unreadable(batch, error)
                continue
            marker_lost = False
            left -= len(plain)
            if plain and not view.is_control_batch:
                try:
                    yield from self._records_of(plain, view, batch)
                except _Rest as rest:
                    yield from self._unreadable(batch, rest.error, plain[rest.at :])
            self.next_fetch_offset = max(self.next_fetch_offset, batch.last + 1)

    def _opened(self, batch: Batch, left: int, marker_lost: bool) -> tuple[bytes, Any]:
        """Unpack a batch; return its bytes, none where its transaction was aborted, and the library's view of it.

        Args:
            left: bytes that it may become.
            marker_lost: the batch before it could have been the end of a transaction.
        Raises:
            UnreadableBatch: it cannot be unpacked, or to more than the bound.
            _NotNow: it is to be fetched again.
        """
        if batch.fault:
            if batch.last >= self.next_fetch_offset:
                self._fetch_again(batch)
            raise UnreadableBatch(batch.fault)
        try:
            raw, view = batch.raw, view_of(batch.raw)
            if self._is_aborted(raw, view, marker_lost):
                return b"", view
            codec = _codec_of(raw)
            if codec == _PLAIN:
                return raw, view
            if raw[MAGIC_AT] < MAGIC:
                raise UnreadableBatch("it is packed as before Kafka 0.11; HAWK reads batches of the later format")
            plain = _unpacked(raw, codec, left)
            return plain, view_of(plain)
        except _UNREADABLE as error:
            raise UnreadableBatch(_told(error)) from error

    def _is_aborted(self, raw: bytes, view: Any, marker_lost: bool) -> bool:
        """Return whether the transaction of a batch was aborted, as the broker said in this response.

        Raises:
            UnreadableBatch: it was, or the marker that ended it before this batch was lost: it cannot be known.
        """
        if raw[MAGIC_AT] < MAGIC or self._isolation_level != fetcher.READ_COMMITTED:
            return False
        self._consume_aborted_up_to(view.base_offset)
        if marker_lost:
            self._doubtful |= self._aborted_producers
        if view.is_control_batch and (self._contains_abort_marker(view) or view.producer_id in self._doubtful):
            self._aborted_producers.discard(view.producer_id)
            self._doubtful.discard(view.producer_id)
        if view.is_transactional and not view.is_control_batch and view.producer_id in self._doubtful:
            raise UnreadableBatch("a batch before it, which says whether it was taken back, cannot be read")
        return bool(view.is_transactional and view.producer_id in self._aborted_producers)

    def _fetch_again(self, batch: Batch) -> None:
        """Have a damaged batch fetched again, unless that was done often enough.

        Raises:
            _NotNow: it is to be fetched again.
        """
        if self._records.refused is not None:
            return
        damage = self._damaged.get(self._tp)
        if damage is None or damage.first != batch.first:
            damage = self._damaged[self._tp] = _Damage(batch.first)
        damage.times += 1
        damage.behind |= batch.behind
        if damage.times < ATTEMPTS:
            raise _NotNow

    def _records_of(self, plain: bytes, view: Any, batch: Batch) -> Iterator[ConsumerRecord]:
        """Return the records of a batch; a place where one cannot be read and the others can be separated from it.

        Raises:
            _Rest: they cannot.
        """
        records, one_by_one, dense, at = iter(view), False, is_dense(plain), 0
        reached, every = batch.first, frames(plain)
        while True:
            try:
                frame = next(every, None)
            except _UNREADABLE as error:
                raise _Rest(at, error) from error
            if frame is None:
                return
            at = frame.ends
            place = batch.first + frame.number if dense else reached
            try:
                record = _record(plain, frame, iter(alone(plain, frame)) if one_by_one else records)
                if not (place == record.offset if dense else place <= record.offset <= batch.last):
                    raise UnreadableBatch(f"a record of it says that it has offset {record.offset}")
            except _UNREADABLE as error:
                if not one_by_one and not told_apart(plain, frame):
                    raise _Rest(frame.at, error) from error
                one_by_one, reached = True, min(place, batch.last) + 1
                yield from self._unreadable(
                    Batch(plain[frame.at : frame.ends], place, min(place, batch.last)), error, time=batch.time
                )
                continue
            reached = record.offset + 1
            if record.offset >= self.next_fetch_offset:
                made = self._consumer_record(self._tp, record)
                self.next_fetch_offset = record.offset + 1
                yield made

    def _unreadable(
        self, batch: Batch, error: Exception | str, raw: bytes | None = None, time: int | None = None
    ) -> Iterator[UnreadableRecord]:
        """Return one record instead of the rest of a batch; none where nothing is left."""
        first = max(batch.first, self.next_fetch_offset)
        if first > batch.last:
            return
        self.next_fetch_offset = batch.last + 1
        yield UnreadableRecord(
            topic=self._tp.topic,
            partition=self._tp.partition,
            offset=batch.last,
            timestamp=batch.time if time is None else time,
            timestamp_type=0,
            key=None,
            value=None,
            checksum=None,
            serialized_key_size=-1,
            serialized_value_size=-1,
            headers=(),
            first_offset=first,
            error=_told(error),
            raw=batch.raw if raw is None else raw,
        )


def _record(plain: bytes, frame: Frame, records: Iterator[Any]) -> Any:
    """Return the next record, which lies in a frame.

    Raises:
        UnreadableBatch: it has too many headers to be made.
        Exception: one of `_UNREADABLE`.
    """
    if frame.ends - frame.begins > 2 * HEADERS_MAX and (headers := headers_of(plain, frame)) > HEADERS_MAX:
        raise UnreadableBatch(f"a record of it has {headers} headers; HAWK reads up to {HEADERS_MAX}")
    found = next(records, None)
    if found is None:
        raise UnreadableBatch("it has fewer records than it says")
    return found


def _told(error: Exception | str) -> str:
    return str(error) if isinstance(error, (UnreadableBatch, str)) else f"{type(error).__name__}: {error}"


def _codec_of(raw: bytes) -> int:
    """Return how a batch is packed; of the old formats the attributes are one byte, elsewhere."""
    return raw[ATTRIBUTES_AT + 1 if raw[MAGIC_AT] >= MAGIC else MAGIC_AT + 1] & _CODEC_MASK


def _unpacked(raw: bytes, codec: int, left: int) -> bytes:
    """Return a packed batch as the plain batch that it unpacks to, not looked at further than the bound.

    Raises:
        UnreadableBatch: it alone is above the bound, or not packed as it says.
        _NotNow: it may be above what is left.
    """
    try:
        return plain_batch(raw, unpacked(codec, memoryview(raw)[RECORDS_AT:], left), _CODEC_MASK)
    except Larger as error:
        if left < UNPACKED_BYTES_MAX:
            raise _NotNow from error
        raise UnreadableBatch(f"it unpacks to more than {UNPACKED_BYTES_MAX} bytes{error}") from error


class AIOKafkaConsumer(aiokafka.AIOKafkaConsumer):  # type: ignore[misc]
    """The client of the library, that reads what was committed alone: an aborted message was never said."""

    def __init__(self, *subscribed: str, **options: Any) -> None:
        super().__init__(*subscribed, **options, isolation_level=READ_COMMITTED)
        self._client.bootstrap = functools.partial(_to_its_end, self._client.bootstrap)

    @property
    def unserved(self) -> list[str]:
        """Return a sentence for each assigned partition that the broker no longer serves, though it goes on."""
        return [] if self._fetcher is None else self._fetcher.unserved(self.assignment())

    async def high_watermarks(self, partitions: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        """Return the ends of partitions, committed or not. `end_offsets` ends before a transaction that is open.

        Raises:
            KafkaError: the broker does not answer.
        """
        asking = copy.copy(self._fetcher)
        asking._isolation_level = fetcher.READ_UNCOMMITTED
        return dict(await asking.end_offsets(list(partitions), self._request_timeout_ms))


async def _to_its_end(bootstrap: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Finish bootstrapping even when cancelled: the library forgets the connection that it bootstraps over."""
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
library.Fetcher = SteppingFetcher
