"""What a broker refuses is looked for around it; nothing is stepped over that it serves, and nothing in silence."""

import asyncio
import struct
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.protocol.fetch import FetchRequest

from shared.messaging import unserved
from shared.messaging.framing import Batches, Served
from shared.messaging.records import AIOKafkaConsumer, BoundedRecords, UnreadableRecord
from shared.messaging.unserved import ATTEMPTS, SteppingClient
from tests.support.raw_kafka import plain

BATCHES, EACH = 20, 3
HIGH = BATCHES * EACH
PLACE = TopicPartition("t", 0)
CORRUPT, OUT_OF_RANGE = 2, 1


def log() -> list[bytes]:
    made = [plain(*[(b"k", b"batch %d" % each, [])] * EACH) for each in range(BATCHES)]
    return [struct.pack(">q", EACH * each) + raw[8:] for each, raw in enumerate(made)]


@dataclass
class Broker:
    """Serves a log of whole batches from any offset, but those that it refuses, and those that it leaps over."""

    refused: range = range(0)
    error: int = CORRUPT
    leaps: range = range(0)
    throttled: bool = False
    segment: int | None = None
    """Where another log segment begins: what is asked for before it ends with it."""
    batches: list[bytes] = field(default_factory=log)
    asked: list[int] = field(default_factory=list)
    API_VERSION = 11

    async def send(self, _node: int, request: FetchRequest) -> Any:
        ((topic, ((partition, offset, _size),)),) = request.topics
        self.asked.append(offset)
        error, data, lso = 0, b"", HIGH
        if not 0 <= offset <= HIGH:
            error, lso = OUT_OF_RANGE, -1
        elif offset in self.refused or self.throttled:
            error, lso = (0, HIGH) if self.throttled else (self.error, -1 if self.error else HIGH)
        else:
            first = self.leaps.stop if offset in self.leaps else offset
            ends = self.segment if self.segment is not None and first < self.segment else HIGH
            data = b"".join(self.batches[first // EACH : ends // EACH])
        response = type("Response", (), {})()
        response.API_VERSION, response.throttle_time_ms = 11, 5 if self.throttled else 0
        response.topics = [(topic, [(partition, error, HIGH, lso, 0, None, -1, data)])]
        return response


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unserved, "PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(unserved, "LOOK_AGAIN_SECONDS", 0.0)


async def read(
    broker: Broker, offset: int, fetches: int = 3 * ATTEMPTS
) -> tuple[list[int], list[tuple[int, int]], Any]:
    """Offsets of what a consumer reads, offsets it is told of that are gone, and the client, after so many fetches."""
    client, found, gone = SteppingClient(broker), list[int](), list[tuple[int, int]]()
    for _ in range(fetches):
        request = FetchRequest(1, 1, 1 << 20, 1, [("t", [(0, offset, 1 << 20)])])
        response = await client.send(0, request)
        (_, error, *_, served) = response.topics[0][1][0]
        if error or not served:
            continue
        records = BoundedRecords(PLACE, Batches(served), [], offset, None, None, True, 1)
        for record in records:
            if isinstance(record, UnreadableRecord):
                gone.append((record.first_offset, record.offset))
            else:
                found.append(record.offset)
        offset = records.next_fetch_offset
    return found, gone, client


@pytest.mark.parametrize("error", [CORRUPT, -1, 0], ids=["corrupt", "unknown", "nothing there"])
async def test_what_lies_around_a_refusal_is_read_from_before_it(error: int) -> None:
    broker = Broker(refused=range(28, 35), error=error)
    found, gone, client = await read(broker, 24)
    assert found == list(range(24, HIGH))
    assert (gone, client.unserved) == ([], {})


@pytest.mark.parametrize("error", [CORRUPT, -1, 0], ids=["corrupt", "unknown", "nothing there"])
async def test_what_cannot_be_had_from_before_is_stepped_over_to_the_first_offset_served(error: int) -> None:
    broker = Broker(refused=range(30, 40), error=error, segment=30)
    found, gone, _ = await read(broker, 24)
    assert gone == [(30, 38)]  # the batch of 39 is served to whoever asks for 40
    assert found == [*range(24, 30), *range(39, HIGH)]
    found, gone, _ = await read(Broker(refused=range(7), error=error), 0)
    assert (found, gone) == (list(range(6, HIGH)), [(0, 5)])


async def test_partition_of_which_nothing_more_is_served_is_a_defect_until_it_is() -> None:
    broker = Broker(refused=range(30, HIGH), segment=30)
    _, gone, client = await read(broker, 24)
    assert gone == []
    assert "t:0 is not served at offset 30 (the broker answers CorruptRecordException)" in client.unserved[PLACE]
    broker.refused = range(0)
    await client.send(0, FetchRequest(1, 1, 1 << 20, 1, [("t", [(0, 30, 1 << 20)])]))
    assert client.unserved == {}


async def test_refusal_that_passes_loses_nothing() -> None:
    broker = Broker(refused=range(30, 40), segment=30)
    client = SteppingClient(broker)
    request = FetchRequest(1, 1, 1 << 20, 1, [("t", [(0, 30, 1 << 20)])])
    for _ in range(ATTEMPTS - 1):
        response = await client.send(0, request)
        assert response.topics[0][1][0][1:] == (0, HIGH, -1, 0, None, -1, b"")
    broker.refused = range(0)
    served = (await client.send(0, request)).topics[0][1][0][-1]
    assert isinstance(served, Served)
    assert (served.asked, served.refused, served.gap) == (30, None, "")


async def test_broker_that_leaps_over_the_rest_of_a_segment_hides_nothing() -> None:
    broker = Broker(leaps=range(29, 45), segment=45)
    found, gone, _ = await read(broker, 24)
    assert (found, gone) == (list(range(24, HIGH)), [])
    broker = Broker(leaps=range(30, 45), segment=30)
    found, gone, _ = await read(broker, 24)
    assert (found, gone) == ([*range(24, 30), *range(45, HIGH)], [(30, 44)])


async def test_gap_of_a_compacted_topic_is_none() -> None:
    batches = log()
    batches[10:14] = [b""] * 4  # compaction took them away: what comes before them goes on behind them
    broker = Broker(leaps=range(30, 42), batches=batches)
    found, gone, _ = await read(broker, 30)
    assert (found, gone) == (list(range(42, HIGH)), [])


async def test_consumer_at_the_end_or_throttled_is_not_refused() -> None:
    for broker, offset in ((Broker(), HIGH), (Broker(throttled=True), 30)):
        found, gone, client = await read(broker, offset)
        assert (found, gone, client.unserved) == ([], [], {})
        assert set(broker.asked) == {offset}


async def test_other_requests_and_all_else_go_to_the_true_client() -> None:
    class True_:
        cluster = "known"

        async def send(self, _node: int, request: object) -> object:
            return request

    client = SteppingClient(True_())
    assert (client.cluster, await client.send(0, "metadata")) == ("known", "metadata")
    consumer = AIOKafkaConsumer(bootstrap_servers="127.0.0.1:1")
    assert consumer.unserved == []
    await asyncio.wait_for(consumer.stop(), 5)
