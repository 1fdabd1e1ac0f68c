"""The open hedges and the day's earlier instructions, read for planning: look-ups outside the counted operations."""

import json
import math
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

import asyncpg

from services.executor.handlers.reading import Reading
from shared.errors import Defect
from shared.events.execution import ExecutionPrepared, InstructionReceived
from shared.events.plans import PlanClosed, PlanDrawn
from shared.hedging.open_hedges import EarlierInstruction, OpenHedge
from shared.hedging.order import InstructionType, NavType, Order
from shared.hedging.planning.same_day import NAMED_MAX, ONCE_A_DAY

_READ: Final = (
    "SELECT event_id, entity_id, exposure_currency, nav_type, order_id, hedge_method, hedging_instrument,"
    " notional_amount, outstanding_amount, outstanding_usd, trade_date, maturity_date, carried_amounts"
    " FROM public.v_open_hedges"
)
#: Open hedges read for one plan; a desk has some hundreds per currency.
HEDGES_MAX: Final = 10_000
#: Orders read besides for those that earlier messages of the transaction have ended: in steps, so that many messages
#: ask one question.
WAITING_STEP: Final = 32
_BOUND: Final = f"ORDER BY event_id LIMIT {HEDGES_MAX + 1}"

#: The rows of the index hedge_business_events_oldest.
_MAY_BE_OPEN: Final = (
    "e.exposure_currency = $1 AND e.effective AND e.event_status IN ('Booked', 'Posted') AND e.opens_amount > 0"
)
_EXPOSURE: Final = "e.entity_id, e.nav_type, e.accounting_method"
#: The oldest open hedge of each entity, NAV type and method, and every hedge from before HAWK: a look-up an exposure,
#: however many hedges each has. The exposures themselves are found by stepping through the index.
_OLDEST: Final = f"""
    WITH RECURSIVE exposures AS (
        (SELECT {_EXPOSURE} FROM hawk.hedge_business_events e WHERE {_MAY_BE_OPEN} ORDER BY {_EXPOSURE} LIMIT 1)
        UNION ALL
        SELECT following.* FROM exposures x CROSS JOIN LATERAL (
            SELECT {_EXPOSURE} FROM hawk.hedge_business_events e
            WHERE {_MAY_BE_OPEN} AND ({_EXPOSURE}) > (x.entity_id, x.nav_type, x.accounting_method)
            ORDER BY {_EXPOSURE} LIMIT 1) AS following
    )
    {_READ} WHERE exposure_currency = $1 AND event_id = ANY(ARRAY(
        SELECT oldest.event_id FROM exposures x CROSS JOIN LATERAL (
            SELECT e.event_id FROM hawk.hedge_business_events e
            WHERE {_MAY_BE_OPEN} AND ({_EXPOSURE}) = (x.entity_id, x.nav_type, x.accounting_method)
              AND e.opens_amount > coalesce((
                  SELECT sum(c.closes_amount) FROM hawk.hedge_business_events c
                  WHERE c.closes_event_id = e.event_id AND c.effective), 0)
            ORDER BY e.trade_date, e.event_id LIMIT 1) AS oldest
        UNION ALL
        SELECT o.event_id FROM hawk.opening_hedges o WHERE o.exposure_currency = $1)) {_BOUND}"""  # noqa: S608
#: The hedges of these orders, and these.
_REFERRED: Final = f"""
    {_READ} WHERE ($1::text IS NULL OR exposure_currency = $1) AND event_id = ANY($3::text[] || ARRAY(
        SELECT e.event_id FROM hawk.hedge_instructions i JOIN hawk.hedge_business_events e USING (instruction_id)
        WHERE i.order_id = ANY($2::text[])
        UNION ALL
        SELECT o.event_id FROM hawk.opening_hedges o WHERE o.order_id = ANY($2::text[]))) {_BOUND}"""  # noqa: S608
_ALL: Final = f"{_READ} WHERE exposure_currency = $1 {_BOUND}"

#: Orders of a currency and day, as the index hedge_instructions_of_a_day has them.
_OF_THE_DAY: Final = """
    FROM hawk.hedge_instructions WHERE exposure_currency = $1 AND instruction_date = $2
    AND effective AND parent_instruction_id IS NULL AND instruction_type IN ('U', 'I')"""
_EARLIER: Final = f"""
    SELECT instruction_type, order_id, msg_uid, received_timestamp {_OF_THE_DAY} AND instruction_type = $3"""
_FIRST: Final = f"{_EARLIER} ORDER BY received_timestamp, msg_uid LIMIT {NAMED_MAX}"
_LATEST: Final = f"{_EARLIER} ORDER BY received_timestamp DESC, msg_uid DESC LIMIT 1"
_NUMBER: Final = f"SELECT count(*) {_OF_THE_DAY} AND instruction_type = $3"


@dataclass(frozen=True, slots=True)
class EarlierToday:
    """The day's earlier orders that a plan names, and how many of the order's own type there are in all."""

    named: tuple[EarlierInstruction, ...] = ()
    number: int = 0


async def read_referred_hedges(reading: Reading, order: Order) -> tuple[OpenHedge, ...]:
    """Read the open hedges that planning an order may ask for.

    Those it names; for an order that opens a hedge the oldest of each exposure of its currency, to which it may be
    added; for an inquiry that names none all of its currency.

    Raises:
        Defect: there are more than `HEDGES_MAX`.
    """
    orders = [each for each in (order.order_id, order.previous_order_id) if each is not None]
    currency, events = order.exposure_currency, list(order.reference_event_ids)
    if currency is not None and order.instruction_type in ONCE_A_DAY:
        rows = await reading.ask(_OLDEST, currency)
    elif currency is not None and order.instruction_type is InstructionType.Q and not orders and not events:
        rows = await reading.ask(_ALL, currency)
    else:
        rows = await reading.ask(_REFERRED, currency, orders, events)
    if len(rows) > HEDGES_MAX:
        raise Defect(
            f"More than {HEDGES_MAX} open hedges in {order.exposure_currency}: raise the limit, or close some."
        )
    return tuple(_hedge(row) for row in rows)


async def read_earlier_today(reading: Reading, order: Order, currency: str, today: date) -> EarlierToday:
    """Read what a plan says of the orders of its currency that were received on this business day and are in effect.

    The first ones of its own type and their number; for an inception also the latest utilisation, which it follows.
    """
    kind = order.instruction_type
    if kind not in ONCE_A_DAY:
        return EarlierToday()
    rows = await reading.ask(_FIRST, currency, today, kind.value)
    number = len(rows)
    if number == NAMED_MAX:
        (counted,) = await reading.ask(_NUMBER, currency, today, kind.value)
        number = counted["count"]
    collected = [
        EarlierInstruction(event.received_at, event.order.instruction_type, event.order.order_id, event.order.msg_uid)
        for event in reading.earlier.of(InstructionReceived)
        if event.order.exposure_currency == currency and event.order.instruction_date == today
    ]
    alike = [each for each in collected if each.instruction_type is kind]
    named = sorted([*map(_instruction, rows), *alike], key=_when)[:NAMED_MAX]
    if kind is InstructionType.I:
        latest = map(_instruction, await reading.ask(_LATEST, currency, today, InstructionType.U.value))
        used = (each for each in collected if each.instruction_type is InstructionType.U)
        named += sorted([*latest, *used], key=_when)[-1:]
    return EarlierToday(tuple(named), number + len(alike))


def _when(instruction: EarlierInstruction) -> tuple[datetime, str]:
    return instruction.received_at, instruction.msg_uid


def _instruction(row: asyncpg.Record) -> EarlierInstruction:
    kind = InstructionType(row["instruction_type"])
    return EarlierInstruction(row["received_timestamp"], kind, row["order_id"], row["msg_uid"])


async def read_waiting(reading: Reading, order: Order, *, but: str) -> tuple[str, ...]:
    """Read the ids of the other orders of the type and currency that are planned and neither applied nor closed, oldest
    first; at most as many as a warning names.

    Args:
        but: the order's own workflow.
    """
    if order.instruction_type not in ONCE_A_DAY:
        return ()
    over = {event.workflow_id for event in reading.earlier.of(ExecutionPrepared)}
    over |= {event.workflow_id for event in reading.earlier.of(PlanClosed)}
    rows = await reading.ask(
        "SELECT planned_at, workflow_id, order_id FROM hawk.planned_orders WHERE waits AND exposure_currency = $1"
        " AND instruction_type = $2 ORDER BY planned_at, workflow_id LIMIT $3",
        order.exposure_currency,
        order.instruction_type.value,
        NAMED_MAX + 2 + WAITING_STEP * math.ceil(len(over) / WAITING_STEP),
    )
    waiting = [(row["planned_at"], row["workflow_id"], row["order_id"]) for row in rows]
    for planned in reading.earlier.of(PlanDrawn):
        same = planned.order.instruction_type is order.instruction_type
        if same and planned.plan.order.exposure_currency == order.exposure_currency:
            waiting.append((planned.planned_at, planned.workflow_id, planned.plan.order.order_id))
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
