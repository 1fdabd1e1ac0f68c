"""A set of rows as it is read and judged without a database; which tables come how."""

from typing import Any

import pytest

from services.executor.reference.commands import SetRow
from services.executor.reference.plausible import Scene
from services.executor.reference.sets import (
    FINDINGS_MAX,
    SET_ROWS_MAX,
    ReferenceInForce,
    StoredRow,
    judge,
    outcome,
    read_set,
)
from services.executor.reference.state import RowState
from services.executor.reference.tables import REFERENCE, TableKind
from services.parser.catalogue import CONFIGURATION_TABLES
from shared.errors import InvalidInput
from shared.events.reference import ReferenceSetRefused
from shared.hedging.reference_keys import KEYS
from tests.support import hedges

SCENE = Scene(hedges.TODAY)
EMPTY = ReferenceInForce(bootstrapped=False, stored={}, tables={}, pasts={}, scene=SCENE)
CLOSED = ReferenceInForce(bootstrapped=True, stored={}, tables={}, pasts={}, scene=SCENE)
ACCOUNT = {"account_code": "1", "description": "one"}


def upsert(table: str, row: dict[str, Any]) -> dict[str, Any]:
    return {"table": table, "operation": "UPSERT", "row": row}


def value(*rows: object) -> dict[str, Any]:
    return {"rows": list(rows)}


def test_what_the_topic_brings_once_is_what_update_configuration_changes() -> None:
    assert {name for name, table in REFERENCE.items() if table.kind is TableKind.CONFIGURATION} == set(
        CONFIGURATION_TABLES
    )


def test_the_keys_of_files_are_those_of_the_tables() -> None:
    assert {name: table.table.key for name, table in REFERENCE.items()} == dict(KEYS)


@pytest.mark.parametrize(
    ("load_id", "given"),
    [
        ("", value(upsert("gl_coa", ACCOUNT))),
        ("a b", value(upsert("gl_coa", ACCOUNT))),
        ("x" * 81, value(upsert("gl_coa", ACCOUNT))),
        ("x", {"rows": {}}),
        ("x", {"rows": []}),
        ("x", {**value(upsert("gl_coa", ACCOUNT)), "more": 1}),
        ("x", value(*[upsert("gl_coa", ACCOUNT)] * (SET_ROWS_MAX + 1))),
    ],
)
def test_what_has_not_the_form_of_a_set_is_refused(load_id: str, given: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput, match="REFERENCE_MESSAGE_INVALID"):
        read_set(load_id, given, "")


def test_rows_that_cannot_be_read_are_findings_with_their_place() -> None:
    rate = {"currency_pair": "USD/SGD", "rate_type": "prevailing", "rate_value": 1, "effective_date": "2026-11-23"}
    given = read_set("x", value(7, upsert("users", {"a": "b"}), upsert("currency_rates", rate)), "")
    assert [(each.table, each.key) for each in given.findings] == [
        ("", "row 1"), ("", "row 2"), ("currency_rates", "USD/SGD:prevailing"),
    ]  # fmt: skip
    assert given.commands == ()


def test_a_row_that_stands_twice_in_a_set_is_a_finding() -> None:
    given = read_set("x", value(upsert("gl_coa", ACCOUNT), upsert("gl_coa", ACCOUNT | {"description": "two"})), "")
    assert [(each.table, each.key) for each in given.findings] == [("gl_coa", "1")]


def test_the_demo_bootstraps_an_empty_hawk_and_half_of_it_does_not() -> None:
    rows = [upsert(table, row) for table, rows in hedges.demo_tables().items() for row in rows]
    verdict = judge(read_set("x", value(*rows), ""), EMPTY, hedges.TODAY)
    assert (verdict.findings, verdict.bootstraps, len(verdict.changes)) == ((), True, len(rows))
    half = [row for row in rows if row["table"] != "gl_rules"]
    refused = judge(read_set("x", value(*half), ""), EMPTY, hedges.TODAY)
    assert {each.table for each in refused.findings} == {"gl_rules"}
    assert (refused.changes, refused.bootstraps) == ((), False)


def test_configuration_is_closed_after_the_bootstrap() -> None:
    verdict = judge(read_set("x", value(upsert("gl_coa", ACCOUNT)), ""), CLOSED, hedges.TODAY)
    assert verdict.closed
    assert "UPDATE_CONFIGURATION" in verdict.findings[0].message


def test_feeds_do_not_bootstrap() -> None:
    period = {"period_id": "2026-11", "start_date": "2026-11-01", "end_date": "2026-11-30", "is_open": True}
    verdict = judge(read_set("x", value(upsert("gl_periods", period)), ""), EMPTY, hedges.TODAY)
    assert (verdict.findings, verdict.bootstraps, len(verdict.changes)) == ((), False, 1)


def test_two_rows_for_one_snapshot_are_a_finding() -> None:
    position = hedges.demo_tables()["position_nav_master"][0]
    entity = hedges.row_of(hedges.demo_tables(), "entity_master", entity_id=position["entity_id"])
    given = read_set(
        "x", value(*(upsert("position_nav_master", position | {"nav_id": name}) for name in ("PNM_1", "PNM_2"))), ""
    )
    known = ReferenceInForce(bootstrapped=True, stored={}, tables={"entity_master": [entity]}, pasts={}, scene=SCENE)
    assert [(each.key, each.column) for each in judge(given, known, hedges.TODAY).findings] == [("PNM_2", "entity_id")]


def test_a_refusal_lists_a_bounded_number_of_findings() -> None:
    given = read_set("x", value(*(upsert("users", {"a": str(number)}) for number in range(SET_ROWS_MAX))), "")
    answer = outcome(given, judge(given, CLOSED, hedges.TODAY))
    assert isinstance(answer, ReferenceSetRefused)
    assert (answer.found, len(answer.findings)) == (SET_ROWS_MAX, FINDINGS_MAX)


def whole(*tables: str) -> dict[str, Any]:
    """The demo without these tables, or all of it."""
    found = hedges.demo_tables()
    return value(*(upsert(name, row) for name, rows in found.items() if name not in tables for row in rows))


def stored(given: dict[str, Any]) -> ReferenceInForce:
    """The demo is in force already, as it was published."""
    read = read_set("before", given, "")
    rows: dict[str, list[Any]] = {}
    for command in read.commands:
        if isinstance(command, SetRow):
            rows.setdefault(command.table.name, []).append(command.row)
    states = {each.stream: StoredRow(1, RowState(each.row)) for each in read.commands if isinstance(each, SetRow)}
    return ReferenceInForce(bootstrapped=True, stored=states, tables=rows, pasts={}, scene=SCENE)


def test_a_later_set_that_states_a_whole_configuration_is_good_by_itself_or_refused() -> None:
    in_force = stored(whole())
    given = whole()
    given["rows"] = [row for row in given["rows"] if row["row"].get("rate_id") != "RATE_AUDSGD_HISTORICAL"]
    verdict = judge(read_set("x", given, ""), in_force, hedges.TODAY)
    assert [(each.table, each.key) for each in verdict.findings] == [("currency_rates", "AUD/SGD:historical")]


def test_a_later_set_of_some_tables_that_are_so_already_changes_nothing() -> None:
    verdict = judge(read_set("x", whole("gl_rules", "currency_rates"), ""), stored(whole()), hedges.TODAY)
    assert (verdict.findings, verdict.changes) == ((), ())
