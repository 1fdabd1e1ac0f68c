"""Break-glass with its after-review, on the real stack: a role is missing, two others approve, two more look at it."""

from collections.abc import Callable

import pytest

from tests.support.hawk import Hawk
from tests.support.orders import order

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

BROKEN = "SELECT data->'emergency'->>'person' AS person FROM es.events WHERE type = 'GlassBroken'"
USED = "SELECT data->'grant'->'emergency'->>'reason' AS reason FROM es.events WHERE type = 'ExecutionPrepared'"


def test_break_glass_with_its_after_review(new_hawk: Callable[..., Hawk]) -> None:
    hawk = new_hawk()
    answer = order("USD", "100000000", "ENTITY0037")["answer"]
    (asked,) = hawk.response(hawk.hand_in(answer, "mira"))["workflows"]
    workflow = asked["workflow_id"]
    planned = hawk.in_state(workflow, "AWAITING_APPROVAL")
    assert planned["policy"]["required"] == ["RISK_MANAGER"]
    hawk.run("approve", workflow, "--as", "sam", "--role", "SENIOR_TRADER", expect=1)
    hawk.run("break-glass", workflow, "--reason", " ", "--as", "sam", "--role", "SENIOR_TRADER", expect=1)
    told = hawk.run("break-glass", workflow, "--reason", "rita is on a plane", "--as", "sam", "--role", "SENIOR_TRADER")
    assert "sam (SENIOR_TRADER) declared an emergency" in " ".join(told.stdout.split())
    again = hawk.run("break-glass", workflow, "--reason", "x", "--as", "tom", "--role", "TRADER", expect=1)
    assert "once" in " ".join(again.stderr.split())
    hawk.run("approve", workflow, "--as", "mira", "--role", "TRADER", expect=1)
    hawk.run("approve", workflow, "--as", "sam", "--role", "SENIOR_TRADER")
    hawk.run("approve", workflow, "--as", "Sam", "--role", "OPERATIONS", expect=1)
    hawk.run("approve", workflow, "--as", "tom", "--role", "TRADER")
    hawk.in_state(workflow, "COMPLETED", "POSTED")
    assert [row["person"] for row in hawk.query(BROKEN)] == ["sam"]
    assert [row["reason"] for row in hawk.query(USED)] == ["rita is on a plane"]
    (waiting,) = hawk.json("reviews", "list", "--as", "eve", "--role", "AUDITOR")
    assert (waiting["workflow_id"], waiting["missing"]) == (workflow, ["RISK_MANAGER"])
    for person in ("sam", "tom", "mira"):
        refused = hawk.run(
            "reviews", "record", workflow, "--finding", "justified", "--as", person, "--role", "TRADER", expect=1
        )
        assert "two others must review it" in " ".join(refused.stderr.split())
    hawk.run("reviews", "record", workflow, "--finding", "justified", "--as", "eve", "--role", "AUDITOR")
    assert len(hawk.json("reviews", "list", "--as", "eve", "--role", "AUDITOR")) == 1, "one is not enough"
    told = hawk.run(
        "reviews", "record", workflow, "--finding", "not-justified", "--comment", "call the deputy next time",
        "--as", "rita", "--role", "RISK_MANAGER",
    )  # fmt: skip
    assert "Its review is closed: 1 of 2 found it not justified" in " ".join(told.stdout.split())
    assert hawk.json("reviews", "list", "--as", "eve", "--role", "AUDITOR") == []
    assert len(hawk.json("reviews", "list", "--all", "--as", "eve", "--role", "AUDITOR")) == 1
    hawk.settled()
    hawk.verified()
