"""Executions beside Murex's book: a deal on one side alone is found, unless it is on its way or a person is asked."""

from typing import Any

import pytest

from services.executor.execution.commands import RecordAnswer
from shared.events import disputes, murex
from tests.support.executions import NOW, Execution, answer_of, drawn
from tests.support.needing_a_person import contradicted_in_the_ledger
from tests.support.overriding import asked, in_need, settle
from tools.verification.checks.murex_book import book_findings

Row = dict[str, Any]


def book_of(execution: Execution, status: str = "BOOKED") -> list[Row]:
    """Murex's book as it agrees with everything that was sent."""
    return [
        {
            "workflow_id": sent.workflow_id,
            "event_id": sent.event_id,
            "deal_booking_id": sent.deal_booking_id,
            "deal_sequence": sent.deal_sequence,
            "contract_id": f"MX-{sent.deal_booking_id}",
            "status": status,
        }
        for sent in execution.sent
    ]


def booked() -> Execution:
    execution = Execution(drawn())
    execution.acknowledge()
    return execution


def declined(*, cancel: str) -> Execution:
    """Two deals are booked, the third is declined; Murex answers the cancel messages so."""
    execution = Execution(drawn())
    execution.acknowledge(1, 2)
    execution.take(RecordAnswer(answer_of(execution.sent[2], "NOK"), NOW))
    execution.cancel_all(cancel)
    return execution


def test_book_of_a_completed_workflow_agrees() -> None:
    execution = booked()
    assert book_findings(execution.events, book_of(execution)) == []


def test_what_is_under_way_may_differ() -> None:
    execution = Execution(drawn())
    execution.acknowledge(1, 2)
    assert book_findings(execution.events, []) == []
    assert book_findings(execution.events, book_of(execution)) == []


def test_cancelled_deals_of_a_compensated_workflow_agree() -> None:
    execution = declined(cancel="CANCELLED")
    assert book_findings(execution.events, book_of(execution, "CANCELLED")) == []


def test_deals_that_murex_keeps_are_a_persons_once_it_is_asked() -> None:
    execution = declined(cancel="REFUSED")
    assert book_findings(execution.events, book_of(execution)[:2]) == []


@pytest.mark.parametrize("contract", ["MX-1", None])
def test_deal_of_no_workflow_is_found_in_the_book(contract: str | None) -> None:
    (row, *_) = book_of(booked())
    (found,) = book_findings([], [row | {"workflow_id": "nobody", "contract_id": contract}])
    assert found == (
        f"Murex holds deal {row['deal_booking_id']} (contract {contract}) of workflow nobody, which never planned it."
    )


def test_deal_of_a_compensated_workflow_is_found_in_the_book() -> None:
    execution = declined(cancel="CANCELLED")
    rows = book_of(execution, "CANCELLED")
    (found,) = book_findings(execution.events, [rows[0] | {"status": "BOOKED"}, *rows[1:]])
    assert f"Murex holds deal {rows[0]['deal_booking_id']}" in found
    assert found.endswith("is without effect.")


def test_deal_that_the_ledger_has_and_murex_has_not_is_found() -> None:
    execution = booked()
    rows = book_of(execution)
    (found,) = book_findings(execution.events, rows[1:])
    assert f"counts deal {rows[0]['deal_booking_id']} as booked" in found
    assert found.endswith("Murex holds it not at all.")
    (found,) = book_findings(execution.events, [rows[0] | {"contract_id": "MX-OTHER"}, *rows[1:]])
    assert found.endswith("Murex holds it as contract MX-OTHER.")


def test_deal_in_dispute_is_not_judged_until_its_book_was_asked() -> None:
    execution = booked()
    rows, deal = book_of(execution), execution.sent[0]
    said = {"workflow_id": deal.workflow_id, "event_id": deal.event_id, "deal_booking_id": deal.deal_booking_id}
    said |= {"deal_sequence": deal.deal_sequence}
    asked = murex.DealStatusEnquired.model_validate(said | {"attempt": 1, "enquired_at": NOW})
    confirmed = disputes.DealConfirmed.model_validate(
        said | {"in_reply_to": 2, "contract_id": "MX-1", "confirmed_at": NOW}
    )
    assert book_findings([*execution.events, asked], rows[1:]) == []
    assert len(book_findings([*execution.events, asked, confirmed], rows[1:])) == 1


def test_deal_that_is_being_cancelled_is_not_judged_until_murex_answers() -> None:
    execution = declined(cancel="CANCELLED")
    rows = [book_of(execution)[0]]
    cancel = next(event for event in execution.events if isinstance(event, murex.DealCancelSent))
    again = murex.DealCancelSent.model_validate(
        cancel.model_dump() | {"deal_booking_id": rows[0]["deal_booking_id"], "attempt": 2}
    )
    assert book_findings([*execution.events, again], rows) == []
    assert len(book_findings(execution.events, rows)) == 1


def test_deal_that_murex_booked_twice_is_found() -> None:
    execution = booked()
    rows = book_of(execution)
    again = rows[0] | {"deal_booking_id": "again", "contract_id": "MX-AGAIN"}
    found = book_findings(execution.events, [*rows, again])
    assert any("twice: contracts MX-" in sentence for sentence in found)
    assert any("never planned it" in sentence for sentence in found)


def test_deal_that_murex_holds_and_the_ledger_forgot_is_found() -> None:
    execution = booked()
    forgetful = [event for event in execution.events if type(event).__name__ != "DealsBooked"]
    found = book_findings(forgetful, book_of(execution))
    assert len(found) == len({sent.deal_booking_id for sent in execution.sent})
    assert all("does not count it as booked" in sentence for sentence in found)


def booked_by_hand() -> Execution:
    """Murex declined the first deal and kept the others; a person booked the first there and confirmed the others."""
    execution = in_need()
    for deal, state in execution.state.deals.items():
        settle(execution, asked(deal, "BOOKED_MANUALLY", state.contract_id or "MX-BY-HAND"))
    return execution


def test_deal_that_was_booked_by_hand_is_not_missing_from_the_book() -> None:
    execution = booked_by_hand()
    first, *others = book_of(execution)
    by_hand = first | {"deal_booking_id": "entered by hand", "contract_id": "MX-BY-HAND", "workflow_id": "-"}
    assert book_findings(execution.events, [by_hand, *others]) == [], "found under the reference the person gave"
    assert book_findings(execution.events, others) == [], "it did not pass the gateway"
    declined_first = first | {"status": "DECLINED", "contract_id": None}
    assert book_findings(execution.events, [declined_first, *others]) == []


def test_deal_that_was_booked_by_hand_is_found_where_the_book_speaks_against_it() -> None:
    execution = booked_by_hand()
    first, *others = book_of(execution)
    gone = first | {"deal_booking_id": "entered by hand", "contract_id": "MX-BY-HAND", "status": "CANCELLED"}
    (found,) = book_findings(execution.events, [gone, *others])
    assert found.endswith("Murex holds it not at all.")
    (found,) = book_findings(execution.events, [first, *others])
    assert found.endswith(f"Murex holds it as contract {first['contract_id']}.")
    (found,) = book_findings(execution.events, others[1:])
    assert f"counts deal {others[0]['deal_booking_id']} as booked" in found, "Murex acknowledged this one itself"


def test_deal_in_the_ledger_that_a_person_confirmed_counts_under_the_reference_given() -> None:
    execution = contradicted_in_the_ledger(posted=True)
    first, *others = book_of(execution)
    settle(execution, asked(first["deal_booking_id"], "BOOKED_MANUALLY", "MX-BY-HAND"))
    assert book_findings(execution.events, others) == []
    (found,) = book_findings(execution.events, [first, *others])
    assert found.endswith(f"Murex holds it as contract {first['contract_id']}.")


def test_deal_that_a_person_found_gone_is_found_in_the_book() -> None:
    execution = in_need()
    for deal in [name for name, each in execution.state.deals.items() if each.status == "CANCEL_REFUSED"]:
        settle(execution, asked(deal, "CANCELLED"))
    _, second, *_ = book_of(execution)
    assert book_findings(execution.events, book_of(execution, "CANCELLED")) == []
    (found,) = book_findings(execution.events, [second])
    assert found.endswith("is without effect.")
