"""`--grown N`: fills the store of a HAWK with N executed workflows, spread over the business days before today."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

import asyncpg

from benchmarks.driver import BenchmarkFailed
from benchmarks.grown.days import A_DAY, days_of, market_rows, morning
from benchmarks.grown.house import House
from benchmarks.orders import Answers
from benchmarks.sizes import SEED
from cli.output import RunningHawk
from shared.hedging.facts import SINGAPORE
from tools.collecting import collecting_by_hand
from tools.local_stack.state import running_state
from tools.long_work import Report, Step

FILL_SEED = SEED + 1
"""Of the orders of the history; the measured ones have other ids."""
PROCESSES = ("parser", "approval", "executor", "monitor", "relay", "murex")
_ENDED = """
    SELECT (SELECT count(*) FROM es.events WHERE type = 'JournalPosted') AS posted,
           (SELECT count(*) FROM executor.todo) + (SELECT count(*) FROM executor.slots) AS left,
           (SELECT count(*) FROM es.events)
               - (SELECT position FROM es.checkpoints WHERE name = 'publish') AS unpublished"""


async def fill(hawk: RunningHawk, count: int, report: Report) -> RunningHawk:
    """Fill the store while the processes of this HAWK are stopped, and give it with them running again.

    Raises:
        BenchmarkFailed: not every workflow was executed and posted.
    """
    today = datetime.now(SINGAPORE).date()
    with _stopped(hawk):
        with collecting_by_hand():  # what one day leaves behind is little
            await _days(hawk, count, today, report)
        # As PostgreSQL does by itself within minutes.
        connection = await asyncpg.connect(hawk.admin_dsn)
        try:
            await connection.execute("VACUUM ANALYZE")
        finally:
            await connection.close()
    return RunningHawk(hawk.data, running_state(hawk.data))


async def _days(hawk: RunningHawk, count: int, today: date, report: Report) -> None:
    answers, done = Answers(FILL_SEED), 0
    clock = _Clock()
    async with House(hawk, slots=A_DAY, clock=clock) as house:
        for day in days_of(count, today):
            clock.set(morning(day))
            await house.load(market_rows(day), f"grown-{day.isoformat()}")
            asked = await house.ask(answers.take(min(A_DAY, count - done)))
            await house.approve(asked)
            done += len(asked)
            report(Step("Filling the store", done, count, "workflows"))
        clock.set(datetime.now(UTC))
        await house.load(market_rows(today, whole=True), f"grown-{today.isoformat()}")
    await _check(hawk, count)


async def _check(hawk: RunningHawk, count: int) -> None:
    connection = await asyncpg.connect(hawk.dsn("hawk_reader"))
    try:
        (found,) = await connection.fetch(_ENDED)
    finally:
        await connection.close()
    if found["posted"] != count or found["left"] or found["unpublished"]:
        raise BenchmarkFailed(
            f"{found['posted']} of {count} workflows were posted, {found['left']} tasks are left, and "
            f"{found['unpublished']} events are not published."
        )


class _Clock:
    """The time in a history: it runs on from the last time that was set."""

    def __init__(self) -> None:
        self.set(datetime.now(UTC))

    def set(self, now: datetime) -> None:
        """Let it be this time now."""
        self._began, self._set = time.monotonic(), now.astimezone(UTC)

    def __call__(self) -> datetime:
        """Return the present time of the history."""
        return self._set + timedelta(seconds=time.monotonic() - self._began)


@contextmanager
def _stopped(hawk: RunningHawk) -> Iterator[None]:
    """Stop the processes of a HAWK, but its servers, and start them again."""
    for name in PROCESSES:
        hawk.command("stop", name)
    try:
        yield
    finally:
        for name in PROCESSES:
            hawk.command("start", name)
