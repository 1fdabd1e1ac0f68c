"""The demo's reference data: what interfaces section 7 and domain facts 9 say of them, on any day."""

import json
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from demo.reference.load import demo_rows
from services.executor.reference.reading import command_of
from shared.hedging.capacity import CheckStatus
from shared.hedging.models import DEAL_ROWS, Model
from shared.hedging.plan import HedgePlan
from shared.hedging.planning.drawing import draw_plan
from tests.support.hedges import IDENTITY, Rows, demo_tables, facts, order, plan, row_of

D = Decimal


def test_rows_are_as_many_as_the_documents_say() -> None:
    counts = Counter({table: len(rows) for table, rows in demo_tables().items()})
    assert counts["entity_master"] == 44
    assert counts["position_nav_master"] == 2 * 88  # a NET and a HEDGED row each
    assert counts["buffer_configuration"] == 46
    assert counts["threshold_configuration"] == 27
    assert counts["currency_configuration"] == 13
    assert counts["murex_book_config"] == 8
    assert counts["instruction_event_config"] == 6
    assert counts["gl_periods"] == 36
    assert counts["gl_rules"] == 24  # six models; inception, termination, rollover, amendment


def test_entities_run_through_the_currencies_in_their_order() -> None:
    rows = demo_tables()["entity_master"]
    first = {row["currency_code"]: row["entity_id"] for row in rows if row["entity_type"] == "Branch"}
    assert first == {
        "AUD": "ENTITY0001", "CNY": "ENTITY0005", "HKD": "ENTITY0009", "IDR": "ENTITY0013", "INR": "ENTITY0017",
        "JPY": "ENTITY0021", "KRW": "ENTITY0025", "PHP": "ENTITY0029", "TWD": "ENTITY0033", "USD": "ENTITY0037",
        "VND": "ENTITY0041",
    }  # fmt: skip
    associate = row_of(demo_tables(), "entity_master", entity_id="ENTITY0010")
    assert (associate["parent_entity_id"], associate["legal_entity_code"]) == ("ENTITY0009", "ETHKD002")
    assert (associate["entity_type"], associate["murex_issuer"]) == ("Associate", "MUREX_HKD_AS1")


def test_limits_ascend_and_capital_ratios_fall() -> None:
    for row in demo_tables()["threshold_configuration"]:
        levels = [D(row[name]) for name in ("warning_level", "critical_level", "maximum_limit")]
        falling = row["threshold_type"] == "CAR_RATIO"
        assert levels == sorted(levels, reverse=falling), row["threshold_id"]
        assert len(set(levels)) == 3


def test_deal_counts_and_rules_fit_the_models() -> None:
    tables = demo_tables()
    for model in Model:
        assert row_of(tables, "instruction_event_config", booking_model=model.value)["deal_count"] == len(
            DEAL_ROWS[model]
        )
    accounts = {row["account_code"] for row in tables["gl_coa"]}
    for rule in tables["gl_rules"]:
        sides = Counter((line["ledger"], line["side"]) for line in rule["lines"])
        assert sides["IFRS", "DR"] == sides["IFRS", "CR"]
        assert sides["LOCAL", "DR"] == sides["LOCAL", "CR"] == 1
        assert {line["account"] for line in rule["lines"]} <= accounts


def _no_float(text: str) -> None:
    raise AssertionError(f"{text} is a binary float")


def test_rows_are_json_without_binary_floats_and_taken_by_the_reference_topic() -> None:
    for each in demo_rows(date(2026, 11, 23)):
        text = json.dumps({"table": each.table, "operation": "UPSERT", "row": each.row})
        assert command_of(json.loads(text, parse_float=_no_float)).key == each.key


def test_keys_are_unique() -> None:
    keys = [(each.table, each.key) for each in demo_rows(date(2026, 11, 23))]
    assert len(keys) == len(set(keys))


def test_swap_points_are_not_zero_for_any_pair() -> None:
    rows = [row for row in demo_tables()["currency_rates"] if row["rate_type"] == "swap_points"]
    assert len(rows) == 11
    assert all(D(row["rate_value"]) != 0 for row in rows)


def tables_of(day: date) -> Rows:
    tables: Rows = {}
    for each in demo_rows(day):
        tables.setdefault(each.table, []).append(each.row)
    return tables


@pytest.mark.parametrize("offset", [0, 6, 33, 38, 90, 132, 280, 400])  # weekends, New Year, other holidays
def test_demo_works_at_any_hour_of_any_day(offset: int) -> None:
    day = date(2026, 11, 23) + timedelta(days=offset)
    tables = tables_of(day)
    for hour in (0, 12):
        now = datetime(day.year, day.month, day.day, hour, tzinfo=UTC) - timedelta(hours=8 if hour == 0 else 0)
        wanted = order("USD", "25000000", entity_id="ENTITY0037")
        drawn = draw_plan(wanted, (), facts("USD", tables=tables, now=now), IDENTITY)
        assert isinstance(drawn, HedgePlan)
        assert drawn.counts.total == 47
        assert drawn.capacity.status is CheckStatus.PASS
        assert not {warning.code for warning in drawn.warnings} - {"TRADE_DATE_ROLLED"}


def test_positions_are_of_the_business_day_before() -> None:
    days = {row["as_of_date"] for row in demo_tables()["position_nav_master"]}
    assert days == {"2026-11-20"}  # the Friday before the Monday
    assert {row["as_of_date"] for row in tables_of(date(2026, 12, 28))["position_nav_master"]} == {"2026-12-24"}


def test_plan_placeholder_stands_for_the_chinese_branch() -> None:
    drawn = plan("CNY", "150000000", entity_id="ENTITY001")
    assert drawn.order.entity_id == "ENTITY0005"
    assert [warning.code for warning in drawn.warnings] == ["ENTITY_ALIAS"]
