"""Reminders of requests that still wait: at most one in a period for each request and recipient, by mail alone.

A reminder is no event: it changes nothing about a request. Which one it is follows from the request's time, so that
several processes, and one that was away, put each into the outbox once, and never those of periods gone by.
"""

import asyncio
from collections.abc import Callable
from typing import Final

import asyncpg

from services.approval.notifications.notices import Channel
from services.approval.notifications.store import Audience
from shared.messaging.columns import columns_of

#: Requests of one look, the oldest first: more than people can decide in a period.
REMINDED_MAX: Final = 5_000
#: Seconds between two looks.
LOOK_SECONDS_MIN: Final = 0.5
LOOK_SECONDS_MAX: Final = 60.0

_REMIND: Final = """
    WITH waiting AS (
        SELECT workflow_id, request -> 'policy' -> 'required' AS required, life,
               floor(extract(epoch FROM now() - requested_at) / $3::integer)::bigint AS number
        FROM approval.queue
        WHERE status = 'AWAITING_APPROVAL' AND requested_at <= now() - make_interval(secs => $3::integer)
          AND due_at > now()
        ORDER BY requested_at LIMIT $5)
    INSERT INTO approval.notifications
        (event_id, channel, recipient, kind, workflow_id, told, happened_at, due_at)
    SELECT md5(concat_ws(' ', 'reminder', waiting.workflow_id, waiting.number))::uuid, 'mail', place.recipient,
           'reminded', waiting.workflow_id,
           jsonb_build_object('kind', 'reminded', 'workflow_id', waiting.workflow_id, 'state', 'AWAITING_APPROVAL'),
           now(), to_timestamp((floor(extract(epoch FROM now()) / $4::integer) + 1) * $4::integer)
    FROM waiting JOIN unnest($1::text[], $2::text[]) AS place (place, recipient)
      ON waiting.required ? place.place
      OR waiting.life @> jsonb_build_array(jsonb_build_object(
          'type', 'RequestEscalated', 'data', jsonb_build_object('role', place.place)))
    ON CONFLICT DO NOTHING"""


async def remind(pool: asyncpg.Pool, audience: Audience, period_seconds: int) -> None:
    """Put the reminders of this period into the outbox, of requests that have waited for one period at least."""
    places = [(place, who) for channel, place, who in audience.places if channel is Channel.MAIL]
    if places:
        await pool.execute(_REMIND, *columns_of(places), period_seconds, audience.digest_seconds, REMINDED_MAX)


async def remind_forever(pool: Callable[[], asyncpg.Pool], audience: Audience, period_seconds: int) -> None:
    """Look several times a period, so that a reminder is late by a part of it only."""
    pause = min(LOOK_SECONDS_MAX, max(LOOK_SECONDS_MIN, period_seconds / 4))
    while True:
        await remind(pool(), audience, period_seconds)
        await asyncio.sleep(pause)
