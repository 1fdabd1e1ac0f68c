"""Flood every topic that only HAWK writes with junk, and measure: `python -m tests.attacks.flood [--messages N]`.

Real Kafka, real PostgreSQL, the consumers of all services as their processes build them. Of each topic: how long it
took until the true message amid the junk and all of the junk was done, and how much the store has grown.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import asyncpg
from aiokafka import AIOKafkaProducer

from shared.events.deadletters import ReplayRequested
from shared.events.routing import WRITTEN_BY_RELAY
from shared.security.keys import ensure_grant_keys
from tests.support.pills import right
from tests.support.poison import Place, Poisoned, poisoned
from tests.support.recorded import record
from tests.support.stack import Databases, servers
from tests.support.units import WHEN

MESSAGES: Final = 200_000
#: Messages that are under way to the broker at a time.
WINDOW: Final = 20_000
HANDLED_SECONDS_MAX: Final = 300.0

Junk = tuple[bytes, Sequence[tuple[str, bytes | None]]]


@dataclass(frozen=True, slots=True)
class Flooded:
    """What a flood of one topic did."""

    place: str
    messages: int
    seconds: float
    letters: int
    told: int
    grown_bytes: int


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
    poured = await pour(hawk.bootstrap, place.name, junk(half, place))
    hawk.sent[place.name] = hawk.sent.get(place.name, 0) + poured
    await publish_true(hawk, place)
    poured = await pour(hawk.bootstrap, place.name, junk(messages - half, place))
    hawk.sent[place.name] += poured
    began = time.monotonic()
    await hawk.done(place, HANDLED_SECONDS_MAX)
    seconds = time.monotonic() - began
    letters = await hawk.letters(place)
    return Flooded(
        str(place), messages, seconds, len(letters), sum(letter["count"] for letter in letters),
        await size_of(hawk) - before,
    )  # fmt: skip


async def publish_true(hawk: Poisoned, place: Place) -> None:
    """An event of the store that every topic may carry as far as this consumer is concerned: it is told as known."""
    request = ReplayRequested(
        letter="executor-" + "0" * 32,
        service="executor",
        requested_by="olga",
        role="OPERATIONS",
        reason="flood",
        requested_at=WHEN,
    )
    if place.topic == "hawk.control":
        (kept,) = await record(hawk.database, f"replay-executor-{'0' * 32}", request)
        await hawk.publish(place, kept)


async def size_of(hawk: Poisoned) -> int:
    """Bytes of the whole database."""
    connection = await asyncpg.connect(hawk.database.admin_dsn)
    try:
        return int(await connection.fetchval("SELECT pg_database_size(current_database())"))
    finally:
        await connection.close()


async def main(messages: int, only: str | None) -> None:
    """Flood one topic after the other and print what it did."""
    with servers() as found, tempfile.TemporaryDirectory() as folder:
        databases = Databases(found.dsn)
        database = await databases.create()
        keys = ensure_grant_keys(Path(folder))
        async with poisoned(found.bootstrap, database, keys, Path(folder)) as hawk:
            for place in hawk.places:
                if place.topic in WRITTEN_BY_RELAY and (only is None or only in str(place)):
                    done = await flood(hawk, place, messages)
                    sys.stdout.write(
                        f"{done.place:30} {done.messages:8} messages in {done.seconds:6.1f} s"
                        f"  {done.messages / max(done.seconds, 0.001):8.0f}/s  {done.letters:4} dead letters of"
                        f" {done.told:8}  store +{done.grown_bytes / 1e6:.2f} MB\n"
                    )
                    sys.stdout.flush()
        await databases.drop(database.name)
        await databases.close()


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--messages", type=int, default=MESSAGES)
    arguments.add_argument(
        "--only", default=None, help="only places whose name holds this, as `executor of hawk.plans`"
    )
    given = arguments.parse_args()
    asyncio.run(main(given.messages, given.only))
