"""The time as of which everything on a partition is handled: for what may begin only while nothing waits there.

The broker is asked for the end of the partition at a time t of our own; once everything below that end is handled, the
partition is caught up as of t. No record's timestamp counts, and an idle partition stays caught up: each look asks
again. The end is the high watermark: messages of an open transaction have been sent, and may count. Offsets that hold
no message count as handled where the client has passed them (`shared.messaging.lag`).
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import structlog

from shared.messaging.faults import passes_by_itself
from shared.messaging.kafka import within
from shared.messaging.lag import partition_of, reached_of
from shared.messaging.offsets import OffsetLedger, Partition
from shared.messaging.records import AIOKafkaConsumer
from shared.messaging.transaction import Pool

#: Seconds between two looks, and until the first has found a partition caught up: a start waits for that.
LOOK_SECONDS = 1.0
FIRST_LOOK_SECONDS = 0.1
#: Seconds for one question to the broker.
QUESTION_SECONDS_MAX = 4.0

_log = structlog.get_logger(__name__)


class CaughtUpWatch(Protocol):
    """A listener that needs to know how far a topic is read."""

    async def now(self) -> datetime:
        """Return the time by the clock that counts, asked before the broker is."""

    async def caught_up(self, found: Mapping[Partition, datetime], partitions: frozenset[int]) -> None:
        """Take note that everything on these partitions at their times is handled.

        Args:
            partitions: all that the topic has, also those that others read.
        """


class ByDatabaseClock:
    """The half that watches share whose times are rows: the clock that counts is that of their database."""

    def __init__(self, pool: Callable[[], Pool]) -> None:
        self._pool = pool

    async def now(self) -> datetime:
        """Return the time by the clock of the database."""
        found: datetime = await self._pool().fetchval("SELECT clock_timestamp()")
        return found


@dataclass(frozen=True, slots=True)
class _Question:
    at: datetime
    end: int


class CaughtUp:
    """Keeps, per partition, the question that is not answered yet. Pure."""

    def __init__(self) -> None:
        self._open: dict[Partition, _Question] = {}

    def look(self, partition: Partition, at: datetime, before: int, end: int, reached: int) -> datetime | None:
        """Return as of when a partition is caught up, as far as this look can tell; None where it cannot.

        Args:
            at: when the broker was asked.
            before: what was read before it was asked.
            end: what the broker said.
            reached: the offset below which everything is handled now.
        """
        if before > end:
            # Nobody can have read beyond the end: the topic was created again, and nothing of it is known to be read.
            self._open.pop(partition, None)
            return None
        if reached >= end:
            self._open.pop(partition, None)
            return at
        # The oldest question stays, or nothing would ever be caught up with while messages keep coming.
        asked = self._open.setdefault(partition, _Question(at, end))
        if reached < asked.end:
            return None
        self._open[partition] = _Question(at, end)
        return asked.at

    def keep(self, partitions: frozenset[Partition]) -> None:
        """Forget the partitions that are not read any more."""
        self._open = {each: asked for each, asked in self._open.items() if each in partitions}


async def watch_forever(
    kafka: AIOKafkaConsumer, ledger: OffsetLedger, topic: str, watch: CaughtUpWatch, seconds: float = LOOK_SECONDS
) -> None:
    """Look at the assigned partitions of a topic again and again; what fails is logged and tried again."""
    caught_up, pause = CaughtUp(), min(FIRST_LOOK_SECONDS, seconds)
    while True:
        try:
            if await _look(kafka, ledger, topic, watch, caught_up):
                pause = seconds
        except Exception as error:
            _log.warning("not_known_whether_caught_up", topic=topic, why=str(error), exc_info=not _passes(error))
        await asyncio.sleep(pause)


async def _look(
    kafka: AIOKafkaConsumer, ledger: OffsetLedger, topic: str, watch: CaughtUpWatch, caught_up: CaughtUp
) -> bool:
    """Look once; whether any partition was found caught up."""
    assigned = {partition_of(each): each for each in kafka.assignment() if each.topic == topic}
    mine = {partition: each for partition, each in assigned.items() if ledger.holds(partition)}
    caught_up.keep(frozenset(mine))
    if not mine:
        return False
    before = {partition: await within(kafka.position(each), QUESTION_SECONDS_MAX) for partition, each in mine.items()}
    at = await watch.now()
    ends = await within(kafka.high_watermarks(mine.values()), QUESTION_SECONDS_MAX)
    found: dict[Partition, datetime] = {}
    for partition, each in mine.items():
        reached = await reached_of(kafka, ledger, each)
        if reached is None:
            continue
        as_of = caught_up.look(partition, at, before[partition], ends[each], reached)
        if as_of is not None:
            found[partition] = as_of
    await watch.caught_up(found, frozenset(kafka.partitions_for_topic(topic) or ()))
    return bool(found)


def _passes(error: Exception) -> bool:
    return passes_by_itself(error) or isinstance(error, OSError)
