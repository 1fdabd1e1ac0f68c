"""Attacks on the consumers: messages that cannot be handled, that cannot be read, and too many of them.

The pills are handed to the handlers of every service with the door open, as if the store held them: one service may
append what another cannot bear. What needs the broker runs on one.
"""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from shared.events import topics
from shared.events.responses import ResponseRepeated
from shared.messaging.database import open_pool
from shared.messaging.door import presented
from shared.messaging.handling import MessageHandling
from shared.messaging.message import Message, message_of
from shared.messaging.subscription import Subscription
from shared.messaging.unit_of_work import UnitOfWork
from shared.security.keys import ensure_grant_keys
from tests.attacks.attack import Attacker, attack
from tests.house.source import ROOT
from tests.support.bench import Bench, make_topic, until
from tests.support.pills import PILLS, Draft, right, right_row
from tests.support.poison import _services
from tests.support.raw_kafka import bomb, header_name_of_no_text, plain, raw_producer, send_batch, snappy
from tests.support.recorded import published, record
from tests.support.stack import TestDatabase

pytestmark = pytest.mark.integration

LIMIT = 30.0
#: Seconds within which a partition goes on; measured generously, since this machine has others to serve.
GOES_ON_SECONDS = 5.0
#: Two failures of the first kind of a passing fault are no fault of the message.
TEXTS = ("NUL in every text", "half a surrogate pair in every text", "NUL in the key", "key that is not UTF-8",
         "NUL in the correlation id", "id that is not UTF-8")  # fmt: skip
NUMBERS = ("sequence of twenty nines", "sequence of ten thousand digits", "numbers beyond 64 bit", "numbers below zero",
           "numbers of ten thousand digits", "version 9999")  # fmt: skip
AMOUNTS = ("amounts 1E+999999", "amounts of thousands of digits", "amounts NaN", "amounts signalling NaN",
           "amounts Infinity", "amounts of nothing but a sign")  # fmt: skip
TIMES = ("dates of the year 1", "dates of the year 9999", "told in the year 1", "told in the year 9999")
MOMENTS = ("times of the year 58878", "a time before all times")
SIZES = ("subject of a megabyte", "type of a megabyte", "correlation id of a megabyte", "trace context of a megabyte",
         "a hundred thousand lists in one another", "nine hundred objects in one another", "texts of 300 characters",
         "header name of a megabyte", "id given ten thousand times")  # fmt: skip


@dataclass(frozen=True)
class Raw:
    """A client's record."""

    topic: str
    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]
    timestamp: int
    partition: int = 0


@dataclass
class Hands:
    """The handlers of all services, and how often they were given something."""

    handlings: list[tuple[str, Subscription, MessageHandling]]
    offset: int = 0

    async def swallow(self, names: Iterable[str]) -> list[str]:
        """Give every pill to every service on every topic; gives who did not get over which."""
        stuck = []
        for name in names:
            (pill,) = (each for each in PILLS if each.name == name)
            for service, subscription, handling in self.handlings:
                draft = right_row() if subscription.raw else right(next(iter(subscription.handlers)).__name__)  # type: ignore[call-overload]
                pill.poison(draft)
                try:
                    await handling.handle(message_of(self._record(subscription.topic, draft)))
                except Exception as error:
                    stuck.append(f"{service} on {subscription.topic}: {pill}: {type(error).__name__}")
        return stuck

    def _record(self, topic: str, draft: Draft) -> Any:
        self.offset += 1
        return Raw(topic, self.offset, draft.key, draft.body, tuple(draft.headers), draft.timestamp_ms)


@pytest.fixture
async def hands(module_database: TestDatabase, tmp_path: Path) -> AsyncIterator[Hands]:
    pools, handlings = [], []
    for service in _services("127.0.0.1:1", module_database, ensure_grant_keys(tmp_path), tmp_path):
        pools.append(await open_pool(module_database.dsn(f"hawk_{service.name}"), application="hands"))
        for subscription in service.subscriptions:
            made = MessageHandling(
                service=service.name,
                group=subscription.group,
                subscriptions=[subscription],
                pool=lambda pool=pools[-1]: pool,
                projector=service.projector,
                present=lambda _: None,
            )
            handlings.append((service.name, subscription, made))
    yield Hands(handlings)
    for pool in pools:
        await pool.close()


@pytest.fixture
async def bench(kafka_bootstrap: str, database: TestDatabase) -> AsyncIterator[Bench]:
    dsn = database.dsn("hawk_parser")
    pool = await open_pool(dsn, application="test", min_size=1, max_size=4)
    settings = {"message.timestamp.after.max.ms": str(2**63 - 1)}
    topic = await make_topic(kafka_bootstrap, 1, **settings)
    made = Bench(kafka_bootstrap, dsn, topic, f"group.{topic}", pool)
    yield made
    await made.close()


async def goes_on(bench: Bench, offset: int) -> list[dict[str, Any]]:
    """Publish a true message behind what was sent, wait until it is handled; gives the dead letters."""
    await bench.publish("behind")

    async def handled() -> bool:
        return await bench.streams() == ["behind"] and await bench.committed() == offset + 1

    await until(handled, LIMIT)
    return [row["data"] for row in await bench.events("deadletter-%")]


@attack(
    by=Attacker.BROKER,
    does="Publishes NUL and halves of surrogate pairs in texts, keys, headers and ids.",
    before="Approval, executor and monitor stopped on five topics: PostgreSQL refused the text, and the message was "
    "tried again for ever.",
    cure="Text that no database can keep is refused while it is read; what the database refuses of a value is the "
    "message's fault and makes a dead letter.",
)
async def test_text_that_cannot_be_stored_stops_no_partition(hands: Hands) -> None:
    assert await hands.swallow(TEXTS) == []


@attack(
    by=Attacker.BROKER,
    does="Publishes numbers that no column takes: a `ce_sequence` of twenty nines, integers beyond 64 and 32 bit.",
    before="Approval and monitor stopped on hawk.progress, the monitor on hawk.deadletters, for good.",
    cure="Whole numbers have at most 64 bit when they are read; a narrower column makes a dead letter.",
)
async def test_number_that_no_column_takes_stops_no_partition(hands: Hands) -> None:
    assert await hands.swallow(NUMBERS) == []


@attack(
    by=Attacker.BROKER,
    does="Publishes amounts such as 1E+999999, of thousands of digits, NaN and Infinity.",
    before="The monitor stopped on hawk.plans: Decimal could not compute with them.",
    cure="An amount beyond 1E+60 or that is not a number makes its event malformed.",
)
async def test_amount_that_cannot_be_computed_with_stops_no_partition(hands: Hands) -> None:
    assert await hands.swallow(AMOUNTS) == []


@attack(
    by=Attacker.BROKER,
    does="Publishes times of the years 1 and 9999, in events and in `ce_time`.",
    before="All services stopped on all 17 topics of events: the time could not be brought to UTC; approval also "
    "stopped on such a date inside an event.",
    cure="A time lies between 1900 and 2999, or the message is malformed.",
)
async def test_time_that_cannot_be_brought_to_utc_stops_no_partition(hands: Hands) -> None:
    assert await hands.swallow(TIMES) == []


@attack(
    by=Attacker.BROKER,
    does="Gives a record a timestamp of the year 58878.",
    before="Every consumer of every topic ended its session with the broker, joined again and met it again, for ever.",
    cure="What is not a time is taken for the last one; nothing depends on it.",
)
async def test_record_of_an_impossible_time_ends_no_session(hands: Hands) -> None:
    assert await hands.swallow(MOMENTS) == []


@attack(
    by=Attacker.BROKER,
    does="Publishes headers of a megabyte, lists 100,000 deep, ids of 300 characters.",
    before="The monitor stopped on hawk.deadletters: the subject was too long for an index.",
    cure="Attributes have at most 255 bytes, lists and objects lie at most 64 deep.",
)
async def test_sizes_that_nobody_can_keep_stop_no_partition(hands: Hands) -> None:
    assert await hands.swallow(SIZES) == []


@attack(
    by=Attacker.BROKER,
    does="Sends half a gigabyte of zeros packed with gzip into half a megabyte.",
    before="The process that read it grew by 920 MB.",
    cure="A batch is unpacked step by step and given up above 16 MiB; a dead letter RECORD_UNREADABLE names topic, "
    "partition and offset, and the partition goes on. Holds for every reader in a process of HAWK, Faust's too.",
    remains="Such batches cost the reader the time of unpacking 16 MiB each.",
)
async def test_packed_zeros_take_no_memory_and_leave_a_dead_letter(bench: Bench) -> None:
    async with raw_producer(bench.bootstrap) as producer:
        await send_batch(producer, bench.topic, bomb(512 * 1024 * 1024))
    script = f"""
import asyncio, resource
from aiokafka import TopicPartition
try:
    from shared.messaging.records import AIOKafkaConsumer
except ImportError:
    from aiokafka import AIOKafkaConsumer
async def main():
    reader = AIOKafkaConsumer(bootstrap_servers={bench.bootstrap!r}, max_partition_fetch_bytes=9_000_000)
    await reader.start()
    place = TopicPartition({bench.topic!r}, 0)
    reader.assign([place])
    await reader.seek_to_beginning()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    while not await reader.getmany(timeout_ms=1000):
        pass
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
    await reader.stop()
asyncio.run(main())
"""
    done = await asyncio.to_thread(
        subprocess.run, (sys.executable, "-c", script), cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert int(done.stdout) < 64 * 1024, "kilobytes"
    bench.consumer()
    (letter,) = await goes_on(bench, 1)
    assert (letter["code"], letter["topic"], letter["partition"], letter["offset"]) == (
        "RECORD_UNREADABLE", bench.topic, 0, 0,
    )  # fmt: skip
    assert "unpacks to more than" in letter["error"]


@attack(
    by=Attacker.BROKER,
    does="Publishes with snappy, as many a client does; lz4 and zstd did the same.",
    before="The consumer failed to unpack it, joined again, failed again: nothing behind it was handled.",
    cure="Batches of all four codecs are unpacked, and those that cannot be are a dead letter by their offsets.",
)
async def test_batch_of_another_codec_holds_nothing_up(bench: Bench) -> None:
    async with raw_producer(bench.bootstrap) as producer:
        await send_batch(producer, bench.topic, snappy((b"k", b"{}", []), (b"k", b"{}", [])))
    bench.consumer()
    letters = await goes_on(bench, 2)
    assert [(letter["code"], letter["offset"]) for letter in letters] == [
        ("NOT_A_CLOUDEVENT", 0),
        ("NOT_A_CLOUDEVENT", 1),
    ]


@attack(
    by=Attacker.BROKER,
    does="Gives a header a name that is not UTF-8.",
    before="The client library could not read the batch and fetched it again for ever; nothing behind it was handled.",
    cure="A record that cannot be read is a dead letter, alone where its batch can be told apart, and is stepped over.",
)
async def test_header_name_that_is_no_text_is_stepped_over(bench: Bench) -> None:
    async with raw_producer(bench.bootstrap) as producer:
        await send_batch(producer, bench.topic, header_name_of_no_text())
    bench.consumer()
    (letter,) = await goes_on(bench, 1)
    assert letter["code"] == "RECORD_UNREADABLE"


@attack(
    by=Attacker.BROKER,
    does="Puts four million headers into one message of eight megabytes.",
    before="All four million were made into objects before the message was refused.",
    cure="The headers of a large record are counted before it is made; above 100,000 it is unreadable.",
)
async def test_millions_of_headers_make_no_objects(bench: Bench) -> None:
    async with raw_producer(bench.bootstrap) as producer:
        await send_batch(producer, bench.topic, plain((b"k", b"{}", [("", None)] * 4_000_000)))
    bench.consumer()
    (letter,) = await goes_on(bench, 1)
    assert letter["code"] == "RECORD_UNREADABLE"
    assert "headers" in letter["error"]


@attack(
    by=Attacker.BROKER,
    does="Floods a topic with thousands of messages that are no events.",
    before="Each became a dead letter, an inbox row and a message on hawk.deadletters, in a transaction of its own: "
    "5,000 of them were not done within 30 seconds.",
    cure="Of one topic and cause 32 are told of one by one, three more a minute; the others are counted, and one "
    "dead letter names their first and last offset and how many they are. They leave no inbox row.",
    remains="A flood takes processor time as long as it lasts; true messages amid it wait for what lies before them.",
)
async def test_flood_of_junk_is_told_of_in_few_dead_letters(bench: Bench, database: TestDatabase) -> None:
    handled: list[int] = []

    async def handler(_unit: UnitOfWork, message: Message) -> None:
        handled.append(message.offset)

    count = 5_000
    async with raw_producer(bench.bootstrap) as producer:
        for offset in (0, count // 2):
            sent = [await producer.send(bench.topic, b"junk %d" % number, partition=0) for number in range(count // 2)]
            await asyncio.gather(*sent)
            repeated = ResponseRepeated(response_id="true", content_sha256="0" * 64, repeats=offset)
            (kept,) = await record(database, "response-true", repeated)
            true = published(kept, topics.PROPOSALS)
            await producer.send_and_wait(
                bench.topic, true.value, key=(true.key or "").encode(), headers=list(true.headers), partition=0
            )
    bench.consumer(handler, present=lambda message: presented(replace(message, topic=topics.PROPOSALS)))

    async def done() -> bool:
        return await bench.committed() == count + 2

    await until(done, LIMIT)
    assert handled == [count // 2, count + 1], "true messages amid the junk and behind it"
    letters = [row["data"] for row in await bench.events("deadletter-%")]
    assert sum(letter["count"] for letter in letters) == count
    assert {letter["code"] for letter in letters} == {"NOT_A_CLOUDEVENT"}
    assert len(letters) < 80
    assert await bench.pool.fetchval("SELECT count(*) FROM parser.inbox") < 80
    told = max(letters, key=lambda letter: int(letter["count"]))
    assert 1 < told["count"] <= told["last_offset"] - told["offset"] + 1


@attack(
    by=Attacker.ROLE,
    does="Appends an event of amounts 1E-999999: a few bytes each that are a megabyte of zeros when written out.",
    before="An event of 300 bytes with four such amounts was written as one of 4,000,167 bytes.",
    cure="An amount so small is written as it came.",
)
def test_tiny_amounts_do_not_grow_when_they_are_written() -> None:
    from decimal import Decimal

    from shared.events.catalogue import decode_message
    from tests.support.samples import changed, sample

    data = changed(sample("CapacityReserved"), Decimal, "1E-999999")
    told = decode_message("CapacityReserved", 1, data).model_dump_json()
    assert len(told) < 10_000


@attack(
    by=Attacker.PERSON,
    does="Sets a message aside alone: the same person confirms, or one without a role that counts.",
    before="Nobody could set a message aside at all: a partition stayed stopped until a release or a hand in Kafka.",
    cure="Two persons, one of them with OPERATIONS; who proposed does not confirm, under no spelling of the name.",
)
def test_one_person_sets_no_message_aside() -> None:
    from datetime import UTC, datetime

    from services.approval.requests.decider import Refused
    from services.approval.set_aside import Place, SetAside, State, decide
    from services.approval.two_persons import Actor
    from shared.events.deadletters import SetAsideConfirmed, SetAsideProposed
    from shared.policy.table import PRESETS

    def asked(state: State, person: str, *roles: str, digest: str | None = None) -> Any:
        place = Place("hawk-executor-approvals", "hawk.approvals", 0, 7)
        command = SetAside(place, Actor(person, roles, datetime(2026, 11, 23, tzinfo=UTC)), "It hangs.", digest)
        return decide(state, command, PRESETS["plan"])

    proposed = asked(State(), "olga", "OPERATIONS")
    assert isinstance(proposed, SetAsideProposed)
    waits = State(proposed)
    for person, *roles in (("olga", "OPERATIONS"), ("OLGA", "RISK_MANAGER"), ("eve", "AUDITOR"), ("eve",)):
        refused = asked(waits, person, *roles, digest=proposed.digest)
        assert isinstance(refused, Refused), person
    other = asked(waits, "tom", "TRADER", digest="sha256:" + "0" * 64)
    assert isinstance(other, Refused)
    assert other.code == "DIGEST_MISMATCH"
    traders = asked(State(), "tom", "TRADER")
    assert isinstance(asked(State(traders), "tina", "SENIOR_TRADER", digest=traders.digest), Refused)
    assert isinstance(asked(waits, "tom", "TRADER", digest=proposed.digest), SetAsideConfirmed)
