"""Whose response came last, in PostgreSQL."""

from collections.abc import Iterable
from typing import Final

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from services.monitor.facts import Asked
from shared.messaging.columns import columns_of
from shared.people.identity import row_keys, search_keys

_KEEP: Final = """
    INSERT INTO monitor.asked (maker_key, at, response_id)
    SELECT * FROM unnest($1::text[], $2::timestamptz[], $3::text[]) ON CONFLICT DO NOTHING"""
#: One look into the index for each key: a person has a few of them, and any number of responses.
_LATEST: Final = """
    SELECT latest.response_id FROM unnest($1::text[]) AS wanted (key) CROSS JOIN LATERAL (
        SELECT response_id, at FROM monitor.asked WHERE maker_key = wanted.key
        ORDER BY at DESC, response_id DESC LIMIT 1) AS latest
    ORDER BY latest.at DESC, latest.response_id DESC LIMIT 1"""
#: Responses taken over in one transaction: some milliseconds, in which nobody else waits for them.
BEFORE_AT_ONCE: Final = 500
_TAKE_BEFORE: Final = """
    DELETE FROM monitor.asked_before WHERE response_id IN (
        SELECT response_id FROM monitor.asked_before ORDER BY response_id LIMIT $1 FOR UPDATE SKIP LOCKED)
    RETURNING maker, at, response_id"""


async def keep_asked(connection: asyncpg.Connection | PoolConnectionProxy, asked: Iterable[Asked]) -> None:
    """Keep who asked, inside the caller's transaction."""
    await connection.execute(_KEEP, *columns_of(sorted(set(asked))))


async def take_over(pool: asyncpg.Pool) -> None:
    """Keep who asked for the responses that were kept before that was.

    There are none after the first time. Several monitors may do so at once.
    """
    taken = BEFORE_AT_ONCE
    while taken == BEFORE_AT_ONCE:
        async with pool.acquire() as connection, connection.transaction():
            rows = await connection.fetch(_TAKE_BEFORE, BEFORE_AT_ONCE)
            known = [(key, each["at"], each["response_id"]) for each in rows for key in row_keys(each["maker"])]
            if known:
                await keep_asked(connection, known)
        taken = len(rows)


async def latest_response(pool: asyncpg.Pool, person: str) -> str | None:
    """Return the id of the latest response that a person asked for, however the name is spelled."""
    found: str | None = await pool.fetchval(_LATEST, search_keys(person))
    return found
