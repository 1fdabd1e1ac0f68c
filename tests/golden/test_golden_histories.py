"""Histories recorded from real runs still mean what they meant: same rows, whatever has changed in the code since."""

import json
from dataclasses import replace

import pytest

from shared.errors import Defect
from shared.events.catalogue import decode
from tests.support.history import GOLDEN, DoesNotFit, fold, golden_events, golden_transactions, rendered, without

HISTORY = "a_coi.json"


def expected_rows() -> object:
    return json.loads((GOLDEN / "a_coi.rows.json").read_text(encoding="utf-8"))


def test_every_golden_event_is_readable() -> None:
    events = golden_events(HISTORY)
    assert len({event.type for event in events}) > 30
    for event in events:
        decode(event)


def test_a_golden_history_gives_the_rows_it_gave_when_it_was_recorded() -> None:
    assert rendered(fold(golden_events(HISTORY))) == expected_rows()


def test_the_golden_workflow_is_the_documents_own_example() -> None:
    rows = rendered(fold(golden_events(HISTORY)))
    (status,) = rows["execution_status"]
    assert (status["status"], status["completed_operations"]) == ("POSTED", 47)
    assert [deal["deal_status"] for deal in rows["deal_bookings"]] == ["Booked"] * 6
    assert len(rows["gl_entries"]) == 8
    assert {line["dr_amt"] for line in rows["gl_journal_lines"]} == {"375000.00", "0.00"}


def test_reading_fails_when_an_amount_was_stored_as_a_number() -> None:
    (event,) = golden_events("bad_amount_is_a_number.json")
    with pytest.raises(Defect, match="amount"):
        decode(event)


def test_the_rows_differ_when_one_amount_is_another() -> None:
    events = golden_events(HISTORY)
    place = next(number for number, event in enumerate(events) if event.type == "AllocationCommitted")
    assessment = {**events[place].data["assessment"], "allocated": "25000001.00"}
    events[place] = replace(events[place], data={**events[place].data, "assessment": assessment})
    assert rendered(fold(events)) != expected_rows()


@pytest.mark.parametrize("event_type", ["HedgeEventCreated", "DealPlanned", "AllocationCommitted", "CapacityReserved"])
def test_folding_fails_when_an_event_is_missing(event_type: str) -> None:
    events = [event for group in without(golden_transactions(HISTORY), event_type) for event in group]
    with pytest.raises(DoesNotFit):
        fold(events)
