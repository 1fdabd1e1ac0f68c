"""The queue in PostgreSQL keeps the promises of every queue."""

from collections.abc import AsyncIterator, Sequence

import asyncpg
import pytest

from services.approval.console.queue.rows import Listed
from services.approval.console.queue.store import PostgresQueueRows
from tests.contract.queue_rows_contract import QueueRowsContract
from tests.support.stack import TestDatabase
from tests.support.stored_queue import approval_pool, keep

pytestmark = pytest.mark.integration


class _Stored:
    def __init__(self, pool: asyncpg.Pool) -> None:
        self.pool = pool
        self.rows = PostgresQueueRows(lambda: pool)

    async def keep(self, listed: Sequence[Listed]) -> None:
        await keep(self.pool, listed)


class TestPostgresQueueRows(QueueRowsContract):
    @pytest.fixture
    async def stored(self, database: TestDatabase) -> AsyncIterator[_Stored]:
        async with await approval_pool(database) as pool:
            yield _Stored(pool)
