"""Requests that come at the same time share a transaction, and none pays for another."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from shared.errors import Defect, OutcomeUnknown, Transient
from shared.messaging.batch import Job
from shared.messaging.cause import Cause, request_cause
from shared.messaging.gathering import GATHERED_MAX, Gathering


class Transactions:
    """Runs jobs with no database behind them: says which shared a transaction."""

    def __init__(self) -> None:
        self.made: list[list[str]] = []
        self.at_most = GATHERED_MAX
        self.fails: Exception | None = None
        self.open = asyncio.Event()
        self.open.set()
        self.begun = asyncio.Event()

    async def together(self, jobs: Sequence[Job]) -> int:
        """Run the first jobs as one transaction, twice, as after a conflict."""
        if self.fails is not None:
            raise self.fails
        for _ in ("at first", "decided again"):
            for job in jobs[: self.at_most]:
                await self._work(job)
        self.made.append([job.cause.correlation_id for job in jobs[: self.at_most]])
        return min(len(jobs), self.at_most)

    async def alone(self, job: Job) -> None:
        """Run one job."""
        self.begun.set()
        await self.open.wait()
        await self._work(job)
        self.made.append([job.cause.correlation_id])

    @staticmethod
    async def _work(job: Job) -> None:
        unit: Any = None
        await job.work(unit)


def cause(name: str) -> Cause:
    return request_cause("person:ann", request_id=name, correlation_id=name)


async def asked(gathering: Gathering, name: str, fault: Exception | None = None) -> str:
    async def work(_: object) -> str:
        if fault is not None:
            raise fault
        return f"done {name}"

    return await gathering.run(cause(name), work, (name,))


async def while_one_runs(transactions: Transactions, *others: tuple[str, Exception | None]) -> list[Any]:
    """Ask for one, and for the others while it runs."""
    gathering = Gathering(transactions.together, transactions.alone)
    transactions.open.clear()
    first = asyncio.create_task(asked(gathering, "first"))
    await transactions.begun.wait()
    rest = [asyncio.create_task(asked(gathering, name, fault)) for name, fault in others]
    await asyncio.sleep(0)
    transactions.open.set()
    return await asyncio.gather(first, *rest, return_exceptions=True)


async def test_one_alone_has_a_transaction_to_itself() -> None:
    transactions = Transactions()
    gathering = Gathering(transactions.together, transactions.alone)

    assert [await asked(gathering, name) for name in ("a", "b")] == ["done a", "done b"]
    assert transactions.made == [["a"], ["b"]]


async def test_those_that_come_meanwhile_share_the_next_in_their_order() -> None:
    transactions = Transactions()

    answers = await while_one_runs(transactions, ("a", None), ("b", None), ("c", None))

    assert answers == ["done first", "done a", "done b", "done c"]
    assert transactions.made == [["first"], ["a", "b", "c"]]


async def test_a_transaction_that_ends_early_leaves_the_rest_to_the_next() -> None:
    transactions = Transactions()
    transactions.at_most = 2

    answers = await while_one_runs(transactions, *((name, None) for name in "abcde"))

    assert answers == ["done first", *(f"done {name}" for name in "abcde")]
    assert transactions.made == [["first"], ["a", "b"], ["c", "d"], ["e"]]


async def test_one_that_cannot_be_done_fails_alone() -> None:
    transactions = Transactions()

    answers = await while_one_runs(transactions, ("a", None), ("bad", Defect("no")), ("c", None))

    assert [str(answer) for answer in answers] == ["done first", "done a", "no", "done c"]
    assert transactions.made == [["first"], ["a"], ["c"]]


@pytest.mark.parametrize("fault", [Transient("away"), OutcomeUnknown("was it?")])
async def test_what_befalls_the_whole_transaction_is_told_to_all_and_nothing_is_run_again(fault: Exception) -> None:
    transactions = Transactions()
    transactions.fails = fault

    answers = await while_one_runs(transactions, ("a", None), ("b", None))

    assert answers == ["done first", fault, fault]
    assert transactions.made == [["first"]]


async def test_who_goes_away_takes_nobody_along() -> None:
    transactions = Transactions()
    gathering = Gathering(transactions.together, transactions.alone)
    transactions.open.clear()
    first = asyncio.create_task(asked(gathering, "first"))
    await transactions.begun.wait()
    gone, other = asyncio.create_task(asked(gathering, "gone")), asyncio.create_task(asked(gathering, "other"))
    await asyncio.sleep(0)

    gone.cancel()
    transactions.open.set()

    assert await asyncio.gather(first, other) == ["done first", "done other"]
    assert await asked(gathering, "later") == "done later"


async def test_more_than_fit_into_one_go_on_in_the_next() -> None:
    transactions = Transactions()

    await while_one_runs(transactions, *((str(number), None) for number in range(GATHERED_MAX + 3)))

    assert [len(made) for made in transactions.made] == [1, GATHERED_MAX, 3]
