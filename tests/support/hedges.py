"""Orders, facts and plans over the demo's reference data, for tests that need a real plan.

The day is a Monday in Singapore before every cut-off; nothing here reads a clock.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from demo.reference.load import demo_rows
from shared.hedging.facts import ExposureUse, Facts, UsdUse, facts_from_rows
from shared.hedging.open_hedges import EarlierInstruction, OpenHedge
from shared.hedging.order import Claim, InstructionType, NavType, Order
from shared.hedging.plan import HedgePlan, Pins, PlanIdentity, PlanRefusal
from shared.hedging.planning.drawing import draw_plan
from shared.hedging.reference import REFERENCE_TABLES_READ, read_parameters

TODAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)  # 11:00 in Singapore
IDENTITY = PlanIdentity("0f8fad5b-d9cb-469f-a165-70867728950e", "response-1", 1)
NONE = Decimal(0)

Rows = dict[str, list[dict[str, Any]]]


@cache
def _demo() -> tuple[tuple[str, dict[str, Any]], ...]:
    return tuple((each.table, each.row) for each in demo_rows(TODAY))


def demo_tables(currency: str | None = None, entity_id: str | None = None) -> Rows:
    """A fresh copy of the demo's rows by table: change what the test is about.

    With a currency only what a loader would select for it: much less to read, the same plan.
    """
    tables: Rows = {}
    for table, row in _demo() if currency is None else _selected(currency, entity_id):
        tables.setdefault(table, []).append(dict(row))
    return tables


@cache
def _selected(currency: str, entity_id: str | None) -> tuple[tuple[str, dict[str, Any]], ...]:
    parameters = read_parameters(currency, entity_id)
    reads = {read.table: read for read in REFERENCE_TABLES_READ}

    def wanted(table: str, row: dict[str, Any]) -> bool:
        read = reads[table]
        return not read.matches or any(
            row.get(column) in parameters[selector]
            or (column in read.open_columns and row.get(column) in {None, "", "ALL"})
            for column, selector in read.matches
        )

    return tuple((table, row) for table, row in _demo() if wanted(table, row))


def row_of(tables: Rows, table: str, **columns: Any) -> dict[str, Any]:
    """The one row with these values, to be changed in place."""
    found = [row for row in tables[table] if all(row.get(name) == value for name, value in columns.items())]
    if len(found) != 1:
        raise LookupError(f"{table}: {len(found)} rows with {columns}")
    return found[0]


def facts(
    currency: str,
    *,
    tables: Mapping[str, Sequence[Mapping[str, Any]]] | None = None,
    exposures: Sequence[ExposureUse] = (),
    usd: UsdUse | None = None,
    now: datetime = NOW,
    pins: Pins | None = None,
    open_hedges: Sequence[OpenHedge] = (),
    earlier_today: Sequence[EarlierInstruction] = (),
    waiting: Sequence[str] = (),
) -> Facts:
    use = usd or UsdUse(f"usdpb-{currency}", 0, currency, NONE, NONE)
    return facts_from_rows(
        demo_tables() if tables is None else tables,
        exposures,
        use,
        now,
        pins,
        open_hedges=open_hedges,
        earlier_today=earlier_today,
        waiting=waiting,
    )


def opened(drawn: HedgePlan, number: int = 1) -> OpenHedge:
    """The hedge that a part of a plan leaves open once it is booked."""
    child = drawn.children[number - 1]
    lineage = child.lineage
    if lineage is None:
        raise LookupError("the plan has no lineage")
    return OpenHedge(
        event_id=child.event.event_id,
        entity_id=child.entity_id,
        currency=drawn.order.exposure_currency,
        nav_type=child.event.nav_type,
        order_id=drawn.order.order_id,
        hedge_method=child.event.accounting_method,
        hedging_instrument=child.event.hedging_instrument,
        notional=lineage.opens_amount,
        outstanding=lineage.opens_amount,
        outstanding_usd=lineage.opens_usd,
        trade_date=child.event.trade_date,
        maturity_date=child.event.maturity_date,
        carried=lineage.carried,
    )


def order(currency: str, amount: str | None, **fields: Any) -> Order:
    """An inception unless `instruction_type` says otherwise; `nav_type` may be text."""
    nav = fields.pop("nav_type", None)
    kind = InstructionType(fields.pop("instruction_type", "I"))
    return replace(
        Order(kind, currency, None if amount is None else Decimal(amount)),
        nav_type=None if nav is None else NavType(nav),
        **fields,
    )


def result(
    currency: str, amount: str | None, *, claims: Sequence[Claim] = (), given: Facts | None = None, **fields: Any
) -> HedgePlan | PlanRefusal:
    return draw_plan(order(currency, amount, **fields), claims, given or facts(currency), IDENTITY)


def plan(currency: str, amount: str, **arguments: Any) -> HedgePlan:
    drawn = result(currency, amount, **arguments)
    if isinstance(drawn, PlanRefusal):
        raise AssertionError(f"refused: {drawn.code} {drawn.message}")
    return drawn


def refusal(currency: str, amount: str | None, **arguments: Any) -> PlanRefusal:
    drawn = result(currency, amount, **arguments)
    if isinstance(drawn, HedgePlan):
        raise AssertionError("expected a refusal, found a plan")
    return drawn
