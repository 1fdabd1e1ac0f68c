"""OBSERVE plans only, LIMITED keeps to its limits, and a stop in the middle of fifty bookings leaves every one safe."""

import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any

import httpx
import pytest

from shared.events.states import FINAL
from tests.support.crowd import workflows_of
from tests.support.eventually import eventually
from tests.support.hawk import TURN_SECONDS_MAX, Hawk
from tests.support.orders import order

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

BOOKINGS = 50
APPROVED_BEFORE, APPROVED_AFTER = 30, 5
"""Of the fifty, before the stop is thrown, and once it is in force; the others meanwhile."""
SETTLE_SECONDS_MAX = 120
"""Silence is enquired about after 15 s; a loaded machine gets more."""

SILENT, LATE, PROMPT = ("HKD", "ENTITY0009"), ("USD", "ENTITY0037"), ("AUD", "ENTITY0001")
SCRIPT = [
    # The third attempt would be booked: a workflow that is posted had a deal sent again twice.
    {"match": {"entity_id": SILENT[1], "deal_sequence": 2, "attempt": 1}, "answer": "SILENT"},
    {"match": {"entity_id": SILENT[1], "deal_sequence": 2, "attempt": 2}, "answer": "SILENT"},
    {"match": {"entity_id": LATE[1], "deal_sequence": 6}, "answer": "LATE", "after_seconds": 8},
]
SENT = """
    SELECT count(*) FILTER (WHERE (sent.xid, sent.id) > (stop.xid, stop.id)) AS after, count(*) AS all
    FROM es.events sent, (
        SELECT xid, id FROM es.events WHERE type = 'RolloutTakenIn' AND (data->>'stopped')::boolean) stop
    WHERE sent.type = 'DealSent'"""
BUSINESS_ROWS = "SELECT count(*) AS n FROM hawk.hedge_instructions"


@pytest.fixture
def observing(new_hawk: Callable[..., Hawk], tmp_path: Path) -> Hawk:
    """A HAWK that starts as a fresh installation does."""
    script = tmp_path / "murex.json"
    script.write_text(json.dumps(SCRIPT))
    return new_hawk("--murex-script", str(script), HAWK_ROLLOUT_MODE="OBSERVE")


def in_force(hawk: Hawk, version: int) -> None:
    """The executor keeps to this version of the rollout."""
    rita = hawk.token("rita", "RISK_MANAGER")
    eventually(
        lambda: hawk.ask("GET", "/rollout", rita).json(),
        TURN_SECONDS_MAX,
        until=lambda told: told["in_force"] and told["executor"]["version"] == version,
        what=f"version {version} of the rollout in force",
    )


def change(hawk: Hawk, *options: str) -> dict[str, Any]:
    """Two persons, with the command line: one proposes, the other confirms what is shown."""
    hawk.json("rollout", *options, "--as", "rita", "--role", "RISK_MANAGER")
    told: dict[str, Any] = hawk.json("rollout", "--confirm", "--as", "tom", "--role", "TRADER")
    in_force(hawk, told["version"])
    return told


def change_over_http(hawk: Hawk, body: dict[str, Any]) -> None:
    """The same as a page would."""
    rita, tom = hawk.token("rita", "RISK_MANAGER"), hawk.token("tom", "TRADER")
    version = hawk.ask("GET", "/rollout", rita).json()["version"]
    proposed = hawk.ask("POST", "/rollout", rita, {**body, "expected_version": version})
    assert proposed.status_code == httpx.codes.CREATED, proposed.text
    confirmed = hawk.ask("POST", "/rollout", tom, {"digest": proposed.json()["pending"]["digest"]})
    assert confirmed.status_code == httpx.codes.CREATED, confirmed.text
    in_force(hawk, confirmed.json()["version"])


def refused(hawk: Hawk, workflow_id: str) -> str:
    return str(hawk.in_state(workflow_id, "REFUSED")["reason"])


def test_modes_admit_what_they_say_and_a_stop_leaves_fifty_bookings_safe(observing: Hawk) -> None:
    hawk = observing
    told = hawk.json("rollout")
    assert (told["mode"], told["stopped"]) == ("OBSERVE", False)
    assert hawk.status()["rollout"] == {"mode": "OBSERVE", "stopped": False, "reason": ""}
    _observe_plans_only(hawk)
    _limited_keeps_to_its_limits(hawk)
    _a_stop_in_the_middle(hawk)
    _work_goes_on(hawk)


def _observe_plans_only(hawk: Hawk) -> None:
    workflow_id = hawk.planned(order("USD", "25000000", LATE[1]))["workflow_id"]
    hawk.approve(workflow_id)
    assert refused(hawk, workflow_id) == "ROLLOUT_NOT_ALLOWED"
    assert hawk.query(BUSINESS_ROWS)[0]["n"] == 0


def _limited_keeps_to_its_limits(hawk: Hawk) -> None:
    told = change(hawk, "--mode", "LIMITED", "--admit", "I", "--order-cap", "20000000", "--day-cap", "50000000")
    assert told["limits"] == {"action_types": ["I"], "order_cap_usd": "20000000", "day_cap_usd": "50000000"}
    (over,) = hawk.publish(order("USD", "25000000", LATE[1]))
    (workflow,) = hawk.response(over)["workflows"]
    assert refused(hawk, workflow["workflow_id"]) == "ROLLOUT_NOT_ALLOWED"
    under = hawk.planned(order("USD", "15000000", LATE[1]))["workflow_id"]
    change_over_http(hawk, {"mode": "LIMITED", "limits": told["limits"] | {"order_cap_usd": "10000000"}})
    hawk.approve(under)
    assert refused(hawk, under) == "ROLLOUT_NOT_ALLOWED"
    assert hawk.query(BUSINESS_ROWS)[0]["n"] == 0
    change_over_http(hawk, {"mode": "FULL"})


def _a_stop_in_the_middle(hawk: Hawk) -> None:
    places = (SILENT, LATE, PROMPT)
    answers = [order(currency, f"{1 + number % 5}00000", entity) for number in range(BOOKINGS)
               for currency, entity in [places[number % len(places)]]]  # fmt: skip
    responses = hawk.publish(*answers)
    workflows = workflows_of(hawk, responses, SETTLE_SECONDS_MAX)
    hawk.all_in_state(workflows, "AWAITING_APPROVAL", SETTLE_SECONDS_MAX)
    digests = {row["workflow_id"]: row["plan_digest"] for row in (hawk.get("/workflows?limit=500") or {})["workflows"]}
    token, stopper, half = hawk.token("mira", "TRADER"), hawk.token("tom", "TRADER"), Event()
    stop_in_force = Event()

    def approve_all() -> list[int]:
        statuses = []
        for number, workflow_id in enumerate(workflows):
            if number == APPROVED_BEFORE:
                half.set()
            if number == BOOKINGS - APPROVED_AFTER:
                stop_in_force.wait(SETTLE_SECONDS_MAX)
            statuses.append(hawk.decide(workflow_id, token, digest=digests[workflow_id]).status_code)
        return statuses

    with ThreadPoolExecutor(1) as people:
        approving = people.submit(approve_all)
        assert half.wait(SETTLE_SECONDS_MAX)
        stopped = hawk.ask("POST", "/stop", stopper, {"reason": "rates look odd"})
        assert stopped.status_code == httpx.codes.CREATED, stopped.text
        in_force(hawk, stopped.json()["version"])
        stop_in_force.set()
        assert set(approving.result(SETTLE_SECONDS_MAX)) == {httpx.codes.CREATED}
    ended = _all_ended(hawk, workflows)

    (sent,) = hawk.query(SENT)
    assert (sent["after"], sent["all"] > 0) == (0, True)
    assert set(ended.values()) == {"POSTED", "COMPENSATED", "REFUSED"}
    of_currency = {currency: {ended[wf] for wf, answer in zip(workflows, answers, strict=True)
                              if _currency(answer) == currency} for currency, _ in places}  # fmt: skip
    # Deals that Murex was silent about were not sent again: none of these workflows was posted.
    assert of_currency["HKD"] == {"COMPENSATED", "REFUSED"}
    held_back = [hawk.get(f"/workflows/{workflow}") or {} for workflow, state in ended.items() if state != "POSTED"]
    assert {workflow["reason"] for workflow in held_back} == {"STOPPED"}
    assert all("rates look odd" in workflow["reason_text"] for workflow in held_back)
    (late,) = hawk.publish(order("AUD", "100000", PROMPT[1]))
    (workflow,) = hawk.response(late)["workflows"]
    assert refused(hawk, workflow["workflow_id"]) == "STOPPED"
    hawk.settled()
    assert hawk.json("verify")["ok"] is True


def _work_goes_on(hawk: Hawk) -> None:
    assert hawk.status()["rollout"] == {"mode": "FULL", "stopped": True, "reason": "tom (TRADER): rates look odd"}
    assert "FULL, STOPPED by tom (TRADER): rates look odd" in hawk.run("status").stdout
    hawk.json("resume", "--reason", "checked", "--as", "olga", "--role", "OPERATIONS")
    told = hawk.json("resume", "--as", "tom", "--role", "TRADER")
    assert (told["stopped"], told["mode"]) == (False, "FULL")
    in_force(hawk, told["version"])
    assert hawk.status()["rollout"] == {"mode": "FULL", "stopped": False, "reason": ""}
    workflow_id = hawk.planned(order("AUD", "100000", PROMPT[1]))["workflow_id"]
    hawk.approve(workflow_id)
    hawk.in_state(workflow_id, "POSTED")


def _currency(answer: dict[str, Any]) -> str:
    return str(answer["answer"]["recommended_actions"][0]["data"]["exposure_currency"])


def _all_ended(hawk: Hawk, workflows: Sequence[str]) -> dict[str, str]:
    def states() -> dict[str, str]:
        rows = (hawk.get("/workflows?limit=500") or {})["workflows"]
        return {row["workflow_id"]: row["state"] for row in rows if row["workflow_id"] in set(workflows)}

    return eventually(
        states,
        SETTLE_SECONDS_MAX,
        until=lambda found: len(found) == len(workflows) and set(found.values()) <= FINAL,
        what="every workflow ended",
        every_seconds=0.5,
    )
