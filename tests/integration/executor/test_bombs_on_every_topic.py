"""Packed zeros on every topic of every service, where the broker has the bank's own settings: a dead letter each.

`HAWK_TEST_BOMB_MIB=8192` packs to 8 MiB, the largest that a broker takes; it keeps the broker busy for a while a topic.
"""

import os
import re
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.support.pills import right, right_row
from tests.support.poison import Poisoned
from tests.support.raw_kafka import bomb, raw_producer, send_batch

pytestmark = [pytest.mark.integration, pytest.mark.timeout(1800)]

UNPACKED_MIB: Final = int(os.environ.get("HAWK_TEST_BOMB_MIB", "64"))
RECORD_MIB_MAX: Final = 1024
"""A record is smaller than 2 GiB: what is larger comes as several."""
GROWN_KIB_MAX: Final = 64 * 1024
SECONDS_MAX: Final = 120.0
STATUS: Final = Path("/proc/self/status")
#: Writing 5 there forgets the most memory that a process has had.
FORGET: Final = Path("/proc/self/clear_refs")


def kib(name: str) -> int:
    found = re.search(rf"^{name}:\s+([0-9]+) kB$", STATUS.read_text(), re.MULTILINE)
    assert found is not None
    return int(found.group(1))


@pytest.mark.skipif(not FORGET.exists(), reason="the most memory a process has had is forgotten on Linux alone")
async def test_packed_zeros_on_every_topic_take_little_memory_and_leave_a_dead_letter(hawk_at_work: Poisoned) -> None:
    records = -(-UNPACKED_MIB // RECORD_MIB_MAX)
    packed = bomb(UNPACKED_MIB * 1024 * 1024 // records, records=records)
    async with raw_producer(hawk_at_work.bootstrap) as producer:
        producer._request_timeout_ms = int(SECONDS_MAX * 1000)
        for place in hawk_at_work.places:
            await hawk_at_work.send_raw(place, right(place.events[0]) if place.events else right_row())
            await hawk_at_work.done(place)
            FORGET.write_text("5")
            before = kib("VmHWM")
            await send_batch(producer, place.name, packed)
            hawk_at_work.sent[place.name] += records
            await hawk_at_work.done(place, SECONDS_MAX)
            grown = kib("VmHWM") - before
            sys.stderr.write(f"{place}: {len(packed)} bytes, +{grown} KiB\n")
            assert grown < GROWN_KIB_MAX, place
            letter = (await hawk_at_work.letters(place))[-1]
            assert (letter["code"], letter["offset"], letter["count"]) == ("RECORD_UNREADABLE", 1, records), place
            assert "unpacks to more than" in letter["error"]
            await hawk_at_work.send_raw(place, right(place.events[0]) if place.events else right_row())
            await hawk_at_work.done(place)
