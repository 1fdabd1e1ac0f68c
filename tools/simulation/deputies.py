"""Who stands in for the approvers of a run; what is wrong with a grant that rests on it, told without HAWK's code."""

from collections.abc import Sequence
from datetime import UTC, datetime
from random import Random
from typing import Final

from shared.events.approvals import Approver as Person
from shared.policy.delegation import Delegated, Delegation
from shared.policy.table import APPROVING_ROLES
from shared.security.grants import GrantClaims

_BEFORE: Final = datetime(2000, 1, 1, tzinfo=UTC)
_ENDED: Final = datetime(2000, 2, 1, tzinfo=UTC)
_AFTER: Final = datetime(2100, 1, 1, tzinfo=UTC)
_FIRST, _DEPUTY, _FORMER, _STRANGER = "approver 0", "deputy 0", "former deputy", "stranger"
_ROLES: Final = tuple(sorted(APPROVING_ROLES))

#: What the executor was told over hawk.control: one delegation that holds, and one that was over long before.
TOLD: Final = Delegated(
    (
        Delegation("holds", _FIRST, _DEPUTY, _ROLES, _BEFORE, _AFTER),
        Delegation("ended", _FIRST, _FORMER, _ROLES, _BEFORE, _ENDED),
    )
)


def rightly(hand: Random, people: Sequence[Person]) -> list[Person]:
    """Return the people of a grant, the first of them at times by the one who stands in."""
    if not people or hand.random() >= 0.3:
        return list(people)
    return [_instead(people[0], _DEPUTY), *people[1:]]


def wrongly(hand: Random, people: Sequence[Person]) -> list[Person]:
    """Return people who are not enough: one is missing, used a role that was not given, or is there twice."""
    # Few grants need two persons: of those, more are by one person twice.
    how = hand.choice(("missing", "stranger", "ended") if len(people) < 2 else ("missing", "ended", "twice", "twice"))
    if how == "missing" or not people:
        return list(people[1:])
    if how == "twice":
        return [people[0], _instead(people[1], _DEPUTY), *people[2:]]
    return [_instead(people[0], _STRANGER if how == "stranger" else _FORMER), *people[1:]]


def fault(claims: GrantClaims) -> tuple[str, str] | None:
    """Return the invariant that a grant would break if it were used, and how; None for one that is in order."""
    names = [_FIRST if each.person == _DEPUTY else each.person for each in claims.approvers]
    if len(set(names)) < len(names):
        return "ONE_PERSON_IS_ONE", f"{_FIRST} and {_DEPUTY}, who stands in, fill two places of grant {claims.jti}"
    for each in claims.approvers:
        if each.on_behalf_of and each.person != _DEPUTY:
            return "ROLES_ARE_GIVEN", f"{each.person} uses a role of {each.on_behalf_of} in grant {claims.jti}"
    return None


def _instead(person: Person, name: str) -> Person:
    return Person(person=name, role=person.role, at=person.at, on_behalf_of=_FIRST)
