"""The time since which HAWK, the relay and the broker have all been there: only silence after that is Murex's.

A request that still waits for the relay was not sent yet, and an answer that waits in a topic was given. So
the time in which any of them was away, and the time this process itself did not run, consumes no attempt.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import asyncpg

#: Seconds between looks.
LOOK_SECONDS = 1.0
#: A pause longer than this between two looks means that this process did not run.
GAP_SECONDS_MAX = 5.0
#: Seconds an event may wait for sealing and publication before the relay or the broker counts as away.
RELAY_LAG_SECONDS_MAX = 3


class Listening:
    """Keeper of `since`. `healthy` returns True while the consumer of Murex's answers works."""

    def __init__(
        self,
        clock: Callable[[], datetime],
        healthy: Callable[[], bool],
        relay_keeps_up: Callable[[], Awaitable[bool]],
    ) -> None:
        self._clock = clock
        self._healthy = healthy
        self._relay_keeps_up = relay_keeps_up
        self.since = clock()
        self._looked_at = self.since

    async def look(self) -> None:
        """Start over when anything was away at this look or between the last one and this."""
        keeps_up = self._healthy() and await self._relay_keeps_up()
        now = self._clock()
        if not keeps_up or now - self._looked_at > timedelta(seconds=GAP_SECONDS_MAX):
            self.since = now
        self._looked_at = now


async def relay_keeps_up(pool: asyncpg.Pool) -> bool:
    """Return True if no event has been waiting for its seal or its publication for long.

    The oldest one that waits decides: while work goes on the newest is always fresh, and a relay that had nothing to
    do for an hour is not late with what came a moment ago.
    """
    late = await pool.fetchval(
        """
        WITH head AS (
            SELECT events.xid, events.id FROM es.seals JOIN es.events USING (event_id)
            ORDER BY seals.position DESC LIMIT 1
        ), unsealed AS (
            SELECT recorded_at AS since FROM es.events
            WHERE (xid, id) > (coalesce((SELECT xid FROM head), '0'::xid8), coalesce((SELECT id FROM head), 0))
            ORDER BY xid, id LIMIT 1
        ), unpublished AS (
            SELECT sealed_at AS since FROM es.seals
            WHERE position > (SELECT position FROM es.checkpoints WHERE name = 'publish')
            ORDER BY position LIMIT 1
        )
        SELECT coalesce(min(since) < clock_timestamp() - make_interval(secs => $1), false)
        FROM (SELECT since FROM unsealed UNION ALL SELECT since FROM unpublished) AS waiting
        """,
        RELAY_LAG_SECONDS_MAX,
    )
    return not late
