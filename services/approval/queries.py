"""The reading side on PostgreSQL: the queue, the cards, the deadlines."""

from collections.abc import Callable, Sequence
from datetime import datetime

import asyncpg

from services.approval.beside import with_others
from services.approval.ports import Card, Turn
from services.approval.requests.deadlines import Deadline
from services.approval.requests.state import Approval, Status
from shared.events.approvals import ApprovalRequested, DecisionRecorded, GrantIssued
from shared.events.deadletters import SetAsideProposed
from shared.people.identity import search_keys

#: How many wait before a workflow that waits for its turn; NULL for one that does not.
_BEFORE = """
    CASE WHEN q.turn_of IS NOT NULL AND q.used_at IS NULL AND q.status = 'APPROVED' THEN (
        SELECT count(*)::integer FROM approval.queue AS other
        WHERE other.turn_of IS NOT NULL AND other.used_at IS NULL AND other.status = 'APPROVED'
          AND (other.turn_of, other.workflow_id) < (q.turn_of, q.workflow_id)) END AS before"""
_COLUMNS = f"q.workflow_id, q.status, q.reason, q.request, q.decisions, q.issued, q.used_at, p.plan, q.turn, {_BEFORE}"
_FROM = "FROM approval.queue q LEFT JOIN approval.plans p USING (workflow_id)"

_CARD = f"SELECT {_COLUMNS}, p.detail {_FROM} WHERE q.workflow_id = $1"
_QUEUE = f"""
    SELECT {_COLUMNS}, NULL AS detail {_FROM}
    WHERE $1::text IS NULL OR q.status = $1
    ORDER BY q.status <> 'AWAITING_APPROVAL',
             CASE WHEN q.status = 'AWAITING_APPROVAL' THEN q.due_at END, q.requested_at DESC, q.workflow_id
    LIMIT $2"""
_LATEST = """
    SELECT response_id FROM (
        SELECT response_id, submitted_at AS at FROM approval.submissions WHERE maker = $1 OR maker_keys && $2
        UNION ALL
        SELECT response_id, requested_at AS at FROM approval.queue WHERE maker = $1 OR maker_keys && $2
    ) AS asked ORDER BY at DESC LIMIT 1"""
_DEADLINES = """
    SELECT workflow_id, status, due_at FROM approval.queue
    WHERE due_at IS NOT NULL ORDER BY due_at, workflow_id LIMIT $1"""

_SET_ASIDES = "SELECT proposal FROM approval.set_aside WHERE status = 'PROPOSED' ORDER BY changed_at DESC LIMIT $1"


class PostgresDesk:
    """`ports.Desk` on the service's own tables."""

    def __init__(self, pool: Callable[[], asyncpg.Pool]) -> None:
        self._pool = pool

    async def card(self, workflow_id: str) -> Card | None:
        row = await self._pool().fetchrow(_CARD, workflow_id)
        if row is None:
            return None
        (card,) = await with_others(self._pool(), [_card(row)])
        return card

    async def queue(self, status: Status | None, limit: int) -> Sequence[Card]:
        rows = await self._pool().fetch(_QUEUE, None if status is None else str(status), limit)
        return await with_others(self._pool(), [_card(row) for row in rows])

    async def latest_response(self, person: str) -> str | None:
        found: str | None = await self._pool().fetchval(_LATEST, person, search_keys(person))
        return found

    async def deadlines(self, limit: int) -> Sequence[Deadline]:
        rows = await self._pool().fetch(_DEADLINES, limit)
        return [Deadline(row["workflow_id"], Status(row["status"]), row["due_at"]) for row in rows]

    async def set_asides(self, now: datetime, limit: int) -> Sequence[SetAsideProposed]:
        """Proposals to set a blocked message aside that wait for a second person, the latest first."""
        rows = await self._pool().fetch(_SET_ASIDES, limit)
        proposals = (SetAsideProposed.model_validate(row["proposal"]) for row in rows)
        return [each for each in proposals if now < each.expires_at]


def _card(row: asyncpg.Record) -> Card:
    approval = Approval(
        status=Status(row["status"]),
        request=ApprovalRequested.model_validate(row["request"]),
        decisions=tuple(DecisionRecorded.model_validate(decision) for decision in row["decisions"]),
        grant=None if row["issued"] is None else GrantIssued.model_validate(row["issued"]),
        reason=row["reason"],
    )
    return Card(approval, row["used_at"], _turn(row), row["plan"] or {}, row["detail"] or {})


def _turn(row: asyncpg.Record) -> Turn | None:
    """As it was told, brought up to how many are still before it."""
    before, told = row["before"], row["turn"]
    if before is None:
        return None
    return Turn(before, max(1, told["about_seconds"] * (before + 1) // (told["before"] + 1)))
