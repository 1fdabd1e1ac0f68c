"""`hawk reverse` as people use it: each model booked, reversed under an approval of its own, and nothing is left; a
second reversal and one with dependants are refused with the reason (issue: execution that cannot lose)."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import httpx
import pytest

from tests.support.hawk import Hawk
from tests.support.orders import order
from tests.support.undone import asked_for_reversal, leave_nothing

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

WHOLE_SECONDS_MAX = 90.0
SENIOR = "SENIOR_TRADER"
MODELS = {
    "A-COI": order("JPY", "400000000", "ENTITY0022"),
    "B-COI": order("CNY", "15000000", "ENTITY0006"),
    "C-COI": order("INR", "100000000", "ENTITY0017"),
    "A-RE": order("JPY", "100000000", "ENTITY0022", nav_type="RE"),
    "B-RE": order("CNY", "10000000", "ENTITY0006", nav_type="RE"),
    "C-RE": order("INR", "50000000", "ENTITY0017", nav_type="RE"),
}


def reverse(hawk: Hawk, workflow_id: str, *, expect: int = 0) -> dict[str, Any]:
    """The command as the trader gives it."""
    options = ("--as", "mira", "--role", SENIOR, "--reason", "Booked twice by mistake")
    asked: dict[str, Any] = hawk.json("reverse", workflow_id, *options, expect=expect)
    return asked


def posted(hawk: Hawk, answers: Mapping[str, dict[str, Any]]) -> dict[str, str]:
    """All published and approved at once; the workflow of each once it is posted."""
    responses = dict(zip(answers, hawk.publish(*answers.values()), strict=True))
    ids = {}
    for name, response_id in responses.items():
        (workflow,) = hawk.response(response_id)["workflows"]
        ids[name] = workflow["workflow_id"]
    for workflow_id in ids.values():
        hawk.in_state(workflow_id, "AWAITING_APPROVAL")
        hawk.approve(workflow_id, role=SENIOR)
    for workflow_id in ids.values():
        hawk.in_state(workflow_id, "POSTED", seconds_max=WHOLE_SECONDS_MAX)
    return ids


def over(hawk: Hawk, workflow_id: str, state: str) -> dict[str, Any]:
    """A workflow that was POSTED and goes on."""
    hawk.all_in_state([workflow_id], state, WHOLE_SECONDS_MAX)
    return hawk.get(f"/workflows/{workflow_id}") or {}


@pytest.fixture(scope="module")
def reversed_models(hawk: Hawk) -> dict[str, tuple[str, str]]:
    """Workflow and reversal of each model, all reversed at the same time."""
    ids = posted(hawk, MODELS)
    token = hawk.token("mira", SENIOR)
    reversals = {}
    for model, workflow_id in ids.items():
        reversals[model] = asked_for_reversal(hawk, workflow_id, token)
    for reversal in reversals.values():
        hawk.in_state(reversal, "AWAITING_APPROVAL")
        hawk.approve(reversal, role=SENIOR)
    hawk.all_in_state(ids.values(), "REVERSED", WHOLE_SECONDS_MAX)
    return {model: (ids[model], reversals[model]) for model in MODELS}


@pytest.mark.parametrize("model", MODELS)
def test_reversed_model_leaves_nothing_and_both_stay_visible(
    hawk: Hawk, reversed_models: dict[str, tuple[str, str]], model: str
) -> None:
    workflow_id, reversal = reversed_models[model]
    original, undone = over(hawk, workflow_id, "REVERSED"), over(hawk, reversal, "POSTED")
    assert original["model"] == undone["model"] == model
    assert [each["workflow_id"] for each in original["reversals"]] == [reversal]
    assert undone["reverses"] == workflow_id
    assert {deal["status"] for deal in original["deals"]} == {"Reversed"}
    assert {deal["status"] for deal in undone["deals"]} == {"Cancelled"}
    assert undone["operations"]["completed"] == undone["operations"]["total"] == len(original["reversal"])
    assert undone["reversal_steps"] == original["reversal"]
    leave_nothing(hawk, {workflow_id: reversal})


def test_second_reversal_is_refused_and_names_the_first(
    hawk: Hawk, reversed_models: dict[str, tuple[str, str]]
) -> None:
    workflow_id, reversal = reversed_models["A-COI"]
    done = hawk.run("reverse", workflow_id, "--as", "omar", "--role", "RISK_MANAGER", "--reason", "once more", expect=1)
    assert reversal in done.stderr
    answer = hawk.ask(
        "POST", f"/workflows/{workflow_id}/reversal", hawk.token("omar", "RISK_MANAGER"), {"reason": "once more"}
    )
    assert (answer.status_code, answer.json()["code"]) == (httpx.codes.CONFLICT, "ALREADY_REVERSED")
    shown = hawk.run("show", reversal).stdout
    assert workflow_id in shown


def test_workflow_that_others_build_on_is_refused_and_they_are_named(hawk: Hawk) -> None:
    begun = posted(hawk, {"begun": order("JPY", "300000000", "ENTITY0022")})["begun"]
    (hedge,) = hawk.query("SELECT * FROM public.v_open_hedges WHERE workflow_id = $1", begun)
    (event,) = hawk.query("SELECT value_date FROM public.hedge_business_events WHERE event_id = $1", hedge["event_id"])
    closing = order(
        "JPY",
        "100000000",
        instruction_type="TERMINATION",
        nav_type="COI",
        previous_order_id=hedge["order_id"],
        reference_event_ids=[hedge["event_id"]],
        hedge_method=hedge["hedge_method"],
        value_date=event["value_date"].isoformat(),
    )
    ended = posted(hawk, {"ended": closing})["ended"]
    refused = reverse(hawk, begun, expect=1)
    assert (refused["state"], refused["reason"], refused["related"]) == ("REFUSED", "HAS_DEPENDANTS", [ended])
    assert ended in refused["reason_text"]

    undone = reverse(hawk, ended)
    assert undone["state"] == "AWAITING_APPROVAL"
    again = reverse(hawk, ended)
    assert (again["workflow_id"], again["repeated"]) == (undone["workflow_id"], True)
    hawk.approve(undone["workflow_id"], role=SENIOR)
    over(hawk, ended, "REVERSED")
    (open_again,) = hawk.query("SELECT outstanding_amount FROM public.v_open_hedges WHERE workflow_id = $1", begun)
    assert open_again["outstanding_amount"] == Decimal(300_000_000)

    second = reverse(hawk, begun)
    assert (second["state"], second["attempt"]) == ("AWAITING_APPROVAL", 2)
    hawk.approve(second["workflow_id"], role=SENIOR)
    over(hawk, begun, "REVERSED")


def test_rejected_reversal_changes_nothing_and_may_be_asked_for_again(hawk: Hawk) -> None:
    workflow_id = posted(hawk, {"one": order("JPY", "200000000", "ENTITY0022")})["one"]
    first = reverse(hawk, workflow_id)["workflow_id"]
    answer = hawk.decide(first, hawk.token("omar", "RISK_MANAGER"), "REJECT")
    assert answer.status_code == httpx.codes.CREATED
    hawk.in_state(first, "REJECTED")
    assert over(hawk, workflow_id, "POSTED")["state"] == "POSTED"
    second = reverse(hawk, workflow_id)
    assert (second["attempt"], second["state"]) == (2, "AWAITING_APPROVAL")
    nobody = hawk.ask("POST", f"/workflows/{workflow_id}/reversal", hawk.token("zoe", "VIEWER"), {"reason": "x"})
    assert (nobody.status_code, nobody.json()["code"]) == (httpx.codes.FORBIDDEN, "NO_APPROVING_ROLE")
