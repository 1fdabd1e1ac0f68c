"""A plan is a function of what it is given: the same bytes each time, and whatever order the rows, the open hedges, the
uses of capacity and the earlier instructions come in."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from decimal import Decimal as D
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shared.canonical import canonical_bytes, digest
from shared.hedging.effects import effects_of, json_value
from shared.hedging.facts import ExposureUse, Facts
from shared.hedging.open_hedges import EarlierInstruction, OpenHedge
from shared.hedging.order import CLOSING_TYPES, InstructionType, NavType, Order
from shared.hedging.plan import HedgePlan, PlanIdentity
from shared.hedging.planning.drawing import draw_plan
from tests.support.examples import examples
from tests.support.hedges import NOW, demo_tables, facts
from tests.support.lives import VALUE_DATE, Book, amounts, demo, identity, roomy, settings_of

SPREAD = D("0.4")
CURRENCIES = st.sampled_from(["HKD", "CNY", "KRW"])
KINDS = st.sampled_from([kind for kind in InstructionType if kind not in {InstructionType.U}])
FRACTIONS = st.integers(1, 9)

Rows = dict[str, list[dict[str, Any]]]


def text_of(drawn: object) -> bytes:
    """A plan or a refusal as canonical bytes, with its effects."""
    if isinstance(drawn, HedgePlan):
        return canonical_bytes({"shown": json_value(drawn), "effects": effects_of(drawn, "TRADER")})
    return repr(drawn).encode()


def spread_hedges(currency: str, amount: Decimal, nav: NavType) -> list[OpenHedge]:
    """Hedges that one order left open with several entities."""
    book = Book(currency, roomy(currency, SPREAD))
    book.take(InstructionType.I, amount, nav_type=nav)
    return book.hedges


def order_of(kind: InstructionType, currency: str, amount: Decimal, hedges: Sequence[OpenHedge]) -> Order:
    """An order of this type; one that closes refers to these hedges."""
    order = Order(kind, currency, None if kind is InstructionType.Q else amount)
    if kind not in CLOSING_TYPES:
        return order
    first = hedges[0]
    order = replace(order, previous_order_id=first.order_id, hedge_method=first.hedge_method, tenor_or_maturity="3M")
    if kind is InstructionType.A:
        return order
    names = tuple(sorted(each.event_id for each in hedges))
    return replace(order, value_date=VALUE_DATE, reference_event_ids=names)


def uses_of(currency: str, hedges: Sequence[OpenHedge]) -> list[ExposureUse]:
    return [
        ExposureUse(
            f"exposure-{each.entity_id}-{currency}-{each.nav_type.value}",
            3,
            each.entity_id,
            currency,
            each.nav_type,
            D(0),
            each.outstanding,
        )
        for each in hedges
    ]


EARLIER = [
    EarlierInstruction(NOW - timedelta(hours=hour), kind, f"ORD-{hour}", f"MSG{hour}")
    for hour, kind in enumerate((InstructionType.U, InstructionType.I, InstructionType.U), start=1)
]


def gathered(
    currency: str, rows: Rows, hedges: Sequence[OpenHedge], uses: Sequence[ExposureUse], earlier: Sequence[Any]
) -> Facts:
    return facts(currency, tables=rows, exposures=uses, open_hedges=hedges, earlier_today=earlier)


@st.composite
def questions(draw: st.DrawFn) -> tuple[Order, list[OpenHedge]]:
    currency, nav = draw(CURRENCIES), draw(st.sampled_from(sorted(NavType)))
    highest = settings_of(currency).deal_size_max
    amount = draw(amounts(currency, highest / 2, highest))
    hedges = spread_hedges(currency, amount, nav)
    part = (amount / 10 * draw(FRACTIONS)).to_integral_value()
    return order_of(draw(KINDS), currency, part, hedges), hedges


@examples(50)
@given(questions(), st.randoms(use_true_random=False))
def test_plan_has_the_same_bytes_whatever_order_its_facts_come_in(
    question: tuple[Order, list[OpenHedge]], shuffler: random.Random
) -> None:
    order, hedges = question
    currency = order.exposure_currency or ""
    uses, earlier = uses_of(currency, hedges), list(EARLIER)
    one = gathered(currency, demo_tables(currency), hedges, uses, earlier)
    rows = demo_tables(currency)
    names = list(rows)
    lists: list[list[Any]] = [names, *rows.values(), hedges, uses, earlier]
    for each in lists:
        shuffler.shuffle(each)
    shuffled = {name: [dict(sorted(row.items(), reverse=True)) for row in rows[name]] for name in names}
    other = gathered(currency, shuffled, hedges, uses, earlier)
    assert one == other
    assert text_of(draw_plan(order, (), one, identity(7))) == text_of(draw_plan(order, (), other, identity(7)))


@examples(50)
@given(questions())
def test_plan_has_the_same_bytes_each_time_and_changes_no_fact(question: tuple[Order, list[OpenHedge]]) -> None:
    order, hedges = question
    currency = order.exposure_currency or ""
    given_ = replace(roomy(currency, SPREAD), open_hedges=tuple(sorted(hedges, key=lambda each: each.event_id)))
    before = repr(given_)
    first, second = (draw_plan(order, (), given_, identity(7)) for _ in range(2))
    assert text_of(first) == text_of(second)
    assert repr(given_) == before


@examples(60)
@given(questions(), st.uuids(version=4), st.integers(1, 9))
def test_effects_do_not_depend_on_the_workflow_that_plans_them(
    question: tuple[Order, list[OpenHedge]], workflow: object, attempt: int
) -> None:
    order, hedges = question
    given_ = replace(demo(order.exposure_currency or ""), open_hedges=tuple(hedges))
    one = draw_plan(order, (), given_, identity(7))
    other = draw_plan(order, (), given_, PlanIdentity(str(workflow), "response-x", attempt))
    assert type(one) is type(other)
    if isinstance(one, HedgePlan) and isinstance(other, HedgePlan):
        assert digest(effects_of(one, "TRADER")) == digest(effects_of(other, "TRADER"))
        assert one.order.order_id != other.order.order_id or order.order_id is not None
