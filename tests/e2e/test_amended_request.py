"""Who asked for an order changes its amount while it waits: the tier rises, and what was decided before is void."""

import json
from collections.abc import Callable

import pytest

from tests.support.hawk import Hawk
from tests.support.orders import order

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]


def test_an_amendment_raises_the_tier_and_voids_what_was_decided(new_hawk: Callable[..., Hawk]) -> None:
    hawk = new_hawk()
    answer = order("USD", "1000000", "ENTITY0037")["answer"]
    (found,) = hawk.response(hawk.hand_in(answer, "mira", "TRADER"))["workflows"]
    before = hawk.in_state(found["workflow_id"], "AWAITING_APPROVAL")
    workflow = before["workflow_id"]
    assert before["policy"]["required"] == ["TRADER"]
    change = ("--amount", "60,000,000", "--reason", "The client wants more")
    refused = hawk.run("amend", workflow, *change, "--as", "tom", "--role", "TRADER", expect=1)
    assert "Only the person who asked" in refused.stderr
    successor = hawk.json("amend", workflow, *change, "--as", "mira", "--role", "TRADER")["successor"]
    ended = hawk.in_state(workflow, "SUPERSEDED")
    assert ended["reason"] == "SUPERSEDED"
    after = hawk.in_state(successor, "AWAITING_APPROVAL")
    assert after["policy"]["required"] == ["SENIOR_TRADER"]
    assert (after["maker"], after["maker_verified"]) == ("mira", True)
    assert hawk.decide(workflow, hawk.token("tom", "TRADER")).status_code == 409
    assert hawk.decide(successor, hawk.token("tom", "TRADER")).status_code == 403
    hawk.approve(successor, "sam", "SENIOR_TRADER")
    hawk.in_state(successor, "POSTED")
    card = hawk.ask("GET", f"/approvals/{successor}", hawk.token("sam", "SENIOR_TRADER")).json()
    assert [each["person"] for each in card["decisions"]] == ["sam"]
    assert "SUPERSEDED" in json.dumps(hawk.get(f"/workflows/{workflow}"))
    hawk.settled()
    hawk.verified()
