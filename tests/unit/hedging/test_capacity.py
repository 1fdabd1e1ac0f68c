"""Capacity arithmetic, held against the documents' samples (domain facts 5.1 to 5.6, 9.2, 9.3, 9.7)."""

from datetime import date
from decimal import Decimal

import pytest

from shared.hedging.capacity import (
    Assessment,
    CheckStatus,
    UsdStatus,
    available_capacity,
    buffer_amount,
    capacity_result,
    unhedged_position,
    usd_status,
)
from shared.hedging.order import NavType
from shared.hedging.planning.allocation import DuplicateCandidate, LimitExceeded, allocate
from tests.support.hedges import demo_tables, facts, plan, refusal, row_of

D = Decimal


# id, currency, SFX, CAR, buffer %, buffer, hedged, available, allocated (domain facts 9.7, the five rows that agree)
@pytest.mark.parametrize(
    ("currency", "sfx", "car", "percent", "buffer", "hedged", "available", "allocated"),
    [
        ("HKD", "2500000", "100000", "5", "125000", "800000", "1475000", "500000"),
        ("HKD", "250000", "0", "0", "0", "0", "250000", "150000"),
        ("HKD", "250000", "0", "5", "12500", "0", "237500", "100000"),
        ("AUD", "5000000", "2000000", "2", "100000", "1500000", "1400000", "100000"),
        ("HKD", "8000000", "5000000", "2", "160000", "2000000", "840000", "150000"),
        ("VND", "950000000", "0", "0", "0", "950000000", "0", "0"),  # rejected: nothing left
        ("HKD", "250000000", "50000000", "5", "12500000", "0", "187500000", "0"),  # 9.2, the branch
        ("HKD", "180000000", "0", "0", "0", "25000000", "155000000", "0"),  # 9.2, the subsidiary
    ],
)
def test_available_capacity_is_that_of_the_sample(
    currency: str, sfx: str, car: str, percent: str, buffer: str, hedged: str, available: str, allocated: str
) -> None:
    held_back = buffer_amount(D(sfx), D(percent), currency)
    assert held_back == D(buffer)
    unhedged = unhedged_position(sfx=D(sfx), car=D(car), overlay=D(0), buffer=held_back, hedged=D(hedged))
    assert available_capacity(unhedged) == D(available)
    assert D(allocated) <= D(available)


# The rows of 9.7 that allocated more than was available: HAWK gives what there is.
@pytest.mark.parametrize(
    ("currency", "available", "asked", "left"),
    [("KRW", "1425000000", "1500000000", "75000000"), ("CNY", "11400000", "12000000", "600000")],
)
def test_over_allocation_of_the_sample_is_not_repeated(currency: str, available: str, asked: str, left: str) -> None:
    found = allocate(D(asked), [candidate("E1", available, currency)], 0)
    assert found.result.status is CheckStatus.PARTIAL
    assert found.result.allocated == D(available)
    assert found.result.not_allocated == D(left)


def candidate(entity: str, available: str, currency: str = "HKD") -> Assessment:
    zero = D(0)
    return Assessment(
        entity_id=entity,
        entity_type="Branch",
        currency=currency,
        nav_type=NavType.COI,
        hedging_framework=None,
        car_exemption_flag="N",
        sfx_position=D(available),
        car_amount=zero,
        manual_overlay=zero,
        buffer_percentage=zero,
        buffer_amount=zero,
        buffer_rule_id=None,
        hedged=zero,
        reserved=zero,
        unhedged=D(available),
        available=D(available),
        waterfall_position=1,
        allocated=zero,
        snapshot_id="PNM",
        snapshot_date=date(2026, 11, 20),
        stream=f"exposure-{entity}",
        version=0,
    )


@pytest.mark.parametrize(
    ("asked", "available", "status", "allocated"),
    [
        ("5000000", "8000000", CheckStatus.PASS, "5000000"),  # ALLOC example
        ("5000000", "3000000", CheckStatus.PARTIAL, "3000000"),  # ALLOC example
        ("5000000", "0", CheckStatus.FAIL, "0"),
        ("5000000", "5000000", CheckStatus.PASS, "5000000"),
    ],
)
def test_result_follows_the_rule_when_checked(asked: str, available: str, status: CheckStatus, allocated: str) -> None:
    found = allocate(D(asked), [candidate("E1", available)], 2)
    assert found.result == capacity_result(D(asked), D(available), D(allocated))
    assert found.result.status is status


def test_allocation_takes_whole_lots_when_capacity_is_uneven() -> None:
    # 6M / 3M / 1M over three entities (domain facts 5.8); a lot of 1,000 leaves 999 of the first unused.
    found = allocate(
        D("10000000"), [candidate("E1", "6000999"), candidate("E2", "3000000"), candidate("E3", "9E6")], -3
    )
    assert [each.allocated for each in found.assessments] == [D("6000000"), D("3000000"), D("1000000")]
    assert found.result.status is CheckStatus.PASS


def test_allocation_raises_when_an_entity_stands_twice() -> None:
    with pytest.raises(DuplicateCandidate):
        allocate(D(1), [candidate("E1", "1"), candidate("E1", "1")], 0)


def test_allocation_raises_when_candidates_are_too_many() -> None:
    with pytest.raises(LimitExceeded):
        allocate(D(1), [candidate(f"E{number}", "1") for number in range(1001)], 0)


@pytest.mark.parametrize(
    ("total", "status"),
    [
        ("130", UsdStatus.WITHIN), ("130.01", UsdStatus.WARN), ("140", UsdStatus.WARN), ("140.01", UsdStatus.CRITICAL),
        ("150", UsdStatus.CRITICAL), ("150.01", UsdStatus.BREACH),
    ],
)  # fmt: skip
def test_usd_level_is_passed_only_from_above_it(total: str, status: UsdStatus) -> None:
    assert usd_status(D(total), D(130), D(140), D(150)) is status


def test_usd_status_is_unknown_and_no_refusal_when_no_limit_is_configured() -> None:
    tables = demo_tables()
    tables["threshold_configuration"].clear()
    drawn = plan("USD", "25000000", entity_id="ENTITY0037", given=facts("USD", tables=tables))
    assert drawn.usd_check.status is UsdStatus.UNKNOWN
    assert "USD_UNKNOWN" in [warning.code for warning in drawn.warnings]


def available(tables: dict[str, list[dict[str, object]]], entity: str) -> Decimal:
    given = facts("HKD", tables=tables)
    return plan("HKD", "100000", entity_id=entity, instruction_type="U", given=given).capacity.available


def test_buffer_rule_wins_over_the_position_and_the_framework_when_they_differ() -> None:
    tables = demo_tables()
    row_of(tables, "hedging_framework", framework_id="FW_ENTITY0011")["buffer_percentage"] = "9"
    row_of(tables, "position_nav_master", entity_id="ENTITY0011", nav_type="COI", position_type="NET")["buffer_pct"] = (
        "7"
    )
    assert available(tables, "ENTITY0011") == D("155000000.00")


def test_buffer_falls_back_to_the_framework_and_then_to_five_percent() -> None:
    tables = demo_tables()
    tables["buffer_configuration"].clear()
    row_of(tables, "hedging_framework", framework_id="FW_ENTITY0011")["buffer_percentage"] = "10"
    assert available(tables, "ENTITY0011") == D("137000000.00")  # 180 − 18 − 25
    tables["hedging_framework"].clear()
    assert available(tables, "ENTITY0011") == D("146000000.00")  # 180 − 9 − 25


def test_specific_buffer_rule_wins_over_the_default_one_when_both_fit() -> None:
    tables = demo_tables()
    row_of(tables, "buffer_configuration", buffer_rule_id="BUF_HKD_003")["active_flag"] = "N"
    assert available(tables, "ENTITY0011") == D("155000000.00")  # BUF_DEFAULT_002 is 0 % too
    row_of(tables, "buffer_configuration", buffer_rule_id="BUF_DEFAULT_002")["buffer_percentage"] = "5"
    assert available(tables, "ENTITY0011") == D("146000000.00")


def test_plan_is_refused_when_buffer_rules_tie_and_differ() -> None:
    tables = demo_tables()
    rule = row_of(tables, "buffer_configuration", buffer_rule_id="BUF_HKD_001")
    tables["buffer_configuration"].append({**rule, "buffer_rule_id": "BUF_HKD_009", "buffer_percentage": "6"})
    found = refusal("HKD", "1000000", entity_id="ENTITY0009", given=facts("HKD", tables=tables))
    assert found.code == "CONFIGURATION_INVALID"
    assert "BUF_HKD_001, BUF_HKD_009" in found.message


def test_newest_snapshot_not_after_today_counts_when_there_are_several() -> None:
    tables = demo_tables()
    row = row_of(tables, "position_nav_master", entity_id="ENTITY0010", nav_type="COI", position_type="NET")
    for day, amount in (("2026-11-18", "1.00"), ("2026-11-24", "2.00")):
        copy = {**row, "nav_id": f"PNM_{day}", "as_of_date": day, "current_position": amount}
        tables["position_nav_master"].append(copy)
    assert available(tables, "ENTITY0010") == D("75000000.00")


def test_unknown_hedged_amount_is_a_warning_when_the_row_is_missing() -> None:
    tables = demo_tables()
    rows = tables["position_nav_master"]
    rows.remove(row_of(tables, "position_nav_master", entity_id="ENTITY0010", nav_type="COI", position_type="HEDGED"))
    drawn = plan("HKD", "100000", entity_id="ENTITY0010", given=facts("HKD", tables=tables))
    assert [warning.code for warning in drawn.warnings] == ["HEDGED_UNKNOWN"]


def test_snapshot_is_stale_when_it_is_more_than_two_business_days_old() -> None:
    tables = demo_tables()
    for row in tables["position_nav_master"]:
        row["as_of_date"] = "2026-11-19"
    codes = [
        each.code for each in plan("HKD", "100000", entity_id="ENTITY0010", given=facts("HKD", tables=tables)).warnings
    ]
    assert codes == []  # Thursday to Monday: two business days
    for row in tables["position_nav_master"]:
        row["as_of_date"] = "2026-11-18"
    codes = [
        each.code for each in plan("HKD", "100000", entity_id="ENTITY0010", given=facts("HKD", tables=tables)).warnings
    ]
    assert codes == ["SNAPSHOT_STALE"]
