"""`Emergencies` on the service's own table, and what an event of an emergency changes in it."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import asyncpg

from services.approval.emergency.decider import REVIEWERS
from services.approval.queries import COLUMNS, card_of
from services.approval.requests.cards import Card
from shared.events.emergency import GlassBroken, ReviewRecorded

#: Rows of one answer: more emergencies than a desk has in a year.
LISTED_MAX: Final = 200

BROKEN: Final = "UPDATE approval.queue SET glass = $2 WHERE workflow_id = $1"
REVIEWED: Final = f"""
    UPDATE approval.queue SET reviews = reviews || $2::jsonb,
        review_since = CASE WHEN jsonb_array_length(reviews) + 1 < {REVIEWERS} THEN review_since END
    WHERE workflow_id = $1"""  # noqa: S608  a whole number of this service
_LISTED: Final = f"""
    SELECT {COLUMNS}, NULL AS detail FROM approval.queue q LEFT JOIN approval.plans p USING (workflow_id)
    WHERE q.workflow_id = ANY(ARRAY"""  # noqa: S608  columns of this service
_UNDER_REVIEW: Final = f"""{_LISTED} (
        SELECT workflow_id FROM approval.queue WHERE review_since IS NOT NULL
        ORDER BY review_since, workflow_id LIMIT $1))
    ORDER BY q.review_since, q.workflow_id"""  # noqa: S608
_DECLARED: Final = f"""{_LISTED} (
        SELECT workflow_id FROM approval.queue WHERE glass IS NOT NULL
        ORDER BY requested_at DESC, workflow_id LIMIT $1))
    ORDER BY q.requested_at DESC, q.workflow_id"""  # noqa: S608


def change_of(event: GlassBroken | ReviewRecorded) -> tuple[str, tuple[Any, ...]]:
    """Return the statement of an event and its values."""
    if isinstance(event, GlassBroken):
        return BROKEN, (event.workflow_id, event.model_dump(mode="json"))
    return REVIEWED, (event.workflow_id, [event.model_dump(mode="json")])


class PostgresEmergencies:
    """`port.Emergencies` on `approval.queue`: each list is the beginning of an index."""

    def __init__(self, pool: Callable[[], asyncpg.Pool]) -> None:
        self._pool = pool

    async def under_review(self) -> Sequence[Card]:
        """See `Emergencies.under_review`."""
        return [card_of(row) for row in await self._pool().fetch(_UNDER_REVIEW, LISTED_MAX)]

    async def declared(self) -> Sequence[Card]:
        """See `Emergencies.declared`."""
        return [card_of(row) for row in await self._pool().fetch(_DECLARED, LISTED_MAX)]
