"""Who is who where the issuer tells people by a subject, and how rows and limits tell them."""

import pytest

from shared.people.identity import (
    different_people,
    fault_of_person,
    person_key,
    row_keys,
    same_person,
    search_keys,
    with_subject,
)
from tests.support.spellings import NAME, SPELLINGS

ANNA = with_subject("Anna Müller", "7f0c-1d9e")


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (with_subject("Anna Schmidt", "7f0c-1d9e"), True),  # a new name
        (with_subject("Anna Müller", "aa11-bb22"), False),  # a namesake
        (with_subject("Anna Müller", "7F0C-1D9E"), False),  # subjects are compared character by character
        ("Anna Müller", True),  # a claim, or an event from before subjects were configured
        ("ANNA MU\u0308LLER\u200b", True),
        ("7f0c-1d9e", True),
        ("7F0C-1d9e", True),
        ("Anna", False),
        ("unknown", False),
    ],
)
def test_the_subject_is_the_person_and_a_bare_name_leaves_a_doubt(other: str, same: bool) -> None:
    assert (same_person(ANNA, other), same_person(other, ANNA)) == (same, same)


def test_each_person_counts_once_by_the_first_name() -> None:
    namesake = with_subject("Anna Müller", "aa11")
    assert different_people(["tom", ANNA, "TOM", namesake, "sue"]) == ["tom", ANNA, namesake, "sue"]
    assert different_people(["anna müller", ANNA, namesake]) == ["anna müller"]


@pytest.mark.parametrize(
    ("person", "usable"),
    [
        (ANNA, True), ("Anna Müller", True), ("Anna <7> <8>", False), ("Anna <>", False), ("<7>", False),
        ("Anna <7 8>", False), ("Anna <é>", False), ("Anna  <7>", False), ("tоm <7>", False), ("Anna <7>x", False),
        (with_subject("x" * 100, "s" * 255), True), (with_subject("x" * 101, "7"), False),
        (with_subject("x", "s" * 256), False),
    ],
)  # fmt: skip
def test_a_person_is_a_name_or_a_name_with_a_subject(person: str, usable: bool) -> None:
    assert (fault_of_person(person) is None) is usable


@pytest.mark.parametrize("how", SPELLINGS)
def test_a_row_is_found_by_every_spelling(how: str) -> None:
    assert not set(row_keys(NAME)).isdisjoint(search_keys(SPELLINGS[how]))
    assert person_key(NAME) == person_key(SPELLINGS[how])


def test_a_row_of_a_person_with_a_subject_is_that_persons_alone() -> None:
    namesake, renamed = with_subject("Anna Müller", "aa11"), with_subject("Anna Schmidt", "7f0c-1d9e")
    assert not set(row_keys(ANNA)).isdisjoint(search_keys(renamed))
    assert set(row_keys(ANNA)).isdisjoint(search_keys(namesake))
    assert not set(row_keys("Anna Müller")).isdisjoint(search_keys(ANNA)), "a row from before subjects"
    assert person_key(ANNA) == person_key(renamed) != person_key(namesake)
