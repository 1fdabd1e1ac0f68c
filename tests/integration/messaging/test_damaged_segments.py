"""A disk that lies: batches damaged in the log segments while the broker is down, on every topic that HAWK reads.

Each is a dead letter that names topic, partition and offsets; everything else on the topic is handled.
"""

import asyncio
import sys
import time
from pathlib import Path
from typing import Final

import pytest

from shared.security.keys import ensure_grant_keys
from tests.support.damage import BAD_RECORDS, DAMAGES, FIVE, assert_told, frames_in
from tests.support.pills import right, right_row
from tests.support.poison import Place, poisoned
from tests.support.raw_kafka import Record, plain, raw_producer, send_batch, with_record
from tests.support.stack import Databases, Servers

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(900)]

LIMIT_SECONDS: Final = 300.0
#: Whole batches between two that are damaged: as many kilobytes as the broker's index has between two entries, twice.
BETWEEN: Final = 4
BATCH_BYTES: Final = 2_500


def whole(place: Place, messages: int = 1) -> bytes:
    """A batch of some kilobytes as a publisher of the topic could send it."""
    draft = right(place.events[0]) if place.events else right_row()
    headers = [(name, value or b"") for name, value in draft.headers]
    record: Record = (draft.key, draft.body, [*headers, ("filling", b"x" * (BATCH_BYTES // messages))])
    return plain(*[record] * messages)


async def filled(bootstrap: str, places: tuple[Place, ...]) -> None:
    """Write batches to every topic, those that are to be damaged among them."""
    async with raw_producer(bootstrap) as producer:
        for place in places:
            for bad in [*[whole(place, 3)] * len(DAMAGES), *[plain(*FIVE)] * len(BAD_RECORDS)]:
                for raw in (*[whole(place)] * BETWEEN, bad):
                    await send_batch(producer, place.name, raw)
            await send_batch(producer, place.name, whole(place))


def damaged(segment: Path) -> list[int]:
    """Damage one batch of each kind in a log segment; gives the offsets that are gone."""
    data, gone = bytearray(segment.read_bytes()), []
    bad = iter(frames_in(data)[BETWEEN :: BETWEEN + 1])
    for damage, (begins, ends, base) in zip(DAMAGES.values(), bad, strict=False):
        batch = data[begins:ends]
        damage(batch)
        data[begins:ends] = batch
        gone += range(base, base + 3)
    for change in BAD_RECORDS.values():
        begins, ends, base = next(bad)
        data[begins:ends] = with_record(bytes(data[begins:ends]), 2, change)
        gone.append(base + 2)
    segment.write_bytes(data)
    return gone


async def test_every_damaged_batch_on_every_topic_is_a_dead_letter_and_nothing_else_is_lost(
    own_servers: Servers, tmp_path: Path
) -> None:
    gone: dict[str, list[int]] = {}
    began = 0.0
    assert own_servers.data is not None
    segments = own_servers.data.kafka

    async def damage_all(places: tuple[Place, ...]) -> None:
        nonlocal began
        await filled(own_servers.bootstrap, places)
        await asyncio.to_thread(own_servers.command, "stop", "kafka")
        try:
            for place in places:
                (segment,) = segments.rglob(f"{place.name}-0/*.log")
                gone[place.name] = damaged(segment)
        finally:
            await asyncio.to_thread(own_servers.command, "start", "kafka")
        began = time.monotonic()

    databases = Databases(own_servers.dsn)
    database = await databases.create()
    keys = ensure_grant_keys(tmp_path)
    async with poisoned(own_servers.bootstrap, database, keys, tmp_path, before=damage_all) as hawk:
        hawk.sent = await hawk.ends()
        for place in hawk.places:
            await hawk.done(place, LIMIT_SECONDS)
            seconds = time.monotonic() - began
            sys.stderr.write(f"{place}: {seconds / (len(DAMAGES) + len(BAD_RECORDS)):.2f} s a damage\n")
        for place in hawk.places:
            assert_told(gone[place.name], await hawk.letters(place), str(place))
    await databases.drop(database.name)
    await databases.close()
