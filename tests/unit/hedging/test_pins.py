"""Pinned rates and dates: a plan drawn again has the same effects; what moved beyond the tolerance is named."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from shared.hedging.effects import effects_of, json_value
from shared.hedging.facts import UsdUse
from shared.hedging.gl_entries import Ledger
from shared.hedging.plan import HedgePlan, PlanIdentity
from shared.hedging.planning.drawing import draw_plan
from shared.hedging.planning.rates import rates_moved
from tests.support.hedges import IDENTITY, Rows, demo_tables, facts, order, plan, row_of

D = Decimal
TOLERANCE = D(50)
NEXT_DAY = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)


def moved_tables(pair: str, rate_type: str, value: str, ledger: str = "IFRS") -> Rows:
    tables = demo_tables()
    rows = [
        r
        for r in tables["currency_rates"]
        if (r["currency_pair"], r["rate_type"], r["ledger"]) == (pair, rate_type, ledger)
    ]
    rows[0]["rate_value"] = value
    return tables


@pytest.mark.parametrize(
    ("value", "moves"),
    [
        ("1.3770", 1),  # 2 %: the example of interfaces section 3
        ("1.35135", 0),  # 10 basis points
        ("1.35675", 0),  # exactly 50: no more than the tolerance
        ("1.35676", 1),
        ("1.34324", 1),  # downwards as well
    ],
)
def test_rate_is_named_when_it_moved_beyond_the_tolerance(value: str, moves: int) -> None:
    pins = plan("USD", "25000000", entity_id="ENTITY0037").pins
    today = facts("USD", tables=moved_tables("USD/SGD", "prevailing", value))
    found = rates_moved(pins, today, TOLERANCE)
    assert len({each.rate_type for each in found}) == moves
    assert {each.ledger for each in found} == (set(Ledger) if moves else set())


def test_move_is_in_basis_points_of_the_pinned_rate() -> None:
    pins = plan("USD", "25000000", entity_id="ENTITY0037").pins
    (first, _) = rates_moved(pins, facts("USD", tables=moved_tables("USD/SGD", "prevailing", "1.3770")), TOLERANCE)
    assert (first.pinned, first.today, first.move_bp) == (D("1.35"), D("1.377"), D(200))


def test_other_currency_moves_nothing_when_the_plan_did_not_use_it() -> None:
    pins = plan("USD", "25000000", entity_id="ENTITY0037").pins
    tables = demo_tables()
    for row in tables["currency_rates"]:
        if row["currency_pair"] != "USD/SGD":
            row["rate_value"] = "99"
    assert rates_moved(pins, facts("USD", tables=tables), TOLERANCE) == ()


def test_local_rate_is_named_alone_when_only_it_moved() -> None:
    pins = plan("HKD", "40000000", entity_id="ENTITY0009").pins
    today = facts("HKD", tables=moved_tables("HKD/SGD", "prevailing", "0.1845", "LOCAL"))
    (move,) = rates_moved(pins, today, TOLERANCE)
    assert (move.currency_pair, move.ledger, move.pinned) == ("HKD/SGD", Ledger.LOCAL, D("0.1745"))


def test_rate_is_named_when_it_is_gone() -> None:
    pins = plan("USD", "25000000", entity_id="ENTITY0037").pins
    tables = demo_tables()
    tables["currency_rates"].remove(row_of(tables, "currency_rates", currency_pair="USD/SGD", rate_type="historical"))
    found = rates_moved(pins, facts("USD", tables=tables), TOLERANCE)
    assert {(each.rate_type, each.today, each.move_bp) for each in found} == {("historical", None, None)}


def test_swap_points_are_measured_against_the_spot() -> None:
    pins = plan("USD", "25000000", entity_id="ENTITY0037").pins
    small = facts("USD", tables=moved_tables("USD/SGD", "swap_points", "-0.0090"))  # doubled: 33 bp of the spot
    assert rates_moved(pins, small, TOLERANCE) == ()
    large = facts("USD", tables=moved_tables("USD/SGD", "swap_points", "-0.0190"))
    assert {each.rate_type for each in rates_moved(pins, large, TOLERANCE)} == {"swap_points"}


def redrawn(first: HedgePlan, tables: Rows, usd: UsdUse | None = None) -> HedgePlan:
    given = facts("USD", tables=tables, now=NEXT_DAY, pins=first.pins, usd=usd)
    again = draw_plan(order("USD", "25000000", entity_id="ENTITY0037"), (), given, replace(IDENTITY, attempt=2))
    if not isinstance(again, HedgePlan):
        raise AssertionError(again)
    return again


def test_effects_stay_when_rates_and_day_moved_but_pins_hold() -> None:
    first = plan("USD", "25000000", entity_id="ENTITY0037")
    again = redrawn(first, moved_tables("USD/SGD", "prevailing", "1.3513"))
    assert effects_of(again, "TRADER") == effects_of(first, "TRADER")
    assert again.pins == first.pins
    assert json_value(again) != json_value(first)


def test_effects_stay_when_another_entity_or_an_unused_snapshot_figure_changed() -> None:
    first = plan("USD", "25000000", entity_id="ENTITY0037")
    tables = demo_tables()
    for row in tables["position_nav_master"]:
        row["current_position"] = format(D(row["current_position"]) + 1, "f")
    usd = UsdUse("usdpb-USD", 9, "USD", D(1000), D(0))
    assert effects_of(redrawn(first, tables, usd), "TRADER") == effects_of(first, "TRADER")


def test_newer_snapshot_counts_when_a_plan_is_drawn_again_on_the_next_day() -> None:
    # HAWK's own movements are counted from the newest snapshot on; an older one would lose those in between.
    first = plan("USD", "25000000", entity_id="ENTITY0037")
    tables = demo_tables()
    row = row_of(tables, "position_nav_master", entity_id="ENTITY0037", nav_type="COI", position_type="NET")
    newer = {**row, "nav_id": "PNM_NEWER", "as_of_date": "2026-11-24", "current_position": "70000000.00"}
    tables["position_nav_master"].append(newer)
    again = redrawn(first, tables)
    assert again.capacity.allocated == D("16500000.00")
    assert again.dates == first.dates
    assert again.order.instruction_date == first.order.instruction_date


def test_effects_differ_when_the_share_the_tier_or_an_account_differs() -> None:
    first = plan("USD", "25000000", entity_id="ENTITY0037")
    assert effects_of(first, "TRADER") != effects_of(first, "SENIOR_TRADER")
    tables = demo_tables()
    row = row_of(tables, "position_nav_master", entity_id="ENTITY0037", nav_type="COI", position_type="NET")
    row["current_position"] = "70000000.00"
    partial = redrawn(first, tables)
    assert partial.capacity.allocated == D("16500000.00")  # 70 − 50 − 3.5
    assert effects_of(partial, "TRADER") != effects_of(first, "TRADER")


def test_effects_name_no_id_of_the_workflow() -> None:
    first = plan("USD", "25000000", entity_id="ENTITY0037")
    other = draw_plan(
        order("USD", "25000000", entity_id="ENTITY0037"), (), facts("USD"), PlanIdentity("11111111-2222", "r2", 7)
    )
    assert isinstance(other, HedgePlan)
    assert effects_of(other, "TRADER") == effects_of(first, "TRADER")
    assert "0F8FAD5BD9CB469F" not in repr(effects_of(first, "TRADER"))
