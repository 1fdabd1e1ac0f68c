"""The facts that a plan is drawn from, read from the tables: one SELECT per reference table, none per row.

These SELECTs are the READ operations of the plan (domain facts 10.3, A2 to A7, C1, C2); the rates, the calendar and
the ledger's configuration are look-ups outside the count (10.5).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from services.executor.exposure.usage import CapacityUse, UsdUsage, uses_of
from services.executor.handlers.hedge.open_hedges import (
    read_earlier_today,
    read_referred_hedges,
    read_waiting,
)
from services.executor.handlers.reading import Reading
from shared.events.capacity import (
    CapacityHedged,
    CapacityReleased,
    CapacityReserved,
    UsdLimitHedged,
    UsdLimitReleased,
    UsdLimitReserved,
)
from shared.events.execution import InstructionReceived
from shared.events.identity import usd_limit_stream
from shared.hedging.facts import SINGAPORE, ExposureUse, Facts, TableFacts, UsdUse, facts_from_rows, read_table
from shared.hedging.order import NavType, Order
from shared.hedging.plan import HedgePlan, Pins
from shared.hedging.reference import REFERENCE_TABLES_READ, ReferenceRead, Selector, read_parameters
from shared.messaging.earlier import Appended, Earlier

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Loaded:
    """The facts, and the own use of capacity with the versions to expect.

    `facts` has the pinned dates and rates when a plan is drawn again; `today` never has.
    """

    facts: Facts
    today: Facts
    capacity: Mapping[str, CapacityUse]
    usd: UsdUsage

    def capacity_of(self, plan: HedgePlan) -> Mapping[str, CapacityUse]:
        """Return the use of every exposure the plan touches; one never used before is at version 0."""
        return uses_of(plan, self.capacity)


async def load_facts(
    reading: Reading, order: Order, now: datetime, workflow_id: str, pins: Pins | None = None
) -> Loaded:
    """Load everything planning may look at, as of this transaction.

    Args:
        order: decides which currency's and entity's rows are read.
        workflow_id: the order's own; it is not another order that waits.
        pins: dates and rates of the plan that is drawn again; None plans with today's.
    """
    hedges = await read_referred_hedges(reading, order)
    currency = order.exposure_currency or next((hedge.currency for hedge in hedges), "")
    parameters = read_parameters(currency, order.entity_id)
    # Always the real day, also for a plan with pinned dates: own movements count from the newest snapshot
    # (v_exposure_use), so an older one must not be read beside them.
    today = now.astimezone(SINGAPORE).date()
    rows: dict[str, Any] = {}
    for read in REFERENCE_TABLES_READ:
        statement, arguments = select_of(read, parameters, today)
        rows[read.table] = await reading.ask(statement, *arguments)
    uses, exposures = await _exposures(reading, currency)
    usd = await load_usd(reading, currency)
    own_usd = sum((use.hedged_usd for use in exposures), ZERO)
    own = [use.exposure for use in exposures]
    usd_use = UsdUse(usd.stream, usd.version, currency, usd.reserved_usd, own_usd)
    earlier = await read_earlier_today(reading, order, currency, today)
    waiting = await read_waiting(reading, order, but=workflow_id)

    def table(name: str, of_table: Sequence[Any], day: date) -> TableFacts:
        return reading.derive(f"{name} {day}", of_table, lambda: read_table(name, [dict(row) for row in of_table], day))

    unpinned = facts_from_rows(
        rows,
        own,
        usd_use,
        now,
        open_hedges=hedges,
        earlier_today=earlier.named,
        earlier_number=earlier.number,
        waiting=waiting,
        read=table,
    )
    # Pins change how the facts are used, not what they are: a second read would return equal rows.
    return Loaded(replace(unpinned, pins=pins), unpinned, uses, usd)


async def read_open_hedges(reading: Reading, currency: str, entities: Sequence[str]) -> int:
    """Count those of these entities that have an open hedge event (B1), which shows if a hedge is new.

    One event of each is looked up: to count all of them would take longer with every hedge.
    """
    (found,) = await reading.ask(
        "SELECT count(*) FROM unnest($2::text[]) AS asked (entity_id) WHERE EXISTS ("
        " SELECT FROM hawk.hedge_business_events e WHERE e.exposure_currency = $1 AND e.entity_id = asked.entity_id"
        " AND e.reversed_by_event IS NULL AND e.event_status IN ('Pending', 'Approved', 'Booked', 'Posted') LIMIT 1)",
        currency,
        list(entities),
    )
    return int(found["count"])


async def msg_uid_taken(reading: Reading, msg_uid: str | None) -> bool:
    """Return True if an order in effect has this msg_uid; None, the one that is still to be issued, is free."""
    if msg_uid is None:
        return False
    if any(event.order.msg_uid == msg_uid for event in reading.earlier.of(InstructionReceived)):
        return True
    (found,) = await reading.ask(
        "SELECT EXISTS (SELECT FROM hawk.hedge_instructions WHERE msg_uid = $1"
        " AND reversed_by_event IS NULL AND parent_instruction_id IS NULL) AS taken",
        msg_uid,
    )
    return bool(found["taken"])


async def load_capacity(reading: Reading, plan: HedgePlan) -> tuple[Mapping[str, CapacityUse], UsdUsage]:
    """Load the use of the exposures and of the USD limit that a plan touches, as this transaction leaves it so far."""
    uses, _ = await _exposures(reading, plan.order.exposure_currency)
    return uses_of(plan, uses), await load_usd(reading, plan.order.exposure_currency)


async def load_usd(reading: Reading, currency: str) -> UsdUsage:
    """Read the use of the USD limit of a currency; version 0 and zero amounts where HAWK has not used it."""
    stream = usd_limit_stream(currency)
    match reading.earlier.last(stream):
        case Appended(_, version, UsdLimitReserved() | UsdLimitHedged() | UsdLimitReleased() as event):
            return UsdUsage(stream, version, currency, event.reserved_total_usd, event.hedged_total_usd)
    for row in await reading.ask(
        "SELECT stream, version, reserved_usd, hedged_usd FROM hawk.usd_pb_usage WHERE currency_code = $1",
        currency,
    ):
        return UsdUsage(row["stream"], row["version"], currency, row["reserved_usd"], row["hedged_usd"])
    return UsdUsage(stream, 0, currency, ZERO, ZERO)


@dataclass(frozen=True, slots=True)
class _Use:
    exposure: ExposureUse
    hedged_usd: Decimal


async def _exposures(reading: Reading, currency: str) -> tuple[dict[str, CapacityUse], list[_Use]]:
    """Load all exposures of a currency that HAWK has used: their totals, and the part that is not in the snapshot."""
    rows = await reading.ask(
        "SELECT c.stream, c.version, c.entity_id, c.nav_type, c.reserved, c.hedged, u.hedged AS later,"
        " u.hedged_usd AS later_usd"
        " FROM hawk.exposure_capacity c JOIN public.v_exposure_use u USING (stream) WHERE c.currency_code = $1",
        currency,
    )
    totals = {
        row["stream"]: CapacityUse(
            row["stream"],
            row["version"],
            row["entity_id"],
            currency,
            row["nav_type"],
            row["reserved"],
            row["hedged"],
        )
        for row in rows
    } | _exposures_earlier(reading.earlier, currency)
    later = {row["stream"]: (row["later"], row["later_usd"]) for row in rows}
    uses = []
    for stream, use in totals.items():
        hedged, hedged_usd = later.get(stream, (ZERO, ZERO))
        exposure = ExposureUse(
            stream, use.version, use.entity_id, currency, NavType(use.nav_type), use.reserved, hedged
        )
        uses.append(_Use(exposure, hedged_usd))
    return totals, uses


def _exposures_earlier(earlier: Earlier, currency: str) -> dict[str, CapacityUse]:
    """Return the totals of the exposures that earlier messages of the transaction have changed."""
    found = {}
    for last in earlier.streams():
        match last.event:
            case CapacityReserved() | CapacityHedged() | CapacityReleased() as event if event.currency == currency:
                found[last.stream] = CapacityUse(
                    last.stream,
                    last.version,
                    event.entity_id,
                    currency,
                    event.nav_type,
                    event.reserved_total,
                    event.hedged_total,
                )
    return found


def select_of(
    read: ReferenceRead, parameters: Mapping[Selector, Sequence[str]], today: date
) -> tuple[str, list[object]]:
    """Return the SELECT of one reference table. Names come from the closed list of reads, values are arguments."""
    arguments: list[object] = []
    conditions: list[str] = []
    for column, selector in read.matches:
        if selector is Selector.ALL:
            continue
        arguments.append(list(parameters[selector]))
        wide = f" OR {column} IS NULL OR {column} IN ('', 'ALL')" if column in read.open_columns else ""
        conditions.append(f"({column} = ANY(${len(arguments)}::text[]){wide})")
    where = f" WHERE ({' OR '.join(conditions)})" if conditions else ""
    if read.latest_by is None:
        return f"SELECT * FROM hawk.{read.table}{where}", arguments  # noqa: S608  names of the closed list
    arguments.append(today)
    return _newest(read, f"{where} AND" if where else " WHERE", len(arguments)), arguments


def _newest(read: ReferenceRead, where: str, day: int) -> str:
    """Return the statement that looks up the newest row of one key after the other, each by the one before it: the rows
    of earlier days are not read. `day`: number of the argument that no row is later than."""
    matched = [column for column, _ in read.matches]
    keys = [*matched, *(column for column in read.latest_of if column not in matched)]
    names, known = ", ".join(f"t.{key}" for key in keys), ", ".join(f"(n.row).{key}" for key in keys)
    first = f"SELECT t FROM hawk.{read.table} AS t{where} t.{read.latest_by} <= ${day}"  # noqa: S608  names of the closed list
    order = f"ORDER BY {names}, t.{read.latest_by} DESC LIMIT 1"
    again = f"SELECT ({first} AND ({names}) > ({known}) {order}) FROM newest AS n WHERE (n.row).{keys[0]} IS NOT NULL"  # noqa: S608
    found = f"SELECT (row).* FROM newest WHERE (row).{keys[0]} IS NOT NULL"  # noqa: S608
    return f"WITH RECURSIVE newest (row) AS (({first} {order}) UNION ALL {again}) {found}"
