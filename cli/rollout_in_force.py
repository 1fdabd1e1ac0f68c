"""The rollout that the executor keeps to, and whether it reads on: for `hawk status`, which asks for no token.

`hawk rollout` and `hawk reference held` ask the approval service, which also knows what people have said.
"""

from typing import Any, Final

import asyncpg

from services.executor.rollout.checking import CAUGHT_UP_SECONDS_MAX
from shared.events.identity import EXECUTOR_CONTROL_STREAM
from shared.exact_json import parse_stored
from tools.local_stack.state import State
from tools.verification.session import DatabaseUnreachable, session

LAST: Final = """
    SELECT data::text FROM es.events
    WHERE stream = $1 AND type = 'RolloutTakenIn' ORDER BY version DESC LIMIT 1
"""
READ: Final = """
    SELECT extract(epoch FROM clock_timestamp() - caught_up_at)::float8 FROM executor.control_watermark
"""
#: The prefix stands here as the index has it (events_held_idx).
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
        state: what the supervisor says. Before the executor has taken anything in it applies nothing, as in OBSERVE.
    """
    answer = await _ask(state, LAST, EXECUTOR_CONTROL_STREAM)
    if answer is None:
        return None
    told = {} if answer[0] is None else parse_stored(answer[0])
    terms = told.get("terms") or {"mode": "OBSERVE"}
    return {"mode": terms["mode"], "stopped": told.get("stopped", False), "reason": told.get("reason", "")}


async def control_read(state: State) -> dict[str, Any] | None:
    """Whether the executor has read hawk.control to its end, and how many seconds ago; None as above."""
    answer = await _ask(state, READ)
    if answer is None:
        return None
    seconds = None if answer[0] is None else round(max(0.0, answer[0]), 1)
    return {"caught_up": seconds is not None and seconds <= CAUGHT_UP_SECONDS_MAX, "seconds": seconds}


async def _ask(state: State, query: str, *arguments: str) -> tuple[Any] | None:
    """The one value a query gives; None while the database does not answer."""
    dsn = state["postgres"]["dsn_by_role"].get("hawk_reader")
    if dsn is None:
        return None
    try:
        async with session(dsn) as connection:
            return (await connection.fetchval(query, *arguments),)
    except (DatabaseUnreachable, asyncpg.PostgresError):
        return None
