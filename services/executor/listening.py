"""Since when HAWK, the relay and the broker have all been there: only silence after that is Murex's.

A deal whose request still waits for the relay was not asked yet, and an answer that waits in a topic was given. So
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
    """Keeps `since`. `healthy` tells whether the consumer of Murex's answers works."""

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
    """Whether no event has been waiting for its seal or its publication for long."""
    late = await pool.fetchval(
        """
        WITH last AS (SELECT event_id, recorded_at FROM es.events ORDER BY xid DESC, id DESC LIMIT 1),
             head AS (SELECT position FROM es.seals ORDER BY position DESC LIMIT 1)
        SELECT EXISTS (
            SELECT FROM last
            WHERE recorded_at < clock_timestamp() - make_interval(secs => $1)
              AND NOT EXISTS (SELECT FROM es.seals WHERE seals.event_id = last.event_id)
        ) OR EXISTS (
            SELECT FROM es.checkpoints, head
            WHERE checkpoints.name = 'publish' AND checkpoints.position < head.position
              AND checkpoints.updated_at < clock_timestamp() - make_interval(secs => $1)
        )
        """,
        RELAY_LAG_SECONDS_MAX,
    )
    return not late
