"""What the executor tells on hawk.executions, for `hawk status`, which asks for no token: the rollout, what it holds.

`hawk rollout` and `hawk reference held` ask the approval service, which also knows what people have said.
"""

import json
from typing import Any, Final

import asyncpg

from services.executor.rebuild.session import DatabaseUnreachable, session
from shared.events.identity import EXECUTOR_CONTROL_STREAM
from shared.localstack.state import State

LAST: Final = """
    SELECT data::text FROM es.events
    WHERE stream = $1 AND type = 'RolloutTakenIn' ORDER BY version DESC LIMIT 1
"""
#: The prefix stands here as the index has it (0016_held_streams.sql).
HELD: Final = """
    SELECT count(*) FROM (
        SELECT DISTINCT ON (stream) type FROM es.events WHERE starts_with(stream, 'held-') ORDER BY stream, version DESC
    ) AS last
    WHERE type = 'ReferenceHeld'
"""


async def reference_held(state: State) -> int | None:
    """How many reference rows and sets wait for people; None while the database cannot tell."""
    dsn = state["postgres"]["dsn_by_role"].get("hawk_reader")
    if dsn is None:
        return None
    try:
        async with session(dsn) as connection:
            return int(await connection.fetchval(HELD))
    except (DatabaseUnreachable, asyncpg.PostgresError):
        return None


async def rollout_in_force(state: State) -> dict[str, Any] | None:
    """Mode, whether HAWK is stopped, and by whom and why; None while the database cannot tell.

    Args:
        state: what the supervisor says. An installation whose people have decided nothing is in the mode it started in.
    """
    dsn = state["postgres"]["dsn_by_role"].get("hawk_reader")
    if dsn is None:
        return None
    try:
        async with session(dsn) as connection:
            found = await connection.fetchval(LAST, EXECUTOR_CONTROL_STREAM)
    except (DatabaseUnreachable, asyncpg.PostgresError):
        return None
    told = {} if found is None else json.loads(found)
    terms = told.get("terms") or {"mode": state["rollout_at_start"]}
    return {"mode": terms["mode"], "stopped": told.get("stopped", False), "reason": told.get("reason", "")}
