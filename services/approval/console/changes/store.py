"""`ChangeLog` on `approval.queue`, by transaction ids."""

from collections.abc import Callable
from typing import Final

import asyncpg

from services.approval.console.changes.port import Change, Changes

#: The lowest transaction that is still under way: all below it are visible, or never will be.
PLACE: Final = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
#: One statement, so one snapshot for the place and for the rows. Rows at or above `xmax` are of another server's
#: counting, before a restored database has caught up.
_SINCE: Final = """
    SELECT pg_snapshot_xmin(now.snapshot)::text::bigint AS place, c.workflow_id, c.changed::text::bigint AS transaction
    FROM (SELECT pg_current_snapshot() AS snapshot) AS now
    LEFT JOIN LATERAL (
        SELECT workflow_id, changed FROM approval.queue
        WHERE changed >= $1::text::xid8 AND changed < pg_snapshot_xmax(now.snapshot)
        ORDER BY changed, workflow_id LIMIT $2) AS c ON true"""


class PostgresChangeLog:
    """`ChangeLog` on the service's own table."""

    def __init__(self, pool: Callable[[], asyncpg.Pool]) -> None:
        self._pool = pool

    async def place(self) -> int:
        """See `ChangeLog.place`."""
        return int(await self._pool().fetchval(PLACE))

    async def since(self, place: int, limit: int) -> Changes:
        """See `ChangeLog.since`."""
        rows = await self._pool().fetch(_SINCE, str(place), limit)
        changes = [Change(row["workflow_id"], row["transaction"]) for row in rows if row["workflow_id"] is not None]
        return Changes(changes, rows[0]["place"])
