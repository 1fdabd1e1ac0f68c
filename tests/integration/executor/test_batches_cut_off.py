"""A batch of proposals, of grants, of replies, cut off before each of its statements and after its commit.

All of it counts or nothing, and what is delivered again changes nothing.
"""

import functools
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import asyncpg
import pytest
from asyncpg.connection import Connection

from services.executor.handlers.table_writer import project
from shared.errors import OutcomeUnknown, Transient
from shared.events import identity
from shared.events.plans import PlanDrawn
from shared.messaging.batch import Begin, Part, run_batch
from shared.messaging.unit_of_work import InboxEntry, Work
from tests.integration.executor.test_shared_transactions import HKD, USD, handling, left_behind, proposals_of
from tests.support import executions
from tests.support.desk import Desk
from tests.support.units import CAUSE

pytestmark = pytest.mark.integration

STATEMENTS = ("execute", "executemany", "fetch", "fetchrow", "fetchval")
#: Tables that every batch writes to, with what is in them of a batch.
COUNTS = """
    SELECT (SELECT count(*) FROM es.events) AS events, (SELECT count(*) FROM executor.inbox) AS inbox,
           (SELECT count(*) FROM executor.todo) AS todo, (SELECT count(*) FROM executor.slots) AS slots,
           (SELECT count(*) FROM executor.day_use) AS day_use, (SELECT count(*) FROM hawk.planned_orders) AS planned,
           (SELECT count(*) FROM hawk.hedge_instructions) AS instructions,
           (SELECT sum(version) FROM hawk.exposure_capacity) AS capacity"""
#: No batch has more; one that never ends must not end the test by its time limit.
STEPS_MAX = 200


class Cut:
    """Where the connection breaks: before the statement with this number, counted from BEGIN; None: nowhere."""

    def __init__(self) -> None:
        self.before: int | None = None
        self.after_commit = False
        self.seen = 0


@contextmanager
def cutting(patch: pytest.MonkeyPatch) -> Iterator[Cut]:
    """Break the connections of the pool as a process breaks them that is killed."""
    cut = Cut()

    def stepped(original: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        @functools.wraps(original)
        async def statement(self: asyncpg.Connection, query: str, *values: Any, **options: Any) -> Any:
            if query.startswith("BEGIN"):
                cut.seen = 0
            cut.seen += 1
            if cut.before == cut.seen:
                self.terminate()
                raise asyncpg.ConnectionDoesNotExistError("killed")
            result = await original(self, query, *values, **options)
            if cut.after_commit and query.startswith("COMMIT"):
                self.terminate()
                raise asyncpg.ConnectionDoesNotExistError("killed")
            return result

        return statement

    with patch.context() as patched:
        for name in STATEMENTS:
            patched.setattr(Connection, name, stepped(getattr(Connection, name)))
        yield cut


def part(number: int, work: Work[None], kind: str) -> Part:
    message_id = f"{kind}-{number}"

    async def begun(begin: Begin) -> None:
        await work(begin(replace(CAUSE, causation_id=message_id)))

    return Part(InboxEntry("executor", "test", message_id), begun)


async def cut_off_everywhere(desk: Desk, cut: Cut, works: Sequence[Work[None]], kind: str) -> int:
    """Try a batch, cut off one statement later each time, until it goes through; gives the number of statements."""
    parts = [part(number, work, kind) for number, work in enumerate(works)]
    before = await desk.rows(COUNTS)
    for step in range(1, STEPS_MAX):
        cut.before = step
        try:
            done = await run_batch(desk.pool, parts, projector=project)
        except (Transient, OutcomeUnknown):
            cut.before = None
            assert await desk.rows(COUNTS) == before, f"{kind}: something stayed of what was cut off at {step}"
        else:
            cut.before = None
            assert done == len(parts)
            return step - 1
    raise AssertionError(f"{kind}: no end after {STEPS_MAX} statements")


async def delivered_again(desk: Desk, works: Sequence[Work[None]], kind: str) -> None:
    """The offsets were not committed: the messages come once more."""
    before = await left_behind(desk)
    parts = [part(number, work, kind) for number, work in enumerate(works)]
    assert await run_batch(desk.pool, parts, projector=project) == len(parts)
    assert await left_behind(desk) == before


async def test_a_batch_that_is_cut_off_leaves_nothing_and_goes_through_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids, proposals = proposals_of(desk, (USD, HKD, USD))
    with cutting(monkeypatch) as cut:
        statements = {"proposals": await cut_off_everywhere(desk, cut, proposals, "proposals")}
        await delivered_again(desk, proposals, "proposals")
        plans = [each for workflow_id in ids for each in await desk.events(identity.plan_stream(workflow_id))]
        grants = [
            handling(desk, "hawk.approvals", desk.granted(plan), identity.approval_stream(plan.workflow_id))
            for plan in plans
            if isinstance(plan, PlanDrawn)
        ]
        statements["grants"] = await cut_off_everywhere(desk, cut, grants, "grants")
        await delivered_again(desk, grants, "grants")
        replies = [
            handling(desk, "hawk.murex.answers", executions.answer_of(sent, "ACK"), f"murex-{sent.deal_booking_id}")
            for workflow_id in ids
            for sent in await desk.sent(workflow_id)
        ]
        statements["replies"] = await cut_off_everywhere(desk, cut, replies, "replies")
        await delivered_again(desk, replies, "replies")
    assert [await desk.state(workflow_id) for workflow_id in ids] == ["COMPLETED"] * len(ids)
    assert min(statements.values()) > 10, statements


async def test_a_batch_whose_commit_is_not_heard_of_counts_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = await desk.plan(await desk.propose(USD))
    other = await desk.plan(await desk.propose(HKD))
    grants = [
        handling(desk, "hawk.approvals", desk.granted(each), identity.approval_stream(each.workflow_id))
        for each in (plan, other)
    ]
    parts = [part(number, work, "grants") for number, work in enumerate(grants)]
    with cutting(monkeypatch) as cut:
        cut.after_commit = True
        with pytest.raises(OutcomeUnknown):
            await run_batch(desk.pool, parts, projector=project)
    await delivered_again(desk, grants, "grants")
    assert [await desk.state(each.workflow_id) for each in (plan, other)] == ["PREPARED", "PREPARED"]
