"""Which other orders of the same type and currency an open card stands beside. Read when it is looked at."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

import asyncpg

from services.approval.ports import Card
from services.approval.requests.state import Status
from shared.hedging.same_day import NAMED_MAX, ONCE_A_DAY, Other

#: Type and currency of an order.
Pair = tuple[str, str]
#: One more than is told of, and one for the card itself.
_READ_MAX: Final = NAMED_MAX + 2
#: Nobody decides for longer; orders from before are not looked at.
_DAYS: Final = 31

_OTHERS = f"""
    SELECT pair.instruction_type, pair.exposure_currency, o.*
    FROM unnest($1::text[], $2::text[]) AS pair (instruction_type, exposure_currency)
    CROSS JOIN LATERAL (
        (SELECT p.workflow_id, p.order_id, true AS waits FROM approval.plans p JOIN approval.queue q USING (workflow_id)
         WHERE (p.instruction_type, p.exposure_currency) = (pair.instruction_type, pair.exposure_currency)
           AND q.status IN ('AWAITING_APPROVAL', 'APPROVED') AND q.used_at IS NULL AND q.due_at > now()
           AND q.requested_at > now() - interval '{_DAYS} days'
         ORDER BY q.requested_at, q.workflow_id LIMIT {_READ_MAX})
        UNION ALL
        (SELECT p.workflow_id, p.order_id, false FROM approval.plans p JOIN approval.queue q USING (workflow_id)
         WHERE (p.instruction_type, p.exposure_currency) = (pair.instruction_type, pair.exposure_currency)
           AND q.used_at >= date_trunc('day', now() AT TIME ZONE 'Asia/Singapore') AT TIME ZONE 'Asia/Singapore'
           AND q.undone_at IS NULL
           AND q.requested_at > now() - interval '{_DAYS} days'
         ORDER BY q.used_at, q.workflow_id LIMIT {_READ_MAX})
    ) AS o"""  # noqa: S608  whole numbers of this file


@dataclass(frozen=True, slots=True)
class _Found:
    workflow_id: str
    other: Other


async def with_others(pool: asyncpg.Pool, cards: Collection[Card]) -> list[Card]:
    """The cards, those that are open with the orders beside them; one query, and none where no card is open."""
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
    """Type and currency of the order of an open card; None for another one, and for types that may come often."""
    if "reversal" in card.plan:
        return None
    open_now = card.approval.status in {Status.AWAITING_APPROVAL, Status.APPROVED} and card.used_at is None
    kind, currency = card.plan.get("instruction_type"), card.plan.get("exposure_currency")
    return (str(kind), str(currency)) if open_now and currency and kind in ONCE_A_DAY else None
