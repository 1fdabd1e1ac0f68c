"""Past requests, page by page, for a proposed policy to be run over them."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Final

import asyncpg

from shared.events.approvals import ApprovalRequested, DecisionRecorded
from shared.events.policy import PolicyBacktest
from shared.policy.backtest import Backtest, PastRequest
from shared.policy.table import Policy

#: Requests that are in memory at once: a page of them is some hundred kilobytes.
PAGE: Final = 500

#: Index queue_requested.
_PAST: Final = """
    SELECT workflow_id, requested_at, issued IS NOT NULL AS granted, request, decisions
    FROM approval.queue
    WHERE requested_at <= $1 AND (requested_at, workflow_id) > ($2, $3)
    ORDER BY requested_at, workflow_id LIMIT $4"""
_BEFORE_ALL: Final = datetime(1, 1, 1, tzinfo=UTC)


async def run_over_past(pool: asyncpg.Pool, candidate: Policy, until: datetime) -> PolicyBacktest:
    """Return what a policy would have asked for in every request up to a time."""
    test = Backtest(candidate)
    async for page in _pages(pool, until):
        for past in page:
            test.take(past)
    return test.result(until)


async def _pages(pool: asyncpg.Pool, until: datetime) -> AsyncIterator[Sequence[PastRequest]]:
    after: tuple[datetime, str] = (_BEFORE_ALL, "")
    while rows := await pool.fetch(_PAST, until, *after, PAGE):
        yield [_past(row) for row in rows]
        after = rows[-1]["requested_at"], rows[-1]["workflow_id"]


def _past(row: asyncpg.Record) -> PastRequest:
    decisions = [DecisionRecorded.model_validate(each) for each in row["decisions"]]
    approvals = [each for each in decisions if each.decision == "APPROVE"]
    return PastRequest(ApprovalRequested.model_validate(row["request"]), approvals, row["granted"])
