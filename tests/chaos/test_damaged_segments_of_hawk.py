"""A whole HAWK whose broker comes back with damaged log segments: it says what was lost, and goes on working.

Beside the services this is met by Faust, by the gateway of Murex and by whoever looks for the heads of the chain.
"""

import asyncio
import sys
import time
from pathlib import Path
from typing import Any, Final

import pytest

from shared.events import topics
from tests.support.crowd import orders, seeded
from tests.support.damage import DAMAGES, Damage, frames_in
from tests.support.eventually import eventually
from tests.support.hawk import LIST_SECONDS, Hawk
from tests.support.raw_kafka import plain, raw_producer, send_batch
from tools.local_stack.paths import DataDir

pytestmark = [pytest.mark.chaos, pytest.mark.soak, pytest.mark.timeout(600)]

LIMIT_SECONDS: Final = 120.0
SERVERS: Final = ("kafka", "postgres")
KINDS: Final[dict[str, Damage]] = {
    kind: DAMAGES[kind] for kind in ("value", "length 16 MiB", "length below zero", "offset far behind")
}
#: Whole batches of half a kilobyte between two that are damaged: some kilobytes, as far as a broker's index looks.
BETWEEN: Final = 12
TOLD: Final = frozenset(topic.name for topic in topics.TOPICS) - {topics.MUREX_REQUESTS, topics.AUDIT_HEADS}
"""Topics that services read. Murex reads its requests, and tells of those itself; heads are looked for by `verify`."""


def test_hawk_goes_on_behind_damaged_batches_of_every_topic(chaos: Hawk) -> None:
    hawk = chaos
    (order,) = orders(seeded(), 1)
    planned = hawk.planned(order)["workflow_id"]
    hawk.settled()
    services = [name for name in hawk.status()["processes"] if name not in SERVERS]
    hawk.processes("stop", services)
    asyncio.run(filled(hawk.wire.bootstrap))
    hawk.run("process", "stop", "kafka")
    gone = {topic.name: damaged(segment_of(hawk, topic.name)) for topic in topics.TOPICS}
    hawk.run("process", "start", "kafka")
    hawk.processes("start", services)

    began = time.monotonic()
    for topic in sorted(TOLD):
        eventually(
            lambda topic=topic: of_topic(hawk, topic),
            LIMIT_SECONDS,
            until=set(gone[topic]).__eq__,
            what=f"letters of {topic}",
        )
        sys.stderr.write(f"{topic}: all told {time.monotonic() - began:.1f} s after the start\n")
    letters = hawk.json("deadletters", "--code", "RECORD_UNREADABLE", "--limit", "1000")
    assert {topic: first_offsets(letters, topic) for topic in TOLD} == {topic: set(gone[topic]) for topic in TOLD}
    eventually(
        hawk.wire.waiting, LIMIT_SECONDS, until=lambda left: left == 0, what="every group", every_seconds=LIST_SECONDS
    )
    eventually(lambda: (hawk.get("/windows") or {})["running"], LIMIT_SECONDS, what="the last hour is counted")
    assert {process["ready"] for process in hawk.status()["processes"].values()} == {True}
    hawk.approve(planned, "tess")
    hawk.in_state(planned, "POSTED", seconds_max=LIMIT_SECONDS)
    hawk.settled()
    hawk.verified()


def of_topic(hawk: Hawk, topic: str) -> set[int]:
    """The first offsets of what the monitor says that could not be read."""
    page = hawk.get(f"/deadletters?topic={topic}&code=RECORD_UNREADABLE") or {}
    return first_offsets(page["deadletters"], topic)


def first_offsets(letters: list[dict[str, Any]], topic: str) -> set[int]:
    return {int(each["offset"]) for each in letters if each["topic"] == topic}


async def filled(bootstrap: str) -> None:
    batch = plain(*[(b"k", b"{}" + b" " * 100, [("h", b"x")])] * 3, time_ms=int(time.time() * 1000))
    async with raw_producer(bootstrap) as producer:
        for topic in topics.TOPICS:
            for _ in range((BETWEEN + 1) * len(KINDS) + BETWEEN):
                await send_batch(producer, topic.name, batch)


def segment_of(hawk: Hawk, topic: str) -> Path:
    return max(DataDir.at(hawk.data).kafka.rglob(f"{topic}-0/*.log"))


def damaged(segment: Path) -> list[int]:
    """Damage one of the newest batches of each kind; gives the first offset of each."""
    data, gone = bytearray(segment.read_bytes()), []
    newest = frames_in(data)[-(BETWEEN + 1) * len(KINDS) - BETWEEN :]
    for damage, (begins, ends, base) in zip(KINDS.values(), newest[BETWEEN :: BETWEEN + 1], strict=False):
        batch = data[begins:ends]
        damage(batch)
        data[begins:ends] = batch
        gone.append(base)
    segment.write_bytes(data)
    return gone
