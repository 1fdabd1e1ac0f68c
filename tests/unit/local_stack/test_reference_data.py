"""Reference rows as messages."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shared.errors import InvalidInput
from shared.events.topics import MESSAGE_BYTES_MAX
from tools.local_stack.reference_data import message_of
from tools.local_stack.reference_load import ReferenceSetNotLoaded, SetOutcome, set_value
from tools.reference_files import ReferenceChange, read_file, read_folder, tables_of

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
RATE = {"currency_pair": "USD/SGD", "rate_type": "prevailing", "rate_value": "1.3770", "effective_date": "2026-11-23"}


def test_message_has_the_public_form_of_the_topic() -> None:
    message = message_of(ReferenceChange("currency_rates", "UPSERT", "USD/SGD:prevailing", RATE), NOW)
    assert message.key == b"currency_rates:USD/SGD:prevailing"
    assert json.loads(message.value) == {"table": "currency_rates", "operation": "UPSERT", "row": RATE}


def test_message_id_is_the_same_for_the_same_load_and_another_for_a_later_one() -> None:
    change = ReferenceChange("currency_rates", "UPSERT", "USD/SGD:prevailing", RATE)
    later = NOW.replace(hour=10)
    assert message_of(change, NOW).id == message_of(change, NOW).id
    assert message_of(change, NOW).id != message_of(change, later).id


def write(tmp_path: Path, *lines: str) -> Path:
    file = tmp_path / "rates.jsonl"
    file.write_text("\n".join(lines) + "\n")
    return file


def test_file_is_read_line_by_line_with_the_key_of_the_table(tmp_path: Path) -> None:
    line = json.dumps({"table": "currency_rates", "operation": "UPSERT", "row": RATE})
    rows = read_file(write(tmp_path, line, "", line))
    assert [(row.table, row.operation, row.row) for row in rows] == [("currency_rates", "UPSERT", RATE)] * 2
    assert rows[0].key.startswith("USD/SGD:prevailing")


@pytest.mark.parametrize(
    "line",
    [
        "no json",
        "[]",
        '{"table": "currency_rates", "operation": "UPSERT"}',
        '{"table": "deal_bookings", "operation": "UPSERT", "row": {}}',
        '{"table": "currency_rates", "operation": "MERGE", "row": {}}',
        '{"table": "currency_rates", "operation": "UPSERT", "row": {"rate_value": 1.377}}',
    ],
)
def test_file_is_refused_with_its_line_when_a_line_is_malformed(tmp_path: Path, line: str) -> None:
    with pytest.raises(InvalidInput, match=r"rates\.jsonl, line 1"):
        read_file(write(tmp_path, line))


def test_folder_is_refused_when_it_holds_no_rows(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="NO_REFERENCE_FILES"):
        read_folder(tmp_path)


def test_folder_is_read_file_by_file_whatever_the_suffix(tmp_path: Path) -> None:
    write(tmp_path, json.dumps({"table": "currency_rates", "operation": "UPSERT", "row": RATE}))
    alias = {"table": "entity_alias", "operation": "DELETE", "row": {"alias_id": "ENTITY001"}}
    (tmp_path / "aliases.json").write_text(json.dumps(alias), encoding="utf-8")
    (tmp_path / "notes.txt").write_text("no rows", encoding="utf-8")
    assert [(row.table, row.operation) for row in read_folder(tmp_path)] == [
        ("entity_alias", "DELETE"),
        ("currency_rates", "UPSERT"),
    ]


def test_tables_hold_what_stands_after_all_changes() -> None:
    changes = [
        ReferenceChange("gl_coa", "UPSERT", "1", {"account_code": "1"}),
        ReferenceChange("gl_coa", "UPSERT", "2", {"account_code": "2"}),
        ReferenceChange("gl_coa", "UPSERT", "1", {"account_code": "1", "description": "later"}),
        ReferenceChange("gl_coa", "DELETE", "2", {"account_code": "2"}),
    ]
    assert tables_of(changes) == {"gl_coa": [{"account_code": "1", "description": "later"}]}


def test_a_set_is_one_value_and_refused_when_no_message_can_hold_it() -> None:
    change = ReferenceChange("currency_rates", "UPSERT", "USD/SGD:prevailing", RATE)
    assert json.loads(set_value([change])) == {
        "rows": [{"table": "currency_rates", "operation": "UPSERT", "row": RATE}]
    }
    huge = ReferenceChange("gl_coa", "UPSERT", "1", {"account_code": "1", "description": "x" * MESSAGE_BYTES_MAX})
    with pytest.raises(InvalidInput, match="TOO_LARGE"):
        set_value([huge])


def test_a_refused_set_names_table_and_key_of_its_findings() -> None:
    findings = [
        {"table": "gl_rules", "key": str(number), "column": "lines", "message": "Balance it."} for number in range(25)
    ]
    said = str(ReferenceSetNotLoaded(SetOutcome("id", 30, "REFERENCE_SET_INVALID", {}, findings)))
    assert "gl_rules 0: Balance it." in said
    assert "25 findings" in said
    assert "and 5 more" in said
