"""The reading side on PostgreSQL: the queue, the cards, the deadlines."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import asyncpg

from services.approval.requests.cards import Card, Turn
from services.approval.requests.deadlines import Deadline
from services.approval.requests.state import Approval, Status
from shared.events.approvals import ApprovalRequested, DecisionRecorded, GrantIssued
from shared.events.deadletters import SetAsideProposed
from shared.hedging.planning.same_day import NAMED_MAX, ONCE_A_DAY, Other
from shared.people.identity import search_keys
from shared.plans.turns import seconds_left

#: How many wait before a workflow that waits for its turn; NULL for one that does not.
BEFORE = """
    CASE WHEN q.turn_of IS NOT NULL AND q.used_at IS NULL AND q.status = 'APPROVED' THEN (
        SELECT count(*)::integer FROM approval.queue AS other
        WHERE other.turn_of IS NOT NULL AND other.used_at IS NULL AND other.status = 'APPROVED'
          AND (other.turn_of, other.workflow_id) < (q.turn_of, q.workflow_id)) END AS before"""
#: Of `approval.queue` as q and `approval.plans` as p.
COLUMNS = f"q.workflow_id, q.status, q.reason, q.request, q.decisions, q.issued, q.used_at, p.plan, q.turn, {BEFORE}"
_FROM = "FROM approval.queue q LEFT JOIN approval.plans p USING (workflow_id)"

_CARD = f"SELECT {COLUMNS}, p.detail {_FROM} WHERE q.workflow_id = $1"
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
    SELECT workflow_id, status, due_at FROM approval.queue
    WHERE due_at IS NOT NULL ORDER BY due_at, workflow_id LIMIT $1"""

_SET_ASIDES = "SELECT proposal FROM approval.set_aside WHERE status = 'PROPOSED' ORDER BY changed_at DESC LIMIT $1"


#: Type and currency of an order.
Pair = tuple[str, str]
#: One more than is shown, and one for the card itself.
_READ_MAX: Final = NAMED_MAX + 2
#: Nobody decides for longer; orders from before are not looked at.
_DAYS: Final = 31

#: What is open and what was used today is read first, by an index of each, and then by pairs. MATERIALIZED: the plans
#: of a pair, looked up first, are all that there ever were. LIMIT makes it a look-up for each, as in `es.recorded`.
_OTHERS = f"""
    WITH open AS MATERIALIZED (
        SELECT workflow_id, requested_at AS at, true AS waits FROM approval.queue
        WHERE status IN ('AWAITING_APPROVAL', 'APPROVED') AND used_at IS NULL AND due_at > now()
          AND requested_at > now() - interval '{_DAYS} days'
        UNION ALL
        SELECT workflow_id, used_at, false FROM approval.queue
        WHERE used_at >= date_trunc('day', now() AT TIME ZONE 'Asia/Singapore') AT TIME ZONE 'Asia/Singapore'
          AND undone_at IS NULL AND requested_at > now() - interval '{_DAYS} days'),
    found AS MATERIALIZED (
        SELECT p.workflow_id, p.order_id, p.instruction_type, p.exposure_currency, open.waits,
               row_number() OVER (PARTITION BY p.instruction_type, p.exposure_currency, open.waits
                                  ORDER BY open.at, p.workflow_id) AS place
        FROM open CROSS JOIN LATERAL (
            SELECT * FROM approval.plans WHERE plans.workflow_id = open.workflow_id LIMIT 1) AS p)
    SELECT instruction_type, exposure_currency, workflow_id, order_id, waits FROM found
    JOIN unnest($1::text[], $2::text[]) AS pair (instruction_type, exposure_currency)
        USING (instruction_type, exposure_currency)
    WHERE place <= {_READ_MAX} ORDER BY waits DESC, place"""  # noqa: S608  whole numbers of this file


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
        """Read the rows of the queue that have a `due_at`."""
        rows = await self._pool().fetch(_DEADLINES, limit)
        return [Deadline(row["workflow_id"], Status(row["status"]), row["due_at"]) for row in rows]

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
    return Card(approval, row["used_at"], _turn(row), row["plan"] or {}, row["detail"] or {})


def _turn(row: asyncpg.Record) -> Turn | None:
    """Return the turn of a workflow, with how many are still before it."""
    before, turn = row["before"], row["turn"]
    if before is None:
        return None
    return Turn(before, seconds_left(turn["before"], turn["about_seconds"], before))


async def _with_others(pool: asyncpg.Pool, cards: Collection[Card]) -> list[Card]:
    """Return the cards, those that are open with the orders beside them; one query, and none where no card is open."""
    pairs = sorted({pair for card in cards if (pair := _pair_of(card)) is not None})
    if not pairs:
        return list(cards)
    found: dict[Pair, list[_Found]] = {}
    for row in await pool.fetch(_OTHERS, [kind for kind, _ in pairs], [currency for _, currency in pairs]):
        pair = row["instruction_type"], row["exposure_currency"]
        found.setdefault(pair, []).append(_Found(row["workflow_id"], Other(row["order_id"], waits=row["waits"])))
    return [_beside(card, found) for card in cards]


def _beside(card: Card, found: Mapping[Pair, Iterable[_Found]]) -> Card:
    pair, request = _pair_of(card), card.approval.request
    if pair is None or request is None:
        return card
    others = tuple(each.other for each in found.get(pair, ()) if each.workflow_id != request.workflow_id)
    return replace(card, others=others)


def _pair_of(card: Card) -> Pair | None:
    """Return type and currency of an open card's order; None for another card, and for types that may come often."""
    if "reversal" in card.plan:
        return None
    open_now = card.approval.status in {Status.AWAITING_APPROVAL, Status.APPROVED} and card.used_at is None
    kind, currency = card.plan.get("instruction_type"), card.plan.get("exposure_currency")
    return (str(kind), str(currency)) if open_now and currency and kind in ONCE_A_DAY else None
