"""The reading side on PostgreSQL: the queue, the cards, the deadlines."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import asyncpg

from services.approval.requests.cards import Card, Turn, once_a_day
from services.approval.requests.deadlines import Deadline
from services.approval.requests.life import lived
from services.approval.requests.state import Approval, Status
from services.approval.revocations import asked_of
from shared.events.approvals import ApprovalRequested, DecisionRecorded, GrantIssued
from shared.events.deadletters import SetAsideProposed
from shared.hedging.planning.same_day import NAMED_MAX, Other
from shared.people.identity import search_keys
from shared.plans.turns import seconds_left

#: How many wait before a workflow that waits for its turn; NULL for one that does not.
BEFORE = """
    CASE WHEN q.turn_of IS NOT NULL AND q.used_at IS NULL AND q.status = 'APPROVED' THEN (
        SELECT count(*)::integer FROM approval.queue AS other
        WHERE other.turn_of IS NOT NULL AND other.used_at IS NULL AND other.status = 'APPROVED'
          AND (other.turn_of, other.workflow_id) < (q.turn_of, q.workflow_id)) END AS before"""
#: Of `approval.queue` as q and `approval.plans` as p.
COLUMNS = f"""
    q.workflow_id, q.status, q.reason, q.request, q.decisions, q.life, q.issued, q.used_at, p.plan, q.turn, {BEFORE}"""
_FROM = "FROM approval.queue q LEFT JOIN approval.plans p USING (workflow_id)"

_CARD = f"""
    SELECT {COLUMNS}, p.detail, r.asked AS revocation
    {_FROM} LEFT JOIN approval.revocations r USING (workflow_id) WHERE q.workflow_id = $1"""
_WAITING = """
    (SELECT workflow_id FROM approval.queue WHERE status = 'AWAITING_APPROVAL'
     ORDER BY due_at, requested_at DESC, workflow_id LIMIT $1)"""
_OTHERS_LATEST = """
    (SELECT workflow_id FROM approval.queue WHERE {which} ORDER BY requested_at DESC, workflow_id LIMIT $1)"""
_IN_ORDER = """
    ORDER BY q.status <> 'AWAITING_APPROVAL',
             CASE WHEN q.status = 'AWAITING_APPROVAL' THEN q.due_at END, q.requested_at DESC, q.workflow_id
    LIMIT $1"""
#: As an array: PostgreSQL takes a LIMIT that it does not know for a tenth of the table, and would read all of it.
_LISTED = f"SELECT {COLUMNS}, NULL AS detail {_FROM} WHERE q.workflow_id = ANY(ARRAY"
#: What waits, the next deadline first, then the latest of the others: the beginning of an index of each.
_QUEUE = (
    f"""{_LISTED} ({_WAITING} UNION ALL {_OTHERS_LATEST.format(which="status <> 'AWAITING_APPROVAL'")})) {_IN_ORDER}"""
)
_QUEUE_WAITING = f"{_LISTED} {_WAITING}) {_IN_ORDER}"
_QUEUE_OF = f"{_LISTED} {_OTHERS_LATEST.format(which='status = $2')}) {_IN_ORDER}"
_LATEST = """
    SELECT response_id FROM (
        SELECT response_id, submitted_at AS at FROM approval.submissions WHERE maker_keys && $1
        UNION ALL
        SELECT response_id, requested_at AS at FROM approval.queue WHERE maker_keys && $1
    ) AS asked ORDER BY at DESC LIMIT 1"""
_DEADLINES = """
    (SELECT workflow_id, status, due_at, false AS escalates FROM approval.queue
     WHERE due_at IS NOT NULL ORDER BY due_at, workflow_id LIMIT $1)
    UNION ALL
    (SELECT workflow_id, status, escalate_at, true FROM approval.queue
     WHERE escalate_at IS NOT NULL ORDER BY escalate_at, workflow_id LIMIT $1)"""

_SET_ASIDES = "SELECT proposal FROM approval.set_aside WHERE status = 'PROPOSED' ORDER BY changed_at DESC LIMIT $1"


#: One more than is shown, and one for the card itself.
_READ_MAX: Final = NAMED_MAX + 2
#: Nobody decides for longer; orders from before are not looked at.
_DAYS: Final = 31

#: A few rows of each kind, from the beginning of an index each: those that wait, and those that were used today.
_OTHERS = f"""
    SELECT once_a_day, workflow_id, plans.order_id, waits
    FROM unnest($1::text[]) AS asked (once_a_day) CROSS JOIN LATERAL (
        (SELECT q.workflow_id, q.requested_at AS at, true AS waits FROM approval.queue q
         WHERE q.once_a_day = asked.once_a_day AND q.status IN ('AWAITING_APPROVAL', 'APPROVED') AND q.used_at IS NULL
           AND q.requested_at > now() - interval '{_DAYS} days' AND q.due_at > now()
         ORDER BY q.requested_at, q.workflow_id LIMIT {_READ_MAX})
        UNION ALL
        (SELECT q.workflow_id, q.used_at, false FROM approval.queue q
         WHERE q.once_a_day = asked.once_a_day AND q.undone_at IS NULL
           AND q.used_at >= date_trunc('day', now() AT TIME ZONE 'Asia/Singapore') AT TIME ZONE 'Asia/Singapore'
           AND q.requested_at > now() - interval '{_DAYS} days'
         ORDER BY q.used_at, q.workflow_id LIMIT {_READ_MAX})) AS found
    JOIN approval.plans USING (workflow_id)
    ORDER BY waits DESC, at, workflow_id"""  # noqa: S608  whole numbers of this file


@dataclass(frozen=True, slots=True)
class _Found:
    workflow_id: str
    other: Other


class PostgresDesk:
    """`ports.Desk` on the service's own tables."""

    def __init__(self, pool: Callable[[], asyncpg.Pool]) -> None:
        self._pool = pool

    async def card(self, workflow_id: str) -> Card | None:
        """Read the card; an open one comes with the other orders of its type and currency."""
        row = await self._pool().fetchrow(_CARD, workflow_id)
        if row is None:
            return None
        (card,) = await _with_others(self._pool(), [card_of(row)])
        return card

    async def queue(self, status: Status | None, limit: int) -> Sequence[Card]:
        """Read the cards in one query, and the orders beside the open ones in a second."""
        if status is None:
            rows = await self._pool().fetch(_QUEUE, limit)
        elif status is Status.AWAITING_APPROVAL:
            rows = await self._pool().fetch(_QUEUE_WAITING, limit)
        else:
            rows = await self._pool().fetch(_QUEUE_OF, limit, str(status))
        return await _with_others(self._pool(), [card_of(row) for row in rows])

    async def latest_response(self, person: str) -> str | None:
        """Return the latest response that the person submitted or asked for; see `search_keys`."""
        found: str | None = await self._pool().fetchval(_LATEST, search_keys(person))
        return found

    async def deadlines(self, limit: int) -> Sequence[Deadline]:
        """Read the rows of the queue that have a `due_at`, and those that have an `escalate_at`."""
        rows = await self._pool().fetch(_DEADLINES, limit)
        return [Deadline(row["workflow_id"], Status(row["status"]), row["due_at"], row["escalates"]) for row in rows]

    async def set_asides(self, now: datetime, limit: int) -> Sequence[SetAsideProposed]:
        """Return proposals to set a blocked message aside that wait for a second person, the latest first."""
        rows = await self._pool().fetch(_SET_ASIDES, limit)
        proposals = (SetAsideProposed.model_validate(row["proposal"]) for row in rows)
        return [each for each in proposals if now < each.expires_at]


def card_of(row: asyncpg.Record) -> Card:
    """Read a card of a row that has the columns of `COLUMNS`, and `detail`."""
    approval = Approval(
        status=Status(row["status"]),
        request=ApprovalRequested.model_validate(row["request"]),
        decisions=tuple(DecisionRecorded.model_validate(decision) for decision in row["decisions"]),
        grant=None if row["issued"] is None else GrantIssued.model_validate(row["issued"]),
        reason=row["reason"],
    )
    approval = lived(approval, row["life"])
    plan, detail = row["plan"] or {}, row["detail"] or {}
    return Card(approval, row["used_at"], _turn(row), plan, detail, revocation=asked_of(row))


def _turn(row: asyncpg.Record) -> Turn | None:
    """Return the turn of a workflow, with how many are still before it."""
    before, turn = row["before"], row["turn"]
    if before is None:
        return None
    return Turn(before, seconds_left(turn["before"], turn["about_seconds"], before))


async def _with_others(pool: asyncpg.Pool, cards: Collection[Card]) -> list[Card]:
    """Return the cards, those that are open with the orders beside them; one query, and none where no card is open."""
    kinds = sorted({kind for card in cards if (kind := _kind_of(card)) is not None})
    if not kinds:
        return list(cards)
    found: dict[str, list[_Found]] = {}
    for row in await pool.fetch(_OTHERS, kinds):
        other = _Found(row["workflow_id"], Other(row["order_id"], waits=row["waits"]))
        found.setdefault(row["once_a_day"], []).append(other)
    return [_beside(card, found) for card in cards]


def _beside(card: Card, found: Mapping[str, Iterable[_Found]]) -> Card:
    kind, request = _kind_of(card), card.approval.request
    if kind is None or request is None:
        return card
    others = tuple(each.other for each in found.get(kind, ()) if each.workflow_id != request.workflow_id)
    return replace(card, others=others)


def _kind_of(card: Card) -> str | None:
    """Return type and currency of an open card's order; None for a card that nobody decides on any more."""
    open_now = card.approval.status in {Status.AWAITING_APPROVAL, Status.APPROVED} and card.used_at is None
    return once_a_day(card.plan) if open_now else None
