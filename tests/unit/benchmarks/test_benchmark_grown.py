"""The days of a history, and what is compared with a fresh store."""

from collections import Counter
from datetime import date

from benchmarks.figures import Figure, Section
from benchmarks.grown.days import A_DAY, MARKET_TABLES, days_of, first_rows, market_rows
from benchmarks.grown.measuring import SHOWN, beside_fresh

TODAY = date(2026, 11, 30)


def test_days_are_business_days_before_today_and_hold_all_workflows() -> None:
    days = days_of(3 * A_DAY + 1, TODAY)
    assert len(days) == 4
    assert days == sorted(set(days))
    assert days[-1] == date(2026, 11, 27), "Monday's history ends on Friday"
    assert all(day.weekday() < 5 for day in days_of(200 * A_DAY, TODAY))


def test_a_history_begins_with_the_market_data_of_its_first_day() -> None:
    first = days_of(10 * A_DAY, TODAY)[0]
    rows = first_rows(first, TODAY)
    counted = Counter((row.table, row.key) for row in rows)
    assert set(counted.values()) == {1}
    dated = {row.row["as_of_date"] for row in rows if row.table == "position_nav_master"}
    assert max(dated) < first.isoformat()
    assert {row.table for row in rows} > MARKET_TABLES == {row.table for row in market_rows(first)}
    assert len(market_rows(first)) < len(market_rows(first, whole=True))


def test_costs_are_compared_with_those_of_a_fresh_store() -> None:
    def sections(value: float) -> list[Section]:
        return [Section("costs", tuple(Figure(key, f"  {key}", value, "", "") for key in SHOWN))]

    compared = beside_fresh(sections(10.0), sections(12.0))
    assert [(figure.key, figure.value, figure.sample) for figure in compared.figures] == [
        (f"grown_{key}", 1.2, "12 : 10") for key in SHOWN
    ]
