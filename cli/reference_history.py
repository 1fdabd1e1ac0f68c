"""Rows of reference data that were in force at a time, from the events alone."""

from datetime import datetime
from typing import Any

import asyncpg

from shared.errors import InvalidInput
from shared.events.identity import reference_stream
from shared.hedging.reference_keys import KEYS
from shared.messaging.database import open_pool

#: The last event of each row's stream up to a time. Streams of one table share a prefix; the data names the table.
QUERY = """
    SELECT * FROM (
        SELECT DISTINCT ON (stream) version, type, data, metadata, recorded_at
        FROM es.events
        WHERE starts_with(stream, $1) AND ($2::text IS NULL OR stream = $2)
          AND ($3::timestamptz IS NULL OR recorded_at <= $3)
        ORDER BY stream, version DESC
    ) AS last
    WHERE type = 'ReferenceRowSet' AND data ->> 'table' = $4
    ORDER BY data ->> 'key'
"""


async def rows_at(dsn: str, table: str, key: str | None, moment: datetime | None) -> list[dict[str, Any]]:
    """Return the rows of a table, or one of them, in force at a moment; None is now.

    Returns:
        For each row `key`, `version` of its stream, `since`, `by` (the actor), `cause` (the causing message) and `row`.
    Raises:
        InvalidInput: REFERENCE_TABLE_UNKNOWN.
    """
    if table not in KEYS:
        known = ", ".join(sorted(KEYS))
        raise InvalidInput(
            code="REFERENCE_TABLE_UNKNOWN", reason=f"{table!r:.80} is not a reference table. Use one of {known}."
        )
    stream = None if key is None else reference_stream(table, key)
    pool = await open_pool(dsn, application="hawk-reference", min_size=1, max_size=1)
    try:
        found = await _fetch(pool, stream, moment, table)
    finally:
        await pool.close()
    return [
        {
            "key": each["data"]["key"],
            "version": each["version"],
            "since": each["recorded_at"].isoformat(),
            "by": each["metadata"].get("actor", ""),
            "cause": each["metadata"].get("causation_id", ""),
            "row": each["data"]["row"],
        }
        for each in found
    ]


async def _fetch(pool: asyncpg.Pool, stream: str | None, moment: datetime | None, table: str) -> list[asyncpg.Record]:
    return list(await pool.fetch(QUERY, reference_stream(table, ""), stream, moment, table))
