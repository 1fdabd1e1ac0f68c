"""Every booking model and every instruction type, as a user runs them: published, approved, posted, tables as planned;
rollover, termination and amendment refer to workflows that ran before (issue: the whole hedge domain)."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from tests.support.hawk import Hawk
from tests.support.orders import order

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

WHOLE_SECONDS_MAX = 90.0
SENIOR = "SENIOR_TRADER"

#: Model -> its order and how many deals and operations it has (domain facts 10.4).
INCEPTIONS: dict[str, tuple[tuple[str, str, str], dict[str, str], int, int]] = {
    "A-COI": (("HKD", "30000000", "ENTITY0009"), {}, 6, 47),
    "B-COI": (("CNY", "20000000", "ENTITY0005"), {}, 10, 51),
    "C-COI": (("KRW", "12000000000", "ENTITY0025"), {}, 10, 51),
    "A-RE": (("AUD", "5000000", "ENTITY0001"), {"nav_type": "RE"}, 3, 44),
    "B-RE": (("CNY", "10000000", "ENTITY0005"), {"nav_type": "RE"}, 3, 44),
    "C-RE": (("KRW", "1000000000", "ENTITY0025"), {"nav_type": "RE"}, 5, 46),
}


def approved(hawk: Hawk, answer: dict[str, Any]) -> dict[str, Any]:
    workflow: dict[str, Any] = hawk.planned(answer)
    hawk.approve(workflow["workflow_id"], role=SENIOR)
    return workflow


def posted(hawk: Hawk, answer: dict[str, Any]) -> dict[str, Any]:
    workflow_id = approved(hawk, answer)["workflow_id"]
    return hawk.in_state(workflow_id, "POSTED", seconds_max=WHOLE_SECONDS_MAX)


def open_hedge(hawk: Hawk, workflow_id: str) -> dict[str, Any]:
    (found,) = hawk.query(
        "SELECT h.*, e.value_date FROM public.v_open_hedges h JOIN public.hedge_business_events e USING (event_id)"
        " WHERE h.workflow_id = $1",
        workflow_id,
    )
    return found


def closing(hedge: dict[str, Any], kind: str, amount: str, **fields: Any) -> dict[str, Any]:
    return order(
        hedge["exposure_currency"],
        amount,
        **{
            "instruction_type": kind,
            "nav_type": hedge["nav_type"],
            "previous_order_id": hedge["order_id"],
            "reference_event_ids": [hedge["event_id"]],
            "hedge_method": hedge["hedge_method"],
            "value_date": hedge["value_date"].isoformat(),
            **fields,
        },
    )


def hedged(hawk: Hawk, entity: str, nav_type: str) -> Decimal:
    (row,) = hawk.query(
        "SELECT hedged FROM hawk.exposure_capacity WHERE entity_id = $1 AND nav_type = $2", entity, nav_type
    )
    return Decimal(row["hedged"])


def rows_are_as_planned(hawk: Hawk, workflow: dict[str, Any], deals: int, events: int = 1) -> None:
    def count(table: str) -> int:
        statement = f"SELECT count(*) AS rows FROM public.{table} WHERE workflow_id = $1"  # noqa: S608  names below
        (row,) = hawk.query(statement, workflow["workflow_id"])
        return int(row["rows"])

    assert workflow["operations"]["completed"] == workflow["operations"]["total"]
    assert count("deal_bookings") == deals
    assert count("hedge_business_events") == events
    assert count("gl_entries") == 8 * events
    assert count("gl_entries_detail") == 16 * events
    assert count("gl_packages") == events
    for table in ("allocation_engine", "hedge_event_history", "stage_bundles", "stage2_queue", "hedge_effectiveness"):
        assert count(table) == events, table
    for ledger in ("IFRS", "LOCAL"):
        assert workflow["gl"][ledger]["dr"] == workflow["gl"][ledger]["cr"]


@dataclass(frozen=True)
class Life:
    """The three workflows of one hedge, and what its exposure held after each."""

    begun: dict[str, Any]
    rolled: dict[str, Any]
    ended: dict[str, Any]
    held: tuple[Decimal, Decimal, Decimal]


@pytest.fixture(scope="module")
def lives(hawk: Hawk) -> dict[str, Life]:
    """One hedge per model, all of them at once: begun, then rolled over, then terminated."""
    begun = wave(hawk, {model: order(*terms, **fields) for model, (terms, fields, _, _) in INCEPTIONS.items()})
    held = [all_hedged(hawk)]
    hedges = {model: open_hedge(hawk, workflow["workflow_id"]) for model, workflow in begun.items()}
    rolled = wave(
        hawk,
        {
            model: closing(hedge, "ROLLOVER", INCEPTIONS[model][0][1], tenor_or_maturity="3M")
            for model, hedge in hedges.items()
        },
    )
    held.append(all_hedged(hawk))
    hedges = {model: open_hedge(hawk, workflow["workflow_id"]) for model, workflow in rolled.items()}
    ended = wave(
        hawk, {model: closing(hedge, "TERMINATION", INCEPTIONS[model][0][1]) for model, hedge in hedges.items()}
    )
    held.append(all_hedged(hawk))
    return {
        model: Life(begun[model], rolled[model], ended[model], (held[0][model], held[1][model], held[2][model]))
        for model in INCEPTIONS
    }


def wave(hawk: Hawk, answers: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Publish all, approve all, wait for all: the workflow of each model once it is posted."""
    responses = dict(zip(answers, hawk.publish(*answers.values()), strict=True))
    ids = {}
    for model, response_id in responses.items():
        (workflow,) = hawk.response(response_id)["workflows"]
        ids[model] = workflow["workflow_id"]
    for workflow_id in ids.values():
        hawk.in_state(workflow_id, "AWAITING_APPROVAL")
        hawk.approve(workflow_id, role=SENIOR)
    return {
        model: hawk.in_state(workflow_id, "POSTED", seconds_max=WHOLE_SECONDS_MAX) for model, workflow_id in ids.items()
    }


def all_hedged(hawk: Hawk) -> dict[str, Decimal]:
    return {
        model: hedged(hawk, entity, fields.get("nav_type", "COI"))
        for model, ((_, _, entity), fields, _, _) in INCEPTIONS.items()
    }


@pytest.mark.parametrize("model", INCEPTIONS)
def test_each_model_is_booked_rolled_over_and_terminated(hawk: Hawk, lives: dict[str, Life], model: str) -> None:
    (_, amount, _), _, deals, operations = INCEPTIONS[model]
    life = lives[model]
    assert (life.begun["model"], len(life.begun["deals"])) == (model, deals)
    assert life.begun["operations"]["total"] == operations
    assert (life.rolled["model"], life.rolled["operations"]["total"]) == (model, operations - 8)
    assert (life.ended["model"], life.ended["operations"]["total"]) == (model, operations - 8)
    for workflow in (life.begun, life.rolled, life.ended):
        rows_are_as_planned(hawk, workflow, deals)
    assert life.held[1] == life.held[0]
    assert life.held[2] == life.held[0] - Decimal(amount)
    workflow_ids = [each["workflow_id"] for each in (life.begun, life.rolled, life.ended)]
    assert hawk.query("SELECT FROM public.v_open_hedges WHERE workflow_id = ANY($1::text[])", workflow_ids) == []
    left_over = hawk.query(
        "SELECT ledger, account_code, sum(dr_amt - cr_amt) AS amount FROM public.gl_journal_lines"
        " WHERE workflow_id = ANY($1::text[]) GROUP BY 1, 2",
        workflow_ids,
    )
    assert left_over
    assert {row["amount"] for row in left_over} == {Decimal(0)}


def test_hedge_is_rolled_in_part_amended_and_asked_about(hawk: Hawk) -> None:
    entity = "ENTITY0002"
    begun = posted(hawk, order("AUD", "20000000", entity))
    rolled = posted(hawk, closing(open_hedge(hawk, begun["workflow_id"]), "R", "12000000", tenor_or_maturity="3M"))
    assert rolled["operations"]["total"] == 2 * 39
    rows_are_as_planned(hawk, rolled, 12, events=2)
    held = hedged(hawk, entity, "COI")

    hedge = open_hedge(hawk, rolled["workflow_id"])
    amended = posted(hawk, closing(hedge, "AMENDMENT", "15000000", tenor_or_maturity="6M"))
    assert amended["operations"]["total"] == 8 + 2 * 39
    rows_are_as_planned(hawk, amended, 12, events=2)
    assert hedged(hawk, entity, "COI") == held + Decimal(3_000_000)

    (response_id,) = hawk.publish(
        order("AUD", "1", entity) | {"answer": _asking("UTILIZATION", hedge_amount_order="5000000", entity_id=entity)},
        order("AUD", "1", entity) | {"answer": _asking("INQUIRY", order_id=amended["order_id"])},
    )[:1]
    (asked,) = hawk.response(response_id)["workflows"]
    asked = hawk.in_state(asked["workflow_id"], "COMPLETED")
    assert (asked["operations"]["total"], asked["answer"]["check_status"]) == (8, "PASS")


def test_inquiry_answers_and_writes_nothing(hawk: Hawk) -> None:
    begun = posted(hawk, order("JPY", "200000000", "ENTITY0021"))
    before = hawk.query("SELECT count(*) FROM hawk.hedge_instructions")
    (response_id,) = hawk.publish(order("JPY", "1") | {"answer": _asking("Q", order_id=begun["order_id"])})
    (asked,) = hawk.response(response_id)["workflows"]
    asked = hawk.in_state(asked["workflow_id"], "COMPLETED")
    operations = asked["operations"]
    assert (operations["READ"], operations["INSERT"], operations["UPDATE"]) == (7, 0, 0)
    assert asked["answer"]["open_hedges"] == "1"
    assert hawk.query("SELECT count(*) FROM hawk.hedge_instructions") == before


@pytest.mark.parametrize("kind", ["M", "E", "B"])
def test_other_types_are_refused_by_name(hawk: Hawk, kind: str) -> None:
    (response_id,) = hawk.publish(order("USD", "1000000", instruction_type=kind))
    response = hawk.response(response_id)
    assert response["outcome"] == "REFUSED"
    assert [refusal["code"] for refusal in response["refusals"]] == ["INSTRUCTION_TYPE_NOT_SUPPORTED"]


def _asking(kind: str, **fields: Any) -> dict[str, Any]:
    data = {"instruction_type": kind, **fields}
    if kind not in {"Q", "INQUIRY"}:
        data |= {"exposure_currency": "AUD", "nav_type": "COI"}
    action = {"action_type": "CREATE_HEDGE_INSTRUCTION", "data": data}
    return {"analysis": "A question.", "recommended_actions": [action]}
