"""Fifty kinds of messages that nobody should have to handle, on every topic of every service: each is stepped over.

Behind the door nearly all are set aside before a handler sees them. With the door open, as if the store held them (one
service may append what another cannot bear), each handler has to stand them by itself.

`HAWK_TEST_PILLS=one-by-one` waits for each pill before the next is sent, and so measures each; it takes two minutes.
"""

import asyncio
import os
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest

from shared.events import topics
from shared.events.catalogue import EVENTS, decode_message
from shared.events.deadletters import ReplayRequested, replay_stream
from shared.events.routing import WRITTEN_BY_RELAY
from shared.telemetry.metrics import HANDLED
from tests.support.desk import Desk
from tests.support.eventually import eventually_async
from tests.support.pills import PILLS, Draft, Pill, right, right_row
from tests.support.poison import Place, Poisoned, poisoned
from tests.support.samples import sample
from tests.support.stack import TestDatabase
from tests.support.units import WHEN

#: Seconds that one pill may hold its partition up; the mean of a topic's pills, where they are sent at once.
SECONDS_A_PILL_MAX: Final = 5.0
ONE_BY_ONE: Final = os.environ.get("HAWK_TEST_PILLS") == "one-by-one"
#: Pills of megabytes: sent where they meet another way of reading, for they take the machine's time, not HAWK's.
LARGE: Final = ("megabyte", "100,000", "hundred thousand")
LARGE_AT: Final = frozenset({topics.CONTROL, topics.PROGRESS, topics.REFERENCE, topics.AI_RESPONSES})


pytestmark = [pytest.mark.integration, pytest.mark.timeout(3600 if ONE_BY_ONE else 300)]


@pytest.fixture(
    params=[
        pytest.param(True, id="behind the door", marks=pytest.mark.soak),
        pytest.param(False, id="door open"),
    ]
)
async def hawk_at_work(
    kafka_bootstrap: str, desk: Desk, desk_database: TestDatabase, tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[Poisoned]:
    async with poisoned(kafka_bootstrap, desk_database, desk.keys, tmp_path, door=request.param) as running:
        yield running


def pills_for(place: Place) -> list[Pill]:
    return [pill for pill in PILLS if place.topic in LARGE_AT or not any(word in pill.name for word in LARGE)]


def given(place: Place, pill: Pill) -> Draft:
    draft = right(place.events[0]) if place.events else right_row()
    pill.poison(draft)
    return draft


def test_sample_of_every_event_is_well_formed_before_it_is_poisoned() -> None:
    assert len(PILLS) >= 42
    for name, kind in EVENTS.items():
        decode_message(name, kind.SCHEMA_VERSION, sample(name))


async def test_every_pill_is_stepped_over_within_seconds_and_the_next_message_is_handled(
    hawk_at_work: Poisoned, request: pytest.FixtureRequest
) -> None:
    behind_the_door = request.node.callspec.params["hawk_at_work"]
    if ONE_BY_ONE:
        await swallow_one_by_one(hawk_at_work)
    else:
        await swallow_at_once(hawk_at_work)
    for place in hawk_at_work.places:
        letters = await hawk_at_work.letters(place)
        codes = Counter(letter["code"] for letter in letters)
        if behind_the_door and place.topic in WRITTEN_BY_RELAY:
            told = sum(letter["count"] for letter in letters)
            assert told == len(pills_for(place)) + 1, (place, codes)
    for place in hawk_at_work.places:
        if "ReplayRequested" in place.events:
            await asks_for_a_replay(hawk_at_work, place)


async def swallow_at_once(running: Poisoned) -> None:
    began: dict[str, float] = {}
    for place in running.places:
        pills = [given(place, pill) for pill in pills_for(place)]
        began[place.name] = time.monotonic()
        await running.send_raw(place, *pills, right("ReplayRequested"))
    for place in running.places:
        await running.done(place)
        seconds = time.monotonic() - began[place.name]
        assert seconds / len(pills_for(place)) < SECONDS_A_PILL_MAX, place


async def swallow_one_by_one(running: Poisoned) -> None:
    for place in running.places:
        seconds: dict[str, float] = {}
        for pill in pills_for(place):
            await running.send_raw(place, given(place, pill))
            seconds[pill.name] = await gone_on(running, place)
        await running.send_raw(place, right("ReplayRequested"))
        await running.done(place)
        slowest = max(seconds, key=seconds.__getitem__)
        sys.stderr.write(f"{place}: {len(seconds)} pills, the slowest {seconds[slowest]:.2f} s ({slowest})\n")
        assert seconds[slowest] < SECONDS_A_PILL_MAX, (place, slowest)


async def gone_on(running: Poisoned, place: Place) -> float:
    """Seconds until all that was sent is done; what is counted is committed later, once a dead letter tells of it."""
    began = time.monotonic()
    done = HANDLED.labels(group=place.group, topic=place.name)
    await eventually_async(
        lambda: asyncio.sleep(0, done._value.get()), 60, until=lambda number: number >= running.sent[place.name]
    )
    return time.monotonic() - began


async def asks_for_a_replay(running: Poisoned, place: Place) -> None:
    """A true message behind the pills comes to its handler: it alone says that there is no such dead letter."""
    letter = f"{place.service}-{'0' * 32}"
    request = ReplayRequested(
        letter=letter,
        service=place.service,
        requested_by="olga",
        role="OPERATIONS",
        reason="behind the pills",
        requested_at=WHEN,
    )
    await running.tell(place, replay_stream(letter), request)
    await running.done(place)
    assert (await running.letters(place))[-1]["code"] == "DEAD_LETTER_UNKNOWN", place
