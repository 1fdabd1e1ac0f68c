"""The rollout that the executor keeps to, as it tells on hawk.executions: for `hawk status`, which asks for no token.

`hawk rollout` asks the approval service, which also knows what people have proposed.
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
