"""Unpacking of packed batches of records (gzip, snappy, lz4, zstd): never more than is asked for.

The client library unpacks whatever it is given in one piece, however large that becomes.
"""

import struct
import zlib
from collections.abc import Callable, Mapping
from typing import Final

import cramjam

#: Bytes of gzip unpacked in one step, so that what is too large is seen before it is there.
STEP_BYTES: Final = 256 * 1024
#: Room that is tried first, as a multiple of what is packed: enough for text, and quickly made.
FIRST_ROOM: Final = 16

_GZIP_FORMAT: Final = zlib.MAX_WBITS | 16
#: What begins snappy as Java writes it: blocks, each with its length before it. Version and compatibility follow.
_XERIAL: Final = b"\x82SNAPPY\x00"
_XERIAL_BYTES: Final = 16
_LENGTH: Final = struct.Struct(">i")

Into = Callable[[memoryview, bytearray], int]


class UnreadableBatch(Exception):
    """A batch that gives no record: what is wrong with it."""


class Larger(Exception):
    """The bytes unpack to more than was asked for. The text is empty, or says what else may be wrong."""


def unpacked(codec: int, packed: memoryview, most: int) -> bytes:
    """Return the records of a batch, unpacked.

    Args:
        codec: as the attributes of a batch number it.
        most: bytes that the records may have.
    Raises:
        UnreadableBatch: they are packed in an unknown way, or wrongly.
        Larger: see there.
    """
    if codec not in _UNPACK:
        raise UnreadableBatch("it is packed with something unknown; HAWK reads gzip, snappy, lz4 and zstd")
    return _UNPACK[codec](packed, most)


def _gzip(packed: memoryview, most: int) -> bytes:
    unpacker, plain = zlib.decompressobj(_GZIP_FORMAT), bytearray()
    tail: bytes | memoryview = packed
    while tail and not unpacker.eof:
        plain += unpacker.decompress(tail, STEP_BYTES)
        tail = unpacker.unconsumed_tail
        if len(plain) > most:
            raise Larger
    if not unpacker.eof or unpacker.unused_data:
        raise UnreadableBatch("its gzip does not end where the batch ends")
    return bytes(plain)


def _snappy(packed: memoryview, most: int) -> bytes:
    """Unpack snappy. Each block says how long it becomes, so nothing is unpacked in vain."""
    blocks = _blocks(packed) if bytes(packed[: len(_XERIAL)]) == _XERIAL else [packed]
    sizes = [cramjam.snappy.decompress_raw_len(block) for block in blocks]
    if sum(sizes) > most:
        raise Larger
    return b"".join(bytes(cramjam.snappy.decompress_raw(block)) for block in blocks)


def _blocks(packed: memoryview) -> list[memoryview]:
    found, at = [], _XERIAL_BYTES
    while at < len(packed):
        (length,) = _LENGTH.unpack_from(packed, at)
        at += _LENGTH.size
        if not 0 < length <= len(packed) - at:
            raise UnreadableBatch("its snappy does not end where the batch ends")
        found.append(packed[at : at + length])
        at += length
    return found


def _into(write: Into) -> Callable[[memoryview, int], bytes]:
    """Unpack into a room of fixed size: what does not fit into it is never there."""

    def unpack(packed: memoryview, most: int) -> bytes:
        for room in sorted({min(FIRST_ROOM * len(packed), most), most}):
            plain = bytearray(room)
            try:
                return bytes(memoryview(plain)[: write(packed, plain)])
            except cramjam.DecompressionError as error:
                text = str(error)
        raise Larger(f", or not at all: {text}")

    return unpack


_UNPACK: Final[Mapping[int, Callable[[memoryview, int], bytes]]] = {
    1: _gzip,
    2: _snappy,
    3: _into(cramjam.lz4.decompress_into),
    4: _into(cramjam.zstd.decompress_into),
}
