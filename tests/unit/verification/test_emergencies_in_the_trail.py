"""Emergencies in a history: a true one breaks nothing, and a forged, late or self-declared one is found by name."""

import pytest

from shared.eventstore.port import RecordedEvent
from tests.support.emergencies import in_emergency, reviewed
from tests.unit.verification.test_invariants import GOLDEN, broken, changed, requiring

FAULTS = [
    ("grants", in_emergency(declared=False), "names an emergency that nobody declared before it"),
    ("grants", in_emergency(until="2020-01-01T00:00:00Z"), "an emergency lasts 30 minutes at most"),
    ("grants", in_emergency(opened_at="2020-01-01T00:00:00Z", until="2020-01-01T00:30:00Z"), "was over at 2020-01-01"),
    ("grants", in_emergency(person="MIRA"), "MIRA, who asked, declared the emergency"),
    ("grants", in_emergency(role="AUDITOR"), "sam (AUDITOR) may declare no emergency here"),
    ("grants", in_emergency(reason=" "), "its emergency has no reason"),
    ("emergencies", in_emergency(person="MIRA"), "MIRA declares an emergency, but is the person who asked"),
    ("emergencies", in_emergency(actor="person:eve"), "sam declares an emergency, but person:eve recorded it"),
    ("emergencies", reviewed("eve", actor="approval"), "eve reviews an emergency, but approval recorded it"),
    ("emergencies", reviewed("eve", "EVE"), "EVE reviews an emergency, but had reviewed it before"),
    ("emergencies", reviewed("eve", "rita", "max"), "max reviews an emergency, but the review was closed"),
]


def test_an_emergency_that_was_declared_and_reviewed_breaks_nothing() -> None:
    assert broken(in_emergency(grant=False)(GOLDEN)) == {}
    assert broken(reviewed("eve", "rita")(GOLDEN)) == {}


@pytest.mark.parametrize(("invariant", "fault", "told"), FAULTS, ids=[told for _, _, told in FAULTS])
def test_a_fault_is_found_by_the_invariant_it_breaks(invariant: str, fault, told: str) -> None:
    found = broken(fault(GOLDEN))
    assert any(told in sentence for sentence in found[invariant]), found


def test_a_single_person_is_not_enough_in_an_emergency_either() -> None:
    events: list[RecordedEvent] = changed("PlanDrawn", policy=requiring)(in_emergency()(GOLDEN))
    assert any("tom (TRADER) approved; the plan needs SENIOR_TRADER" in each for each in broken(events)["grants"])
