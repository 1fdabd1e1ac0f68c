"""Puts cards into the tables of the approval service, as its projection would have left them."""

from collections.abc import Iterable

import asyncpg

from services.approval.console.queue.rows import Listed
from services.approval.requests.cards import once_a_day
from shared.messaging.database import open_pool
from shared.people.identity import row_keys
from tests.support.stack import TestDatabase

_QUEUE = """
    INSERT INTO approval.queue (
        workflow_id, response_id, status, reason, maker_keys, requested_at, due_at, request, decisions, decided_at,
        once_a_day)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"""
_PLAN = "INSERT INTO approval.plans (workflow_id, plan, detail) VALUES ($1, $2, $3)"


async def approval_pool(database: TestDatabase) -> asyncpg.Pool:
    """A pool as the service's own role."""
    return await open_pool(database.dsn("hawk_approval"), application="approval")


async def keep(pool: asyncpg.Pool, listed: Iterable[Listed]) -> None:
    """Keep requests, their decisions and their plans."""
    queue, plans = [], []
    for each in listed:
        approval, request = each.card.approval, each.card.approval.request
        if request is None:
            raise LookupError("a request that was never made")
        waits = each.decided_at is None
        queue.append((
            request.workflow_id, request.response_id, str(approval.status), approval.reason,
            row_keys(request.maker.name), request.requested_at, request.expires_at if waits else None,
            request.model_dump(mode="json"), [one.model_dump(mode="json") for one in approval.decisions],
            each.decided_at, once_a_day(each.card.plan),
        ))  # fmt: skip
        plans.append((request.workflow_id, each.card.plan, each.card.detail))
    async with pool.acquire() as connection, connection.transaction():
        await connection.executemany(_QUEUE, queue)
        await connection.executemany(_PLAN, plans)
