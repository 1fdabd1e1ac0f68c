"""Every kind of record that a broker takes, on every topic of every service: each is done with within seconds."""

import asyncio
import gzip
import sys
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

import pytest

from shared.telemetry.metrics import LAG
from tests.support.eventually import eventually_async
from tests.support.pills import right, right_row
from tests.support.poison import Place, Poisoned
from tests.support.raw_kafka import (
    CODECS,
    Record,
    packed_as,
    plain,
    raw_producer,
    records_of,
    repacked,
    send_batch,
    signed,
)

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

YEAR_58878_MS: Final = 1_795_910_400_000_000
LIMIT_SECONDS: Final = 60.0
#: Messages of each kind, the bad one in the midst of them.
EACH: Final = 3


def message(place: Place, *more: tuple[str, bytes | None]) -> Record:
    draft = right(place.events[0]) if place.events else right_row()
    return draft.key, draft.body, [*draft.headers, *more]


def kinds(place: Place) -> Mapping[str, tuple[bytes, int]]:
    """A batch of each kind, and how many of its messages cannot be read."""
    good = message(place)
    named = plain(good, message(place, ("NAME", b"x")), good)
    raw_name = signed(bytearray(named.replace(b"NAME", b"\xff\xfe\xc0\x80")))
    return {
        **{codec: (packed_as(codec, good, good, good), 0) for codec in CODECS},
        "the year 58878": (plain(good, good, good, time_ms=YEAR_58878_MS), 0),
        "1970": (plain(good, good, good, time_ms=0), 0),
        "before 1970": (plain(good, good, good, time_ms=-1), 0),
        "header without a value": (plain(good, message(place, ("empty", None)), good), 0),
        "header name of raw bytes": (raw_name, 1),
        "packed, header name of raw bytes": (
            repacked(raw_name, CODECS["gzip"], gzip.compress(records_of(raw_name))),
            1,
        ),
    }


def nothing(gauge: Any) -> bool:
    return bool(gauge._value.get() == 0)


async def test_each_kind_of_record_is_done_with_within_seconds_and_what_cannot_be_read_is_told(
    hawk_at_work: Poisoned,
) -> None:
    slowest: dict[str, float] = {}
    places = hawk_at_work.places
    batches = {place.name: kinds(place) for place in places}
    told: dict[str, list[int]] = {place.name: [] for place in places}
    async with raw_producer(hawk_at_work.bootstrap) as producer:
        for kind in batches[places[0].name]:
            for place in places:
                batch, unreadable = batches[place.name][kind]
                begins = hawk_at_work.sent.get(place.name, 0)
                await send_batch(producer, place.name, batch)
                hawk_at_work.sent[place.name] = begins + EACH
                told[place.name] += [begins + 1] * unreadable
            slowest[kind] = max(await asyncio.gather(*(hawk_at_work.done(place, LIMIT_SECONDS) for place in places)))
    for place in places:
        letters = [each for each in await hawk_at_work.letters(place) if each["code"] == "RECORD_UNREADABLE"]
        found = [each for letter in letters for each in range(letter["offset"], letter["last_offset"] + 1)]
        assert found == told[place.name], place
        assert all(letter["error"] and letter["sha256"] and letter["size_bytes"] for letter in letters), place
        gauge = LAG.labels(group=place.group, topic=place.name, partition="0")
        await eventually_async(partial(asyncio.sleep, 0, gauge), LIMIT_SECONDS, until=nothing, what=f"{place} lag 0")
    for kind, seconds in slowest.items():
        sys.stderr.write(f"{kind}: {seconds:.2f} s at the slowest\n")
