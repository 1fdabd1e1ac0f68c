"""Capacity and the waterfall, whatever the positions, the use, the sequence and the lots: nobody gives more than is
there, nothing is lost, and nobody is asked before all who come first have given (domain facts 5)."""

from dataclasses import replace
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal
from decimal import Decimal as D
from functools import cache
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from shared.hedging.capacity import Assessment, CheckStatus
from shared.hedging.facts import ExposureUse, Facts, UsdUse
from shared.hedging.order import InstructionType, NavType, Order
from shared.hedging.plan import HedgePlan, PlanRefusal
from shared.hedging.planning.allocation import allocate
from shared.hedging.planning.drawing import draw_plan
from shared.hedging.typed_rows import Threshold, WaterfallStep
from tests.support.examples import examples
from tests.support.hedges import plan
from tests.support.lives import CURRENCIES, amounts, demo, identity, roomy, settings_of

ENTITY_TYPES = ("Associate", "Branch", "Subsidiary", "TMU")
HEDGING = st.sampled_from([code for codes in CURRENCIES.values() for code in codes])
CENTS = st.integers(0, 10**14).map(lambda cents: D(cents).scaleb(-2))


@cache
def candidate() -> Assessment:
    return plan("USD", "1000000").assessments[0]


def some(availables: list[Decimal]) -> list[Assessment]:
    return [replace(candidate(), entity_id=f"E{at:03d}", available=each) for at, each in enumerate(availables)]


def lots(amount: Decimal, lot_decimals: int) -> Decimal:
    """Whole lots in an amount, as an amount."""
    lot = D(1).scaleb(-lot_decimals)
    return (amount / lot).to_integral_value(rounding=ROUND_FLOOR) * lot


def is_waterfall(ordered: Decimal, sequence: list[tuple[Decimal, Decimal]], lot_decimals: int) -> None:
    """(available, taken) in sequence: each takes all the lots it has, until what is left is taken too."""
    left = ordered
    for available, taken in sequence:
        assert 0 <= taken <= available
        assert taken == min(lots(available, lot_decimals), left)
        left -= taken
    for (available, taken), (_, later) in pairwise(sequence):
        assert later == 0 or taken == lots(available, lot_decimals)


@examples(400)
@given(st.integers(-6, 2), st.integers(1, 10**9), st.lists(CENTS, max_size=9))
def test_allocation_fills_in_sequence_when_lots_are_considered(
    lot_decimals: int, number: int, availables: list[Decimal]
) -> None:
    ordered = D(number).scaleb(-lot_decimals)
    found = allocate(ordered, some(availables), lot_decimals)
    taken = [each.allocated for each in found.assessments]
    is_waterfall(ordered, list(zip(availables, taken, strict=True)), lot_decimals)
    result = found.result
    assert result.allocated == sum(taken, D(0))
    assert result.allocated + result.not_allocated == result.ordered == ordered
    assert result.available == sum(availables, D(0))
    assert [each.entity_id for each in found.shares] == [
        each.entity_id for each in found.assessments if each.allocated > 0
    ]
    match result.status:
        case CheckStatus.PASS:
            assert result.not_allocated == 0
        case CheckStatus.PARTIAL:
            assert result.allocated > 0
            assert result.not_allocated > 0
        case CheckStatus.FAIL:
            assert result.allocated == 0


@examples(200)
@given(st.integers(-6, 2), st.integers(1, 10**9), st.lists(CENTS, min_size=1, max_size=6), CENTS)
def test_more_room_never_places_less(lot_decimals: int, number: int, availables: list[Decimal], more: Decimal) -> None:
    ordered = D(number).scaleb(-lot_decimals)
    before = allocate(ordered, some(availables), lot_decimals).result.allocated
    after = allocate(ordered, some([availables[0] + more, *availables[1:]]), lot_decimals).result.allocated
    assert after >= before


@st.composite
def desks(draw: st.DrawFn, currency: str) -> Facts:
    """The demo's entities with any positions, use and sequence."""
    given_ = demo(currency)
    step = settings_of(currency).rounding_precision
    size = st.integers(0, int(settings_of(currency).deal_size_max.scaleb(step))).map(lambda n: D(n).scaleb(-step))
    positions = tuple(
        replace(each, current_position=draw(size), car=draw(st.just(D(0)) | size), overlay=draw(st.just(D(0)) | size))
        if each.position_type == "NET"
        else replace(each, current_position=draw(st.just(D(0)) | size))
        for each in given_.positions
    )
    uses = tuple(
        ExposureUse(f"exposure-{each.entity_id}-{currency}-{nav.value}", 1, each.entity_id, currency, nav, *held)
        for each in given_.entities
        for nav in NavType
        if any(held := (draw(st.just(D(0)) | size), draw(st.just(D(0)) | size)))
    )
    places = draw(st.lists(st.integers(1, 3), min_size=len(ENTITY_TYPES), max_size=len(ENTITY_TYPES)))
    steps = tuple(
        WaterfallStep(f"WF_{kind}", "Opening", "ALL", kind, "ALL", place)
        for kind, place in zip(ENTITY_TYPES, places, strict=True)
    )
    return replace(given_, positions=positions, exposures=uses, waterfall=steps, thresholds=())


def available_of(facts: Facts, entity_id: str, nav: NavType, currency: str, percentage: Decimal) -> Decimal:
    """SFX − CAR + overlay − buffer − hedged − reserved, never below zero, from the rows themselves."""
    own = [each for each in facts.positions if (each.entity_id, each.nav_type) == (entity_id, nav.value)]
    (net,) = [each for each in own if each.position_type == "NET"]
    hedged = sum((each.current_position for each in own if each.position_type == "HEDGED"), D(0))
    uses = [each for each in facts.exposures if (each.entity_id, each.nav_type) == (entity_id, nav)]
    cents = D(1).scaleb(-decimals_of(currency))
    buffer = (net.current_position * percentage / 100).quantize(cents, rounding=ROUND_HALF_UP)
    held = hedged + sum((each.hedged + each.reserved for each in uses), D(0))
    return max(D(0), net.current_position - net.car + net.overlay - buffer - held)


def decimals_of(currency: str) -> int:
    return {"JPY": 0, "KRW": 0, "VND": 0}.get(currency, 2)


@examples(200)
@given(st.data())
def test_order_is_spread_in_waterfall_order_over_what_each_entity_has(data: st.DataObject) -> None:
    currency = data.draw(HEDGING)
    nav = data.draw(st.sampled_from(sorted(NavType)))
    facts = data.draw(desks(currency))
    order = Order(InstructionType.I, currency, data.draw(amounts(currency)), nav_type=nav)
    found = draw_plan(order, (), facts, identity(1))
    drawn = found if isinstance(found, HedgePlan) else found.record
    assert drawn is not None
    places = {step.entity_type: step.priority for step in facts.waterfall}
    expected = {
        each.entity_id: available_of(facts, each.entity_id, nav, currency, each.buffer_percentage)
        for each in drawn.assessments
    }
    assert {each.entity_id: each.available for each in drawn.assessments} == expected
    assert [each.entity_id for each in drawn.assessments] == sorted(
        expected,
        key=lambda entity: (
            places[next(each.entity_type for each in facts.entities if each.entity_id == entity)],
            -expected[entity],
            entity,
        ),
    )
    sequence = [(each.available, each.allocated) for each in drawn.assessments]
    is_waterfall(drawn.order.amount, sequence, settings_of(currency).rounding_precision)
    result = drawn.capacity
    assert result.allocated + result.not_allocated == result.ordered == drawn.order.amount
    assert isinstance(found, PlanRefusal) == (result.allocated == 0)
    if isinstance(found, PlanRefusal):
        assert found.code == "CAPACITY_EXHAUSTED"
        assert drawn.counts.total == 8
    else:
        shares = {each.entity_id: each.allocated for each in drawn.assessments if each.allocated}
        assert {child.entity_id: child.allocated for child in drawn.children} == shares
        assert drawn.counts.total == 8 + sum(33 + len(child.deals) for child in drawn.children)
        assert sum((child.allocated_usd for child in drawn.children), D(0)) == drawn.net_usd


@examples(200)
@given(st.data())
def test_usd_limit_is_passed_by_nobody_and_reached_by_some(data: st.DataObject) -> None:
    currency = data.draw(HEDGING)
    facts = roomy(currency, data.draw(st.sampled_from([D("1.2"), D("0.4")])))  # for one entity, or over several
    used = UsdUse(f"usdpb-{currency}", 1, currency, data.draw(CENTS) / 1_000_000, data.draw(CENTS) / 1_000_000)
    used = replace(
        used, reserved_usd=used.reserved_usd.quantize(D("0.01")), hedged_usd=used.hedged_usd.quantize(D("0.01"))
    )
    free = replace(facts, thresholds=(), usd_use=used)
    order = Order(InstructionType.I, currency, data.draw(amounts(currency)))
    unlimited = draw_plan(order, (), free, identity(1))
    known = unlimited if isinstance(unlimited, HedgePlan) else unlimited.record
    assert known is not None
    total = known.usd_check.total_after_usd
    # A limit exactly at the total, a cent above it, or a cent below.
    margin = data.draw(st.sampled_from([D("-0.01"), D(0), D("0.01")]))
    maximum = total + margin
    limit = Threshold("LIMIT", "USD_PB_DEPOSIT", currency, maximum / 4, maximum / 2, maximum, "USD")
    found = draw_plan(order, (), replace(free, thresholds=(limit,)), identity(1))
    if margin < 0:
        assert isinstance(found, PlanRefusal)
        assert found.code == "USD_PB_LIMIT_EXCEEDED"
        assert found.record is not None
        assert found.record.capacity.allocated == 0
    else:
        assert isinstance(found, HedgePlan) == isinstance(unlimited, HedgePlan)


@examples(150)
@given(st.data())
def test_order_over_several_entities_holds_no_cent_beyond_the_usd_limit(data: st.DataObject) -> None:
    """What is held of the limit is the sum of the shares, each rounded to cents; the check must have counted that."""
    currency = data.draw(HEDGING)
    free = roomy(currency, D("0.4"))
    high = settings_of(currency).deal_size_max
    order = Order(InstructionType.I, currency, data.draw(amounts(currency, high / 2, high)))
    unlimited = draw_plan(order, (), free, identity(1))
    assert isinstance(unlimited, HedgePlan)
    maximum = unlimited.usd_check.total_after_usd
    limit = Threshold("LIMIT", "USD_PB_DEPOSIT", currency, maximum / 4, maximum / 2, maximum, "USD")
    found = draw_plan(order, (), replace(free, thresholds=(limit,)), identity(1))
    if isinstance(found, HedgePlan):
        assert found.usd_check.used_usd + found.net_usd == maximum
