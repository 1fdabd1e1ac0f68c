"""A configuration change to its plan: the row after it, the operations, the digests, and every reason not to."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from services.executor.configuration.commands import ApplyChange, DrawChange, RowFacts
from services.executor.configuration.decider import apply, decide, draw, due_at
from services.executor.configuration.memory import row_facts_of
from services.executor.configuration.references import REFERRERS
from services.executor.planning.workflow import Workflow
from services.parser.catalogue import CONFIGURATION_TABLES
from shared.errors import Defect
from shared.events.approvals import Approver
from shared.events.configuration import ConfigurationPlanned, ConfigurationProposed, ConfigurationRefused
from shared.events.execution import ExecutionCompleted
from shared.events.reference import ReferenceRowSet
from shared.events.responses import Maker, Origin
from shared.hedging.changes.configuration import ConfigurationChange, Write
from shared.policy.table import DEFAULT_POLICY
from tests.support import hedges
from tests.support.executions import used_grant

RULE = "BUF_USD_001"


def change(table: str, key: str, operation: Write = "UPDATE", **changes: Any) -> ConfigurationChange:
    return ConfigurationChange(table, operation, key, None, changes)


def command(wanted: ConfigurationChange, facts: RowFacts | None = None) -> DrawChange:
    proposal = ConfigurationProposed(
        workflow_id="wf",
        response_id="r",
        origin=Origin(component=1, attempt=1, maker=Maker(name="mira")),
        change=wanted,
    )
    facts = facts or row_facts_of(hedges.demo_tables(), wanted, hedges.NOW)
    return DrawChange(Workflow.of(proposal), wanted, facts, facts.today, hedges.NOW)


def again_of(first: ConfigurationPlanned, facts: RowFacts, now: datetime) -> DrawChange:
    return DrawChange(Workflow.succeeding(first, "wf-2"), first.change, facts, first.plan.asked_on, now)


def planned(wanted: ConfigurationChange, facts: RowFacts | None = None) -> ConfigurationPlanned:
    event = decide(command(wanted, facts), DEFAULT_POLICY)
    if isinstance(event, ConfigurationRefused):
        raise Defect(f"refused: {event.refusals}")
    return event


def refusals(wanted: ConfigurationChange) -> list[tuple[str, str]]:
    event = decide(command(wanted), DEFAULT_POLICY)
    assert isinstance(event, ConfigurationRefused), event
    assert all(refusal.message.endswith(".") or refusal.message.endswith(")") for refusal in event.refusals)
    return [(refusal.code, refusal.path) for refusal in event.refusals]


def test_a_plan_says_what_the_row_was_and_what_it_is() -> None:
    plan = planned(change("buffer_configuration", RULE, buffer_percentage="7.5")).plan
    assert [(each.column, each.before, each.after) for each in plan.columns] == [("buffer_percentage", "5", "7.5")]
    assert plan.before is not None
    assert plan.after == plan.before | {"buffer_percentage": "7.5", "modified_by": "HAWK_AGENT"}
    assert (plan.stream, plan.version) == (f"reference-buffer_configuration-{RULE}", 1)
    assert (plan.references.table, plan.references.keys) == ("entity_master", ("ENTITY0037",))
    assert [(step.undoes, step.reversible) for step in plan.reversal] == [(4, False), (3, True)]


def test_a_plan_has_exactly_four_operations_in_two_stages() -> None:
    counts = planned(change("buffer_configuration", RULE, buffer_percentage="7.5")).plan.counts
    assert (counts.total, counts.read, counts.update, counts.insert) == (4, 2, 1, 1)
    assert [(stage.stage.value, stage.total) for stage in counts.stages] == [("1A", 2), ("1B", 2)]


def test_two_persons_approve_and_the_maker_is_neither() -> None:
    asked = command(change("buffer_configuration", RULE, buffer_percentage="7.5"))
    origin = Origin(component=1, attempt=1, maker=Maker(name="mira", verified=True))
    event = decide(replace(asked, workflow=Workflow("wf", "r", origin)), DEFAULT_POLICY)
    assert isinstance(event, ConfigurationPlanned)
    policy = event.policy
    assert (policy.tier, policy.required, policy.four_eyes) == ("RISK_MANAGER", ("RISK_MANAGER", "ANY_APPROVER"), True)


def test_three_persons_approve_where_the_maker_is_only_claimed() -> None:
    policy = planned(change("buffer_configuration", RULE, buffer_percentage="7.5")).policy
    assert policy.required == ("RISK_MANAGER", "ANY_APPROVER", "ANY_APPROVER")


def test_the_same_change_of_the_same_row_has_the_same_effects_in_another_workflow() -> None:
    wanted = change("buffer_configuration", RULE, buffer_percentage="7.5")
    first = command(wanted)
    again = replace(first, workflow=Workflow("another", "r", first.workflow.origin.succeeding("wf")))
    one, other = decide(first, DEFAULT_POLICY), decide(again, DEFAULT_POLICY)
    assert isinstance(one, ConfigurationPlanned)
    assert isinstance(other, ConfigurationPlanned)
    assert one.effects_digest == other.effects_digest
    assert one.plan_digest != other.plan_digest


@pytest.mark.parametrize("column", ["buffer_percentage", "business_rule_description"])
def test_another_row_in_force_has_other_effects(column: str) -> None:
    wanted = change("buffer_configuration", RULE, buffer_percentage="7.5")
    facts = row_facts_of(hedges.demo_tables(), wanted, hedges.NOW)
    assert facts.row is not None
    moved = replace(facts, row={**facts.row, column: "6"})
    assert planned(wanted, facts).effects_digest != planned(wanted, moved).effects_digest
    # A row that was written again as it was is the same row, by whatever workflow.
    other = replace(facts, row={**facts.row, "workflow_id": "another"})
    assert planned(wanted, facts).effects_digest == planned(wanted, other).effects_digest
    assert planned(wanted, facts).effects_digest == planned(wanted, replace(facts, version=3)).effects_digest


def test_numbers_take_the_form_of_their_column() -> None:
    plan = planned(change("gl_rules", "10", priority="15")).plan
    assert plan.after["priority"] == 15
    assert plan.after["rule_id"] == 10
    setting = planned(change("system_configuration", "rates.tolerance_bp", config_value="60")).plan
    assert setting.after["config_value"] == "60"


def test_null_takes_a_value_away() -> None:
    plan = planned(change("buffer_configuration", RULE, minimum_buffer_amount=None)).plan
    assert "minimum_buffer_amount" not in plan.after
    assert [(each.column, each.after) for each in plan.columns] == [("minimum_buffer_amount", None)]


def test_an_inserted_row_gets_its_defaults_and_its_author() -> None:
    new = change(
        "buffer_configuration", "BUF_X", "INSERT", buffer_percentage="4", rule_priority="50", currency_code="USD"
    )
    plan = planned(new).plan
    assert plan.before is None
    assert (plan.version, plan.after["active_flag"], plan.after["created_by"]) == (0, "Y", "HAWK_AGENT")
    assert plan.references.rows == 4
    assert plan.reversal[-1].action == "remove the row"


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (change("buffer_configuration", "BUF_NONE", buffer_percentage="7"), [("UNKNOWN_KEY", "change.key")]),
        (change("gl_rules", "ten", priority="1"), [("INVALID_VALUE", "change.key")]),
        (
            change("buffer_configuration", RULE, "INSERT", buffer_percentage="7", rule_priority="1"),
            [("KEY_EXISTS", "change.key")],
        ),
        (
            change(
                "buffer_configuration", RULE, discount="7", reference_version="9", created_by="cem", workflow_id="x"
            ),
            [
                ("UNKNOWN_FIELD", f"change.changes.{name}")
                for name in ("discount", "reference_version", "created_by", "workflow_id")
            ],
        ),
        (
            change("buffer_configuration", RULE, buffer_percentage="much", rule_priority="1.5", active_flag=True),
            [
                ("INVALID_VALUE", f"change.changes.{name}")
                for name in ("buffer_percentage", "rule_priority", "active_flag")
            ],
        ),
        (
            change("buffer_configuration", RULE, buffer_percentage="130", active_flag="J"),
            [("INVALID_VALUE", f"change.changes.{name}") for name in ("active_flag", "buffer_percentage")],
        ),
        (
            change("buffer_configuration", RULE, buffer_rule_id="BUF_2"),
            [("INVALID_VALUE", "change.changes.buffer_rule_id")],
        ),
        (change("buffer_configuration", RULE, buffer_percentage=None), [("MISSING_FIELDS", "change.changes")]),
        (change("buffer_configuration", RULE, buffer_percentage="5.00"), [("NOTHING_CHANGES", "change.changes")]),
        (
            change("buffer_configuration", RULE, expiry_date="2020-01-01"),
            [("INVALID_VALUE", "change.changes.expiry_date")],
        ),
        (
            change("gl_rules", "10", lines=[{"side": "DR"}]),
            [("INVALID_VALUE", "change.changes")],
        ),
        (
            change("currency_configuration", "USD", cut_off_time=None),
            [("INVALID_VALUE", "change.changes.cut_off_time")],
        ),
        (
            ConfigurationChange("buffer_configuration", "UPDATE", RULE, "config_id", {"buffer_percentage": "7"}),
            [("UNKNOWN_FIELD", "change.key")],
        ),
    ],
)
def test_what_stands_against_a_change_is_named_with_its_place(
    wanted: ConfigurationChange, found: list[tuple[str, str]]
) -> None:
    assert sorted(refusals(wanted)) == sorted(found)


def test_a_day_that_is_past_is_refused_and_today_is_not() -> None:
    wanted = change("buffer_configuration", RULE, buffer_percentage="7")
    assert refusals(replace(wanted, effective_date=hedges.TODAY - timedelta(days=1))) == [
        ("INVALID_DATE", "change.effective_date")
    ]
    plan = planned(replace(wanted, effective_date=hedges.TODAY)).plan
    assert plan.after["effective_date"] == hedges.TODAY.isoformat()
    assert due_at(plan, hedges.NOW) is None


def test_a_later_day_is_waited_for_until_it_begins_in_singapore() -> None:
    wanted = change("buffer_configuration", RULE, buffer_percentage="7")
    plan = planned(replace(wanted, effective_date=date(2026, 12, 1))).plan
    due = due_at(plan, hedges.NOW)
    assert due is not None
    assert due.isoformat() == "2026-12-01T00:00:00+08:00"
    assert due_at(plan, due) is None


def test_a_day_that_passed_while_people_thought_is_still_the_day_asked_for() -> None:
    wanted = replace(change("buffer_configuration", RULE, buffer_percentage="7"), effective_date=hedges.TODAY)
    first = planned(wanted)
    later = replace(first.plan, asked_on=first.plan.asked_on)
    facts = replace(row_facts_of(hedges.demo_tables(), wanted, hedges.NOW), today=hedges.TODAY + timedelta(days=2))
    again = draw(again_of(first, facts, hedges.NOW + timedelta(days=2)))
    assert not isinstance(again, tuple)
    assert again.after == later.after


def test_a_row_that_ends_its_own_validity_for_now_is_warned_about() -> None:
    plan = planned(change("buffer_configuration", RULE, effective_date="2027-01-01")).plan
    assert [warning.code for warning in plan.warnings] == ["ROW_NOT_IN_FORCE"]


def test_the_whole_configuration_is_checked_and_every_new_finding_is_listed() -> None:
    found = refusals(change("gl_coa", "21001000", active_flag=False))
    assert len(found) > 1
    assert {code for code, _ in found} == {"CONFIGURATION_INVALID"}


def test_what_was_wrong_before_stands_against_nobodys_change() -> None:
    tables = hedges.demo_tables()
    tables["gl_coa"] = [row for row in tables["gl_coa"] if row["account_code"] != "21001000"]
    repair = change("gl_coa", "21001000", "INSERT", description="Investment capital")
    assert planned(repair, row_facts_of(tables, repair, hedges.NOW)).plan.version == 0
    other = change("gl_coa", "15001000", description="Rate differential")
    assert planned(other, row_facts_of(tables, other, hedges.NOW)).plan.columns


def test_applying_a_plan_writes_the_row_once_and_every_operation_in_order() -> None:
    subject = planned(change("buffer_configuration", RULE, buffer_percentage="7.5"))
    grant = used_grant(subject, "jti", (Approver(person="rosa", role="RISK_MANAGER", at=hedges.NOW),))
    execution, row, whole = apply(ApplyChange(subject, subject.plan, grant, 0, 7, hedges.NOW))
    assert [type(event).__name__ for event in execution.events] == [
        "ConfigurationAuthorized", "ConfigurationConsulted", "ConfigurationChanged", "ConfigurationRecorded",
        "ExecutionCompleted",
    ]  # fmt: skip
    assert (execution.stream, execution.expected) == ("execution-wf", 0)
    assert (row.stream, row.expected) == (subject.plan.stream, 1)
    written = subject.plan.after | {"workflow_id": "wf"}
    assert row.events == (ReferenceRowSet(table="buffer_configuration", key=RULE, row=written),)
    assert (whole.stream, whole.expected, len(whole.events)) == ("reference-configuration", 7, 1)
    assert isinstance(execution.events[-1], ExecutionCompleted)
    assert execution.events[-1].completed_operations == 4


def test_every_table_of_the_closed_list_has_somebody_who_refers_to_it() -> None:
    assert set(REFERRERS) == set(CONFIGURATION_TABLES)


def test_references_are_the_rows_that_name_the_row() -> None:
    tables = hedges.demo_tables()
    book, code = tables["murex_book_config"][0], tables["murex_book_config"][0]["murex_book_code"]
    expected = [
        (
            change("entity_master", "ENTITY0037", comments="x"),
            [row["nav_id"] for row in tables["position_nav_master"] if row["entity_id"] == "ENTITY0037"],
        ),
        (
            change("currency_configuration", "USD", currency_name="Dollar"),
            ["ENTITY0037", "ENTITY0038", "ENTITY0039", "ENTITY0040"],
        ),
        (
            change("murex_book_config", book["config_id"], book_name="x"),
            [row["config_id"] for row in tables["instruction_event_config"] if code in row["mrx_book_code_ids"]],
        ),
        (
            change("gl_coa", "21001300", description="x"),
            [
                str(row["rule_id"])
                for row in tables["gl_rules"]
                if "21001300" in {line["account"] for line in row["lines"]}
            ],
        ),
    ]
    for wanted, keys in expected:
        assert keys, wanted
        references = planned(wanted).plan.references
        assert (references.rows, list(references.keys)) == (len(keys), sorted(keys)[:20])
