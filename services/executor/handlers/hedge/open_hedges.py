"""The open hedges and the day's earlier instructions, read for planning: look-ups outside the counted operations."""

import json
from datetime import date

import asyncpg

from shared.errors import Defect
from shared.hedging.open_hedges import EarlierInstruction, OpenHedge
from shared.hedging.order import InstructionType, NavType, Order
from shared.hedging.planning.same_day import NAMED_MAX, ONCE_A_DAY

_READ = (
    "SELECT event_id, entity_id, exposure_currency, nav_type, order_id, hedge_method, hedging_instrument,"
    " notional_amount, outstanding_amount, outstanding_usd, trade_date, maturity_date, carried_amounts"
    " FROM public.v_open_hedges"
)
#: Open hedges read for one plan; a desk has some hundreds per currency.
HEDGES_MAX = 10_000
_BOUND = f"ORDER BY event_id LIMIT {HEDGES_MAX + 1}"


async def read_referred_hedges(connection: asyncpg.Connection, order: Order) -> tuple[OpenHedge, ...]:
    """Read the open hedges of the order's currency; of an inquiry without one, those of the order or events it names.

    Raises:
        Defect: there are more than `HEDGES_MAX`.
    """
    if order.exposure_currency is not None:
        rows = await connection.fetch(f"{_READ} WHERE exposure_currency = $1 {_BOUND}", order.exposure_currency)
    else:
        orders = [each for each in (order.order_id, order.previous_order_id) if each is not None]
        condition = "order_id = ANY($1::text[]) OR event_id = ANY($2::text[])"
        rows = await connection.fetch(f"{_READ} WHERE {condition} {_BOUND}", orders, list(order.reference_event_ids))
    if len(rows) > HEDGES_MAX:
        raise Defect(
            f"More than {HEDGES_MAX} open hedges in {order.exposure_currency}: raise the limit, or close some."
        )
    return tuple(_hedge(row) for row in rows)


async def read_earlier_today(
    connection: asyncpg.Connection, currency: str, today: date
) -> tuple[EarlierInstruction, ...]:
    """Read the orders of the currency that were received on this business day and are in effect."""
    rows = await connection.fetch(
        "SELECT instruction_type, order_id, msg_uid, received_timestamp FROM hawk.hedge_instructions"
        " WHERE exposure_currency = $1 AND instruction_date = $2 AND parent_instruction_id IS NULL"
        " AND reversed_by_event IS NULL AND instruction_type IN ('U', 'I')",
        currency,
        today,
    )
    return tuple(
        EarlierInstruction(
            row["received_timestamp"], InstructionType(row["instruction_type"]), row["order_id"], row["msg_uid"]
        )
        for row in rows
    )


async def read_waiting(connection: asyncpg.Connection, order: Order, *, but: str) -> tuple[str, ...]:
    """Read the ids of the other orders of the type and currency that are planned and neither applied nor closed, oldest
    first; at most as many as a warning names.

    Args:
        but: the order's own workflow.
    """
    if order.instruction_type not in ONCE_A_DAY:
        return ()
    rows = await connection.fetch(
        "SELECT order_id FROM hawk.planned_orders WHERE waits AND exposure_currency = $1 AND instruction_type = $2"
        " AND workflow_id <> $3 ORDER BY planned_at, workflow_id LIMIT $4",
        order.exposure_currency,
        order.instruction_type.value,
        but,
        NAMED_MAX + 1,
    )
    return tuple(row["order_id"] for row in rows)


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
