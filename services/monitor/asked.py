"""Whose response came last, in PostgreSQL."""

from collections.abc import Iterable
from typing import Final

import asyncpg

from services.monitor.facts import Asked
from shared.messaging.columns import columns_of
from shared.people.identity import search_keys

_KEEP: Final = """
    INSERT INTO monitor.asked (maker_key, at, response_id)
    SELECT * FROM unnest($1::text[], $2::timestamptz[], $3::text[]) ON CONFLICT DO NOTHING"""
#: One look into the index for each key: a person has a few of them, and any number of responses.
_LATEST: Final = """
    SELECT latest.response_id FROM unnest($1::text[]) AS wanted (key) CROSS JOIN LATERAL (
        SELECT response_id, at FROM monitor.asked WHERE maker_key = wanted.key
        ORDER BY at DESC, response_id DESC LIMIT 1) AS latest
    ORDER BY latest.at DESC, latest.response_id DESC LIMIT 1"""


async def keep_asked(connection: asyncpg.Connection, asked: Iterable[Asked]) -> None:
    """Keep who asked, inside the caller's transaction."""
    await connection.execute(_KEEP, *columns_of(sorted(set(asked))))


async def latest_response(pool: asyncpg.Pool, person: str) -> str | None:
    """Return the id of the latest response that a person asked for, however the name is spelled."""
    found: str | None = await pool.fetchval(_LATEST, search_keys(person))
    return found
