"""Flood every topic that only HAWK writes with junk, and measure: `python -m tests.attacks.flood [--messages N]`.

Real Kafka, real PostgreSQL, the consumers of all services as their processes build them. Of each topic: how long it
took until all of the junk was done, how long the true message amid it took once it was its turn, and how much the store
has grown.
"""

import argparse
import asyncio
import logging
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import uuid4

import asyncpg
import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from shared.events.catalogue import EVENTS, decode_message
from shared.events.routing import WRITTEN_BY_RELAY
from shared.events.streams import STREAMS
from shared.eventstore.port import RecordedEvent
from shared.security.keys import ensure_grant_keys
from tests.support.pills import right
from tests.support.poison import Place, Poisoned, poisoned
from tests.support.recorded import record
from tests.support.samples import sample
from tests.support.stack import Databases, servers

MESSAGES: Final = 200_000
#: Messages that are under way to the broker at a time.
WINDOW: Final = 20_000
HANDLED_SECONDS_MAX: Final = 300.0
TRUE_SECONDS_MAX: Final = 5.0
GROWN_BYTES_MAX: Final = 5_000_000
#: A true message's turn is near when so many messages lie before it: a few hundred milliseconds of junk.
NEAR_MESSAGES: Final = 1_000
POLL_SECONDS: Final = 0.1

Junk = tuple[bytes, Sequence[tuple[str, bytes | None]]]


@dataclass(frozen=True, slots=True)
class Flooded:
    """What a flood of one topic did. `turn`: seconds the true message took from when its turn was near."""

    place: str
    messages: int
    seconds: float
    turn: float
    letters: int
    told: int
    grown_bytes: int

    def __str__(self) -> str:
        return (
            f"{self.place:32} {self.messages:8} messages in {self.seconds:6.1f} s"
            f"  {self.messages / max(self.seconds, 0.001):8.0f}/s  true message {self.turn:5.2f} s"
            f"  {self.letters:4} dead letters of {self.told:8}  store +{self.grown_bytes / 1e6:.2f} MB"
        )

    @property
    def well(self) -> bool:
        """Whether that is what HAWK promises of a flood."""
        return (
            self.seconds < HANDLED_SECONDS_MAX
            and self.turn < TRUE_SECONDS_MAX
            and self.grown_bytes < GROWN_BYTES_MAX
            and self.told == self.messages
        )


def junk(messages: int, place: Place) -> Iterator[Junk]:
    """Half of it no CloudEvent, half of it well-formed events that the store does not hold."""
    forged = min(map(right, place.events), key=lambda draft: len(draft.body or b""))
    body = forged.body or b""
    for number in range(messages):
        yield (b"junk %d" % number, ()) if number % 2 else (body, forged.headers)


async def pour(bootstrap: str, topic: str, messages: Iterator[Junk]) -> int:
    """Publish as fast as the broker takes it."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, linger_ms=20, max_batch_size=256 * 1024)
    await producer.start()
    poured = 0
    try:
        sent = []
        for value, headers in messages:
            sent.append(await producer.send(topic, value, headers=headers, partition=0))
            poured += 1
            if len(sent) >= WINDOW:
                await asyncio.gather(*sent)
                sent.clear()
        await asyncio.gather(*sent)
    finally:
        await producer.stop()
    return poured


async def flood(hawk: Poisoned, place: Place, messages: int) -> Flooded:
    """Pour junk before and behind a true message; wait until it and all of the junk are done."""
    before = await size_of(hawk)
    half = messages // 2
    began = time.monotonic()
    await pour(hawk.bootstrap, place.name, junk(half, place))
    hawk.sent[place.name] = half
    true = await publish_true(hawk, place)
    turn = asyncio.create_task(wait_for(hawk, place, true, half))
    hawk.sent[place.name] += await pour(hawk.bootstrap, place.name, junk(messages - half, place))
    await hawk.done(place, HANDLED_SECONDS_MAX)
    seconds = time.monotonic() - began
    letters = [letter for letter in await hawk.letters(place) if letter["offset"] != half]
    return Flooded(
        str(place), messages, seconds, await turn, len(letters), sum(letter["count"] for letter in letters),
        await size_of(hawk) - before,
    )  # fmt: skip


async def publish_true(hawk: Poisoned, place: Place) -> RecordedEvent:
    """Record an event that the place handles, and publish it as the relay does. A handler may refuse it then."""
    name = "ReplayRequested" if "ReplayRequested" in place.events else place.events[0]
    kind = next(each for each in STREAMS if place.topic == each.topic and EVENTS[name] in each.events)
    stream = f"{kind.prefix}{uuid4()}" if kind.prefix.endswith("-") else kind.prefix
    (kept,) = await record(hawk.database, stream, decode_message(name, 1, sample(name)))
    await hawk.publish(place, kept)
    return kept


async def wait_for(hawk: Poisoned, place: Place, true: RecordedEvent, offset: int) -> float:
    """Seconds from when all but a few seconds' junk before a message is done until the inbox holds it."""
    handled = f"SELECT FROM {place.service}.inbox WHERE consumer = $1 AND message_id = $2"
    reader = AIOKafkaConsumer(bootstrap_servers=hawk.bootstrap, group_id=place.group, enable_auto_commit=False)
    await reader.start()
    try:
        near: float | None = None
        while not await hawk.pools[place.service].fetch(handled, place.group, str(true.event_id)):
            committed = await reader.committed(TopicPartition(place.name, 0)) or 0
            if near is None and committed >= offset - NEAR_MESSAGES:
                near = time.monotonic()
            await asyncio.sleep(POLL_SECONDS)
        return 0.0 if near is None else time.monotonic() - near
    finally:
        await reader.stop()


async def size_of(hawk: Poisoned) -> int:
    """Bytes of the whole database."""
    connection = await asyncpg.connect(hawk.database.admin_dsn)
    try:
        return int(await connection.fetchval("SELECT pg_database_size(current_database())"))
    finally:
        await connection.close()


async def main(messages: int, only: str | None) -> bool:
    """Flood one topic after the other and print what it did; says whether all of it went as promised."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    well = True
    with servers() as found, tempfile.TemporaryDirectory() as folder:
        databases = Databases(found.dsn)
        database = await databases.create()
        keys = ensure_grant_keys(Path(folder))
        async with poisoned(found.bootstrap, database, keys, Path(folder)) as hawk:
            for place in hawk.places:
                if place.topic in WRITTEN_BY_RELAY and (only is None or only in str(place)):
                    done = await flood(hawk, place, messages)
                    well = well and done.well
                    sys.stdout.write(f"{done}{'' if done.well else '  NOT AS PROMISED'}\n")
                    sys.stdout.flush()
        await databases.drop(database.name)
        await databases.close()
    return well


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--messages", type=int, default=MESSAGES)
    arguments.add_argument(
        "--only", default=None, help="only places whose name holds this, as `executor of hawk.plans`"
    )
    given = arguments.parse_args()
    sys.exit(0 if asyncio.run(main(given.messages, given.only)) else 1)
