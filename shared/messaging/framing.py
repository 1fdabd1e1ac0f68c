"""The layout of batches in the bytes that a broker serves, and of records in a batch.

Offset and length of a batch are outside its checksum, so they are held against the batches around it. Where a length
is wrong, the next batch is found by the offset it must have.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from aiokafka.errors import KafkaError
from aiokafka.record.default_records import DefaultRecordBatch
from aiokafka.record.legacy_records import LegacyRecordBatch

from shared.messaging.packed import UnreadableBatch

#: Of a batch: base offset and length; and where its other fields are (Kafka protocol, record batch, magic 2).
FRAME: Final = struct.Struct(">qi")
MAGIC: Final = 2
MAGIC_AT: Final = 16
ATTRIBUTES_AT: Final = 21
RECORDS_AT: Final = 61
_DELTA_AT: Final = 23
_DELTA_AND_TIME: Final = struct.Struct(">iq")
_COUNT_AT: Final = 57
_NUMBER: Final = struct.Struct(">i")
_OFFSET: Final = struct.Struct(">q")
#: Bytes of the smallest batch that Kafka has ever written, without its frame.
_LENGTH_MIN: Final = 14
#: Of a number of variable length: the bit that says that it goes on, and the bits it may have.
_MORE: Final = 0x80
_NUMBER_BITS: Final = 63


@dataclass(frozen=True, slots=True)
class Served:
    """The bytes that the broker served of one partition, with what else is known.

    Args:
        asked: the offset that was asked for.
        high: where the partition ends.
        refused: an offset behind `asked` that it did not serve when it was asked for that.
        gap: why nothing is served before the first of these batches.
    """

    data: bytes
    asked: int
    high: int
    refused: int | None = None
    gap: str = ""


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch as it lies there, not unpacked, with the offsets that are its own.

    `fault`: how it was damaged. `behind`: another batch ends where it begins, so no record before it belongs to it.
    """

    raw: bytes
    first: int
    last: int
    fault: str = ""
    behind: bool = False

    @property
    def time(self) -> int:
        """Its first timestamp; 0 where it has none."""
        return 0 if len(self.raw) < RECORDS_AT else int(_DELTA_AND_TIME.unpack_from(self.raw, _DELTA_AT)[1])


class Batches:
    """The batches of one answer of the broker, in their order."""

    def __init__(self, served: bytes | Served) -> None:
        known = served if isinstance(served, Served) else None
        self._data = served.data if isinstance(served, Served) else bytes(served)
        self._asked = None if known is None else known.asked
        self._high = None if known is None else known.high
        self._why = "" if known is None else known.gap
        self._at = 0
        self._reached: int | None = None
        self.refused = None if known is None else known.refused

    @property
    def gap(self) -> tuple[int, str] | None:
        """The offset of the first batch, and why nothing before it is served; None where nothing is missing."""
        return (FRAME.unpack_from(self._data)[0], self._why) if self._why and self.has_next() else None

    def begin_where_asked(self) -> None:
        """Take no batch for one that begins before the offset asked for: another is known to end there."""
        self._reached = self._asked

    def size_in_bytes(self) -> int:
        """Return bytes of the answer, the last batch of which may be cut off."""
        return len(self._data)

    def has_next(self) -> bool:
        """Return whether another whole batch is there, or one whose length cannot be right."""
        if len(self._data) - self._at < FRAME.size:
            return False
        base, length = FRAME.unpack_from(self._data, self._at)
        # The first one is served whole, however large it is; and the one that was refused is not cut off by chance.
        whole = self._at == 0 or (self.refused is not None and base <= self.refused)
        return whole or length < _LENGTH_MIN or self._fits()

    def next_batch(self) -> Batch:
        """Return the next batch, not unpacked."""
        at, (base, length) = self._at, FRAME.unpack_from(self._data, self._at)
        ends = at + FRAME.size + length
        raw = self._data[at:ends] if self._fits() else b""
        agrees = bool(raw) and _agrees(raw)
        if agrees:
            found = self._placed(raw, base)
        elif raw and self._follows(ends, base):
            found = self._damaged(raw, base, self._base_at(ends), "it does not agree with its own checksum")
        else:
            following = base + self._delta_of_all(self._data[at:]) + 1
            ends = self._find(following, at + RECORDS_AT)
            known = following if ends < len(self._data) else None
            found = self._damaged(self._data[at:ends], base, known, "its length is wrong")
        self._at, self._reached = ends, found.last + 1
        return found

    def _fits(self) -> bool:
        _, length = FRAME.unpack_from(self._data, self._at)
        return bool(length >= _LENGTH_MIN and self._at + FRAME.size + length <= len(self._data))

    def _follows(self, ends: int, base: int) -> bool:
        """Return whether the answer, or the batch behind the one of `base`, begins where that one says that it ends."""
        if ends == len(self._data):
            return True
        following = self._base_at(ends)
        if following is None or following == base + self._delta_of_all(self._data[self._at : ends]) + 1:
            return following is not None
        return following > base and self._agrees_at(ends)

    def _agrees_at(self, at: int) -> bool:
        """Return whether a whole batch lies at a place, as its checksum proves."""
        if len(self._data) - at < RECORDS_AT:
            return False
        ends = at + FRAME.size + FRAME.unpack_from(self._data, at)[1]
        return at + RECORDS_AT <= ends <= len(self._data) and _agrees(self._data[at:ends])

    def _base_at(self, at: int) -> int | None:
        return _OFFSET.unpack_from(self._data, at)[0] if len(self._data) - at >= _OFFSET.size else None

    def _find(self, base: int, at: int) -> int:
        """Return where a batch that begins with an offset lies, as its checksum proves.

        Where all ends if there is none.
        """
        wanted = _OFFSET.pack(base)
        while (at := self._data.find(wanted, at)) >= 0:
            if self._agrees_at(at):
                return at
            at += 1
        return len(self._data)

    def _placed(self, raw: bytes, base: int) -> Batch:
        """Return a batch that agrees with its checksum. Only its offset is outside the checksum."""
        delta = max(_delta_and_count(raw)[0], 0)
        last, begins = base + delta, self._begins(base)
        following = self._base_at(self._at + len(raw))
        first_of_all = self._reached is None
        joins = base == begins or (first_of_all and base < begins)
        misplaced = (
            (last < begins if first_of_all else base < begins)
            or (self._high is not None and last >= self._high)
            or (following is not None and base < following <= last and not joins)
            # The next one begins before it does, and where it would, were it in its place.
            or (following is not None and begins + delta < following <= base)
        )
        if not misplaced:
            return Batch(raw, base, last)
        fault = f"it says that it begins at offset {base}"
        return Batch(raw, begins, self._within(begins, begins + delta), fault, behind=not first_of_all)

    def _damaged(self, raw: bytes, base: int, following: int | None, fault: str) -> Batch:
        """Return a batch that nothing of is to be believed but where it begins; it ends where the next one begins."""
        begins = self._begins(base)
        first = begins if base < begins and self._reached is not None else base
        if self._high is not None and first >= self._high:
            first = begins
        last = first + self._delta_of_all(raw) if following is None or following <= first else following - 1
        if self._reached is None and self._asked is not None and self.refused is None:
            last = max(last, self._asked)
        return Batch(raw, first, self._within(first, last), fault)

    def _begins(self, base: int) -> int:
        """Return the offset that comes next: behind the batch before, else the one asked for."""
        if self._reached is not None:
            return self._reached
        return base if self._asked is None else self._asked

    def _within(self, first: int, last: int) -> int:
        return last if self._high is None else max(first, min(last, self._high - 1))

    @staticmethod
    def _delta_of_all(raw: bytes) -> int:
        """Return how many offsets a batch says it has but one; 0 where it contradicts itself."""
        delta, count = _delta_and_count(raw) if len(raw) >= RECORDS_AT else (0, 0)
        return delta if delta >= 0 and count == delta + 1 else 0


@dataclass(frozen=True, slots=True)
class Frame:
    """The place of a record in a plain batch: its length, its content, the next one; and the record's number."""

    at: int
    begins: int
    ends: int
    number: int


def view_of(raw: bytes) -> Any:
    """Return the library's view of a batch."""
    magic = raw[MAGIC_AT]
    return DefaultRecordBatch(raw) if magic >= MAGIC else LegacyRecordBatch(raw, magic)


def frames(plain: bytes, after: Frame | None = None) -> Iterator[Frame]:
    """Return the records of a plain batch as their lengths tell them apart; those behind one of them, if that is given.

    Raises:
        UnreadableBatch: a length is wrong, so that the rest cannot be separated.
    """
    if plain[MAGIC_AT] < MAGIC:
        if after is None:
            yield Frame(0, 0, len(plain), 0)
        return
    at, number = (RECORDS_AT, 0) if after is None else (after.ends, after.number + 1)
    for each in range(number, _delta_and_count(plain)[1]):
        length, begins = number_at(plain, at)
        if not 0 <= length <= len(plain) - begins:
            raise UnreadableBatch(f"a record of it says that it has {length} bytes")
        yield Frame(at, begins, begins + length, each)
        at = begins + length
    if at != len(plain):
        raise UnreadableBatch(f"there are {len(plain) - at} bytes behind its last record")


def told_apart(plain: bytes, after: Frame) -> bool:
    """Return whether the records behind one of them can be separated by their lengths."""
    try:
        for _ in frames(plain, after):
            pass
    except (UnreadableBatch, IndexError):
        return False
    return plain[MAGIC_AT] >= MAGIC


def alone(plain: bytes, frame: Frame) -> Any:
    """Return the library's view of a batch that holds one record of a plain batch."""
    made = bytearray(plain[:RECORDS_AT]) + plain[frame.at : frame.ends]
    _NUMBER.pack_into(made, _COUNT_AT, 1)
    return DefaultRecordBatch(bytes(made))


def is_dense(plain: bytes) -> bool:
    """Return whether a batch has a record at each of its offsets; one that was compacted has not."""
    delta, count = _delta_and_count(plain)
    return count == delta + 1


def plain_batch(raw: bytes, records: bytes, codec_mask: int) -> bytes:
    """Return a packed batch as the plain batch that it unpacks to."""
    plain = bytearray(raw[:RECORDS_AT]) + records
    plain[ATTRIBUTES_AT + 1] &= ~codec_mask
    _NUMBER.pack_into(plain, FRAME.size - _NUMBER.size, len(plain) - FRAME.size)
    return bytes(plain)


def headers_of(plain: bytes, frame: Frame) -> int:
    """Return how many headers a record says it has. Attributes, time, offset, key and value come before that."""
    at = frame.begins + 1
    for _ in range(2):
        _, at = number_at(plain, at)
    for _ in range(2):
        length, at = number_at(plain, at)
        at += max(length, 0)
    return number_at(plain, at)[0]


def number_at(plain: bytes, at: int) -> tuple[int, int]:
    """Read a number of variable length (zigzag); return it with the place where the next thing begins.

    Raises:
        UnreadableBatch: ten bytes of the number have passed without its end.
    """
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


def _agrees(raw: bytes) -> bool:
    """Return whether a batch agrees with its own checksum."""
    try:
        return bool(view_of(raw).validate_crc())
    except (KafkaError, ValueError, IndexError, AssertionError, SystemError, struct.error):
        return False


def _delta_and_count(raw: bytes) -> tuple[int, int]:
    if raw[MAGIC_AT] < MAGIC:
        return 0, 1
    return _NUMBER.unpack_from(raw, _DELTA_AT)[0], _NUMBER.unpack_from(raw, _COUNT_AT)[0]
