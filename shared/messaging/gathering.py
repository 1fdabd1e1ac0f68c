"""Units that are asked for while another one runs share the next transaction: one commit for many requests."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

from shared.errors import OutcomeUnknown, Transient
from shared.messaging.batch import Job
from shared.messaging.cause import Cause
from shared.messaging.unit_of_work import UnitOfWork, Work

T = TypeVar("T")

#: Units of one transaction at most: as many decisions as a desk makes within a second on its worst day.
GATHERED_MAX = 32


@dataclass(frozen=True, slots=True)
class _Asked:
    """A job, where its result goes, and who waits for it."""

    job: Job
    results: list[Any]
    waiter: "asyncio.Future[Any]"


class Gathering:
    """Runs jobs in the order in which they are asked for; none waits for company.

    Args:
        together: runs jobs as one transaction; gives how many are done, from the first on, at least one.
        alone: runs one.
    """

    def __init__(
        self, together: Callable[[Sequence[Job]], Awaitable[int]], alone: Callable[[Job], Awaitable[None]]
    ) -> None:
        self._together = together
        self._alone = alone
        self._asked: deque[_Asked] = deque()
        self._running: asyncio.Task[None] | None = None

    async def run(self, cause: Cause, work: Work[T], streams: Sequence[str]) -> T:
        """Run a work as a unit of its own.

        Args:
            streams: those that the work is going to load.
        Returns:
            What the work returned.
        Raises:
            What the work raises, and as `run_unit`.
        """
        results: list[T] = []

        async def keeping(unit: UnitOfWork) -> None:
            results[:] = [await work(unit)]

        waiter: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._asked.append(_Asked(Job(cause, keeping, streams), results, waiter))
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self._run_all())
        return await waiter

    async def _run_all(self) -> None:
        while self._asked:
            asked = list(islice(self._asked, GATHERED_MAX))
            done = await self._run(asked)
            for _ in range(done):
                self._asked.popleft()

    async def _run(self, asked: Sequence[_Asked]) -> int:
        """Run as many as go together, tell those who wait, and return how many they were."""
        if len(asked) == 1:
            return await self._each_alone(asked)
        try:
            done = await self._together([each.job for each in asked])
        except (Transient, OutcomeUnknown) as error:  # it is so for all: run again, what was done would be refused
            return _failed(asked, error)
        except Exception:  # one of them cannot be done: the others must not suffer for it
            return await self._each_alone(asked)
        for each in asked[:done]:
            _tell(each)
        return done

    async def _each_alone(self, asked: Sequence[_Asked]) -> int:
        for each in asked:
            try:
                await self._alone(each.job)
            except Exception as error:
                _failed([each], error)
            else:
                _tell(each)
        return len(asked)


def _tell(asked: _Asked) -> None:
    if not asked.waiter.done():
        asked.waiter.set_result(asked.results[0])


def _failed(asked: Sequence[_Asked], error: Exception) -> int:
    for each in asked:
        if not each.waiter.done():
            each.waiter.set_exception(error)
    return len(asked)
