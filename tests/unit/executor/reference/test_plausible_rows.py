"""What is plausible beside what is in force, and what waits for people."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.executor.reference.held_state import held_command, held_row
from services.executor.reference.plausible import (
    GUARDED,
    Bounds,
    Past,
    Scene,
    bounds_of,
    doubts_of,
    exposure_of,
    persons_for,
)
from services.executor.reference.reading import command_of
from services.executor.reference.state import past_of
from services.executor.reference.tables import REFERENCE
from shared.events.reference import ReferenceRowRemoved, ReferenceRowSet
from shared.hedging.desk_settings import expected_of

TODAY = date(2026, 11, 23)
SCENE = Scene(TODAY)
NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


def rate(value: str, day: str = "2026-11-23", **more: str) -> dict[str, Any]:
    return {"currency_pair": "USD/SGD", "rate_type": "prevailing", "rate_value": value, "effective_date": day, **more}


def position(amount: str, **more: str) -> dict[str, Any]:
    return {
        "nav_id": "N1", "entity_id": "E1", "currency_code": "HKD", "nav_type": "COI", "position_type": "NET",
        "as_of_date": "2026-11-20", "current_position": amount, **more,
    }  # fmt: skip


def period(key: str, first: str, last: str, *, is_open: bool) -> dict[str, Any]:
    return {"period_id": key, "start_date": first, "end_date": last, "is_open": is_open}


def columns(
    table: str, row: dict[str, Any], *before: dict[str, Any], scene: Scene = SCENE, delete: bool = False
) -> Any:
    """Columns in doubt. `before`: rows of its key, the one in force first."""
    command = command_of({"table": table, "operation": "DELETE" if delete else "UPSERT", "row": row})
    doubts = doubts_of(command, Past(before[0] if before else None, before), scene)
    assert all(each.bound and each.message.startswith(f"{table} {command.key} ") for each in doubts)
    return [each.column for each in doubts]


@pytest.mark.parametrize(
    ("value", "before", "held"),
    [
        ("1.3500", ("1.3500",), False),
        ("1.4850", ("1.3500",), False),
        ("1.4851", ("1.3500",), True),
        ("1.2273", ("1.3500",), False),
        ("1.2272", ("1.3500",), True),
        ("1350", ("1.3500",), True),
        ("0.0013500", ("1.3500",), True),
        ("1.5000", ("1.4500", "1.3500"), True),
        ("0.0000000001", ("1350",), True),
    ],
)
def test_a_rate_moves_by_a_tenth_and_no_further(value: str, before: tuple[str, ...], held: bool) -> None:
    rows = [rate(each) for each in before]
    assert columns("currency_rates", rate(value), *rows) == (["rate_value"] if held else [])


@pytest.mark.parametrize(
    ("ahead", "day", "held"),
    [(0, "2026-11-24", True), (0, "2026-11-23", False), (3, "2026-11-26", False), (3, "2026-11-27", True)],
)
def test_a_rate_is_dated_on_the_business_day_at_most_or_as_far_ahead_as_configured(
    ahead: int, day: str, held: bool
) -> None:
    scene = Scene(TODAY, Bounds(rate_days_ahead=ahead))
    assert columns("currency_rates", rate("1.35", day), rate("1.35"), scene=scene) == (
        ["effective_date"] if held else []
    )


def test_a_rate_that_ends_in_the_past_is_withdrawn_and_waits() -> None:
    assert columns(
        "currency_rates", rate("1.35", "2026-11-20", expiry_date="2026-11-22"), rate("1.35", "2026-11-20")
    ) == [""]
    assert columns("currency_rates", rate("1.35", expiry_date="2026-11-23"), rate("1.35")) == []


def test_swap_points_are_measured_against_the_spot_of_their_pair() -> None:
    spot = replace(SCENE, rates={"USD/SGD:prevailing": rate("1.3500")})
    before = rate("-0.0010", rate_type="swap_points")
    assert columns("currency_rates", rate("0.0020", rate_type="swap_points"), before, scene=spot) == []
    assert columns("currency_rates", rate("0.2000", rate_type="swap_points"), before, scene=spot) == ["rate_value"]
    assert columns("currency_rates", rate("0.2000", rate_type="swap_points"), scene=spot) == ["rate_value"]
    assert columns("currency_rates", rate("0.0020", rate_type="swap_points"), before) == ["rate_value"]
    ifrs = {"USD/SGD:swap_points": rate("0.0010", rate_type="swap_points"), **spot.rates}
    local = rate("0.0020", rate_type="swap_points", ledger="LOCAL")
    assert columns("currency_rates", local, scene=replace(SCENE, rates=ifrs)) == []
    assert columns("currency_rates", local, scene=spot) == []
    assert columns("currency_rates", {**local, "rate_value": "0.5"}, scene=spot) == ["rate_value"]


def test_a_first_rate_is_measured_against_its_neighbours_and_against_nothing_where_there_are_none() -> None:
    known = replace(SCENE, rates={"USD/SGD:prevailing": rate("1.3500")})
    for row, held in (
        (rate("1350", ledger="LOCAL"), True),
        (rate("1.36", ledger="LOCAL"), False),
        (rate("1350", rate_type="onshore"), True),
        (rate("0.7400", currency_pair="SGD/USD"), False),
        (rate("1.3500", currency_pair="SGD/USD"), True),
        (rate("9", rate_type="historical"), False),
        (rate("1350", currency_pair="XXX/YYY"), False),
    ):
        assert columns("currency_rates", row, scene=known) == (["rate_value"] if held else []), row


@pytest.mark.parametrize(
    ("amount", "before", "held"),
    [
        ("300", "100", False), ("301", "100", True), ("34", "100", False), ("33", "100", True), ("0", "100", True),
        ("100", "0", True), ("-100", "100", True), ("-300", "-100", False), ("0", "0", False),
    ],
)  # fmt: skip
def test_a_position_changes_by_a_factor_of_three_and_keeps_its_sign(amount: str, before: str, held: bool) -> None:
    expected = ["current_position"] if held else []
    assert columns("position_nav_master", position(amount), position(before)) == expected
    latest = replace(SCENE, positions={exposure_of(position(before)): position(before, nav_id="N0")})
    assert columns("position_nav_master", position(amount), scene=latest) == expected, "a new snapshot of it"


def test_what_is_taken_off_a_position_is_measured_against_the_position() -> None:
    before = position("100", manual_overlay_amount="0", optimal_car_amount="20")
    for column in ("manual_overlay_amount", "optimal_car_amount"):
        row = {**before, column: "-301"}
        assert columns("position_nav_master", row, before) == [column]
        assert columns("position_nav_master", {**before, column: "50"}, before) == []


def test_the_first_hedge_of_a_position_goes_as_far_as_the_position() -> None:
    net = replace(SCENE, positions={exposure_of(position("100")): position("100")})
    before = position("0", position_type="HEDGED")
    assert columns("position_nav_master", position("100", position_type="HEDGED"), before, scene=net) == []
    assert columns("position_nav_master", position("101", position_type="HEDGED"), before, scene=net) == [
        "current_position"
    ]


def test_a_snapshot_of_the_future_or_of_another_exposure_waits() -> None:
    assert columns("position_nav_master", position("100", as_of_date="2026-11-24"), position("100")) == ["as_of_date"]
    assert columns("position_nav_master", position("100", entity_id="E2"), position("100")) == [""]


PERIODS = (
    period("10", "2026-10-01", "2026-10-31", is_open=False),
    period("11", "2026-11-01", "2026-11-30", is_open=True),
    period("12", "2026-12-01", "2026-12-31", is_open=True),
)


@pytest.mark.parametrize(
    ("row", "held"),
    [
        (period("10", "2026-10-01", "2026-10-31", is_open=True), True),
        (period("10", "2026-10-01", "2026-10-30", is_open=False), False),
        (period("11", "2026-11-01", "2026-11-30", is_open=False), False),
        (period("11", "2026-10-31", "2026-11-30", is_open=True), True),
        (period("11", "2026-11-01", "2026-12-31", is_open=True), False),
        (period("13", "2027-01-01", "2027-01-31", is_open=True), False),
        (period("13", "2026-12-31", "2027-01-31", is_open=True), False),
        (period("09", "2026-09-01", "2026-09-30", is_open=True), True),
    ],
)
def test_days_that_were_closed_are_not_opened_by_one_feed(row: dict[str, Any], held: bool) -> None:
    scene = replace(SCENE, periods=PERIODS)
    assert columns("gl_periods", row, scene=scene) == (["is_open"] if held else [])
    doubts = doubts_of(command_of({"table": "gl_periods", "operation": "UPSERT", "row": row}), Past(), scene)
    assert persons_for(doubts) == (2 if held else 1)


@pytest.mark.parametrize("table", sorted(GUARDED))
def test_no_row_in_force_of_a_guarded_table_goes_away_by_itself(table: str) -> None:
    rows: dict[str, dict[str, Any]] = {
        "currency_rates": rate("1"), "position_nav_master": position("1"), "gl_periods": dict(PERIODS[2]),
        "holiday_calendar": {"calendar_code": "SGD", "holiday_date": "2026-12-25"},
    }  # fmt: skip
    assert columns(table, rows[table], rows[table], delete=True) == [""]
    assert columns(table, rows[table], delete=True) == [], "nothing was in force"


def test_other_tables_are_taken_as_they_come() -> None:
    assert set(REFERENCE) > GUARDED
    row = {"alias_id": "A", "entity_id": "E1"}
    assert columns("entity_alias", row, row, delete=True) == []


def test_bounds_come_from_settings_that_are_held_to_their_ranges() -> None:
    assert bounds_of({}) == Bounds(Decimal(1000), 0, Decimal(3))
    given_settings = {"feeds.rate_move_bp": "50.5", "feeds.rate_days_ahead": "1", "feeds.position_factor": "1.5"}
    assert bounds_of(given_settings) == Bounds(Decimal("50.5"), 1, Decimal("1.5"))
    assert all(expected_of(key, value) is None for key, value in given_settings.items())
    for key, wrong in (
        ("feeds.rate_move_bp", "0"), ("feeds.rate_move_bp", "99999"), ("feeds.rate_days_ahead", "400"),
        ("feeds.position_factor", "0.5"), ("feeds.position_factor", "ten"),
    ):  # fmt: skip
        assert expected_of(key, wrong) is not None, (key, wrong)


def test_small_steps_are_added_up_over_a_day_or_since_people_confirmed() -> None:
    def row_set(value: str, *, confirmed: bool = False) -> ReferenceRowSet:
        return ReferenceRowSet(table="currency_rates", key="k", row=rate(value), confirmed=confirmed)

    def measured(*recorded: tuple[int, Any]) -> list[str]:
        history = [(NOW - timedelta(hours=hours), event) for hours, event in recorded]
        return [str(row["rate_value"]) for row in past_of(history, NOW - timedelta(hours=24)).measured]

    assert measured() == []
    assert measured((2, row_set("1.3")), (1, row_set("1.4"))) == ["1.4", "1.3"]
    assert measured((50, row_set("1.2")), (25, row_set("1.3")), (1, row_set("1.4"))) == ["1.4", "1.3"]
    assert measured((50, row_set("1.2")), (3, row_set("1.9", confirmed=True)), (1, row_set("1.8"))) == ["1.8", "1.9"]
    removed = ReferenceRowRemoved(table="currency_rates", key="k")
    assert measured((50, row_set("1.2")), (1, removed)) == ["1.2"]
    assert past_of([(NOW, row_set("1.2")), (NOW, removed)], NOW).in_force is None


@given(
    before=st.decimals("0.0001", "10000", places=4), moves=st.lists(st.integers(-1000, 1000), min_size=1, max_size=30)
)
def test_whatever_a_feed_publishes_a_rate_stays_within_its_bound_for_a_day(before: Decimal, moves: list[int]) -> None:
    base = rate(str(before))
    in_force = base
    for move in moves:
        row = rate(str((Decimal(in_force["rate_value"]) * (1 + Decimal(move) / 9_000)).quantize(Decimal("0.00000001"))))
        if not columns("currency_rates", row, in_force, base):
            in_force = row
    ratio = Decimal(in_force["rate_value"]) / before
    assert Decimal("0.909") < ratio < Decimal("1.1001")


@pytest.mark.parametrize(
    ("table", "operation", "row"),
    [
        ("currency_rates", "UPSERT", rate("1.35", ledger="LOCAL")),
        ("currency_rates", "DELETE", rate("1.35")),
        ("holiday_calendar", "DELETE", {"calendar_code": "SGD", "holiday_date": "2026-12-25"}),
        ("gl_periods", "UPSERT", dict(PERIODS[0])),
    ],
)
def test_what_waits_is_the_command_that_arrived(table: str, operation: str, row: dict[str, Any]) -> None:
    command = command_of({"table": table, "operation": operation, "row": row})
    assert held_command(held_row(command, 7)) == command
