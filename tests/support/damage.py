"""What becomes unreadable on a broker's disk: one record of a batch, or a batch with its frame."""

import struct
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from tests.support.raw_kafka import Record

FRAME: Final = struct.Struct(">qi")
Damage = Callable[[bytearray], None]

#: What makes one record of a batch unreadable, and leaves its length true.
BAD_RECORDS: Final[dict[str, Callable[[bytes], bytes]]] = {
    "header name of no text": lambda record: record.replace(b"NAME", b"\xff\xfe\xc0\x80"),
    "value longer than the record": lambda record: record.replace(b"\x08{ab}", b"\x7e{ab}"),
    "value shorter than the record": lambda record: record.replace(b"\x08{ab}", b"\x02{ab}"),
    "number without an end": lambda record: record[:2] + b"\xff" * (len(record) - 2),
    "offset of another": lambda record: record.replace(b"\x00\x00\x04", b"\x00\x00\x02", 1),
    "offset far behind": lambda record: record.replace(b"\x00\x00\x04", b"\x00\x00\x7e", 1),
    "nothing but zeros behind its length": lambda record: record[:1] + bytes(len(record) - 1),
    "header count below zero": lambda record: record.replace(b"\x02\x08NAME", b"\x03\x08NAME"),
}
#: A batch whose record number 2 may be made so.
FIVE: Final[tuple[Record, ...]] = tuple((b"k", b"{ab}", [("NAME", b"x")]) for _ in range(5))


def flip_length(change: Callable[[int], int]) -> Damage:
    """Put another length into the header."""

    def change_it(batch: bytearray) -> None:
        struct.pack_into(">i", batch, 8, change(struct.unpack_from(">i", batch, 8)[0]))

    return change_it


def put(form: str, place: int, value: int) -> Damage:
    """Put a number into the header."""
    return lambda batch: struct.pack_into(form, batch, place, value)


def move(offsets: int) -> Damage:
    """Put another base offset into the header."""

    def move_it(batch: bytearray) -> None:
        struct.pack_into(">q", batch, 0, struct.unpack_from(">q", batch)[0] + offsets)

    return move_it


#: What a disk may do to a batch of three records.
DAMAGES: Final[dict[str, Damage]] = {
    "value": lambda batch: batch.__setitem__(-20, batch[-20] ^ 1),
    "length one more": flip_length(lambda length: length + 1),
    "length one less": flip_length(lambda length: length - 1),
    "length half": flip_length(lambda length: length // 2),
    "length 16 MiB": flip_length(lambda length: length | 1 << 24),
    "length 1 GiB": flip_length(lambda length: length | 1 << 30),
    "length below zero": flip_length(lambda length: length - (1 << 31)),
    "length zero": flip_length(lambda _: 0),
    "checksum": put(">I", 17, 7),
    "attributes": put(">h", 21, 7),
    "control": put(">h", 21, 0x20),
    "magic of long ago": put(">b", 16, 0),
    "last offset too far": put(">i", 23, 2 + 256),
    "last offset a little too far": put(">i", 23, 2 + 4),
    "last offset below zero": put(">i", 23, -5),
    "count": put(">i", 57, 77),
    "offset far behind": move(65536),
    "offset a little behind": move(1),
    "offset before": move(-16),
    "offset below zero": move(-(2**62)),
}


def frames_in(segment: bytes | bytearray) -> list[tuple[int, int, int]]:
    """Where the batches of a log segment begin and end, and their first offsets."""
    found: list[tuple[int, int, int]] = []
    at = 0
    while at < len(segment):
        base, length = FRAME.unpack_from(segment, at)
        found.append((at, at + FRAME.size + length, base))
        at = found[-1][1]
    return found


def assert_told(gone: list[int], letters: Iterable[Mapping[str, Any]], place: str) -> None:
    """Assert that dead letters tell of these offsets, of each once, and of no other.

    A letter of many names its first and its last. What lies between and has a letter of its own is not among the many:
    where reading takes long, the next letter is allowed while the messages before it are still being counted.
    """
    told: list[int] = []
    many: list[tuple[range, int]] = []
    for letter in letters:
        if letter["code"] == "RECORD_UNREADABLE":
            assert letter["error"], place
            assert letter["partition"] == 0, place
            assert {letter["offset"], letter["last_offset"]} <= set(gone), (place, letter["error"])
            between = range(letter["offset"], letter["last_offset"] + 1)
            if len(between) == letter["count"]:
                told += between
            else:
                many.append((between, letter["count"]))
    alone = frozenset(told)
    for between, count in many:
        counted = [offset for offset in between if offset in gone and offset not in alone]
        assert len(counted) == count, (place, between)
        told += counted
    assert sorted(told) == gone, place
