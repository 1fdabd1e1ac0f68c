"""The open hedges and the day's earlier instructions, read for planning: look-ups outside the counted operations."""

import json
from collections.abc import Iterator
from datetime import date

import asyncpg

from services.executor.handlers.reading import Reading
from shared.errors import Defect
from shared.events.execution import ExecutionPrepared, InstructionReceived
from shared.events.plans import PlanClosed, PlanDrawn
from shared.hedging.open_hedges import EarlierInstruction, OpenHedge
from shared.hedging.order import InstructionType, NavType, Order
from shared.hedging.planning.same_day import NAMED_MAX, ONCE_A_DAY
from shared.messaging.earlier import Earlier
from shared.messaging.partition import TOGETHER_MESSAGES_MAX

_READ = (
    "SELECT event_id, entity_id, exposure_currency, nav_type, order_id, hedge_method, hedging_instrument,"
    " notional_amount, outstanding_amount, outstanding_usd, trade_date, maturity_date, carried_amounts"
    " FROM public.v_open_hedges"
)
#: Open hedges read for one plan; a desk has some hundreds per currency.
HEDGES_MAX = 10_000
#: Orders that wait, read for a warning that names a few: besides those, the plan's own and all of one transaction's.
WAITING_READ_MAX = NAMED_MAX + 2 + TOGETHER_MESSAGES_MAX
_BOUND = f"ORDER BY event_id LIMIT {HEDGES_MAX + 1}"


async def read_referred_hedges(reading: Reading, order: Order) -> tuple[OpenHedge, ...]:
    """Read the open hedges of the order's currency; of an inquiry without one, those of the order or events it names.

    Raises:
        Defect: there are more than `HEDGES_MAX`.
    """
    if order.exposure_currency is not None:
        rows = await reading.ask(f"{_READ} WHERE exposure_currency = $1 {_BOUND}", order.exposure_currency)
    else:
        orders = [each for each in (order.order_id, order.previous_order_id) if each is not None]
        condition = "order_id = ANY($1::text[]) OR event_id = ANY($2::text[])"
        rows = await reading.ask(f"{_READ} WHERE {condition} {_BOUND}", orders, list(order.reference_event_ids))
    if len(rows) > HEDGES_MAX:
        raise Defect(
            f"More than {HEDGES_MAX} open hedges in {order.exposure_currency}: raise the limit, or close some."
        )
    return tuple(_hedge(row) for row in rows)


async def read_earlier_today(reading: Reading, currency: str, today: date) -> tuple[EarlierInstruction, ...]:
    """Read the orders of the currency that were received on this business day and are in effect."""
    rows = await reading.ask(
        "SELECT instruction_type, order_id, msg_uid, received_timestamp FROM hawk.hedge_instructions"
        " WHERE exposure_currency = $1 AND instruction_date = $2 AND parent_instruction_id IS NULL"
        " AND reversed_by_event IS NULL AND instruction_type IN ('U', 'I')",
        currency,
        today,
    )
    known = tuple(
        EarlierInstruction(
            row["received_timestamp"], InstructionType(row["instruction_type"]), row["order_id"], row["msg_uid"]
        )
        for row in rows
    )
    return known + tuple(
        EarlierInstruction(event.received_at, event.order.instruction_type, event.order.order_id, event.order.msg_uid)
        for event in received_earlier(reading.earlier)
        if event.order.exposure_currency == currency and event.order.instruction_date == today
    )


def received_earlier(earlier: Earlier) -> Iterator[InstructionReceived]:
    """Yield the orders that earlier messages of the transaction have brought into effect."""
    yield from earlier.of(InstructionReceived)


async def read_waiting(reading: Reading, order: Order, *, but: str) -> tuple[str, ...]:
    """Read the ids of the other orders of the type and currency that are planned and neither applied nor closed, oldest
    first; at most as many as a warning names.

    Args:
        but: the order's own workflow.
    """
    if order.instruction_type not in ONCE_A_DAY:
        return ()
    rows = await reading.ask(
        "SELECT planned_at, workflow_id, order_id FROM hawk.planned_orders WHERE waits AND exposure_currency = $1"
        " AND instruction_type = $2 ORDER BY planned_at, workflow_id LIMIT $3",
        order.exposure_currency,
        order.instruction_type.value,
        WAITING_READ_MAX,
    )
    waiting = [(row["planned_at"], row["workflow_id"], row["order_id"]) for row in rows]
    for planned in reading.earlier.of(PlanDrawn):
        same = planned.order.instruction_type is order.instruction_type
        if same and planned.plan.order.exposure_currency == order.exposure_currency:
            waiting.append((planned.planned_at, planned.workflow_id, planned.plan.order.order_id))
    over = {event.workflow_id for event in reading.earlier.of(ExecutionPrepared)}
    over |= {event.workflow_id for event in reading.earlier.of(PlanClosed)}
    named = [order_id for _, workflow_id, order_id in sorted(waiting) if workflow_id != but and workflow_id not in over]
    return tuple(named[: NAMED_MAX + 1])


def _hedge(row: asyncpg.Record) -> OpenHedge:
    carried = row["carried_amounts"]
    return OpenHedge(
        event_id=row["event_id"],
        entity_id=row["entity_id"],
        currency=row["exposure_currency"],
        nav_type=NavType(row["nav_type"]),
        order_id=row["order_id"],
        hedge_method=row["hedge_method"],
        hedging_instrument=row["hedging_instrument"],
        notional=row["notional_amount"],
        outstanding=row["outstanding_amount"],
        outstanding_usd=row["outstanding_usd"],
        trade_date=row["trade_date"],
        maturity_date=row["maturity_date"],
        carried=json.loads(carried) if isinstance(carried, str) else dict(carried or {}),
    )
