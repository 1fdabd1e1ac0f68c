"""Messages on hawk.reference: what is taken, what is refused and with which code."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demo.reference.tables import SETTINGS
from services.executor.reference.commands import RemoveRow, SetRow
from services.executor.reference.reading import command_of, key_values
from services.executor.reference.tables import REFERENCE, TableKind
from services.executor.reference.values import ValueRefused, published, typed
from services.executor.tables.table import ColumnType
from shared.errors import InvalidInput
from tests.support import hedges

RATE = {
    "currency_pair": "USD/SGD",
    "rate_type": "prevailing",
    "rate_value": "1.3770",
    "effective_date": "2026-11-23",
}
ENTITY = {"entity_id": "ENTITY0037", "entity_type": "Branch", "currency_code": "USD"}


def upsert(table: str, row: dict[str, Any], operation: str = "UPSERT") -> dict[str, Any]:
    return {"table": table, "operation": operation, "row": row}


def refusal(value: dict[str, Any]) -> InvalidInput:
    with pytest.raises(InvalidInput) as refused:
        command_of(value)
    return refused.value


def test_a_rate_is_completed_when_it_is_the_published_example() -> None:
    command = command_of(upsert("currency_rates", RATE))
    assert isinstance(command, SetRow)
    assert command.stream == "reference-currency_rates-USD/SGD:prevailing"
    assert command.row == {**RATE, "ledger": "IFRS", "rate_id": "RATE_USDSGD_PREVAILING"}


def test_a_rate_has_a_stream_of_its_own_when_it_is_of_the_local_ledger() -> None:
    command = command_of(upsert("currency_rates", {**RATE, "ledger": "LOCAL"}))
    assert command.key == "USD/SGD:prevailing:LOCAL"
    assert isinstance(command, SetRow)
    assert command.row["rate_id"] == "RATE_USDSGD_PREVAILING_LOCAL"


def test_a_setting_has_its_key_as_key_and_an_id_when_it_states_none() -> None:
    command = command_of(upsert("system_configuration", {"config_key": "murex.attempts_max", "config_value": "3"}))
    assert command.key == "murex.attempts_max"
    assert isinstance(command, SetRow)
    assert command.row["config_id"] == "CFG_MUREX.ATTEMPTS_MAX"


def test_text_is_stripped_and_blanks_are_no_value_when_read() -> None:
    command = command_of(upsert("entity_master", {**ENTITY, "currency_code": "USD\r\n", "region": "  "}))
    assert isinstance(command, SetRow)
    assert command.row["currency_code"] == "USD"
    assert "region" not in command.row


def test_a_removal_needs_the_key_alone() -> None:
    row = {"currency_pair": "USD/SGD", "rate_type": "prevailing"}
    command = command_of(upsert("currency_rates", row, "DELETE"))
    assert isinstance(command, RemoveRow)
    assert command.key == "USD/SGD:prevailing"


@pytest.mark.parametrize(
    ("code", "value"),
    [
        ("REFERENCE_TABLE_UNKNOWN", upsert("users", {"name": "x"})),
        ("REFERENCE_TABLE_UNKNOWN", upsert("deal_bookings", {"deal_booking_id": "x"})),
        ("REFERENCE_TABLE_UNKNOWN", {"table": ["entity_master"], "operation": "UPSERT", "row": ENTITY}),
        ("REFERENCE_MESSAGE_INVALID", upsert("entity_master", ENTITY, "TRUNCATE")),
        ("REFERENCE_MESSAGE_INVALID", {**upsert("entity_master", ENTITY), "sql": "drop table"}),
        ("REFERENCE_MESSAGE_INVALID", {"table": "entity_master", "operation": "UPSERT"}),
        ("REFERENCE_MESSAGE_INVALID", upsert("entity_master", {})),
        ("REFERENCE_COLUMN_UNKNOWN", upsert("entity_master", {**ENTITY, "salary": "1"})),
        ("REFERENCE_COLUMN_UNKNOWN", upsert("entity_master", {**ENTITY, "reference_version": 7})),
        ("REFERENCE_COLUMN_UNKNOWN", upsert("entity_master", {**ENTITY, "workflow_id": "forged"})),
        ("REFERENCE_COLUMN_UNKNOWN", upsert("hedging_framework", {"framework_id": "F", "period": "[,)"})),
        ("MISSING_FIELDS", upsert("entity_master", {"entity_id": "E"})),
        ("MISSING_FIELDS", upsert("entity_master", {**ENTITY, "entity_id": " "})),
        ("MISSING_FIELDS", upsert("currency_rates", {"currency_pair": "USD/SGD"}, "DELETE")),
        ("REFERENCE_VALUE_INVALID", upsert("currency_rates", {**RATE, "rate_value": 1})),
        ("REFERENCE_VALUE_INVALID", upsert("currency_rates", {**RATE, "rate_value": "1,377"})),
        ("REFERENCE_VALUE_INVALID", upsert("currency_rates", {**RATE, "rate_value": "NaN"})),
        ("REFERENCE_VALUE_INVALID", upsert("currency_rates", {**RATE, "rate_value": "1e5"})),
        ("REFERENCE_VALUE_INVALID", upsert("currency_rates", {**RATE, "effective_date": "23.11.2026"})),
        ("REFERENCE_VALUE_INVALID", upsert("currency_rates", {**RATE, "effective_date": "2026-02-30"})),
        ("REFERENCE_VALUE_INVALID", upsert("currency_rates", {**RATE, "ledger": "TAX"})),
        ("REFERENCE_VALUE_INVALID", upsert("currency_rates", {**RATE, "rate_type": "a:b"})),
        ("REFERENCE_VALUE_INVALID", upsert("currency_rates", {**RATE, "expiry_date": "2026-11-22"})),
        ("REFERENCE_VALUE_INVALID", upsert("entity_master", {**ENTITY, "entity_type": "Ship"})),
        ("REFERENCE_VALUE_INVALID", upsert("entity_master", {**ENTITY, "active_flag": "X"})),
        ("REFERENCE_VALUE_INVALID", upsert("entity_master", {**ENTITY, "parent_child_nav_link": "Y"})),
        ("REFERENCE_VALUE_INVALID", upsert("entity_master", {**ENTITY, "entity_id": "E" * 201})),
        ("REFERENCE_VALUE_INVALID", upsert("entity_master", {**ENTITY, "entity_name": "a\x00b"})),
        ("REFERENCE_VALUE_INVALID", upsert("entity_master", {**ENTITY, "entity_name": "\ud800"})),
        (
            "REFERENCE_VALUE_INVALID",
            upsert(
                "buffer_configuration",
                {"buffer_rule_id": "B", "buffer_percentage": "101", "rule_priority": 1},
            ),
        ),
        (
            "REFERENCE_VALUE_INVALID",
            upsert("gl_rules", {"rule_id": True, "scope": {}, "lines": []}),
        ),
        ("REFERENCE_VALUE_INVALID", upsert("gl_rules", {"rule_id": 1, "scope": "{}", "lines": []})),
    ],
)
def test_a_message_is_refused_with_its_code_when_it_is_not_a_reference_row(code: str, value: dict[str, Any]) -> None:
    assert refusal(value).code == code


def test_all_wrong_columns_are_named_when_several_are_wrong() -> None:
    reason = refusal(upsert("currency_rates", {**RATE, "rate_value": 1, "effective_date": "x"})).reason
    assert "rate_value" in reason
    assert "effective_date" in reason


def test_feeds_and_configuration_are_told_apart() -> None:
    assert REFERENCE["position_nav_master"].kind is TableKind.FEED
    assert REFERENCE["buffer_configuration"].kind is TableKind.CONFIGURATION


@pytest.mark.parametrize(
    ("table", "key", "values"),
    [
        ("currency_rates", "USD/SGD:prevailing", ("USD/SGD", "prevailing", "IFRS")),
        ("currency_rates", "USD/SGD:prevailing:LOCAL", ("USD/SGD", "prevailing", "LOCAL")),
        ("system_configuration", "a:b", ("a:b",)),
        ("gl_rules", "10", (10,)),
        ("holiday_calendar", "SGD:2026-12-25", ("SGD", "2026-12-25")),
    ],
)
def test_the_key_columns_are_found_again_from_a_key(table: str, key: str, values: tuple[object, ...]) -> None:
    assert tuple(key_values(REFERENCE[table], key).values()) == values


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.floats() | st.dates().map(str),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


@given(column_type=st.sampled_from(ColumnType), value=json_values)
def test_any_value_is_refused_or_keeps_its_form_when_read_again(column_type: ColumnType, value: object) -> None:
    try:
        once = published(column_type, value)
    except ValueRefused:
        return
    assert published(column_type, once) == once
    assert json.loads(json.dumps(once)) == once
    typed(column_type, once)


@given(amount=st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**15), max_value=10**15))
def test_an_amount_keeps_its_digits_on_the_way_to_the_table(amount: Decimal) -> None:
    text = format(amount, "f")
    assert published(ColumnType.NUMERIC, text) == text
    assert str(typed(ColumnType.NUMERIC, text)) == text


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("murex.retry.attempts", "three"),
        ("murex.retry.attempts", "0"),
        ("murex.retry.interval_seconds", "1.5"),
        ("rates.stale_days", "-1"),
        ("rates.validity_hours", "NaN"),
        ("rates.tolerance_bp", "fifty"),
        ("desk.default.nav_type", "NAV"),
    ],
)
def test_a_setting_is_refused_when_planning_or_execution_could_not_use_it(key: str, value: str) -> None:
    refused = refusal(upsert("system_configuration", {"config_key": key, "config_value": value}))
    assert refused.code == "REFERENCE_VALUE_INVALID"
    assert key in refused.reason


def test_every_setting_of_the_demo_is_taken() -> None:
    for key, value, *_ in SETTINGS:
        assert isinstance(
            command_of(upsert("system_configuration", {"config_key": key, "config_value": value})), SetRow
        )


@pytest.mark.parametrize(("column", "value"), [("settlement_days", 2_000_000_000), ("rounding_precision", 2**31 - 1)])
def test_a_currency_is_refused_when_planning_would_compute_for_ever_or_not_at_all(column: str, value: int) -> None:
    (row,) = [
        dict(each.row)
        for each in hedges.demo_rows(hedges.TODAY)
        if each.table == "currency_configuration" and each.row["currency_code"] == "USD"
    ]
    assert isinstance(command_of(upsert("currency_configuration", row)), SetRow)
    refused = refusal(upsert("currency_configuration", row | {column: value}))
    assert refused.code == "REFERENCE_VALUE_INVALID"
    assert column in refused.reason
