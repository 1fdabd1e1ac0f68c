"""One bad record is set aside alone; what lies in the frame of a batch is held against the batches around it."""

import gzip
import struct
from collections.abc import Callable, Iterable

import cramjam
import pytest
from aiokafka import TopicPartition
from aiokafka.consumer import fetcher
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from hypothesis import example, given
from hypothesis import strategies as st

from shared.messaging.framing import Batches, Served
from shared.messaging.message import message_of
from shared.messaging.records import BoundedRecords, UnreadableRecord
from shared.messaging.unserved import ATTEMPTS
from tests.support.damage import BAD_RECORDS, DAMAGES, FIVE
from tests.support.raw_kafka import (
    CODECS,
    Record,
    plain,
    record_of,
    records_of,
    repacked,
    signed,
    with_record,
)

BATCHES = 12
EACH = 3
BAD = 6
HIGH = BATCHES * EACH


def answer(
    served: bytes | Served,
    offset: int = 0,
    aborted: Iterable[tuple[int, int]] = (),
    topic: str = "f",
    *,
    goes_on: bool = False,
) -> tuple[list[object], int]:
    """All that one answer gives, and where the next fetch begins. `goes_on`: after an answer of the same consumer."""
    if not goes_on:
        BoundedRecords._damaged.clear()
    for _ in range(ATTEMPTS):  # what is damaged is fetched again
        records = BoundedRecords(
            TopicPartition(topic, 0), Batches(served), aborted, offset, None, None, True, fetcher.READ_COMMITTED
        )
        found = list(records)
        if records.next_fetch_offset > offset:
            break
    return found, records.next_fetch_offset


def told(found: Iterable[object]) -> list[tuple[int, int]]:
    return [(each.first_offset, each.offset) for each in found if isinstance(each, UnreadableRecord)]


def values(found: Iterable[object]) -> list[tuple[int, bytes | None]]:
    return [(each.offset, each.value) for each in found if not isinstance(each, UnreadableRecord)]  # type: ignore[attr-defined]


def three(name: str) -> tuple[Record, ...]:
    return tuple((b"k", f"{name} {number} ".encode() * 9, [("h", b"x")]) for number in range(EACH))


def at(base: int, raw: bytes) -> bytes:
    return struct.pack(">q", base) + raw[8:]


def segment(batches: int = BATCHES) -> list[bytearray]:
    return [bytearray(at(EACH * each, plain(*three(f"batch {each}")))) for each in range(batches)]


@pytest.mark.parametrize("kind", BAD_RECORDS)
@pytest.mark.parametrize("codec", [None, *CODECS])
def test_one_bad_record_is_set_aside_alone_with_its_bytes(kind: str, codec: str | None) -> None:
    batch = with_record(plain(*FIVE), 2, BAD_RECORDS[kind])
    bad = record_of(batch, 2)
    assert bad != record_of(plain(*FIVE), 2)
    if codec is not None:
        batch = repacked(batch, CODECS[codec], packed_records(codec, records_of(batch)))
    found, following = answer(at(100, batch) + at(105, plain(*FIVE)), 100)
    assert told(found) == [(102, 102)]
    assert [offset for offset, _ in values(found)] == [100, 101, 103, 104, 105, 106, 107, 108, 109]
    assert following == 110
    (place,) = (each for each in found if isinstance(each, UnreadableRecord))
    assert place.raw == bad
    message = message_of(place)
    assert (message.value, message.content, message.unreadable) == (b"", bad, place.error)
    # Whoever begins in the middle finds the same places.
    for begin in (101, 102, 103):
        again, _ = answer(at(100, batch), begin)
        assert told(again) == ([(102, 102)] if begin <= 102 else [])
        assert [offset for offset, _ in values(again)] == [each for each in (101, 103, 104) if each >= begin]


def packed_records(codec: str, records: bytes) -> bytes:
    pack: dict[str, Callable[[bytes], bytes]] = {
        "gzip": gzip.compress,
        "snappy": lambda data: bytes(cramjam.snappy.compress_raw(data)),
        "lz4": lambda data: bytes(cramjam.lz4.compress(data)),
        "zstd": lambda data: bytes(cramjam.zstd.compress(data)),
    }
    return pack[codec](records)


def test_every_bad_record_of_a_batch_is_set_aside_alone() -> None:
    batch = plain(*FIVE)
    for number in (0, 2, 4):
        batch = with_record(batch, number, BAD_RECORDS["header name of no text"])
    found, following = answer(at(100, batch), 100)
    assert told(found) == [(100, 100), (102, 102), (104, 104)]
    assert [offset for offset, _ in values(found)] == [101, 103]
    assert following == 105


def test_where_a_length_lies_the_rest_of_the_batch_is_one_dead_letter() -> None:
    batch = with_record(plain(*FIVE), 2, lambda record: bytes([record[0] + 2]) + record[1:])
    found, following = answer(at(100, batch) + at(105, plain(*FIVE)), 100)
    assert told(found) == [(102, 104)]
    assert [offset for offset, _ in values(found)] == [100, 101, 105, 106, 107, 108, 109]
    assert following == 110


def test_compacted_batch_keeps_the_offsets_of_its_records() -> None:
    builder = DefaultRecordBatchBuilder(2, 0, 0, -1, -1, -1, 1 << 20)
    for offset in (1, 4, 7):
        builder.append(offset, 0, b"k", b"{ab}", [("NAME", b"x")])
    batch = bytearray(builder.build())
    struct.pack_into(">i", batch, 23, 9)
    found, following = answer(at(100, signed(batch)), 100)
    assert [offset for offset, _ in values(found)] == [101, 104, 107]
    assert (told(found), following) == ([], 110)
    bad = with_record(signed(batch), 1, BAD_RECORDS["header name of no text"])
    found, following = answer(at(100, bad), 100)
    assert [offset for offset, _ in values(found)] == [101, 107]
    assert (told(found), following) == ([(102, 102)], 110)


@pytest.mark.parametrize("kind", DAMAGES)
@pytest.mark.parametrize("beginning", [0, BAD - 1, BAD])
def test_damaged_batch_is_set_aside_by_its_offsets_and_all_others_are_read(kind: str, beginning: int) -> None:
    log = segment()
    DAMAGES[kind](log[BAD])
    whole = [offset for offset in range(beginning * EACH, HIGH) if offset // EACH != BAD]
    found, letters, offset = [], [], beginning * EACH
    while offset < HIGH:  # as fetches follow one another
        begins = min(offset // EACH, BAD if offset // EACH > BAD and offset < (BAD + 1) * EACH else offset // EACH)
        got, following = answer(Served(b"".join(map(bytes, log[begins:])), offset, HIGH, refused=None), offset)
        assert following > offset
        found += values(got)
        letters += told(got)
        offset = following
    assert [each for each, _ in found] == whole
    assert [each for first, last in letters for each in range(first, last + 1)] == [18, 19, 20]
    assert offset == HIGH


def test_damaged_batch_that_is_cut_off_is_found_where_it_was_refused() -> None:
    log = segment()
    DAMAGES["length 16 MiB"](log[BAD])
    data = b"".join(map(bytes, log[3:]))
    assert answer(Served(data, 9, HIGH), 9)[1] == BAD * EACH
    found, following = answer(Served(data, 9, HIGH, refused=BAD * EACH), BAD * EACH)
    assert told(found) == [(18, 20)]
    assert [offset for offset, _ in values(found)] == list(range(21, HIGH))
    assert following == HIGH


def test_gap_that_is_not_served_is_one_dead_letter() -> None:
    data = b"".join(map(bytes, segment()[8:]))
    found, following = answer(Served(data, 25, HIGH, gap="the broker answers nothing"), 18)
    assert told(found) == [(18, 23)]
    assert [offset for offset, _ in values(found)] == list(range(24, HIGH))
    assert following == HIGH


def in_transaction(base: int, producer: int, *, marker: bytes | None = None) -> bytearray:
    raw = plain(*three("t")) if marker is None else plain((marker, b"\0" * 6, []))
    made = bytearray(at(base, raw))
    struct.pack_into(">h", made, 21, 0x10 | (0 if marker is None else 0x20))
    struct.pack_into(">q", made, 43, producer)
    return bytearray(signed(made))


ABORT, COMMIT = b"\0\0\0\0", b"\0\0\0\1"


def test_nobody_is_believed_whose_transaction_ended_in_a_batch_that_was_lost() -> None:
    log = [
        in_transaction(0, 7),
        in_transaction(3, 7, marker=ABORT),
        in_transaction(4, 7),
        in_transaction(7, 7, marker=COMMIT),
        in_transaction(8, 7),
        in_transaction(11, 7, marker=COMMIT),
        in_transaction(12, 8),
    ]
    data = b"".join(map(bytes, log))
    assert [offset for offset, _ in values(answer(data, 0, [(7, 0)])[0])] == [4, 5, 6, 8, 9, 10, 12, 13, 14]
    log[1][-3] ^= 1
    got, following = answer(b"".join(map(bytes, log)), 0, [(7, 0)])
    if following < 15:
        rest, following = answer(b"".join(map(bytes, log[1:])), following, [(7, 0)])
        got += rest
    assert told(got) == [(3, 3), (4, 6)]
    assert [offset for offset, _ in values(got)] == [8, 9, 10, 12, 13, 14]


@given(st.binary(max_size=400))
def test_no_bytes_hold_the_reading_up_or_raise(data: bytes) -> None:
    found, following = answer(Served(data, 5, 500), 5)
    batches = Batches(Served(data, 5, 500))
    assert following >= 5
    if batches.has_next():
        assert following > 5
        assert found


#: Bits of the offset itself, which no checksum covers: the batch then says that it lies before or behind its place.
@example(place=7, bit=0, first=False)
@example(place=7, bit=1, first=False)
@example(place=7, bit=2, first=False)
@example(place=7, bit=2, first=True)
@example(place=7, bit=3, first=True)
@given(place=st.integers(0, 61 + 40), bit=st.integers(0, 7), first=st.booleans())
def test_one_flipped_bit_loses_no_more_than_its_batch_and_hides_nothing(place: int, bit: int, first: bool) -> None:
    log = segment(4)
    bad = 0 if first else 1
    log[bad][place] ^= 1 << bit
    offset, read, letters = 0, [], []
    while offset < 4 * EACH:
        begins = min(offset // EACH, bad) if offset < (bad + 1) * EACH else offset // EACH
        served = Served(b"".join(map(bytes, log[begins:])), offset, 4 * EACH)
        got, following = answer(served, offset, goes_on=offset > 0)
        assert following > offset
        read += [each for each, _ in values(got)]
        letters += [each for one, last in told(got) for each in range(one, last + 1)]
        offset = following
    assert sorted(read + letters) == list(range(4 * EACH))
    assert set(letters) <= set(range(bad * EACH, (bad + 1) * EACH))
