"""Cards of a changed configuration, a deal settled by hand, a reversal, and the record of a refused check."""

from typing import Any

from services.approval.console.view.document import SECTIONS, view_of
from services.approval.console.view.plans import Kind, plan_of
from services.approval.console.view.subject import Beside
from services.approval.requests.state import Status
from tests.support import configuration, plans_of_each_kind
from tests.support.cards import card, viewer


def view(of: Any) -> dict[str, Any]:
    made = view_of(of, viewer(), Beside())
    assert made is not None
    return made


def test_configuration_shows_the_row_before_and_after_with_the_changed_column_first() -> None:
    made = view(card(configuration.planned()))
    assert made["headline"]["kind"] == "configuration"
    assert made["headline"]["title"] == "Configuration: buffer_percentage of BUF_USD_001"
    first, second = made["change"]["columns"][:2]
    assert first == {"column": "buffer_percentage", "before": "5", "after": "7.5", "changed": True}
    assert second["changed"] is False
    assert made["change"]["references"]["keys"] == ["ENTITY0037"]
    assert made["lines"][0]["text"] == "Update buffer_configuration BUF_USD_001 (1 column)"
    assert [stage["state"] for stage in made["stages"]][-2:] == ["skipped", "skipped"]


def test_override_shows_what_murex_said_and_what_a_person_found() -> None:
    made = view(card(plans_of_each_kind.override()))
    change = made["change"]
    assert (change["kind"], change["murex"]["status"]) == ("override", "CANCEL_REFUSED")
    assert change["found"]["resolution"] == "CANCELLED"
    assert [deal["this"] for deal in change["deals"]].count(True) == 1
    assert change["outcome_text"] == "The workflow waits for its other deals."
    assert made["who"]["tier"] == "OPERATIONS"


def test_reversal_shows_what_is_cancelled_and_what_remains() -> None:
    made = view(card(plans_of_each_kind.reversal()))
    change = made["change"]
    assert (change["reason"], change["deals"], change["pairs"]) == ("Booked twice", 6, 8)
    assert made["ledger"]["totals"]["IFRS"]["balanced"]
    assert [deal["contract_id"] for deal in made["deals"]] == [
        f"MX-{deal['deal_booking_id']}" for deal in made["deals"]
    ]
    assert [line["text"] for line in made["lines"]] == [
        "Cancel 6 Murex deals (Model A-COI)",
        "Reverse GL entries (8 transactions)",
        "Post 4 mirrored journal lines",
        "Update allocation engine",
    ]
    (exposure,) = made["capacity"]
    assert (exposure["this_order"], exposure["position"]) == ("-25000000.00", None)


def test_refused_check_shows_its_code_and_nobody_to_decide() -> None:
    made = view(card(plans_of_each_kind.refused_check(), usd="36000000", status=Status.APPROVED))
    assert (made["headline"]["kind"], made["headline"]["subject"]) == ("check", "USD_PB_LIMIT_EXCEEDED")
    assert made["who"]["places"] == []
    assert made["lines"] == []


def test_every_kind_has_its_sections_and_its_plan_reads_back() -> None:
    assert set(SECTIONS) == set(Kind)
    for event in plans_of_each_kind.each_kind():
        of = card(event, usd="1000000")
        made = view(of)
        assert set(made["sections"]) <= made.keys() | {"origin"}
        plan = plan_of(Kind(made["headline"]["kind"]), of.detail)
        assert plan == (None if made["headline"]["kind"] == "check" else event.plan)
