"""Configuration changes in an answer: what is read of them, and what refuses them."""

import json
from datetime import date
from typing import Any

import pytest

from services.parser.catalogue import CONFIGURATION_TABLES
from services.parser.decider import decide, state_of
from services.parser.response import Reading, read_response
from shared.events.configuration import ConfigurationProposed
from shared.hedging.changes.configuration import ConfigurationChange

BUFFER = {
    "action_type": "UPDATE_CONFIGURATION",
    "table": "buffer_configuration",
    "operation": "UPDATE",
    "data": {"key": "BUF_USD_001", "changes": {"buffer_percentage": "7.5"}},
}
ORDER = {
    "id": "order",
    "action_type": "CREATE_HEDGE_INSTRUCTION",
    "data": {"instruction_type": "I", "exposure_currency": "USD", "hedge_amount_order": "25000000"},
}


def read(*actions: dict[str, Any]) -> Reading:
    answer = {"analysis": "The buffer is too small.", "recommended_actions": list(actions)}
    return read_response(json.dumps(answer).encode(), {}, None)


def with_data(**data: Any) -> dict[str, Any]:
    return {**BUFFER, "data": {**BUFFER["data"], **data}}  # type: ignore[dict-item]


def change_of(action: dict[str, Any]) -> ConfigurationChange:
    (component,) = read(action).components
    assert component.change is not None, component.refusals
    return component.change


def test_a_change_of_the_configuration_starts_a_workflow_of_its_own() -> None:
    events = decide(state_of(()), read(BUFFER, ORDER))
    proposed = events[1]
    assert isinstance(proposed, ConfigurationProposed)
    assert proposed.change == ConfigurationChange(
        "buffer_configuration", "UPDATE", "BUF_USD_001", None, {"buffer_percentage": "7.5"}
    )
    assert [type(event).__name__ for event in events] == ["ResponseReceived", "ConfigurationProposed", "ProposalMade"]
    assert len({event.workflow_id for event in events[1:]}) == 2  # type: ignore[attr-defined]


def test_numbers_keep_their_digits_and_json_columns_their_form() -> None:
    data = '{"key": 10, "changes": {"priority": 12, "a": 7.50, "lines": [{"account": "1", "n": 3}], "b": null}}'
    text = '{"analysis": "x", "recommended_actions": [{"action_type": "UPDATE_CONFIGURATION", "table": "gl_rules", '
    (component,) = read_response(f'{text}"data": {data}}}]}}'.encode(), {}, None).components
    assert component.change is not None
    assert component.change.key == "10"
    assert component.change.changes == {"priority": "12", "a": "7.50", "lines": [{"account": "1", "n": 3}], "b": None}


def test_a_change_without_an_operation_is_an_update_and_its_key_may_name_its_column() -> None:
    action = {name: value for name, value in BUFFER.items() if name != "operation"}
    action["data"] = {**BUFFER["data"], "key": {"buffer_rule_id": "BUF_USD_001"}, "effective_date": "2026-12-01"}  # type: ignore[dict-item]
    change = change_of(action)
    assert (change.operation, change.key_column, change.key) == ("UPDATE", "buffer_rule_id", "BUF_USD_001")
    assert change.effective_date == date(2026, 12, 1)


@pytest.mark.parametrize("table", CONFIGURATION_TABLES)
def test_every_table_of_the_closed_list_can_be_changed(table: str) -> None:
    assert change_of({**BUFFER, "table": table, "operation": "INSERT"}).table == table


@pytest.mark.parametrize(
    ("action", "code", "path"),
    [
        ({**BUFFER, "table": "users"}, "TABLE_NOT_ALLOWED", ".table"),
        ({**BUFFER, "table": "currency_rates"}, "TABLE_NOT_ALLOWED", ".table"),
        ({**BUFFER, "table": "hedge_instructions"}, "TABLE_NOT_ALLOWED", ".table"),
        ({**BUFFER, "table": None}, "MISSING_FIELDS", ""),
        ({**BUFFER, "operation": "DELETE"}, "OPERATION_NOT_ALLOWED", ".operation"),
        ({**BUFFER, "data": {"key": "K"}}, "MISSING_FIELDS", ".data"),
        ({**BUFFER, "data": {"changes": {"a": "1"}}}, "MISSING_FIELDS", ".data"),
        (with_data(changes={}), "SCHEMA_VIOLATION", ".data.changes"),
        (with_data(changes=[]), "SCHEMA_VIOLATION", ".data.changes"),
        (with_data(key="K K"), "INVALID_IDENTIFIER", ".data.key"),
        (with_data(key={"a": "1", "b": "2"}), "INVALID_IDENTIFIER", ".data.key"),
        (with_data(key={"buffer_rule_id": "K K"}), "INVALID_IDENTIFIER", ".data.key.buffer_rule_id"),
        (with_data(effective_date="tomorrow"), "INVALID_DATE", ".data.effective_date"),
        (with_data(where="1=1"), "UNKNOWN_FIELD", ".data.where"),
    ],
)  # fmt: skip
def test_a_malformed_change_is_refused_with_its_place(action: dict[str, Any], code: str, path: str) -> None:
    reading = read(action)
    assert [(each.code, each.path) for each in reading.all_refusals] == [(code, f"$.recommended_actions[0]{path}")]
    assert all(component.change is None for component in reading.components)


def test_a_fraction_within_a_json_column_is_refused() -> None:
    text = '{"analysis": "x", "recommended_actions": [{"action_type": "UPDATE_CONFIGURATION", "table": "gl_rules", '
    data = '"data": {"key": "10", "changes": {"lines": [{"n": 1.5}]}}}]}'
    (refusal,) = read_response((text + data).encode(), {}, None).all_refusals
    assert (refusal.code, refusal.path) == (
        "SCHEMA_VIOLATION", "$.recommended_actions[0].data.changes.lines[0].n",
    )  # fmt: skip


def test_a_change_may_not_hang_on_an_order() -> None:
    reading = read({**BUFFER, "dependencies": ["order"]}, ORDER)
    assert reading.outcome == "REFUSED"
    assert [refusal.code for refusal in reading.all_refusals] == ["AMBIGUOUS"]


def test_the_same_change_twice_is_refused() -> None:
    assert {refusal.code for refusal in read(BUFFER, BUFFER).all_refusals} == {"DUPLICATE_ACTION"}
