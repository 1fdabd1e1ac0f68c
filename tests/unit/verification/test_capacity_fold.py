"""What is reserved, hedged and released adds up, and each workflow holds what its execution entitles it to."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from shared.events.catalogue import decode
from shared.eventstore.port import RecordedEvent
from tests.support.history import golden_events
from tools.verification.checks.capacities import CapacityFold
from tools.verification.checks.history import Findings, PastEvent

STREAM = "exposure-ENTITY0037-USD-COI"
SEEN = {"AllocationCommitted", "ExecutionPrepared", "ExecutionCompleted", "JournalPosted"}


def history() -> list[RecordedEvent]:
    return [
        event
        for event in golden_events("a_coi.json")
        if event.type in SEEN or event.stream.startswith(("exposure-", "usdpb-"))
    ]


def findings_of(events: Sequence[RecordedEvent]) -> list[str]:
    findings = Findings()
    fold = CapacityFold(findings)
    for position, event in enumerate(events, start=1):
        fold.take(PastEvent(position, event), decode(event))
    fold.finish()
    return findings.sentences


def changed(events: Sequence[RecordedEvent], event_type: str, **data: Any) -> list[RecordedEvent]:
    return [replace(one, data={**one.data, **data}) if one.type == event_type else one for one in events]


def missing(events: Sequence[RecordedEvent], *types: str) -> list[RecordedEvent]:
    return [event for event in events if event.type not in types]


def test_a_recorded_workflow_adds_up() -> None:
    assert {event.stream for event in history()} >= {STREAM, "usdpb-USD"}
    assert findings_of(history()) == []


def test_a_total_that_is_not_the_sum_is_found_at_its_position() -> None:
    (finding, *_) = findings_of(changed(history(), "CapacityReserved", reserved_total="25000001.00"))
    assert f"stream {STREAM} version 1: the event states reserved 25000001.00" in finding


def test_a_completed_workflow_that_still_holds_a_reservation_is_found() -> None:
    found = findings_of(missing(history(), "CapacityHedged", "UsdLimitHedged"))
    assert any(f"is POSTED but still holds 25000000.00 reserved of {STREAM}" in finding for finding in found)


def test_a_hedge_of_another_amount_than_was_allocated_is_found() -> None:
    events = changed(history(), "CapacityReserved", amount="1.00", reserved_total="1.00")
    events = changed(events, "CapacityHedged", amount="1.00", hedged_total="1.00")
    assert any("was allocated 25000000.00" in finding and "hedged 1.00" in finding for finding in findings_of(events))


def test_capacity_taken_without_any_execution_is_found() -> None:
    events = missing(history(), *SEEN)
    assert any("is NONE but holds" in finding for finding in findings_of(events))


@pytest.mark.parametrize("kind", ["Capacity", "UsdLimit"])
def test_a_hedge_that_was_never_reserved_is_found(kind: str) -> None:
    assert findings_of(missing(history(), f"{kind}Reserved"))


@pytest.mark.parametrize("kind", ["Capacity", "UsdLimit"])
def test_use_of_the_limit_and_of_the_exposures_belong_together(kind: str) -> None:
    found = findings_of(missing(history(), f"{kind}Reserved", f"{kind}Hedged"))
    assert any("of its exposures and USD" in finding for finding in found)
