"""The card of an order: what the console shows is the plan, figure by figure."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from services.approval.console.view.document import view_of
from services.approval.console.view.subject import Beside
from services.approval.requests.state import Status
from shared.events.responses import Claimed, Notice
from shared.hedging.plan import PlanWarning
from tests.support.cards import approved, card, viewer
from tests.support.executions import NOW, drawn


def view(of: Any, *, beside: Beside | None = None, **who: Any) -> dict[str, Any]:
    made = view_of(of, viewer(**who), beside or Beside())
    assert made is not None
    return made


@pytest.fixture(scope="module")
def one() -> dict[str, Any]:
    return view(card(drawn("USD", "25000000")))


@pytest.fixture(scope="module")
def spread() -> dict[str, Any]:
    return view(card(drawn("HKD", "400000000")))


def test_lines_of_the_plan_are_to_the_letter(one: dict[str, Any], spread: dict[str, Any]) -> None:
    assert [line["text"] for line in one["lines"]] == [
        "Create hedge instruction (USD 25M)",
        "Book 6 Murex deals (Model A-COI)",
        "Generate GL entries (8 transactions)",
        "Update allocation engine",
    ]
    assert [line["text"] for line in spread["lines"]] == [
        "Create hedge instruction (HKD 400M)",
        "Book 18 Murex deals (Model A-COI)",
        "Generate GL entries (24 transactions)",
        "Update allocation engine",
    ]
    assert [line["note"] for line in spread["lines"]] == [
        "1 order, 3 sub-orders",
        "6 for each entity",
        "DR = CR",
        "3 allocations",
    ]


def test_headline_has_both_amounts_and_what_it_is_about(spread: dict[str, Any]) -> None:
    headline = spread["headline"]
    assert (headline["currency"], headline["amount"], headline["amount_usd"]) == ("HKD", "400000000.00", "51851851.85")
    assert (headline["title"], headline["subject"]) == ("COI inception", "Hong Kong, 3 entities")
    assert [each["short"] for each in headline["entities"]] == ["Branch1", "Subsidiary1", "Associate1"]
    assert headline["dates"] == {"trade": "2026-11-23", "value": "2026-11-25", "maturity": "2027-02-25"}
    assert headline["partial"] is None


def test_partial_order_says_what_fits_and_what_does_not() -> None:
    made = view(card(drawn("HKD", "20000000", nav_type="RE", entity_id="ENTITY0012")))
    partial = made["headline"]["partial"]
    assert Decimal(partial["allocated"]) + Decimal(partial["not_allocated"]) == Decimal("20000000.00")
    assert made["stages"][1]["detail"] == "Partial"
    assert made["risk"]["reasons"][0].startswith("Only HKD ")
    assert made["risk"]["reasons"][0].endswith("of HKD 20,000,000.00 can be placed")


def test_risk_reasons_are_sentences_with_amounts_and_names(spread: dict[str, Any]) -> None:
    assert spread["risk"]["computed"] == "HIGH"
    assert spread["risk"]["reasons"] == [
        "Size USD 51,851,851.85 is at or above USD 50,000,000.00",
        "100.0 % of the capacity of Branch1 is used",
        "100.0 % of the capacity of Subsidiary1 is used",
    ]


def test_claimed_risk_stands_beside_and_changes_nothing() -> None:
    claimed = Claimed(action_id="a1", approval_required=False, approval_level="AUTO", risk_score="LOW")
    made = view(card(drawn("HKD", "400000000"), claimed=(claimed,)))
    assert made["risk"]["claimed"] == [
        {"action_id": "a1", "risk_score": "LOW", "approval_required": False, "approval_level": "AUTO"}
    ]
    assert made["risk"]["computed"] == "HIGH"


def test_capacity_before_this_order_and_after_is_the_plans(spread: dict[str, Any]) -> None:
    touched = [row for row in spread["capacity"] if row["touched"]]
    figures = [(row["short"], row["available_before"], row["this_order"], row["free_after"]) for row in touched]
    assert figures == [
        ("Branch1", "187500000.00", "187500000.00", "0.00"),
        ("Subsidiary1", "155000000.00", "155000000.00", "0.00"),
        ("Associate1", "75000000.00", "57500000.00", "17500000.00"),
    ]
    assert touched[0]["protected"] == "62500000.00"
    assert touched[1]["used_before"] == "25000000.00"
    assert len(spread["capacity"]) == 4, "also the entity that the waterfall did not reach"


def test_usd_limit_has_its_levels(spread: dict[str, Any]) -> None:
    limit = spread["usd_limit"]
    assert (limit["limit"], limit["warning_level"], limit["critical_level"]) == (
        "150000000.00",
        "130000000.00",
        "140000000.00",
    )
    assert (limit["available_before"], limit["this_order"], limit["free_after"]) == (
        "146759259.26",
        "51851851.85",
        "94907407.41",
    )


def test_flow_is_the_one_of_the_domain_page(spread: dict[str, Any]) -> None:
    flow = spread["flows"][0]
    assert [(node["id"], node["kind"]) for node in flow["nodes"]] == [
        ("EXTERNAL", "bank"),
        ("CO_FX", "portfolio"),
        ("UHDIC", "portfolio"),
        ("INSTC", "portfolio"),
        ("HDGIC", "final"),
    ]
    arrows = [
        (arrow["from"], arrow["to"], arrow["arc"], arrow["dashed"], [deal["number"] for deal in arrow["deals"]])
        for arrow in flow["arrows"]
    ]
    assert arrows == [
        ("EXTERNAL", "CO_FX", False, False, [1]),
        ("CO_FX", "UHDIC", False, False, [2]),
        ("UHDIC", "INSTC", False, True, [3]),
        ("INSTC", "HDGIC", False, False, [4]),
        ("INSTC", "INSTC", True, True, [5]),
        ("HDGIC", "HDGIC", True, False, [6]),
    ]
    assert flow["net"]["text"] == "external bank −187,500,000.00 HKD · HDGIC +187,500,000.00 HKD"
    assert flow["net"]["between_text"] == "every portfolio between 0.00"
    assert flow["difference"]["text"] == (
        "The difference, 187,500,000.00 × 0.0150 = SGD 2,812,500.00, is what the ledger books."
    )


def test_ledger_totals_are_balanced_and_grouped_by_purpose(spread: dict[str, Any]) -> None:
    ledger = spread["ledger"]
    assert ledger["totals"]["IFRS"] == {"dr": "6000000.00", "cr": "6000000.00", "balanced": True, "lines": 6}
    assert ledger["entries_total"] == {"IFRS": "18160000.00", "LOCAL": "17560000.00"}
    assert [(row["purpose"], row["IFRS"]) for row in ledger["rows"]] == [
        ("P1", "6000000.00"),
        ("P2", "160000.00"),
        ("P3", "6000000.00"),
        ("P4", "6000000.00"),
    ]


def test_operations_undo_and_stages_count_the_plan(spread: dict[str, Any]) -> None:
    stages = {row["stage"]: row["total"] for row in spread["operations"]["by_stage"]}
    assert (stages, spread["operations"]["total"]) == ({"1A": 8, "1B": 36, "2": 81}, 125)
    assert [stage["state"] for stage in spread["stages"]] == ["done"] * 3 + ["waiting"] + ["not_begun"] * 4
    assert spread["stages"][7]["detail"] == "12 lines"
    assert [each["action"] for each in spread["undo"]["not_alone"]] == ["Cancel in Murex"]
    assert spread["undo"]["not_alone"][0]["note"].startswith("18 deals; ")


def test_money_that_the_ai_stated_is_marked(one: dict[str, Any]) -> None:
    marked = {field["field"] for field in one["provenance"] if field["marked"]}
    assert marked == {"amount", "exposure_currency"}
    assert {field["source_label"] for field in one["provenance"]} >= {"stated by the AI", "desk default", "HAWK"}


def test_warnings_have_first_words_and_grouped_amounts() -> None:
    event = drawn("HKD", "400000000")
    said = PlanWarning(
        "USD_WARN", "HKD: the USD total would be 135000000.00, the warning level is 130000000.00.", "usd"
    )
    plan = replace(event.plan, warnings=(said,))
    found = view(card(event.model_copy(update={"plan": plan})))["warnings"]
    assert [(each["code"], each["title"]) for each in found] == [("USD_WARN", "The USD limit is close.")]
    assert "would be 135,000,000.00, the" in found[0]["text"]


def test_maker_whom_nobody_vouches_for_is_a_warning_once() -> None:
    (found,) = view(card(drawn(), verified=False))["warnings"]
    assert found["code"] == "MAKER_UNVERIFIED"
    told = Notice(code="MAKER_NOT_VERIFIED", message="No proof came along.", path="maker")
    assert len(view(card(drawn(), verified=False, warnings=(told,)))["warnings"]) == 1


def test_places_fill_as_people_approve() -> None:
    waiting = card(drawn("HKD", "400000000"), verified=False)
    request = waiting.approval.request
    assert request is not None
    given = approved("rita", "RISK_MANAGER")
    half = replace(waiting, approval=replace(waiting.approval, decisions=(given,)))
    who = view(half, person="sara")["who"]
    assert who["given"] == 1
    assert [place["filled_by"] for place in who["places"] if place["filled_by"]] == [
        {"person": "rita", "role": "RISK_MANAGER"}
    ]
    assert who["may_decide"]
    assert who["as_role"] == "SENIOR_TRADER"


def test_reason_why_not_is_the_deciders_own() -> None:
    big = card(drawn("HKD", "400000000"))
    asked, too_low = view(big, person="mira")["who"], view_of(big, viewer("tom", "TRADER"), Beside())
    assert asked["why_not_code"] == "MAKER_IS_CHECKER"
    assert asked["as_role"] is None
    assert asked["may_withdraw"]
    assert too_low is not None


def test_new_plan_shows_what_changed_since_the_one_before() -> None:
    old = drawn("HKD", "400000000")
    moved = tuple(
        replace(rate, value=rate.value * Decimal("1.0074")) if rate.rate_type == "prevailing" else rate
        for rate in old.plan.pins.rates
    )
    plan = replace(old.plan, pins=replace(old.plan.pins, rates=moved), usd_equivalent=Decimal("52237037.04"))
    before = card(old, "w0", status=Status.CLOSED)
    before = replace(
        before, approval=replace(before.approval, reason="STALE_CONTEXT: HKD/SGD moved by 74 basis points.")
    )
    made = view(card(old.model_copy(update={"plan": plan}), predecessor="w0"), beside=Beside(predecessor=before))
    rows = {row["value"]: (row["before"], row["now"], row["difference"]) for row in made["changed"]["rows"]}
    assert rows["Order in USD"] == ("51,851,851.85", "52,237,037.04", "+385,185.19")
    assert rows["HKD/SGD prevailing, IFRS"][2] == "+74 basis points"
    assert "Deals" not in rows
    assert made["attention"] == [
        {"code": "NEW_PLAN", "text": "New plan in place of an earlier one: HKD/SGD moved by 74 basis points."}
    ]


def test_stages_follow_what_the_executor_reports() -> None:
    done = replace(card(drawn(), status=Status.APPROVED), used_at=NOW)
    said = {
        "state": "BOOKING",
        "stage": "2",
        "stages": {"1A": "COMPLETED", "1B": "COMPLETED", "2": "IN_PROGRESS", "3": "PENDING"},
    }
    states = [stage["state"] for stage in view(done, beside=Beside(progress=said))["stages"][3:]]
    assert states == ["done", "done", "done", "running", "not_begun"]
    undoing = {**said, "state": "COMPENSATING"}
    states = [stage["state"] for stage in view(done, beside=Beside(progress=undoing))["stages"][4:]]
    assert states == ["undoing", "undoing", "undoing", "not_begun"]
    stuck = {**said, "state": "NEEDS_INTERVENTION"}
    assert view(done, beside=Beside(progress=stuck))["stages"][6]["state"] == "failed"


@pytest.mark.parametrize(("left", "codes"), [(timedelta(minutes=31), []), (timedelta(minutes=30), ["EXPIRES_SOON"])])
def test_attention_comes_half_an_hour_before_the_end(left: timedelta, codes: list[str]) -> None:
    soon = card(drawn(), asked=NOW - timedelta(days=1) + left)
    assert [each["code"] for each in view(soon)["attention"]] == codes
    decided = card(drawn(), asked=NOW - timedelta(days=1) + left, decisions=[approved("rita", "TRADER")])
    assert view(decided)["attention"] == []


def test_plan_that_cannot_be_read_leaves_sections_empty_and_does_not_fail() -> None:
    broken = replace(card(drawn()), detail={"whole": "plan"})
    made = view(broken)
    assert (made["lines"], made["deals"], made["ledger"], made["operations"]) == ([], [], None, None)
    assert made["headline"]["amount"] == "25000000.00"
    assert made["who"]["may_decide"]
