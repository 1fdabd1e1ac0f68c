"""Reading rows: the same facts from a message's text and from a driver's values; trouble is named."""

import json
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import pytest

from shared.hedging.facts import facts_from_rows
from shared.hedging.planning.drawing import draw_plan
from shared.hedging.reference import REFERENCE_TABLES_READ, SHAPES, key_of
from tests.support.hedges import IDENTITY, NOW, Rows, demo_tables, facts, order, plan

D = Decimal


def as_from_a_driver(tables: Rows) -> Rows:
    """The demo's text as asyncpg would return it: Decimal with another scale, date, time, JSON as text."""

    def value(column: str, found: Any) -> Any:
        if isinstance(found, (dict, list)):
            return json.dumps(found)
        if not isinstance(found, str):
            return found
        if column.endswith("_date"):
            return date.fromisoformat(found)
        if column in {"cut_off_time", "market_hours_start", "market_hours_end"}:
            return time.fromisoformat(found)
        if column.endswith(("_position", "_amount", "_deal_size", "rate_value", "_level", "maximum_limit")):
            return D(found) * D("1.000000")
        return found

    return {
        table: [{name: value(name, each) for name, each in row.items()} for row in rows]
        for table, rows in tables.items()
    }


def test_plan_is_the_same_when_rows_come_from_a_driver() -> None:
    given = facts("HKD", tables=as_from_a_driver(demo_tables()))
    assert given.problems == ()
    assert plan("HKD", "40000000", given=given) == plan("HKD", "40000000")


@pytest.mark.parametrize("value", [0.5, True, "much", "NaN", "Infinity", None])
def test_row_is_a_problem_when_an_amount_is_no_exact_decimal(value: object) -> None:
    tables = demo_tables()
    tables["currency_rates"][0]["rate_value"] = value
    (problem,) = facts("USD", tables=tables).problems
    assert (problem.table, problem.key) == ("currency_rates", "USD/SGD:historical")
    assert "rate_value" in problem.message


def test_rows_are_left_out_when_inactive_or_not_in_force() -> None:
    tables = demo_tables()
    tables["entity_master"][0]["active_flag"] = "N"
    tables["entity_master"][1]["termination_date"] = "2026-11-22"
    tables["entity_master"][2]["inception_date"] = "2026-11-24"
    assert len(facts("AUD", tables=tables).entities) == 41


def test_trailing_line_end_is_dropped_when_the_database_has_one() -> None:
    tables = demo_tables()
    for row in tables["currency_configuration"]:
        row["exposure_currency"] = f"{row['exposure_currency'] or ''}\r\n"
    assert plan("USD", "25000000", entity_id="ENTITY0037", given=facts("USD", tables=tables))


def test_now_needs_a_time_zone() -> None:
    with pytest.raises(ValueError, match="time zone"):
        facts_from_rows({}, (), facts("USD").usd_use, datetime(2026, 11, 23))  # noqa: DTZ001  the case under test


def test_key_leaves_the_ifrs_ledger_out() -> None:
    row = {"currency_pair": "USD/SGD", "rate_type": "prevailing"}
    assert key_of("currency_rates", row) == "USD/SGD:prevailing"
    assert key_of("currency_rates", row | {"ledger": "IFRS"}) == "USD/SGD:prevailing"
    assert key_of("currency_rates", row | {"ledger": "LOCAL"}) == "USD/SGD:prevailing:LOCAL"


def test_reads_cover_every_table_once_and_every_counted_read() -> None:
    assert sorted(read.table for read in REFERENCE_TABLES_READ) == sorted(SHAPES)
    counted = {read.operation for read in REFERENCE_TABLES_READ if read.operation}
    assert counted == {"A2", "A3", "A4", "A5", "A6", "A7", "C1", "C2"}


@pytest.mark.parametrize(
    ("currency", "amount", "entity"),
    [
        ("USD", "25000000", "ENTITY0037"), ("CNY", "150000000", "ENTITY001"), ("KRW", "12000000000", "ENTITY0025"),
        ("HKD", "400000000", None), ("USD", "1000000", "ENTITY0001"), ("USD", "1000000", "ENTITY001"),
        ("EUR", "1000000", None), ("USD", "1000000", "NOBODY"),
    ],
)  # fmt: skip
def test_answer_is_the_same_when_only_the_selected_rows_are_loaded(
    currency: str, amount: str, entity: str | None
) -> None:
    wanted = order(currency, amount, entity_id=entity)
    few = draw_plan(wanted, (), facts(currency, tables=demo_tables(currency, entity)), IDENTITY)
    every = draw_plan(wanted, (), facts(currency), IDENTITY)
    if getattr(every, "code", None) == "ENTITY_CURRENCY_MISMATCH":
        assert getattr(few, "code", None) == "ENTITY_CURRENCY_MISMATCH"
    else:
        assert few == every


def test_reference_versions_name_the_rows_relied_on_when_rows_carry_them() -> None:
    tables = demo_tables()
    for rows in tables.values():
        for row in rows:
            row["reference_version"] = 7
    drawn = plan("USD", "25000000", entity_id="ENTITY0037", given=facts("USD", tables=tables))
    rates = {each.key for each in drawn.reference_versions if each.table == "currency_rates"}
    assert rates == {"USD/SGD:prevailing", "USD/SGD:historical", "USD/SGD:swap_points"}
    assert {each.version for each in drawn.reference_versions} == {7}
    assert drawn.pins.pinned_at == NOW
