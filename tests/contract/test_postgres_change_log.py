"""Changes by transaction ids of PostgreSQL keep the promises of all."""

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from services.approval.console.changes.store import PostgresChangeLog
from tests.contract.change_log_contract import ChangeLogContract
from tests.support.stack import TestDatabase
from tests.support.stored_queue import approval_pool

pytestmark = pytest.mark.integration

_WRITE = """
    INSERT INTO approval.queue (workflow_id, response_id, status, maker_keys, requested_at, due_at, request)
    VALUES ($1, 'r', 'AWAITING_APPROVAL', '{}', now(), now(), '{}')
    ON CONFLICT (workflow_id) DO UPDATE SET reason = excluded.reason"""


class _Written:
    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self.log = PostgresChangeLog(lambda: pool)
        self._under_way: dict[int, tuple[Any, Any]] = {}

    async def begin(self, *workflow_ids: str) -> int:
        connection = await self._pool.acquire()
        transaction = connection.transaction()
        await transaction.start()
        for workflow_id in workflow_ids:
            await connection.execute(_WRITE, workflow_id)
        name = len(self._under_way)
        self._under_way[name] = connection, transaction
        return name

    async def commit(self, name: int) -> None:
        connection, transaction = self._under_way[name]
        await transaction.commit()
        await self._pool.release(connection)


class TestPostgresChangeLog(ChangeLogContract):
    @pytest.fixture
    async def written(self, database: TestDatabase) -> AsyncIterator[_Written]:
        async with await approval_pool(database) as pool:
            yield _Written(pool)

    async def test_rows_that_a_restore_brought_from_another_server_are_not_changes(
        self, database: TestDatabase, written: _Written
    ) -> None:
        await written.commit(await written.begin("restored"))
        superuser = await asyncpg.connect(database.admin_dsn)
        try:
            await superuser.execute("ALTER TABLE approval.queue DISABLE TRIGGER note_change")
            await superuser.execute("UPDATE approval.queue SET changed = '9000000000'::xid8")
        finally:
            await superuser.close()
        assert (await written.log.since(1, 10)).rows == []
