"""The slots of workflows in flight as rows, and the approved plans that wait for one.

Both are written in the transaction of the events that cause them. Executors need no lock: a slot is a number that only
one workflow can hold, and two that begin the same workflow decide on the same stream.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Final

import asyncpg
import structlog

from services.executor.execution.slots import WAITING_SECONDS_MAX, Room
from shared.errors import Conflict, Transient
from shared.events.murex import DealSent
from shared.events.plans import TurnAwaited
from shared.messaging.faults import passes_by_itself
from shared.messaging.transaction import Pool
from shared.messaging.unit_of_work import UnitOfWork
from shared.telemetry.health import Health, State
from shared.telemetry.listed.instruments import gauge

#: Seconds between two looks. A slot comes free some four times a second when there is much to do.
LOOK_SECONDS: Final = 0.25
#: Turns that one look gives, so that the next one sees what is free by then.
TURNS_MAX: Final = 20
#: Plans that are begun at the same time: each reads the tables and plans again.
CONCURRENCY_MAX: Final = 4
#: Seconds until a plan is tried again that an unexpected error kept from beginning; the next ones go on.
FAILED_SECONDS: Final = 10.0
#: The part of the health of an executor that says how long plans wait.
TURNS_PART: Final = "turns"

IN_FLIGHT = gauge("hawk_executor_workflows_in_flight")
LONGEST_SECONDS = gauge("hawk_executor_longest_in_flight_seconds")
WAITING = gauge("hawk_executor_turns_waiting")
OLDEST_SECONDS = gauge("hawk_executor_oldest_turn_seconds")

_FREE: Final = """
    SELECT number FROM generate_series(1, $1::integer) AS number
    WHERE NOT EXISTS (SELECT FROM executor.slots WHERE slot = number)"""
#: Any of them: two that begin at the same moment rarely want the same one.
_TAKE: Final = f"""
    INSERT INTO executor.slots (slot, workflow_id)
    SELECT number, workflow_id
    FROM (SELECT number, row_number() OVER (ORDER BY random()) AS place FROM ({_FREE}) AS free) AS free
    JOIN unnest($2::text[]) WITH ORDINALITY AS begun (workflow_id, place) USING (place)
    ON CONFLICT DO NOTHING"""  # noqa: S608
_GIVE_BACK: Final = "DELETE FROM executor.slots WHERE workflow_id = ANY($1::text[])"
_ROOM: Final = """
    SELECT (SELECT count(*) FROM executor.todo
            WHERE task = 'APPLY' AND (due_at, workflow_id) < ($1, $2))::integer AS before,
           count(*)::integer AS taken,
           coalesce(extract(epoch FROM avg(now() - taken_at)), 0)::integer AS held
    FROM executor.slots"""
_NEXT: Final = """
    SELECT workflow_id FROM executor.todo WHERE task = 'APPLY' AND workflow_id <> ALL($2::text[])
    ORDER BY due_at, workflow_id LIMIT $1"""
_STANDING: Final = """
    SELECT count(*)::integer AS waiting, coalesce(extract(epoch FROM now() - min(due_at)), 0)::integer AS oldest,
           (SELECT count(*) FROM executor.slots)::integer AS taken,
           (SELECT coalesce(extract(epoch FROM now() - min(taken_at)), 0) FROM executor.slots)::float8 AS longest
    FROM executor.todo WHERE task = 'APPLY'"""

_log = structlog.get_logger(__name__)


async def read_room(uow: UnitOfWork, slots: int, granted_at: datetime, workflow_id: str) -> Room:
    """Read the slots and the queue as a workflow finds them whose grant is of that time."""
    (row,) = await uow.before.fetch(_ROOM, granted_at, workflow_id)
    begun = {sent.workflow_id for sent in uow.earlier.of(DealSent)}
    mine = granted_at, workflow_id
    queued = sum((each.granted_at, each.workflow_id) < mine for each in uow.earlier.of(TurnAwaited))
    return Room(max(0, slots - row["taken"] - len(begun)), row["before"] + queued, slots, row["held"])


def note(uow: UnitOfWork, workflow_id: str, *, slots: int | None) -> None:
    """Take one of so many slots for a workflow, or give its slot back (None), in the unit's transaction.

    Raises:
        Conflict, when the unit is written: others have taken the last one.
    """

    uow.gather(_write, (workflow_id, slots))


async def _write(connection: asyncpg.Connection, entries: Sequence[tuple[str, int | None]]) -> None:
    """Give back first, then take; of a workflow with several entries the last one counts."""
    last = dict(entries)
    over = sorted(workflow_id for workflow_id, slots in last.items() if slots is None)
    if over:
        await connection.execute(_GIVE_BACK, over)
    begun = sorted(workflow_id for workflow_id, slots in last.items() if slots is not None)
    if begun:
        slots = max(slots for slots in last.values() if slots is not None)
        if await connection.execute(_TAKE, slots, begun) != f"INSERT 0 {len(begun)}":
            raise Conflict(f"{', '.join(begun)}: slots were free for them, and others were faster.")


TakeTurns = Callable[[Sequence[str]], Awaitable[int]]


class TurnQueue:
    """Queue that gives turns to waiting plans, in the order of their grants, as slots come free.

    Args:
        take_turns: begins workflows in one transaction, or ends them, or leaves them waiting; returns for how many it
            did, from the first on, at least one.
    """

    def __init__(self, pool: Callable[[], Pool], take_turns: TakeTurns, health: Health, slots: int) -> None:
        self._pool = pool
        self._take_turns = take_turns
        self._health = health
        self._slots = slots
        self._concurrency = asyncio.Semaphore(CONCURRENCY_MAX)
        self._failed: dict[str, tuple[float, str]] = {}

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            if not await self.look():
                await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> bool:
        """Look once, and give as many turns as there are slots; True: there may be more to give at once.

        Raises:
            Transient: nothing may begin now, or the database is away.
        """
        now = time.monotonic()
        self._failed = {each: told for each, told in self._failed.items() if told[0] > now}
        (standing,) = await self._pool().fetch(_STANDING)
        LONGEST_SECONDS.set(standing["longest"])
        self._report(standing["waiting"], standing["oldest"], standing["taken"])
        free = min(self._slots - standing["taken"], TURNS_MAX)
        if not standing["waiting"] or free <= 0:
            return False
        rows = await self._pool().fetch(_NEXT, free, list(self._failed))
        waiting = [row["workflow_id"] for row in rows]
        left = waiting[await self._together(waiting) :]
        outcomes = await asyncio.gather(*(self._one(workflow_id) for workflow_id in left), return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome
        return len(rows) == free and all(outcomes)

    async def _together(self, workflow_ids: Sequence[str]) -> int:
        """Begin several at once; return how many are done. What is wrong with one shows when it is tried alone."""
        if len(workflow_ids) < 2:
            return 0
        try:
            return await self._take_turns(workflow_ids)
        except Exception as error:
            _log.info("turns_given_up", workflows=len(workflow_ids), why=f"{type(error).__name__}: {error}")
            return 0

    async def _one(self, workflow_id: str) -> bool:
        """Begin one workflow. False: it stays where it is, and is tried again."""
        async with self._concurrency:
            try:
                await self._take_turns([workflow_id])
            except Conflict as conflict:
                _log.info("turn_conflict", workflow_id=workflow_id, why=str(conflict))
                return False
            except Exception as error:
                if passes_by_itself(error) or isinstance(error, Transient):
                    raise
                # It must not block all others for good.
                why = f"{type(error).__name__}: {error}"
                self._failed[workflow_id] = (time.monotonic() + FAILED_SECONDS, why)
                _log.error("turn_failed", workflow_id=workflow_id, why=why, exc_info=error)
                return False
        return True

    def _report(self, waiting: int, oldest: int, taken: int) -> None:
        IN_FLIGHT.set(taken)
        WAITING.set(waiting)
        OLDEST_SECONDS.set(oldest)
        if self._failed:
            told = "; ".join(f"{workflow_id}: {why}" for workflow_id, (_, why) in sorted(self._failed.items()))
            self._health.report(TURNS_PART, State.DEFECT, f"cannot be begun: {told}")
        elif oldest > WAITING_SECONDS_MAX:
            held = f"{taken} of {self._slots} slots are held"
            why = f"{waiting} approved plans wait for their turn, the first for {oldest} s; {held}"
            self._health.report(TURNS_PART, State.WAITING, why)
        else:
            self._health.report(TURNS_PART, State.RUNNING)
