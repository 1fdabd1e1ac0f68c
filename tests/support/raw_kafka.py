"""What no well-behaved client sends: messages with every byte chosen, and record batches made by hand."""

import struct
import zlib
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Final

from aiokafka import AIOKafkaProducer
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.util import calc_crc32c, decode_varint, encode_varint

from shared.events.topics import MESSAGE_BYTES_MAX
from tests.support.pills import Draft

_CRC_AT: Final = 17
_ATTRIBUTES_AT: Final = 21
_RECORDS_AT: Final = 61
_CHUNK: Final = 1024 * 1024
_XERIAL: Final = b"\x82SNAPPY\x00" + struct.pack(">ii", 1, 1)

#: As the attributes of a batch number them.
CODECS: Final = {"gzip": 1, "snappy": 2, "lz4": 3, "zstd": 4}

Record = tuple[bytes | None, bytes | None, list[tuple[str, bytes | None]]]


@asynccontextmanager
async def raw_producer(bootstrap: str) -> AsyncIterator[AIOKafkaProducer]:
    """A producer that sends whatever it is given."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", max_request_size=2 * MESSAGE_BYTES_MAX)
    await producer.start()
    try:
        yield producer
    finally:
        await producer.stop()


async def send_drafts(producer: AIOKafkaProducer, topic: str, drafts: Iterable[Draft], partition: int = 0) -> list[int]:
    """Each draft as a message, in order, all acknowledged; gives their offsets."""
    sent = [
        await producer.send(
            topic,
            draft.body,
            key=draft.key,
            headers=draft.headers,
            partition=partition,
            timestamp_ms=draft.timestamp_ms,
        )
        for draft in drafts
    ]
    return [(await each).offset for each in sent]


async def send_batch(producer: AIOKafkaProducer, topic: str, raw: bytes) -> None:
    """A batch as it is given, byte for byte."""
    builder = producer.create_batch()
    builder.append(key=None, value=b"", timestamp=None)
    builder.close()
    builder._buffer = bytearray(raw)
    await (await producer.send_batch(builder, topic, partition=0))


def plain(*records: Record, time_ms: int = 1_700_000_000_000) -> bytes:
    """A batch that is not packed."""
    builder = DefaultRecordBatchBuilder(2, 0, 0, -1, -1, -1, 1 << 30)
    for offset, (key, value, headers) in enumerate(records):
        builder.append(offset, time_ms, key, value, headers)
    return bytes(builder.build())


def repacked(raw: bytes, codec: int, packed: bytes) -> bytes:
    """A batch whose records are `packed`, with a checksum that is right."""
    made = bytearray(raw[:_RECORDS_AT]) + packed
    made[_ATTRIBUTES_AT + 1] = made[_ATTRIBUTES_AT + 1] & ~7 | codec
    return signed(made)


def signed(made: bytearray) -> bytes:
    """A batch with its length and its checksum put right."""
    struct.pack_into(">i", made, 8, len(made) - 12)
    struct.pack_into(">I", made, _CRC_AT, calc_crc32c(bytes(made[_ATTRIBUTES_AT:])))
    return bytes(made)


def _frames(raw: bytes) -> list[tuple[int, int]]:
    """Where the records of a plain batch begin and end."""
    found, at = [], _RECORDS_AT
    while at < len(raw):
        length, begins = decode_varint(raw, at)
        found.append((at, begins + length))
        at = begins + length
    return found


def records_of(raw: bytes) -> bytes:
    """The records of a plain batch, without its header."""
    return raw[_RECORDS_AT:]


def record_of(raw: bytes, number: int) -> bytes:
    """One record of a plain batch, from its length on."""
    begins, ends = _frames(raw)[number]
    return raw[begins:ends]


def with_record(raw: bytes, number: int, change: Callable[[bytes], bytes]) -> bytes:
    """A plain batch, one record of which is another, with a checksum that is right."""
    begins, ends = _frames(raw)[number]
    return signed(bytearray(raw[:begins] + change(raw[begins:ends]) + raw[ends:]))


def packed_as(codec: str, *records: Record) -> bytes:
    """A batch as a client of the library packs it."""
    builder = DefaultRecordBatchBuilder(2, CODECS[codec], 0, -1, -1, -1, 1 << 30)
    for offset, (key, value, headers) in enumerate(records):
        builder.append(offset, 1_700_000_000_000, key, value, headers)
    return bytes(builder.build())


def bomb(unpacked: int, level: int = 9, records: int = 1) -> bytes:
    """Messages of so many zeros each, packed with gzip. The broker takes records of less than 2 GiB."""
    packer = zlib.compressobj(level, wbits=zlib.MAX_WBITS | 16)
    zeros = bytes(_CHUNK)
    packed = bytearray()
    for number in range(records):
        start = bytearray(b"\x00\x00")  # attributes, time
        encode_varint(number, start.append)
        encode_varint(-1, start.append)  # no key
        encode_varint(unpacked, start.append)
        length = bytearray()
        encode_varint(len(start) + unpacked + 1, length.append)
        packed += packer.compress(bytes(length + start))
        for _ in range(unpacked // _CHUNK):
            packed += packer.compress(zeros)
        packed += packer.compress(bytes(unpacked % _CHUNK) + b"\x00")
    packed += packer.flush()
    return repacked(plain(*[(None, b"", [])] * records), 1, bytes(packed))


def snappy(*records: Record) -> bytes:
    """A batch packed with snappy, as many publishers do it: here as one literal."""
    raw = plain(*records)
    body = raw[_RECORDS_AT:]
    size, number = bytearray(), len(body)
    while number > 0x7F:
        size.append(number & 0x7F | 0x80)
        number >>= 7
    size.append(number)
    block = bytes(size) + struct.pack("<BH", 61 << 2, len(body) - 1) + body
    return repacked(raw, 2, _XERIAL + struct.pack(">i", len(block)) + block)


def header_name_of_no_text() -> bytes:
    """A message with a header whose name is not UTF-8."""
    return signed(bytearray(plain((b"k", b"{}", [("NAME", b"x")])).replace(b"NAME", b"\xff\xfe\xc0\x80")))
