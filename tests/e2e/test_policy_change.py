"""The policy is changed by three persons with the command line; what waits keeps its policy; `hawk verify` agrees."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.eventually import eventually
from tests.support.hawk import TURN_SECONDS_MAX, Hawk
from tests.support.orders import order

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

TAKEN_IN = "SELECT data->'table'->>'version' AS version FROM es.events WHERE type = 'PolicyTakenIn' ORDER BY version"


def test_three_persons_change_the_policy_and_what_waits_keeps_its_own(
    new_hawk: Callable[..., Hawk], tmp_path: Path
) -> None:
    hawk = new_hawk()
    waiting = hawk.planned(order("USD", "1000000", "ENTITY0037"))
    assert waiting["policy"]["version"] == "plan-1"
    shown = hawk.json("policy", "show")
    file = tmp_path / "table.json"
    thresholds = [{"amount": "0", "role": "RISK_MANAGER"}]
    file.write_text(json.dumps(shown["table"] | {"thresholds": thresholds}), encoding="utf-8")
    tried = hawk.json("policy", "simulate", str(file))
    assert (tried["requests"], tried["more"], tried["refused"]) == (1, 1, 0)
    hawk.json("policy", "propose", str(file), "--comment", "calm days", "--as", "mira", "--role", "SENIOR_TRADER")
    hawk.run("policy", "approve", "--as", "mira", "--role", "RISK_MANAGER", expect=1)
    hawk.json("policy", "approve", "--as", "sam", "--role", "SENIOR_TRADER")
    told = hawk.run("policy", "approve", "--as", "rita", "--role", "RISK_MANAGER").stdout
    assert "policy policy-2" in told
    eventually(
        lambda: [row["version"] for row in hawk.query(TAKEN_IN)],
        TURN_SECONDS_MAX,
        until=lambda found: "policy-2" in found,
        what="the executor takes policy-2 in",
    )
    hawk.approve(waiting["workflow_id"], "tom", "TRADER")
    hawk.in_state(waiting["workflow_id"], "COMPLETED", "POSTED")
    after = hawk.planned(order("USD", "1000000", "ENTITY0037"))
    assert (after["policy"]["version"], after["policy"]["required"][0]) == ("policy-2", "RISK_MANAGER")
    hawk.run("approve", after["workflow_id"], "--as", "tom", "--role", "TRADER", expect=1)
    hawk.run("approve", after["workflow_id"], "--as", "rita", "--role", "RISK_MANAGER")
    hawk.in_state(after["workflow_id"], "COMPLETED", "POSTED")
    assert [each["version"] for each in hawk.json("policy", "history")] == ["policy-2", "plan-1"]
    hawk.settled()
    hawk.verified()


def test_a_table_below_a_floor_is_refused_with_its_row(new_hawk: Callable[..., Hawk], tmp_path: Path) -> None:
    hawk = new_hawk()
    file = tmp_path / "table.json"
    file.write_text(json.dumps(hawk.json("policy", "show")["table"] | {"four_eyes_from": "90000000"}))
    refused = hawk.run("policy", "propose", str(file), "--as", "mira", "--role", "TRADER", expect=1)
    assert "four_eyes_from is 90,000,000" in refused.stderr
    file.write_text('{"four_eyes_from": 50000000.0')
    assert "cannot be read as JSON" in hawk.run("policy", "simulate", str(file), expect=2).stderr
