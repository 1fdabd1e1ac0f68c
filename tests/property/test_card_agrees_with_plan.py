"""What a person reads is the plan: sums of flows and ledger agree with it, every amount reads back to its Decimal."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from services.approval.console.view.capacity import capacity, usd_limit
from services.approval.console.view.deals import deals
from services.approval.console.view.flows import flows
from services.approval.console.view.ledger import ledger
from services.approval.console.view.lines import lines
from services.approval.console.view.money import amount_text, figure, short
from services.approval.console.view.operations import operations
from services.approval.console.view.plans import Kind
from services.approval.console.view.undo import undo
from shared.hedging.open_hedges import OpenHedge
from shared.hedging.plan import HedgePlan
from shared.money.currencies import decimals_of
from tests.support import hedges

#: Per model: currency, NAV part, entity (None: the waterfall), lot, and how many lots at most.
ORDERS: Final = (
    ("USD", "COI", "ENTITY0037", 1_000_000, 100),
    ("HKD", "COI", None, 500_000, 800),
    ("JPY", "COI", None, 100_000_000, 40),
    ("CNY", "COI", "ENTITY0005", 1_000_000, 150),
    ("KRW", "COI", "ENTITY0025", 1_000_000_000, 12),
    ("AUD", "RE", "ENTITY0001", 500_000, 10),
    ("CNY", "RE", "ENTITY0005", 1_000_000, 5),
    ("KRW", "RE", "ENTITY0025", 500_000_000, 2),
)
EXAMPLES: Final = 40
CENT: Final = Decimal("0.01")


@st.composite
def plans(draw: st.DrawFn) -> HedgePlan:
    """An inception of any model, or the closing of what it opens."""
    currency, nav, entity, lot, lots = draw(st.sampled_from(ORDERS))
    amount = Decimal(lot * draw(st.integers(1, lots)))
    begun = hedges.result(currency, str(amount), nav_type=nav, entity_id=entity)
    assume(isinstance(begun, HedgePlan) and begun.children)
    assert isinstance(begun, HedgePlan)
    kind = draw(st.sampled_from(("I", "T", "R")))
    if kind == "I":
        return begun
    opened = [hedges.opened(begun, child.index) for child in begun.children]
    part = Decimal(lot * draw(st.integers(1, max(1, int(begun.capacity.allocated) // lot))))
    closed = hedges.result(
        currency,
        str(part),
        given=hedges.facts(currency, open_hedges=opened),
        instruction_type=kind,
        **_closing(opened, kind),
    )
    assume(isinstance(closed, HedgePlan))
    assert isinstance(closed, HedgePlan)
    return closed


def _closing(opened: list[OpenHedge], kind: str) -> dict[str, Any]:
    fields = {
        "previous_order_id": opened[0].order_id,
        "hedge_method": opened[0].hedge_method,
        "value_date": hedges.plan("USD", "1000000", entity_id="ENTITY0037").dates.value_date,
        "reference_event_ids": tuple(each.event_id for each in opened),
    }
    return fields | ({"tenor_or_maturity": "3M"} if kind == "R" else {})


@settings(max_examples=EXAMPLES)
@given(plan=plans())
def test_flows_end_where_the_plan_says(plan: HedgePlan) -> None:
    currency = plan.order.exposure_currency
    for flow, child in zip(flows(plan), plan.children, strict=True):
        ends = {end["node"]: Decimal(end["amount"]) for end in flow["net"]["ends"]}
        moved = ends.pop("EXTERNAL")
        final = ends.pop(child.event.final_hedge_portfolio)
        closes = child.event.business_event_type == "Termination"
        assert moved == (child.allocated if closes else -child.allocated)
        assert final == -moved
        assert set(ends.values()) <= {Decimal(0)}
        assert Decimal(flow["net"]["between"]) == 0
        assert Decimal(flow["amount"]) == child.allocated
        assert flow["currency"] == currency
        numbers = sorted(deal["number"] for arrow in flow["arrows"] for deal in arrow["deals"])
        assert numbers == [deal.deal_sequence for deal in child.deals]
        named = {node["id"] for node in flow["nodes"]}
        assert {end for arrow in flow["arrows"] for end in (arrow["from"], arrow["to"])} == named


@settings(max_examples=EXAMPLES)
@given(plan=plans())
def test_ledger_adds_up_to_the_plan_and_debit_is_credit(plan: HedgePlan) -> None:
    made = ledger(plan)
    assert made is not None
    entries = [entry for child in plan.children for entry in child.gl_entries]
    for kind in ("IFRS", "LOCAL"):
        own = sum((entry.amount_sgd for entry in entries if entry.ledger.value == kind), Decimal(0))
        assert Decimal(made["entries_total"][kind]) == own
        assert sum((Decimal(row[kind]) for row in made["rows"]), Decimal(0)) == own
        assert sum((Decimal(pair["amount"]) for pair in made["pairs"] if pair["ledger"] == kind), Decimal(0)) == own
        totals = made["totals"][kind]
        lines_of = [line for line in made["lines"] if line["ledger"] == kind]
        assert totals["balanced"]
        assert totals["dr"] == totals["cr"]
        assert Decimal(totals["dr"]) == sum((Decimal(line["dr"]) for line in lines_of), Decimal(0))
        assert totals["lines"] == len(lines_of)
    assert made["entries"] == len(entries)
    assert made["journal_lines"] == sum(len(child.journal) for child in plan.children)


@settings(max_examples=EXAMPLES)
@given(plan=plans())
def test_every_deal_reads_back_to_the_plans_amounts(plan: HedgePlan) -> None:
    planned = [deal for child in plan.children for deal in child.deals]
    for row, deal in zip(deals(plan), planned, strict=True):
        assert Decimal(row["sell"]["amount"]) == deal.sell_amount
        assert Decimal(row["buy"]["amount"]) == deal.buy_amount
        assert row["rate"] is None or Decimal(row["rate"]) == deal.fx_rate
        assert (row["from"], row["to"]) == (deal.portfolio_from, deal.portfolio_to)
        legs = [leg for leg in (deal.near_leg, deal.far_leg) if leg is not None]
        assert [Decimal(leg["sell"]["amount"]) for leg in row["legs"]] == [leg.sell_amount for leg in legs]


@settings(max_examples=EXAMPLES)
@given(plan=plans())
def test_capacity_rows_are_parts_of_one_position(plan: HedgePlan) -> None:
    rows = capacity(plan)
    changed = sum((Decimal(row["this_order"]) for row in rows), Decimal(0))
    assert changed == sum((child.net for child in plan.children), Decimal(0))
    for row in rows:
        value = {name: Decimal(text) for name, text in row.items() if name in _PARTS}
        room = value["available_before"] - value["overhedged_before"]
        assert value["position"] == value["protected"] + value["used_before"] + room
        assert room - value["this_order"] == value["free_after"] - value["overhedged_after"]
    limit = usd_limit(plan)
    assert limit is not None
    assert Decimal(limit["used_before"]) + Decimal(limit["this_order"]) == Decimal(limit["used_after"])
    assert Decimal(limit["used_after"]) == plan.usd_check.total_after_usd


_PARTS = {
    "position", "protected", "used_before", "available_before", "this_order", "free_after", "overhedged_before",
    "overhedged_after",
}  # fmt: skip


@settings(max_examples=EXAMPLES)
@given(plan=plans())
def test_operations_and_undo_count_every_step(plan: HedgePlan) -> None:
    made = operations(plan, Kind.HEDGE)
    assert made is not None
    assert sum(row["total"] for row in made["by_stage"]) == made["total"] == len(made["list"]) == len(plan.operations)
    written = sum(row["inserted"] + row["updated"] for row in made["rows_by_table"])
    assert written == sum(each.rows for each in plan.operations)
    undone = undo(plan)
    assert sum(group["count"] for group in undone["steps"]) == undone["total"] == len(plan.reversal)
    assert len(lines(plan)) == 4


def _texts(document: Any) -> Iterator[tuple[str, str]]:
    """Amounts beside their currency."""
    if isinstance(document, dict):
        if isinstance(document.get("amount"), str) and isinstance(document.get("currency"), str):
            yield document["amount"], document["currency"]
        for value in document.values():
            yield from _texts(value)
    elif isinstance(document, list):
        for value in document:
            yield from _texts(value)


@settings(max_examples=EXAMPLES)
@given(plan=plans())
def test_amounts_have_the_decimals_of_their_currency(plan: HedgePlan) -> None:
    found = list(_texts([deals(plan), flows(plan)]))
    assert found
    for text, currency in found:
        assert len(text.partition(".")[2]) == decimals_of(currency), (text, currency)


@given(amount=st.decimals(-(10**15), 10**15, places=2), currency=st.sampled_from(("USD", "SGD", "JPY", "KWD")))
def test_figures_read_back_to_the_amount(amount: Decimal, currency: str) -> None:
    text = amount_text(amount, currency)
    assert Decimal(figure(amount, currency).replace(",", "").replace("−", "-")) == Decimal(text)
    assert amount_text(Decimal(text), currency) == text


@given(amount=st.integers(1, 10**13), currency=st.sampled_from(("USD", "HKD", "KRW")))
def test_short_form_never_rounds(amount: int, currency: str) -> None:
    code, _, number = short(Decimal(amount), currency).partition(" ")
    millions = Decimal(1_000_000) if number.endswith("M") else Decimal(1)
    assert (code, Decimal(number.rstrip("M").replace(",", "")) * millions) == (currency, Decimal(amount))


@pytest.mark.parametrize(
    ("amount", "shown"), [("25000000", "USD 25M"), ("1500.50", "USD 1,500.50"), ("9500000", "USD 9.5M")]
)
def test_short_form_is_the_plans_own(amount: str, shown: str) -> None:
    assert short(Decimal(amount), "USD") == shown


def test_amendment_ends_and_opens_in_one_picture_each() -> None:
    begun = hedges.plan("USD", "25000000", entity_id="ENTITY0037")
    opened = [hedges.opened(begun)]
    fields = {"previous_order_id": begun.order.order_id, "hedge_method": "COH", "tenor_or_maturity": "6M"}
    plan = hedges.plan("USD", "30000000", given=hedges.facts("USD", open_hedges=opened), instruction_type="A", **fields)
    ended, begins = flows(plan)
    assert ended["net"]["text"] == "external bank +25,000,000.00 USD · HDGIC −25,000,000.00 USD"
    assert begins["net"]["text"] == "external bank −30,000,000.00 USD · HDGIC +30,000,000.00 USD"
    rows = [row for row in capacity(replace(plan)) if row["touched"]]
    assert [row["this_order"] for row in rows] == ["5000000.00"]
