"""Due work: rows that name what a workflow has to do and when, and the worker that does it.

A row is written in the same transaction as the events that make it due, so a crash loses neither. The worker needs no
lock: two that take the same row decide on the same stream, and the expected version lets one of them win.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime
from typing import Final

import asyncpg
import structlog

from services.executor.workflow.due import Due, Task
from shared.errors import Conflict
from shared.messaging.columns import columns_of
from shared.messaging.unit_of_work import UnitOfWork

#: Rows taken in one look; the next look follows at once while there are more.
BATCH_MAX = 100
#: Workflows worked on at the same time; the pool has room for the consumers beside them.
CONCURRENCY_MAX = 4
#: Seconds between looks when nothing wakes the worker.
POLL_SECONDS = 0.25

_DUE: Final = """
    INSERT INTO executor.todo (workflow_id, task, due_at)
    SELECT * FROM unnest($1::text[], $2::text[], $3::timestamptz[])
    ON CONFLICT (workflow_id, task) DO UPDATE SET due_at = excluded.due_at"""
_SETTLED: Final = """
    DELETE FROM executor.todo AS todo USING unnest($1::text[], $2::text[]) AS over (workflow_id, task)
    WHERE todo.workflow_id = over.workflow_id AND todo.task = over.task"""

_log = structlog.get_logger(__name__)


def note(uow: UnitOfWork, workflow_id: str, entries: Iterable[Due]) -> None:
    """Write what a decision made due, or settled, for one workflow."""
    for entry in entries:
        if entry.at is None:
            settled(uow, workflow_id, entry.task)
        else:
            due(uow, workflow_id, entry.task, entry.at)


def due(uow: UnitOfWork, workflow_id: str, task: Task, at: datetime) -> None:
    """Note that the workflow has this to do at that time; an earlier entry for the task is replaced."""
    uow.gather(_write, (workflow_id, task.value, at))


def settled(uow: UnitOfWork, workflow_id: str, task: Task) -> None:
    """Note that the workflow no longer has this to do."""
    uow.gather(_write, (workflow_id, task.value, None))


async def _write(connection: asyncpg.Connection, entries: Sequence[tuple[str, str, datetime | None]]) -> None:
    """Write entries in their order, of which the last one of a workflow's task counts."""
    last = {(workflow_id, task): at for workflow_id, task, at in entries}
    later = sorted((*of, at) for of, at in last.items() if at is not None)
    if later:
        await connection.execute(_DUE, *columns_of(later))
    over = sorted(of for of, at in last.items() if at is None)
    if over:
        await connection.execute(_SETTLED, *columns_of(over))


def posting_may_go_on(uow: UnitOfWork, now: datetime) -> None:
    """Make journals that wait due now, because what they wait for has changed."""

    async def write(connection: asyncpg.Connection) -> None:
        await connection.execute(
            "UPDATE executor.todo SET due_at = $1 WHERE task = $2 AND due_at > $1", now, Task.POST.value
        )

    uow.also(write)


Perform = Callable[[Sequence[str], Task], Awaitable[int]]


class Worker:
    """Worker that does due work, oldest first; `turn_queue` gives the turns.

    Args:
        pool: gives the pool of the process.
        perform: does one task of workflows in one transaction; returns of how many, from the first on, at least one.
        clock: the present.
    """

    def __init__(self, pool: Callable[[], asyncpg.Pool], perform: Perform, clock: Callable[[], datetime]) -> None:
        self._pool = pool
        self._perform = perform
        self._clock = clock
        self._woken = asyncio.Event()
        self._slots = asyncio.Semaphore(CONCURRENCY_MAX)

    def wake(self) -> None:
        """Look now instead of at the next poll; called after a commit that made something due."""
        self._woken.set()

    async def run(self) -> None:
        """Look and work until cancelled."""
        while True:
            self._woken.clear()
            rows = await self._pool().fetch(
                "SELECT workflow_id, task FROM executor.todo WHERE due_at <= $1 AND task <> 'APPLY'"
                " ORDER BY due_at LIMIT $2",
                self._clock(),
                BATCH_MAX,
            )
            await self._all(rows)
            if len(rows) < BATCH_MAX:
                await self._pause()

    async def _all(self, rows: Sequence[asyncpg.Record]) -> None:
        """Do all of them; what one of them raises is raised when the others are done."""
        due = [(row["workflow_id"], Task(row["task"])) for row in rows]
        posted = await self._posted([workflow_id for workflow_id, task in due if task is Task.POST])
        due = [each for each in due if each not in {(workflow_id, Task.POST) for workflow_id in posted}]
        work = (self._one(workflow_id, task) for workflow_id, task in due if task is not Task.CONFIGURE)
        changes = self._in_turn([workflow_id for workflow_id, task in due if task is Task.CONFIGURE])
        for outcome in await asyncio.gather(changes, *work, return_exceptions=True):
            if isinstance(outcome, BaseException):
                raise outcome

    async def _posted(self, workflow_ids: Sequence[str]) -> Sequence[str]:
        """Post journals together; return those that are done. What is wrong with one shows when it is tried alone."""
        if len(workflow_ids) < 2:
            return ()
        try:
            async with self._slots:
                return workflow_ids[: await self._perform(workflow_ids, Task.POST)]
        except Exception as error:
            _log.info("posting_given_up", workflows=len(workflow_ids), why=f"{type(error).__name__}: {error}")
            return ()

    async def _in_turn(self, workflow_ids: Sequence[str]) -> None:
        """Make changes of the configuration in order: after days off none may overtake one that is tried again."""
        for workflow_id in workflow_ids:
            if not await self._one(workflow_id, Task.CONFIGURE):
                return

    async def _one(self, workflow_id: str, task: Task) -> bool:
        """Do one task. False: another process moved the workflow on; its row remains and is tried again."""
        async with self._slots:
            try:
                await self._perform([workflow_id], task)
            except Conflict as conflict:
                _log.info("todo_conflict", workflow_id=workflow_id, task=task, why=str(conflict))
                return False
        return True

    async def _pause(self) -> None:
        try:
            async with asyncio.timeout(POLL_SECONDS):
                await self._woken.wait()
        except TimeoutError:
            return
