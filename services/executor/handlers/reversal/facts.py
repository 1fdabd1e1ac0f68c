"""The facts of a reversal: the execution it undoes, who builds on it, periods and room, in one transaction."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final

import asyncpg

from services.executor.handlers.streams import execution_of, load_plan
from services.executor.reversal.commands import Dependant, ReversalFacts
from shared.events import identity
from shared.events.base import Event
from shared.events.configuration import ConfigurationAuthorized
from shared.events.reversals import ReversalPrepared
from shared.hedging.facts import SINGAPORE
from shared.hedging.typed_rows import GlPeriod
from shared.messaging.unit_of_work import UnitOfWork

#: Executions that hedge nothing, by their first event.
_OTHER_KINDS: Final[Mapping[type[Event], str]] = {
    ConfigurationAuthorized: "a change of the configuration",
    ReversalPrepared: "a reversal",
}
#: Named in a refusal; a hedge has a handful.
DEPENDANTS_MAX: Final = 20

_DEPENDANTS = """
    SELECT later.workflow_id, i.order_id, later.business_event_type, later.event_id
    FROM hawk.hedge_business_events own
    JOIN hawk.hedge_business_events later ON later.closes_event_id = own.event_id AND later.effective
    JOIN hawk.hedge_instructions i ON i.instruction_id = later.instruction_id
    WHERE own.workflow_id = $1 AND later.workflow_id <> $1
    ORDER BY later.created_date, later.event_id LIMIT $2
"""
_ROOM = """
    SELECT c.stream, v.available_amount
    FROM hawk.exposure_capacity c
    JOIN public.v_entity_capacity_complete v USING (entity_id, currency_code, nav_type)
    WHERE c.currency_code = $1
"""
_USD_ROOM = "SELECT available_capacity FROM public.v_usd_pb_capacity_check WHERE currency_code = $1"


async def load_reversal_facts(uow: UnitOfWork, reverses: str, now: datetime) -> ReversalFacts:
    """Load everything the planning of a reversal may look at, as of this transaction."""
    execution = await uow.load(identity.execution_stream(reverses))
    drawn = (await load_plan(uow, reverses)).drawn
    currency = "" if drawn is None else drawn.plan.order.exposure_currency
    return ReversalFacts(
        today=now.astimezone(SINGAPORE).date(),
        state=execution_of(execution),
        drawn=drawn,
        response_id=_response_of(execution.events[0] if execution.events else drawn),
        kind=_OTHER_KINDS.get(type(execution.events[0]), "") if execution.events else "",
        dependants=await _dependants(uow.connection, reverses),
        periods=await _periods(uow.connection),
        room=await _room(uow.connection, currency),
        usd_room=await uow.connection.fetchval(_USD_ROOM, currency),
    )


def _response_of(event: Event | None) -> str:
    return str(getattr(event, "response_id", ""))


async def _dependants(connection: asyncpg.Connection, reverses: str) -> Sequence[Dependant]:
    rows = await connection.fetch(_DEPENDANTS, reverses, DEPENDANTS_MAX)
    return [Dependant(row["workflow_id"], row["order_id"], row["business_event_type"], row["event_id"]) for row in rows]


async def _periods(connection: asyncpg.Connection) -> Sequence[GlPeriod]:
    rows = await connection.fetch("SELECT period_id, start_date, end_date, is_open FROM hawk.gl_periods")
    return [GlPeriod(row["period_id"], row["start_date"], row["end_date"], row["is_open"]) for row in rows]


async def _room(connection: asyncpg.Connection, currency: str) -> dict[str, Decimal]:
    return {row["stream"]: row["available_amount"] for row in await connection.fetch(_ROOM, currency)}
