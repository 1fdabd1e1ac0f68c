"""Whatever an answer calls a table or a column: it is one of the closed list, or nothing is written."""

import json
import re
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.executor.configuration.checking import check, tables_needed
from services.executor.configuration.commands import RowFacts
from services.executor.handlers.table_writer import statements_of
from services.executor.tables.catalogue import TABLES
from services.executor.tables.changes import Change, Delete, Insert, Update, Upsert
from services.executor.tables.table import CatalogueViolation
from services.parser.catalogue import CATALOGUE, CONFIGURATION_TABLES, ActionType
from services.parser.response import read_response
from shared.hedging.changes.configuration import CheckedChange, ConfigurationChange
from tests.support.examples import examples

NAMED = re.compile(r'"([^"]*)"')
#: Words of SQL that stand in statements outside quotes.
SKELETON = re.compile(r"[A-Za-z_ (),.=+$0-9:\[\]]*")
HOSTILE = st.sampled_from(
    ["users", "x; DROP TABLE y", 'a" = 1; --', "es.events", "*", "", "entity_id ", "Entity_Id", "entity_id\x00", "1=1"]
)  # fmt: skip
TABLE_NAMES = st.sampled_from(sorted(TABLES)) | HOSTILE | st.text(max_size=20)
COLUMNS = st.sampled_from(sorted({column for table in TABLES.values() for column in table.columns}))
NAMES = COLUMNS | HOSTILE | st.text(max_size=12)
ROWS = st.dictionaries(NAMES, st.sampled_from(["x", "DROP TABLE", None]), min_size=1, max_size=4)


@st.composite
def changes(draw: st.DrawFn) -> Change:
    name, row = draw(TABLE_NAMES), draw(ROWS)
    table = TABLES.get(name)
    key: dict[str, Any] = dict.fromkeys(
        table.key if table and draw(st.booleans()) else draw(st.lists(NAMES, max_size=2)), "k"
    )
    kind = draw(st.sampled_from([Insert, Update, Upsert, Delete]))
    if kind is Insert:
        return Insert(name, {**row, **key})
    if kind is Update:
        return Update(name, key, row)
    return Upsert(name, key, row) if kind is Upsert else Delete(name, key)


@given(change=changes())
@examples(200)
def test_row_change_names_what_the_catalogue_has_or_becomes_no_statement(change: Change) -> None:
    try:
        statements = statements_of([change])
    except CatalogueViolation:
        return
    table = TABLES[change.table]
    known = {
        table.name,
        *table.columns,
        *(f"key_{column}" for column in table.key),
        *(f"key_{name}" for name in table.columns),
    }
    for statement in statements:
        assert set(NAMED.findall(statement.sql)) <= known
        assert SKELETON.fullmatch(NAMED.sub("", statement.sql)), statement.sql


@given(name=HOSTILE | st.text(max_size=20) | st.sampled_from(sorted(TABLES)), kind=st.sampled_from(sorted(ActionType)))
@examples(200)
def test_table_of_an_action_is_the_catalogues_or_the_action_is_refused(name: str, kind: str) -> None:
    action = {"id": "a", "action_type": kind, "table": name, "data": {"key": "K", "changes": {"a": "1"}}}
    answer = json.dumps({"analysis": "x", "recommended_actions": [action]})
    (component,) = read_response(answer.encode(), {}, None).components
    codes = [refusal.code for refusal in component.refusals]
    assert ("TABLE_NOT_ALLOWED" in codes) == (name not in CATALOGUE[ActionType(kind)].tables)
    assert component.change is None or component.change.table in CONFIGURATION_TABLES


@pytest.mark.parametrize("table", CONFIGURATION_TABLES)
@pytest.mark.parametrize("column", ["x; DROP TABLE y", 'a" = 1; --', "es.events", "nosuchcolumn", "", "1=1"])
def test_column_that_the_table_has_not_is_refused_when_a_change_names_it(table: str, column: str) -> None:
    (key,) = TABLES[table].key
    row = {key: "1"}
    facts = RowFacts(
        today=date(2026, 11, 23), stream=f"reference-{table}-1", version=1, row=row,
        tables={name: [row] if name == table else [] for name in tables_needed(table)}, configuration_version=1,
    )  # fmt: skip
    for change in (
        ConfigurationChange(table, "UPDATE", "1", None, {column: "1"}),
        ConfigurationChange(table, "UPDATE", "1", column, {"active_flag": "Y"}),
    ):
        found = check(change, facts, date(2026, 11, 23))
        assert not isinstance(found, CheckedChange)
        assert "UNKNOWN_FIELD" in {finding.code.value for finding in found}
