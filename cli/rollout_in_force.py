"""The state that `hawk status` reads from the database, so that it needs no token: rollout, stop, held rows.

`hawk rollout` and `hawk reference held` ask the approval service, which also knows the people's proposals.
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
#: The prefix is written out, as in the index (events_held_idx), so that the index is used.
HELD: Final = """
    SELECT count(*) FROM (
        SELECT DISTINCT ON (stream) type FROM es.events WHERE starts_with(stream, 'held-') ORDER BY stream, version DESC
    ) AS last
    WHERE type = 'ReferenceHeld'
"""


async def reference_held(state: State) -> int | None:
    """Return how many reference rows and sets wait for people; None when the database does not respond."""
    found = await _ask(state, HELD)
    return None if found is None else int(found[0])


async def rollout_in_force(state: State) -> dict[str, Any] | None:
    """Return the mode, and whether, by whom and why HAWK is stopped; None when the database does not respond.

    Args:
        state: the supervisor's. Until the executor has taken a rollout in, it applies nothing, as in OBSERVE.
    """
    found = await _ask(state, LAST, EXECUTOR_CONTROL_STREAM)
    if found is None:
        return None
    rollout = {} if found[0] is None else parse_stored(found[0])
    terms = rollout.get("terms") or {"mode": "OBSERVE"}
    return {"mode": terms["mode"], "stopped": rollout.get("stopped", False), "reason": rollout.get("reason", "")}


async def control_read(state: State) -> dict[str, Any] | None:
    """Return whether the executor has read hawk.control to its end, and how many seconds ago.

    None when the database does not respond.
    """
    found = await _ask(state, READ)
    if found is None:
        return None
    seconds = None if found[0] is None else round(max(0.0, found[0]), 1)
    return {"caught_up": seconds is not None and seconds <= CAUGHT_UP_SECONDS_MAX, "seconds": seconds}


async def _ask(state: State, query: str, *arguments: str) -> tuple[Any] | None:
    """Return the one value of a query in a tuple; None when the database does not respond."""
    dsn = state["postgres"]["dsn_by_role"].get("hawk_reader")
    if dsn is None:
        return None
    try:
        async with session(dsn) as connection:
            return (await connection.fetchval(query, *arguments),)
    except (DatabaseUnreachable, asyncpg.PostgresError):
        return None
