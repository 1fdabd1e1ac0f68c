"""Previews in the service's own tables: kept for some minutes, then gone."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import asyncpg

from services.approval.previews.preview import Preview
from shared.events.approvals import AnswerSubmitted
from shared.events.previews import PlanPreviewed, PreviewRead

#: For so long a preview is shown: rates and capacity move, and an old one would be taken for today's.
LIFETIME: Final = timedelta(minutes=15)
#: Previews whose time is over that one new preview takes away, so that no request waits for a large deletion.
REMOVED_MAX: Final = 100

_ASKED: Final = "INSERT INTO approval.previews (response_id, maker, lapses_at) VALUES ($1, $2, $3)"
_LAPSED: Final = """
    DELETE FROM approval.previews WHERE response_id IN (
        SELECT response_id FROM approval.previews WHERE lapses_at < $1 ORDER BY lapses_at LIMIT $2
        FOR UPDATE SKIP LOCKED)"""
_READ: Final = "UPDATE approval.previews SET reading = $2 WHERE response_id = $1 AND reading IS NULL"
# Only what a person asked for here is kept; the row is locked, so that it is not taken away meanwhile.
_PLANNED: Final = """
    INSERT INTO approval.preview_plans (response_id, component, plan)
    SELECT response_id, $2, $3 FROM approval.previews WHERE response_id = $1 FOR SHARE
    ON CONFLICT DO NOTHING"""
_ONE: Final = "SELECT maker, lapses_at, reading FROM approval.previews WHERE response_id = $1 AND lapses_at > $2"
_PLANS: Final = "SELECT plan FROM approval.preview_plans WHERE response_id = $1 ORDER BY component"


async def keep_asked(connection: asyncpg.Connection, event: AnswerSubmitted) -> None:
    """Note that a person asked for a preview, and take away some whose time is over."""
    await connection.execute(_LAPSED, event.submitted_at, REMOVED_MAX)
    await connection.execute(_ASKED, event.response_id, event.maker, event.submitted_at + LIFETIME)


async def keep_reading(connection: asyncpg.Connection, event: PreviewRead) -> None:
    """Keep what was read in the answer."""
    await connection.execute(_READ, event.response_id, event.model_dump(mode="json"))


async def keep_plan(connection: asyncpg.Connection, event: PlanPreviewed) -> None:
    """Keep a plan of the preview, once."""
    await connection.execute(_PLANNED, event.response_id, event.component, event.model_dump(mode="json"))


class PostgresPreviews:
    """`ports.Previews` on the service's own tables."""

    def __init__(self, pool: Callable[[], asyncpg.Pool]) -> None:
        self._pool = pool

    async def preview(self, response_id: str, at: datetime) -> Preview | None:
        """See `ports.Previews`."""
        async with self._pool().acquire() as connection, connection.transaction(isolation="repeatable_read"):
            row = await connection.fetchrow(_ONE, response_id, at)
            if row is None:
                return None
            plans = [PlanPreviewed.model_validate(each["plan"]) for each in await connection.fetch(_PLANS, response_id)]
        reading = None if row["reading"] is None else PreviewRead.model_validate(row["reading"])
        return Preview(response_id, row["maker"], row["lapses_at"], reading, tuple(plans))
