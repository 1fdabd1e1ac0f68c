"""What the executor would say of a set of rows, without publishing it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import cast
from zoneinfo import ZoneInfo

import asyncpg

from services.executor.handlers.reference.in_force import read_in_force
from services.executor.reference.sets import judge, outcome, read_set
from shared.events.identity import REFERENCE_BOOTSTRAP_STREAM
from shared.events.reference import ReferenceSetHeld, ReferenceSetRefused
from shared.messaging.database import open_pool
from tools.local_stack.reference_load import FEED_IMPLAUSIBLE, SetAnswer
from tools.reference_files import ReferenceChange

DESK = ZoneInfo("Asia/Singapore")
DRY_RUN = "dry-run"


async def weigh(dsn: str, rows: Sequence[ReferenceChange]) -> SetAnswer:
    """Judge rows beside what is in force now, with the executor's own code.

    Args:
        dsn: of a role that reads the events and the tables; nothing is written.
    """
    value = {"rows": [{"table": row.table, "operation": row.operation, "row": dict(row.row)} for row in rows]}
    given, now = read_set(DRY_RUN, value, ""), datetime.now(UTC)
    pool = await open_pool(dsn, application="hawk-reference", min_size=1, max_size=1)
    try:
        async with pool.acquire() as connection, connection.transaction(isolation="repeatable_read", readonly=True):
            query = "SELECT EXISTS (SELECT FROM es.events WHERE stream = $1)"
            bootstrapped = await connection.fetchval(query, REFERENCE_BOOTSTRAP_STREAM)
            # The pool's proxy passes every call on to a connection, but is not a subclass of it.
            plain = cast("asyncpg.Connection", connection)
            in_force = await read_in_force(plain, given, now, bootstrapped=bootstrapped)
    finally:
        await pool.close()
    answer = outcome(given, judge(given, in_force, now.astimezone(DESK).date()))
    if isinstance(answer, ReferenceSetRefused):
        return SetAnswer(DRY_RUN, given.rows, answer.code, {}, [each.model_dump() for each in answer.findings])
    if isinstance(answer, ReferenceSetHeld):
        return SetAnswer(DRY_RUN, given.rows, FEED_IMPLAUSIBLE, {}, [each.model_dump() for each in answer.findings])
    return SetAnswer(DRY_RUN, given.rows, None, answer.changed, [])
