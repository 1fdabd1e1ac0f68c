"""How far Murex's answers are read, on all partitions: only silence up to there is silence.

A consumer that is healthy may be minutes behind. Counted as silent, deals that were answered long ago are sent again,
then cancelled, and the cancels grow old likewise.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

import asyncpg

from shared.messaging.caught_up import ByDatabaseClock
from shared.messaging.offsets import Partition
from shared.messaging.transaction import Pool
from shared.telemetry.health import Health, State
from shared.telemetry.listed.instruments import gauge

#: Seconds between two looks.
LOOK_SECONDS: Final = 1.0
#: Seconds a partition may be behind before health names it: it is read about once a second.
BEHIND_SECONDS_MAX: Final = 10.0
#: The part of the health of an executor that says it.
ANSWERS_PART: Final = "answers"

BEHIND_SECONDS = gauge("hawk_executor_answers_caught_up_seconds")
BEHIND_SECONDS.set(-1)

#: Times are of one clock, the database's; a duration is equal by any clock.
_BEHIND: Final = """
    SELECT partition, extract(epoch FROM clock_timestamp() - caught_up_at)::float8 AS seconds
    FROM executor.answers_watermark ORDER BY caught_up_at NULLS FIRST, partition"""
_WRITE: Final = """
    WITH gone AS (DELETE FROM executor.answers_watermark WHERE partition <> ALL($1::integer[]))
    INSERT INTO executor.answers_watermark AS known (partition, caught_up_at)
    SELECT topic.number, found.caught_up_at
    FROM unnest($1::integer[]) AS topic(number)
    LEFT JOIN unnest($2::integer[], $3::timestamptz[]) AS found(number, caught_up_at) USING (number)
    ORDER BY topic.number
    ON CONFLICT (partition) DO UPDATE SET caught_up_at = excluded.caught_up_at
    WHERE excluded.caught_up_at > coalesce(known.caught_up_at, '-infinity')"""


async def heard_until(connection: asyncpg.Connection, now: datetime) -> datetime | None:
    """Return as of when, by the clock of `now`, all partitions were read to their ends; None: one never was."""
    rows = await connection.fetch(_BEHIND)
    if not rows or rows[0]["seconds"] is None:
        return None
    return now - timedelta(seconds=max(0, rows[0]["seconds"]))


class AnswersWatermark(ByDatabaseClock):
    """`CaughtUpWatch` on the rows that all executors share, by the clock of their database."""

    async def caught_up(self, found: Mapping[Partition, datetime], partitions: frozenset[int]) -> None:
        """Write the time of each partition, never an earlier one, and delete the rows of partitions that are gone."""
        if not partitions:
            return  # the client does not know the topic yet
        numbers = [partition.number for partition in found]
        await self._pool().execute(_WRITE, sorted(partitions), numbers, list(found.values()))


class AnswersReading:
    """Health and metric of how far this installation has read hawk.murex.answers."""

    def __init__(self, pool: Callable[[], Pool], health: Health) -> None:
        self._pool = pool
        self._health = health
        health.report(ANSWERS_PART, State.STARTING, "hawk.murex.answers was not looked at yet")

    async def look(self) -> None:
        """Look once."""
        rows = await self._pool().fetch(_BEHIND)
        behind = [row for row in rows if row["seconds"] is None or row["seconds"] > BEHIND_SECONDS_MAX]
        never = not rows or rows[0]["seconds"] is None
        BEHIND_SECONDS.set(-1 if never else max(0, rows[0]["seconds"]))
        if rows and not behind:
            self._health.report(ANSWERS_PART, State.RUNNING)
            return
        which = ", ".join(f"hawk.murex.answers:{row['partition']} ({_since(row['seconds'])})" for row in behind)
        what = which or "no partition of hawk.murex.answers was looked at yet"
        self._health.report(ANSWERS_PART, State.WAITING, f"not read to its end: {what}. No deal counts as silent")


def _since(seconds: float | None) -> str:
    return "never" if seconds is None else f"for {seconds:.0f} s"
