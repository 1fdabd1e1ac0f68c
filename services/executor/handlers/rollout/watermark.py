"""The watermark of hawk.control, which shows if the executor has read it to its end: written, watched, reported.

Of several executors one is assigned the partition and writes the watermark; all read it where they begin something
(`reading`), and each reports it in its health and metrics. Falling behind and catching up are events: the trail shows
how long HAWK held everything back, and the approval service reads it there.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Final

import asyncpg

from services.executor.rollout.checking import CAUGHT_UP_SECONDS_MAX
from services.executor.rollout.state import fold
from shared.errors import Defect
from shared.events.identity import EXECUTOR_CONTROL_STREAM, ROLLOUT_STREAM
from shared.events.rollout import ControlCaughtUp, ControlFellBehind
from shared.messaging.caught_up import ByDatabaseClock
from shared.messaging.offsets import Partition
from shared.messaging.transaction import Pool
from shared.messaging.unit_of_work import UnitOfWork
from shared.telemetry.health import Health, State
from shared.telemetry.listed.instruments import gauge

#: Seconds between two looks.
LOOK_SECONDS = 1.0
#: The part of the health of an executor that says it.
CONTROL_PART: Final = "control"

BEHIND_SECONDS = gauge("hawk_executor_control_caught_up_seconds")
BEHIND_SECONDS.set(-1)
STOPPED = gauge("hawk_executor_stopped")

_READ: Final = """
    SELECT clock_timestamp() AS now, caught_up_at,
           extract(epoch FROM clock_timestamp() - caught_up_at)::float8 AS behind_seconds,
           terms IS NOT NULL AND policy IS NOT NULL AS opened, stopped
    FROM executor.control_watermark, executor.rollout, executor.policy"""


class Watermark(ByDatabaseClock):
    """`CaughtUpWatch` on the row that all executors share, by the clock of its database."""

    async def caught_up(self, found: Mapping[Partition, datetime], partitions: frozenset[int]) -> None:
        """Move the watermark of the only partition forward, never back.

        Raises:
            Defect: the partitions of hawk.control are not exactly partition 0.
        """
        if partitions != {0}:
            raise Defect(f"hawk.control has partitions {sorted(partitions)}; decisions come in order on one alone.")
        if not found:
            return
        (as_of,) = found.values()
        await self._pool().execute(
            "UPDATE executor.control_watermark SET caught_up_at = $1 WHERE caught_up_at IS NULL OR caught_up_at < $1",
            as_of,
        )


class ControlReading:
    """Health and metrics of how far this installation has read hawk.control.

    Args:
        run: runs a work in a unit of its own.
    """

    def __init__(
        self,
        pool: Callable[[], Pool],
        health: Health,
        run: Callable[[Callable[[UnitOfWork], Awaitable[None]]], Awaitable[None]],
    ) -> None:
        self._pool = pool
        self._health = health
        self._run = run
        self._began: datetime | None = None
        self._behind: bool | None = None
        self._opened = False
        health.report(CONTROL_PART, State.STARTING, "hawk.control was not looked at yet")

    async def look(self) -> None:
        """Look once: metric, health, and an event when it is not as it was.

        Raises:
            Defect: a table of the decisions of hawk.control lost its only row.
        """
        row = await self._pool().fetchrow(_READ)
        if row is None:
            raise Defect("A table of hawk.control's decisions lost its only row. The migrations made it.")
        seconds = row["behind_seconds"]
        BEHIND_SECONDS.set(-1 if seconds is None else max(0, seconds))
        STOPPED.set(int(row["stopped"]))
        self._began = self._began or row["now"]
        behind = seconds is None or seconds > CAUGHT_UP_SECONDS_MAX
        self._report(row, behind=behind)
        started = (row["now"] - self._began).total_seconds() <= CAUGHT_UP_SECONDS_MAX
        # A process that has just started has not had the time yet: HAWK was down, which is known anyway.
        if behind != self._behind and not (behind and started):
            await self._run(lambda uow: _note(uow, row["caught_up_at"], row["now"], behind=behind))
            self._behind = behind

    def _report(self, row: asyncpg.Record, *, behind: bool) -> None:
        """Report the state. It is not a fault of this process that the broker is away; but at first it is not ready."""
        if behind or not row["opened"]:
            state = State.WAITING if self._opened else State.STARTING
            what = "hawk.control is not read to its end" if behind else "policy and rollout have not come yet"
            self._health.report(CONTROL_PART, state, f"{what}: nothing new begins and no deal is sent")
        else:
            self._opened = True
            self._health.report(CONTROL_PART, State.RUNNING)


async def _note(uow: UnitOfWork, as_of: datetime | None, now: datetime, *, behind: bool) -> None:
    """Append what has changed, unless another executor has."""
    noted = await uow.load(EXECUTOR_CONTROL_STREAM)
    if fold(noted.events).behind == behind:
        return
    if behind:
        event: ControlFellBehind | ControlCaughtUp = ControlFellBehind(as_of=as_of, noticed_at=now)
    else:
        event = ControlCaughtUp(as_of=as_of or now, noticed_at=now)
    uow.append(EXECUTOR_CONTROL_STREAM, noted.version, event, correlation_id=ROLLOUT_STREAM)
