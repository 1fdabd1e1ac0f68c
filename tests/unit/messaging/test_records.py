"""What comes from the broker is unpacked within a bound, and what cannot be read is stepped over."""

import asyncio
import contextlib
import subprocess
import sys
import zlib

import pytest
from aiokafka import AIOKafkaConsumer as PlainConsumer
from aiokafka import TopicPartition
from aiokafka.consumer import consumer as library
from aiokafka.consumer import fetcher
from aiokafka.errors import KafkaConnectionError

from shared.messaging.message import message_of
from shared.messaging.records import (
    HEADERS_MAX,
    UNPACKED_BYTES_MAX,
    AIOKafkaConsumer,
    Batches,
    BoundedRecords,
    UnreadableRecord,
)
from shared.messaging.unserved import ATTEMPTS
from tests.house.source import ROOT
from tests.support.raw_kafka import (
    CODECS,
    Record,
    bomb,
    header_name_of_no_text,
    packed_as,
    plain,
    repacked,
    signed,
    snappy,
)

RECORDS: tuple[Record, ...] = tuple((b"k", b"value %d" % number, [("name", b"x")]) for number in range(5))


def read(data: bytes, offset: int = 0, topic: str = "t") -> tuple[list[object], int]:
    """All that one answer of the broker gives, and where the next fetch begins."""
    records = BoundedRecords(TopicPartition(topic, 0), Batches(data), None, offset, None, None, True, 0)
    return list(records), records.next_fetch_offset


#: Zeros, one byte more than HAWK unpacks.
BOMBS = {codec: packed_as(codec, (None, bytes(UNPACKED_BYTES_MAX + 1), [])) for codec in CODECS}


def at(base: int, raw: bytes) -> bytes:
    """A batch that begins at an offset; the broker writes it in without changing the checksum."""
    return base.to_bytes(8, "big") + raw[8:]


def test_library_makes_its_consumers_of_the_parts_that_keep_the_bound() -> None:
    assert issubclass(AIOKafkaConsumer, PlainConsumer)
    assert PlainConsumer is library.AIOKafkaConsumer
    made = fetcher.Fetcher._proc_fetch_request.__globals__
    assert (made["MemoryRecords"], made["PartitionRecords"]) == (Batches, BoundedRecords)
    assert {"MemoryRecords", "PartitionRecords"} <= set(fetcher.Fetcher._proc_fetch_request.__code__.co_names)


async def test_every_consumer_reads_what_was_committed_alone() -> None:
    consumer = AIOKafkaConsumer(bootstrap_servers="127.0.0.1:1")
    assert consumer._isolation_level == "read_committed"
    with pytest.raises(TypeError):
        AIOKafkaConsumer(isolation_level="read_uncommitted")
    with contextlib.suppress(Exception):
        await consumer.stop()


async def test_consumer_that_is_given_up_while_it_starts_leaves_no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, answers, closed = asyncio.Event(), asyncio.Event(), []

    class Connection:
        async def send(self, request: object) -> object:
            asked.set()
            await answers.wait()
            raise KafkaConnectionError("no more")

        def close(self) -> None:
            closed.append(self)

    async def connection(*arguments: object, **options: object) -> Connection:
        return Connection()

    monkeypatch.setattr("aiokafka.client.create_conn", connection)
    consumer = AIOKafkaConsumer(bootstrap_servers="127.0.0.1:1")
    starting = asyncio.create_task(consumer.start())
    await asked.wait()
    starting.cancel()
    answers.set()
    with pytest.raises(asyncio.CancelledError):
        await starting
    await consumer.stop()
    assert len(closed) == 1


@pytest.mark.parametrize(
    "batch",
    [plain(*RECORDS), snappy(*RECORDS), *(packed_as(codec, *RECORDS) for codec in CODECS)],
    ids=["plain", "snappy in one block", *CODECS],
)
def test_records_of_a_batch_come_as_they_were_sent_from_the_offset_asked_for(batch: bytes) -> None:
    found, following = read(at(10, batch), 12)
    assert [(each.offset, each.value, each.headers) for each in found] == [  # type: ignore[attr-defined]
        (12 + number, b"value %d" % (2 + number), (("name", b"x"),)) for number in range(3)
    ]
    assert following == 15


@pytest.mark.parametrize(
    ("batch", "why"),
    [
        (bomb(UNPACKED_BYTES_MAX + 1), "unpacks to more than"),
        *((each, "unpacks to more than") for each in BOMBS.values()),
        (repacked(plain(*RECORDS), 2, b"no snappy"), "snappy"),
        (repacked(plain(*RECORDS), 2, snappy(*RECORDS)[61:-1]), "does not end where the batch ends"),
        (repacked(plain(*RECORDS), 3, b"no lz4"), "lz4"),
        (repacked(plain(*RECORDS), 3, packed_as("lz4", *RECORDS)[61:-5]), "lz4"),
        (repacked(plain(*RECORDS), 4, b"no zstd"), "frame"),
        (repacked(plain(*RECORDS), 4, packed_as("zstd", *RECORDS)[61:-5]), "frame"),
        (repacked(plain(*RECORDS), 7, b"?"), "packed with something unknown"),
        (repacked(plain(*RECORDS), 1, b"no gzip"), "error"),
        (repacked(plain(*RECORDS), 1, zlib.compress(b"x" * 99, wbits=31)[:-3]), "does not end where the batch ends"),
        (header_name_of_no_text(), "utf-8"),
        (plain((b"k", b"v", [("a", None)] * (HEADERS_MAX + 1))), "headers"),
        (signed(bytearray(plain(*RECORDS)[:-9])), "says that it has 21 bytes"),
    ],
)
def test_batch_that_cannot_be_read_gives_one_record_in_its_place_and_the_next_is_read(batch: bytes, why: str) -> None:
    count = int.from_bytes(batch[23:27], "big") + 1
    found, following = read(at(100, batch) + at(100 + count, plain(*RECORDS)), 100)
    unreadable = [each for each in found if isinstance(each, UnreadableRecord)]
    (told,) = unreadable
    assert why in told.error
    assert (told.first_offset <= told.offset, told.offset, following) == (True, 99 + count, 105 + count)
    assert [each.offset for each in found[-5:]] == list(range(100 + count, 105 + count))  # type: ignore[attr-defined]
    message = message_of(told)
    assert (message.unreadable, message.first_offset, message.value) == (told.error, told.first_offset, b"")


def test_damaged_batch_is_fetched_again_before_it_is_stepped_over() -> None:
    damaged = bytearray(plain(*RECORDS))
    damaged[-3] ^= 1
    for _ in range(ATTEMPTS - 1):
        assert read(bytes(damaged), topic="damaged") == ([], 0)
    (told,), following = read(bytes(damaged), topic="damaged")
    assert isinstance(told, UnreadableRecord)
    assert following == 5


def test_many_batches_below_the_bound_are_given_in_several_fetches_and_none_is_lost() -> None:
    three = b"".join(at(number, bomb(UNPACKED_BYTES_MAX // 2)) for number in range(3))
    first, following = read(three)
    assert (len(first), following) == (1, 1)
    rest, end = read(three[len(bomb(UNPACKED_BYTES_MAX // 2)) :], following)
    assert (len(rest), end) == (1, 2)
    assert not any(isinstance(each, UnreadableRecord) for each in (*first, *rest))


def test_batch_cut_off_at_the_end_of_an_answer_waits_for_the_next_fetch() -> None:
    batch = plain(*RECORDS)
    found, following = read(batch + at(5, batch)[:-1])
    assert (len(found), following) == (5, 5)


@pytest.mark.parametrize("codec", CODECS)
def test_packed_zeros_take_no_more_memory_than_the_bound(codec: str) -> None:
    script = f"""
import resource
from tests.unit.messaging.test_records import BOMBS, read
from tests.support.raw_kafka import packed_as
packed = packed_as({codec!r}, (None, bytes(100 * 1024 * 1024), []))
Path = __import__("pathlib").Path
Path("/proc/self/clear_refs").write_text("5")
status = Path("/proc/self/status").read_text
before = int(status().split("VmHWM:")[1].split()[0])
found, _ = read(packed)
print(type(found[0]).__name__, int(status().split("VmHWM:")[1].split()[0]) - before)
"""
    done = subprocess.run((sys.executable, "-c", script), cwd=ROOT, capture_output=True, text=True, check=True)
    kind, kilobytes = done.stdout.split()
    assert kind == "UnreadableRecord"
    assert int(kilobytes) < 64 * 1024


def test_half_a_gigabyte_of_packed_zeros_takes_no_more_memory_than_the_bound() -> None:
    script = """
import resource
from tests.unit.messaging.test_records import read
from tests.support.raw_kafka import bomb
packed = bomb(512 * 1024 * 1024)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
found, _ = read(packed)
print(type(found[0]).__name__, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    done = subprocess.run((sys.executable, "-c", script), cwd=ROOT, capture_output=True, text=True, check=True)
    kind, kilobytes = done.stdout.split()
    assert kind == "UnreadableRecord"
    assert int(kilobytes) < 64 * 1024
