"""When cards were shown, and what was decided lately, on the service's own tables."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, Protocol

import asyncpg

from services.approval.signals.figures import Decided, decided_of
from shared.people.identity import person_key

#: Requests that are read for figures: a desk's month.
DECIDED_MAX: Final = 5_000
_READ_MAX: Final = DECIDED_MAX + 1
#: A card that was shown so long ago is decided by nobody any more.
KEPT: Final = timedelta(days=60)
#: Rows that one reading of a card clears away at most.
_CLEARED_MAX: Final = 20

_NOTE: Final = """
    INSERT INTO approval.shown (workflow_id, person_key, shown_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"""
#: Index shown_old.
_CLEAR: Final = f"""
    DELETE FROM approval.shown WHERE ctid = ANY(ARRAY(
        SELECT ctid FROM approval.shown WHERE shown_at < $1 ORDER BY shown_at LIMIT {_CLEARED_MAX}))"""  # noqa: S608  a whole number of this file
_FIRST: Final = "SELECT shown_at FROM approval.shown WHERE workflow_id = $1 AND person_key = $2"
#: Index queue_decided.
_DECIDED: Final = f"""
    SELECT workflow_id, requested_at, request -> 'maker' ->> 'name' AS maker, request -> 'policy' ->> 'tier' AS tier,
           decisions, request -> 'judged' -> 'earlier' AS earlier
    FROM approval.queue WHERE status <> 'AWAITING_APPROVAL' AND decided_at >= $1
    ORDER BY decided_at DESC, workflow_id LIMIT {_READ_MAX}"""  # noqa: S608  a whole number of this file


class Signals(Protocol):
    """Cards that were shown, and how people decided."""

    async def shown(self, workflow_id: str, person: str, at: datetime) -> None:
        """Note that a card was shown to somebody who may decide on it; only the first time counts."""

    async def first_shown(self, workflow_id: str, person: str) -> datetime | None:
        """Return when a card was shown to somebody first; None where nobody knows."""

    async def decided(self, since: datetime) -> tuple[list[Decided], bool]:
        """Return the requests decided since then, the latest first, and whether there are more than that."""


class PostgresSignals:
    """`Signals` on `approval.shown` and `approval.queue`."""

    def __init__(self, pool: Callable[[], asyncpg.Pool]) -> None:
        self._pool = pool

    async def shown(self, workflow_id: str, person: str, at: datetime) -> None:
        """See `Signals`."""
        await self._pool().execute(_NOTE, workflow_id, person_key(person), at)
        await self._pool().execute(_CLEAR, at - KEPT)

    async def first_shown(self, workflow_id: str, person: str) -> datetime | None:
        """See `Signals`."""
        found: datetime | None = await self._pool().fetchval(_FIRST, workflow_id, person_key(person))
        return found

    async def decided(self, since: datetime) -> tuple[list[Decided], bool]:
        """See `Signals`."""
        rows = await self._pool().fetch(_DECIDED, since)
        return [decided_of(dict(row)) for row in rows[:DECIDED_MAX]], len(rows) > DECIDED_MAX
