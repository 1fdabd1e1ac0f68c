"""Measures how far sealing and publishing lag behind, and names the session that stalls the feed."""

from dataclasses import dataclass

import asyncpg
import structlog

from shared.eventstore.driver_errors import translated
from shared.relay import metrics

#: Seconds an event waits for older transactions before their session is named. Units of work take
#: milliseconds.
STALL_SECONDS = 5.0

#: Seconds after which sessions of services that stall the feed are ended: twice what a statement of theirs may take.
#: Their own time-outs a role can switch off; this one it cannot.
END_STALL_SECONDS = 60.0

#: Waiting events counted at most: the gauge needs no more to say "very many", and counting costs.
COUNT_MAX = 100_000

#: Characters of the blocking query that are shown.
QUERY_CHARACTERS_MAX = 200

MEASURE = """
WITH last_seal AS (
    SELECT events.xid, events.id
    FROM es.seals AS seals JOIN es.events AS events ON events.event_id = seals.event_id
    ORDER BY seals.position DESC LIMIT 1
), waiting AS (
    SELECT events.recorded_at, events.xid
    FROM es.events AS events
    WHERE (events.xid, events.id) > (
        coalesce((SELECT xid FROM last_seal), '0'::xid8), coalesce((SELECT id FROM last_seal), 0))
    ORDER BY events.xid, events.id LIMIT $1
)
SELECT
    (SELECT count(*) FROM waiting) AS unsealed,
    (SELECT extract(epoch FROM clock_timestamp() - min(recorded_at)) FROM waiting)::float8 AS seal_lag,
    (SELECT extract(epoch FROM clock_timestamp() - min(recorded_at)) FROM waiting
     WHERE xid >= pg_snapshot_xmin(pg_current_snapshot()))::float8 AS stalled,
    coalesce((SELECT max(position) FROM es.seals), 0)
        - (SELECT position FROM es.checkpoints WHERE name = 'publish') AS unpublished,
    (SELECT count(*) FROM es.unpublishable WHERE published_at IS NULL) AS unpublishable
"""

# The transaction with the lowest id holds the feed back, in whichever database of the server it runs.
BLOCKER = """
SELECT pid, usename AS role, application_name AS application, left(query, $1) AS query,
       coalesce(extract(epoch FROM clock_timestamp() - xact_start), 0)::float8 AS seconds
FROM pg_stat_activity
WHERE backend_xid IS NOT NULL AND pid <> pg_backend_pid()
ORDER BY age(backend_xid) DESC
LIMIT 1
"""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Blocker:
    """The session whose open transaction stalls the feed."""

    pid: int
    role: str
    application: str
    query: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Lag:
    """The waiting events, `unpublishable` for people. Seconds are zero when none does; `blocker` is given when the feed
    stalls above STALL_SECONDS."""

    unsealed: int
    unpublished: int
    unpublishable: int
    seal_lag_seconds: float
    feed_stalled_seconds: float
    blocker: Blocker | None


async def measure(connection: asyncpg.Connection, stall_seconds: float = STALL_SECONDS) -> Lag:
    """Return the lag now.

    Raises:
        Transient: the database is away.
    """
    with translated(connection):
        [row] = await connection.fetch(MEASURE, COUNT_MAX)
        stalled = row["stalled"] or 0.0
        found = await connection.fetch(BLOCKER, QUERY_CHARACTERS_MAX) if stalled > stall_seconds else []
    return Lag(
        unsealed=row["unsealed"],
        unpublished=row["unpublished"],
        unpublishable=row["unpublishable"],
        seal_lag_seconds=row["seal_lag"] or 0.0,
        feed_stalled_seconds=stalled,
        blocker=_blocker(found[0]) if found else None,
    )


async def end_stalling(connection: asyncpg.Connection, seconds: float = END_STALL_SECONDS) -> int:
    """End the sessions of services whose transaction has been open for so long; gives how many.

    Raises:
        Transient: the database is away.
    """
    with translated(connection):
        ended = int(await connection.fetchval("SELECT es.end_stalling($1)", round(seconds)))
    if ended:
        metrics.STALLING_ENDED.inc(ended)
        _log.error("feed_freed", sessions=ended, why="Their transactions held back everybody's events.")
    return ended


def _blocker(record: asyncpg.Record) -> Blocker:
    return Blocker(
        pid=record["pid"],
        role=record["role"] or "",
        application=record["application"] or "",
        query=record["query"] or "",
        seconds=record["seconds"],
    )


def show(lag: Lag) -> None:
    """Put a measurement on the gauges, and a stall into the log."""
    metrics.UNSEALED.set(lag.unsealed)
    metrics.UNPUBLISHED.set(lag.unpublished)
    metrics.UNPUBLISHABLE.set(lag.unpublishable)
    metrics.SEAL_LAG_SECONDS.set(lag.seal_lag_seconds)
    metrics.FEED_STALLED_SECONDS.set(lag.feed_stalled_seconds)
    metrics.FEED_BLOCKER.clear()
    blocker = lag.blocker
    if blocker is not None:
        labels = (str(blocker.pid), blocker.role, blocker.application)
        metrics.FEED_BLOCKER.labels(*labels).set(blocker.seconds)
        _log.warning(
            "feed_stalled",
            seconds=round(lag.feed_stalled_seconds, 1),
            pid=blocker.pid,
            role=blocker.role,
            application=blocker.application,
            query=blocker.query,
        )
