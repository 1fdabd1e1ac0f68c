"""Whether two names are one person: the one place that compares people. Pure.

A person is known by a name, or by the subject that the issuer gives and never changes, which then follows the name
that is shown: `Anna Müller <7f0c1d9e>`. Events keep what was given; it is compared when somebody decides.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from shared.people.spelling import (
    NAME_CHARACTERS_MAX,
    PERSON_CHARACTERS_MAX,
    SUBJECT_CHARACTERS_MAX,
    fault_of_name,
    spelling_keys,
)

_WITH_SUBJECT: Final = re.compile(r"(?P<name>[^<>]+) <(?P<subject>[^<>]+)>")
_SUBJECT: Final = re.compile(rf"[!-;=?-~]{{1,{SUBJECT_CHARACTERS_MAX}}}")


@dataclass(frozen=True, slots=True)
class _Identity:
    """`subject` is empty where only a name is known."""

    subject: str
    names: frozenset[str]


def with_subject(name: str, subject: str) -> str:
    """Write a person whom the issuer tells by a subject, with the name to be shown."""
    return f"{name} <{subject}>"


def fault_of_subject(subject: str) -> str | None:
    """Say why a text cannot be used as an issuer's subject; None when it can."""
    if _SUBJECT.fullmatch(subject):
        return None
    return f"is not 1 to {SUBJECT_CHARACTERS_MAX} ASCII characters without blanks, < and >"


def fault_of_person(text: str) -> str | None:
    """Say why a text cannot be used as a person, with or without a subject; None when it can."""
    found = _WITH_SUBJECT.fullmatch(text)
    if found is None:
        return fault_of_name(text, PERSON_CHARACTERS_MAX)
    return fault_of_name(found["name"], NAME_CHARACTERS_MAX) or fault_of_subject(found["subject"])


def same_person(one: str, other: str) -> bool:
    """Return whether two names are one person.

    Two subjects are compared character by character, and their names count for nothing. Where one has no subject, it is
    compared as a name with the name and the subject of the other: a doubt never makes two of one.
    """
    mine, theirs = _identity(one), _identity(other)
    if mine.subject and theirs.subject:
        return mine.subject == theirs.subject
    return not mine.names.isdisjoint(theirs.names)


def different_people(persons: Iterable[str]) -> list[str]:
    """Give each person once, by the first name in the order given."""
    found: list[str] = []
    for person in persons:
        if not any(same_person(person, known) for known in found):
            found.append(person)
    return found


def person_key(person: str) -> str:
    """Give one text for a person, to count or to look up by. Names that look alike may have different ones."""
    return min(row_keys(person))


def row_keys(person: str) -> list[str]:
    """Give the keys that a row keeps of a person, so that SQL can find it by `search_keys`."""
    identity = _identity(person)
    return [_row_key(identity.subject)] if identity.subject else sorted(identity.names)


def search_keys(person: str) -> list[str]:
    """Give the keys that a row of this person may have: one of them is among its `row_keys`."""
    identity = _identity(person)
    return sorted({*row_keys(person), *identity.names})


def _row_key(subject: str) -> str:
    """Return a key that is never the key of a name: names hold no `<`."""
    return f"<{subject}>"


def _identity(person: str) -> _Identity:
    found = _WITH_SUBJECT.fullmatch(person)
    if found is None:
        return _Identity("", spelling_keys(person))
    return _Identity(found["subject"], spelling_keys(found["name"]) | spelling_keys(found["subject"]))
