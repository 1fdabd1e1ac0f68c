"""The JSON of a workflow and of a response (interfaces section 2)."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from services.monitor.facts import changes_of
from services.monitor.memory import MemoryReadModel
from services.monitor.views import response_view, workflow_summary, workflow_view
from shared.events.approvals import ApprovalRejected, ApprovalRequested
from shared.events.base import Refusal
from shared.events.plans import PlanClosed
from shared.events.responses import ResponseContradicted
from shared.messaging.database import to_json
from tests.support.story import DIGEST, POLICY, START, Story, Told

FIELDS = {
    "workflow_id", "response_id", "state", "reason", "answer", "risk", "instruction_type", "exposure_currency",
    "amount", "allocated_amount", "model", "entities", "order_id", "plan_digest", "policy", "decisions",
    "operations", "deals", "gl", "times",
}  # fmt: skip


async def shown(told: Sequence[Told], workflow_id: str) -> dict[str, Any]:
    row = await model_of(told).workflow(workflow_id)
    assert row is not None
    return workflow_view(row)


async def answered(told: Sequence[Told], response_id: str) -> dict[str, Any]:
    row = await model_of(told).response(response_id)
    assert row is not None
    return response_view(row)


def model_of(told: Sequence[Told]) -> MemoryReadModel:
    model = MemoryReadModel()
    for each in told:
        model.write(changes_of(each.event, f"{each.stream}:{each.version}"), each.at)
    return model


async def test_workflow_shows_the_plans_own_figures_when_executed() -> None:
    story = Story().received().planned().approved().executed()
    view = await shown(story.told, story.workflow_id)
    assert view.keys() >= FIELDS
    assert view["state"] == "POSTED"
    assert view["model"] == "A-COI"
    assert view["amount"] == view["allocated_amount"] == "25000000.00"
    assert view["policy"]["tier"] == "TRADER"
    assert view["plan_digest"] == story.plan_digest
    counts = {name: view["operations"][name] for name in ("total", "completed", "READ", "INSERT", "UPDATE")}
    assert counts == {"total": 47, "completed": 47, "READ": 9, "INSERT": 30, "UPDATE": 8}
    stages = {name: (each["total"], each["status"]) for name, each in view["operations"]["stages"].items()}
    assert stages == {"1A": (8, "COMPLETED"), "1B": (12, "COMPLETED"), "2": (27, "COMPLETED")}
    assert [deal["status"] for deal in view["deals"]] == ["Booked"] * 6
    assert view["gl"]["entries"] == 8
    assert view["gl"]["IFRS"] == {"dr": "375000.00", "cr": "375000.00"}
    assert [decision["person"] for decision in view["decisions"]] == ["alice"]
    assert list(view["times"]) == [
        "PLANNED", "AWAITING_APPROVAL", "APPROVED", "PREPARED", "BOOKING", "COMPLETED", "POSTED",
    ]  # fmt: skip
    assert view["risk"]["level"] in ("LOW", "MEDIUM", "HIGH")
    assert view["risk"]["claimed"][0]["risk_score"] == "LOW"
    assert view["reason"] is None
    assert view["answer"] is None


async def test_workflow_shows_no_grant_and_no_float_anywhere() -> None:
    story = Story().received().planned().approved()
    view = await shown(story.told, story.workflow_id)
    to_json(view)
    assert "secret.grant.text" not in json.dumps(view)


async def test_workflow_counts_operations_by_stage_when_execution_is_under_way() -> None:
    story = Story().received().planned().approved().progress("PREPARED", stage="1B", done=12)
    view = await shown(story.told, story.workflow_id)
    stages = view["operations"]["stages"]
    assert (stages["1A"]["completed"], stages["1A"]["status"]) == (8, "COMPLETED")
    assert (stages["1B"]["completed"], stages["1B"]["status"]) == (4, "IN_PROGRESS")
    assert (stages["2"]["completed"], stages["2"]["status"]) == (0, "PENDING")
    assert {deal["status"] for deal in view["deals"]} == {"Sent"}


async def test_workflow_counts_nothing_as_done_and_deals_as_cancelled_when_compensated() -> None:
    story = Story().received().planned().approved().progress("PREPARED", stage="2", done=30)
    story.progress("COMPENSATING", done=10, reason="BOOKING_ERROR: Murex declined deal 3")
    story.progress("COMPENSATED", final=True, reason="BOOKING_ERROR: Murex declined deal 3")
    view = await shown(story.told, story.workflow_id)
    assert view["operations"]["completed"] == 0
    assert {each["status"] for each in view["operations"]["stages"].values()} == {"COMPENSATED"}
    assert {deal["status"] for deal in view["deals"]} == {"Cancelled"}
    assert (view["reason"], view["reason_text"]) == ("BOOKING_ERROR", "Murex declined deal 3")


async def test_workflow_has_every_field_when_only_its_proposal_is_known() -> None:
    story = Story().received()
    view = await shown(story.told, story.workflow_id)
    assert view.keys() >= FIELDS
    assert (view["state"], view["amount"], view["exposure_currency"]) == ("PROPOSED", "25000000.00", "USD")
    assert view["operations"]["total"] == 0
    assert view["deals"] == []
    assert view["plan_digest"] is None


async def test_workflow_gives_the_code_as_reason_and_keeps_the_record_when_the_check_refuses() -> None:
    story = Story("resp-2", currency="VND", amount="900000000000", entity="ENTITY0041").received().refused()
    view = await shown(story.told, story.workflow_id)
    assert (view["state"], view["reason"]) == ("REFUSED", "USD_PB_LIMIT_EXCEEDED")
    assert view["operations"]["total"] == 8
    assert view["operations"]["stages"]["2"] == {"total": 0, "completed": 0, "status": "NOT_PLANNED"}
    assert view["amount"] == "900000000000"
    assert view["refusals"][0]["code"] == "USD_PB_LIMIT_EXCEEDED"


async def test_workflow_gives_the_closing_code_and_successor_when_its_context_went_stale() -> None:
    story = Story().received().planned().approved().progress("STALE_CONTEXT", final=True)
    closed = PlanClosed(
        workflow_id=story.workflow_id, response_id="resp-1", state="STALE_CONTEXT", code="STALE_CONTEXT",
        reason="The rate of USD/SGD moved.", successor="wf-next", closed_at=START,
    )  # fmt: skip
    told = [*story.told, Told("hawk.plans", "plan", 2, closed, START)]
    view = await shown(told, story.workflow_id)
    assert (view["reason"], view["successor"]) == ("STALE_CONTEXT", "wf-next")
    assert view["operations"]["stages"]["2"]["status"] == "NOT_RUN"


async def test_workflow_shows_the_policy_that_approval_asks_for_when_it_differs_from_the_plans() -> None:
    story = Story().received().planned().approved()
    stricter = POLICY.model_copy(update={"tier": "RISK_MANAGER"})
    told = [
        replace(each, event=each.event.model_copy(update={"policy": stricter}))
        if isinstance(each.event, ApprovalRequested)
        else each
        for each in story.told
    ]
    assert (await shown(told, story.workflow_id))["policy"]["tier"] == "RISK_MANAGER"


async def test_workflow_keeps_its_state_when_only_the_approval_says_rejected() -> None:
    story = Story().received().planned().progress("AWAITING_APPROVAL")
    rejected = ApprovalRejected(workflow_id=story.workflow_id, person="bob", reason="no")
    told = [*story.told, Told("hawk.approvals", "approval", 1, rejected, START)]
    assert (await shown(told, story.workflow_id))["state"] == "AWAITING_APPROVAL"


async def test_response_holds_its_workflows_and_counts_repeats() -> None:
    story = Story().received().repeated(2).planned()
    view = await answered(story.told, "resp-1")
    assert (view["outcome"], view["planned"], view["repeats"]) == ("PROPOSED", True, 2)
    assert (view["maker"], view["maker_verified"]) == ("alice", True)
    assert view["prompt"] == "Create USD 25M COI hedge"
    assert [workflow["workflow_id"] for workflow in view["workflows"]] == [story.workflow_id]
    assert view["workflows"][0]["operations"]["total"] == 47
    assert view["warnings"][0]["code"] == "CLAIM_IGNORED"


async def test_response_is_not_planned_when_a_proposal_has_neither_plan_nor_refusal() -> None:
    view = await answered(Story().received().told, "resp-1")
    assert (view["outcome"], view["planned"]) == ("PROPOSED", False)


async def test_response_is_refused_with_the_planning_code_when_all_its_workflows_are_refused() -> None:
    story = Story("resp-2", currency="USD", amount="250000000").received().refused()
    view = await answered(story.told, "resp-2")
    assert (view["outcome"], view["planned"]) == ("REFUSED", True)
    assert [refusal["code"] for refusal in view["refusals"]] == ["AMOUNT_OUT_OF_RANGE"]


async def test_response_is_partly_refused_when_one_of_two_workflows_is_refused() -> None:
    good = Story("resp-3").received().planned()
    bad = Story("resp-3", currency="VND", amount="900000000000", entity="ENTITY0041").refused()
    other = [
        Told(t.topic, t.stream, t.version, t.event.model_copy(update={"workflow_id": "wf-other"}), t.at)
        for t in bad.told
    ]
    view = await answered([*good.told, *other], "resp-3")
    assert view["outcome"] == "PARTLY_REFUSED"


async def test_response_shows_a_contradicting_repeat_among_its_refusals() -> None:
    story = Story().received()
    refusal = Refusal(code="DUPLICATE_RESPONSE", message="Another answer under a used id.")
    event = ResponseContradicted(response_id="resp-1", content_sha256=DIGEST, content="evidence", refusals=(refusal,))
    view = await answered([*story.told, Told("hawk.proposals", "r", 3, event, START)], "resp-1")
    assert view["outcome"] == "PROPOSED"
    assert [each["code"] for each in view["refusals"]] == ["DUPLICATE_RESPONSE"]
    assert view["contradictions"] == 1


async def test_list_puts_what_needs_a_person_first_then_the_newest() -> None:
    stuck = Story("resp-1").received().planned().progress("NEEDS_INTERVENTION", final=True)
    newer = Story("resp-2").progress("PLANNED").progress("PLANNED")
    later = [Told(t.topic, t.stream, t.version, t.event, START.replace(hour=5)) for t in newer.told]
    model = model_of([*stuck.told, *later])
    rows = await model.workflows(state=None, limit=10, before=None)
    assert [row.workflow_id for row in rows] == [stuck.workflow_id, newer.workflow_id]
    after = await model.workflows(state=None, limit=10, before=stuck.workflow_id)
    assert [row.workflow_id for row in after] == [newer.workflow_id]
    assert "deals" not in workflow_summary(rows[0])


@pytest.mark.parametrize("response_id", ["nobody", ""])
async def test_response_is_unknown_when_nothing_told_of_it(response_id: str) -> None:
    assert await model_of([]).response(response_id) is None
