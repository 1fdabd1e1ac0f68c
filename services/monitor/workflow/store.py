"""Histories in PostgreSQL: events of one workflow by the index of streams, read when somebody opens its page.

Every role of HAWK may read the event store. The monitor is fed by topics and asks here on demand alone: single
operations are on no topic that it reads, and following them would cost every workflow fifty events more.
"""

from collections.abc import Callable, Sequence
from typing import Final
from uuid import UUID

import asyncpg

from services.monitor.workflow.history import SHOWN_MAX, Histories, Kept, Sought
from shared.eventstore.port import FEED_START, FeedPosition
from shared.eventstore.postgres import recorded_event

#: MATERIALIZED: what the workflow has is found by its streams first, and then put in order; in the other way all events
#: that there are would be walked through. Of what the workflow reverses, that from the reversal on counts.
EVENTS: Final = """
    WITH wanted AS (
        SELECT name, 0::bigint AS after FROM unnest($1::text[]) AS name
        UNION ALL
        SELECT $2, 0 WHERE $2::text IS NOT NULL
        UNION ALL
        SELECT $3, begun.version - 1 FROM (
            SELECT min(version) AS version FROM es.events
            WHERE stream = $3::text AND type = 'ReversalStarted' AND data ->> 'reversal' = $4) AS begun
        WHERE begun.version IS NOT NULL),
    found AS MATERIALIZED (
        SELECT events.* FROM wanted JOIN es.events AS events
            ON events.stream = wanted.name AND events.version > wanted.after
        WHERE $2::text IS NULL OR events.stream <> $2
            OR events.type = 'ResponseReceived' OR events.data ->> 'workflow_id' = $4)
    SELECT stream, version, found.event_id, type, schema_version, metadata::text AS metadata, recorded_at,
           (CASE WHEN stream = $2 THEN data - 'content' ELSE data END)::text AS data,
           xid::text::bigint AS xid, id, seal.position
    FROM found LEFT JOIN LATERAL (
        SELECT position FROM es.seals WHERE seals.event_id = found.event_id LIMIT 1) AS seal ON true
    WHERE (xid, id) > ($5::bigint::text::xid8, $6::bigint)
    ORDER BY xid, id LIMIT $7"""
EVENT: Final = """
    SELECT stream, version, events.event_id, type, schema_version, metadata::text AS metadata, recorded_at,
           data::text AS data, xid::text::bigint AS xid, id, seal.position
    FROM es.events AS events LEFT JOIN LATERAL (
        SELECT position FROM es.seals WHERE seals.event_id = events.event_id LIMIT 1) AS seal ON true
    WHERE events.event_id = $1
      AND (stream = ANY($2::text[])
           OR (stream = $3::text AND (type = 'ResponseReceived' OR data ->> 'workflow_id' = $5))
           OR (stream = $4::text AND version >= (
               SELECT min(begun.version) FROM es.events AS begun
               WHERE begun.stream = $4 AND begun.type = 'ReversalStarted' AND begun.data ->> 'reversal' = $5)))"""


class PostgresHistories(Histories):
    """`Histories` on the event store. `pool` is called each time: it may not be open yet."""

    def __init__(self, pool: Callable[[], asyncpg.Pool]) -> None:
        self._pool = pool

    async def events(self, of: Sought, after: FeedPosition = FEED_START, limit: int = SHOWN_MAX) -> Sequence[Kept]:
        """See `Histories`."""
        place = (after.xid, after.id)
        rows = await self._pool().fetch(EVENTS, list(of.streams), of.answer, of.reversed, of.workflow_id, *place, limit)
        return [_kept(row) for row in rows]

    async def event(self, of: Sought, event_id: UUID) -> Kept | None:
        """See `Histories`."""
        row = await self._pool().fetchrow(EVENT, event_id, list(of.streams), of.answer, of.reversed, of.workflow_id)
        return None if row is None else _kept(row)


def _kept(row: asyncpg.Record) -> Kept:
    return Kept(recorded_event(row), FeedPosition(row["xid"], row["id"]), row["position"])
