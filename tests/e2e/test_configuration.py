"""A change of the configuration as its users see it: published, approved by two persons, in force for the next plan."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.hawk import Hawk
from tests.support.orders import envelope, order

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

ENTITY = "ENTITY0029"
"""The branch in the Philippines; no other test trades in its currency, so that its buffer may be moved."""
RULE = "BUF_PHP_001"

PERCENTAGE = "SELECT buffer_percentage::text AS it FROM public.buffer_configuration WHERE buffer_rule_id = $1"
RECORD = """
    SELECT table_name, record_id, old_value, new_value, approved_by, user_id
    FROM public.audit_trail WHERE workflow_id = $1 AND action = 'CHANGE_CONFIGURATION'
"""


def change(table: str, key: str, changes: dict[str, Any]) -> dict[str, Any]:
    """An answer that recommends one change of the configuration."""
    action = {"action_type": "UPDATE_CONFIGURATION", "table": table, "data": {"key": key, "changes": changes}}
    return {"analysis": "The branch needs another buffer.", "recommended_actions": [action]}


def publish(hawk: Hawk, folder: Path, answer: dict[str, Any]) -> dict[str, Any]:
    """`hawk publish --wait` of an answer; gives the response once its proposal waits for people, or is refused."""
    file = folder / f"answer-{abs(hash(json.dumps(answer)))}.json"
    # An envelope with an id of its own: what the same test publishes twice is two answers.
    file.write_text(json.dumps(envelope(answer, user="mira")), encoding="utf-8")
    response = hawk.json("publish", str(file), "--wait")
    assert isinstance(response, dict)
    return response


def buffer_of(hawk: Hawk) -> str:
    return str(hawk.query(PERCENTAGE, RULE)[0]["it"])


def decide(hawk: Hawk, workflow_id: str, user: str, role: str, expect: int = 0) -> str:
    done = hawk.run("approve", workflow_id, "--as", user, "--role", role, expect=expect)
    return done.stdout + done.stderr


def waiting(hawk: Hawk, percentage: str) -> str:
    """A change that mira handed in, once it waits for two persons; gives the workflow."""
    answer = change("buffer_configuration", RULE, {"buffer_percentage": percentage})
    (workflow,) = hawk.response(hawk.hand_in(answer, "mira"))["workflows"]
    hawk.in_state(workflow["workflow_id"], "AWAITING_APPROVAL")
    return str(workflow["workflow_id"])


def change_buffer(hawk: Hawk, percentage: str) -> str:
    """From the answer to the row in force, with the two persons it needs; gives the workflow."""
    workflow_id = waiting(hawk, percentage)
    assert "you asked" in decide(hawk, workflow_id, "mira", "RISK_MANAGER", expect=1).lower()
    assert "Still needed" in decide(hawk, workflow_id, "tom", "TRADER")
    assert "counts once" in decide(hawk, workflow_id, "tom", "RISK_MANAGER", expect=1)
    assert "RISK_MANAGER" in decide(hawk, workflow_id, "sam", "SENIOR_TRADER", expect=1)
    decide(hawk, workflow_id, "rosa", "RISK_MANAGER")
    hawk.in_state(workflow_id, "COMPLETED")
    return workflow_id


def test_a_changed_buffer_is_used_by_the_next_plan_and_makes_an_earlier_one_stale(hawk: Hawk) -> None:
    before = buffer_of(hawk)
    earlier = hawk.planned(order("PHP", "2000000000", ENTITY, nav_type="RE"))
    assert earlier["allocated_amount"] == "2000000000.00"

    workflow_id = change_buffer(hawk, "20")
    assert buffer_of(hawk) == "20"
    workflow = hawk.get(f"/workflows/{workflow_id}") or {}
    operations = workflow["operations"]
    assert (operations["total"], operations["completed"]) == (4, 4)
    assert [each["operation"] for each in workflow["operations_list"]] == ["READ", "READ", "UPDATE", "INSERT"]
    assert (workflow["policy"]["tier"], workflow["policy"]["required"]) == (
        "RISK_MANAGER", ["RISK_MANAGER", "ANY_APPROVER"],
    )  # fmt: skip
    assert [decision["person"] for decision in workflow["decisions"]] == ["tom", "rosa"]
    assert (workflow["progress"]["completed"], workflow["progress"]["final"]) == (True, True)
    assert workflow["configuration"]["changes"] == [{"column": "buffer_percentage", "before": before, "after": "20"}]
    (record,) = hawk.query(RECORD, workflow_id)
    assert (record["table_name"], record["record_id"], record["user_id"]) == ("buffer_configuration", RULE, "mira")
    assert json.loads(record["old_value"]) == {"buffer_percentage": before}
    assert record["approved_by"] == "tom, rosa"
    card = hawk.run("show", workflow_id).stdout
    assert f"UPDATE of buffer_configuration {RULE}" in card
    assert "concerns 1 row of entity_master" in card

    # 60 x 40 million less a fifth.
    later = hawk.planned(order("PHP", "2000000000", ENTITY, nav_type="RE"))
    assert later["allocated_amount"] == "1920000000.00"
    hawk.approve(earlier["workflow_id"])
    ended = hawk.in_state(earlier["workflow_id"], "STALE_CONTEXT")
    successor = hawk.in_state(ended["successor"], "AWAITING_APPROVAL")
    assert (successor["predecessor"], successor["allocated_amount"]) == (earlier["workflow_id"], "1920000000.00")
    nothing = "SELECT FROM hawk.deal_bookings WHERE workflow_id = $1"
    assert hawk.query(nothing, earlier["workflow_id"]) == []

    published = change("buffer_configuration", RULE, {"buffer_percentage": before})
    back = hawk.planned(envelope(published, user="mira"))
    assert back["policy"]["required"] == ["RISK_MANAGER", "ANY_APPROVER", "ANY_APPROVER"]
    for person, role in (("tom", "TRADER"), ("rosa", "RISK_MANAGER"), ("tess", "TRADER")):
        hawk.in_state(back["workflow_id"], "AWAITING_APPROVAL")
        hawk.approve(back["workflow_id"], person, role)
    hawk.in_state(back["workflow_id"], "COMPLETED")
    assert buffer_of(hawk) == before


@pytest.mark.parametrize(
    ("table", "key", "changes", "code"),
    [
        ("users", "mira", {"role": "RISK_MANAGER"}, "TABLE_NOT_ALLOWED"),
        ("buffer_configuration", "BUF_NOWHERE", {"buffer_percentage": "7"}, "UNKNOWN_KEY"),
        ("buffer_configuration", RULE, {"discount": "7"}, "UNKNOWN_FIELD"),
        ("buffer_configuration", RULE, {"buffer_percentage": "130"}, "INVALID_VALUE"),
        ("gl_coa", "21001000", {"active_flag": False}, "CONFIGURATION_INVALID"),
    ],
)
def test_a_change_that_cannot_be_made_is_refused_before_anybody_is_asked(
    hawk: Hawk, tmp_path: Path, table: str, key: str, changes: dict[str, Any], code: str
) -> None:
    response = publish(hawk, tmp_path, change(table, key, changes))
    assert response["outcome"] == "REFUSED"
    assert {refusal["code"] for refusal in response["refusals"]} == {code}
    assert all(refusal["path"] for refusal in response["refusals"])
    assert all(workflow["state"] == "REFUSED" for workflow in response["workflows"])
