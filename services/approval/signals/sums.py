"""Earlier orders of a person on one day: found when people are asked about the next one, by an index, bounded."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, time
from decimal import Decimal
from typing import Final

from services.approval.requests.commands import RequestApproval
from shared.events.approvals import ApprovalRequested
from shared.hedging.facts import SINGAPORE
from shared.messaging.unit_of_work import UnitOfWork
from shared.people.identity import same_person, search_keys
from shared.policy.backtest import facts_of, subject_of_facts
from shared.policy.evaluation import evaluate
from shared.policy.subject import EarlierOrders, PolicySubject
from shared.policy.table import Policy, SubjectKind

#: Orders of one person in one currency and on one day that are added up; a person asks for fewer.
ORDERS_MAX: Final = 500

#: Index queue_of_a_day. What ended without effect, and what was undone, counts no more.
_EARLIER: Final = f"""
    SELECT workflow_id, request FROM approval.queue
    WHERE request -> 'judged' ->> 'currency' = $1 AND requested_at >= $2 AND requested_at < $3
      AND maker_keys && $4::text[] AND status IN ('AWAITING_APPROVAL', 'APPROVED') AND undone_at IS NULL
    ORDER BY requested_at DESC, workflow_id LIMIT {ORDERS_MAX}"""  # noqa: S608  a whole number of this file


async def earlier_orders(
    unit: UnitOfWork, workflow_id: str, maker: str, subject: PolicySubject, at: datetime
) -> tuple[EarlierOrders, ...]:
    """Return what the maker of an order asked for before, on its day, for each of its entities in its currency."""
    if subject.kind is not SubjectKind.HEDGE:
        return ()
    midnight = datetime.combine(at.astimezone(SINGAPORE).date(), time(), SINGAPORE)
    rows = await unit.before.fetch(_EARLIER, subject.currency, midnight, at, search_keys(maker))
    known = [ApprovalRequested.model_validate(row["request"]) for row in rows]
    # What came with this order in one transaction is not in the table yet.
    return added_up([*known, *unit.earlier.of(ApprovalRequested)], workflow_id, maker, subject)


async def with_sums(unit: UnitOfWork, request: RequestApproval, policy: Policy) -> RequestApproval:
    """Return a request that is judged with the maker's earlier orders of its day, where the policy adds them up."""
    if policy.sums_percent is None or request.judged is None:
        return request
    subject = subject_of_facts(request.judged)
    earlier = await earlier_orders(unit, request.workflow_id, request.maker.name, subject, request.at)
    if not earlier:
        return request
    subject = replace(subject, earlier=earlier)
    return replace(request, policy=evaluate(policy, subject), judged=facts_of(subject))


def added_up(
    requests: Iterable[ApprovalRequested], workflow_id: str, maker: str, subject: PolicySubject
) -> tuple[EarlierOrders, ...]:
    """Return the sums of the orders among these that are of the same person, currency and entity. Pure."""
    found: dict[str, dict[str, ApprovalRequested]] = {entity: {} for entity in subject.entities}
    for request in requests:
        judged = request.judged
        if judged is None or judged.kind != SubjectKind.HEDGE or judged.currency != subject.currency:
            continue
        if request.workflow_id == workflow_id or not same_person(request.maker.name, maker):
            continue
        for entity in found.keys() & set(judged.entities):
            found[entity][request.workflow_id] = request
    return tuple(_sum(entity, list(orders.values())) for entity, orders in sorted(found.items()) if orders)


def _sum(entity: str, orders: Sequence[ApprovalRequested]) -> EarlierOrders:
    judged = [order.judged for order in orders if order.judged is not None]
    return EarlierOrders(
        entity=entity,
        usd=sum((each.amount_usd for each in judged), Decimal(0)),
        own=sum((each.amount_own for each in judged), Decimal(0)),
        orders=tuple(sorted(order.workflow_id for order in orders)),
    )
