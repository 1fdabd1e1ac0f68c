"""What no policy may undercut, whoever wrote it. It stands in code; a version that would undercut it is refused. Pure.

A person for anything financial; two, neither of them the asker, for a change of the configuration or of the policy and
for an override; never the asker from the four-eyes amount on. (A resumption after a stop is in no table at all.)
`evaluate` keeps to the floors in any case; `floors` names the rows of a table that would go below them, so that such a
table is refused when it is proposed, before it is taken in, when a grant is checked and when the trail is verified.
"""

from collections.abc import Iterator, Sequence
from types import MappingProxyType
from typing import Final

from shared.events.approvals import PolicyOutcome
from shared.people.identity import different_people, same_person
from shared.policy.people import CountedApproval
from shared.policy.rules import stands_in
from shared.policy.scopes import base_of
from shared.policy.subject import PolicySubject, money
from shared.policy.table import (
    ANY_APPROVER,
    APPROVING_ROLES,
    DEFAULT_POLICY,
    LADDER,
    OPERATIONS,
    RISK_MANAGER,
    Policy,
    SubjectKind,
)

#: Who is one of the two persons of what has no amount; the other holds any approving role.
TWO_PERSONS: Final = MappingProxyType(
    {
        SubjectKind.CONFIGURATION: RISK_MANAGER,
        SubjectKind.POLICY: RISK_MANAGER,
        SubjectKind.OVERRIDE: OPERATIONS,
    }
)
#: USD equivalent from which the asker never approves: the loosest of the presets.
FOUR_EYES_USD_MAX: Final = DEFAULT_POLICY.four_eyes_from


def floors(policy: Policy) -> list[str]:
    """Return the faults of a table that would undercut a floor; empty for one that may be in force."""
    return [*_of_amounts(policy), *_of_two_persons(policy)]


def two_persons_role(policy: Policy, kind: SubjectKind) -> str:
    """Return the role that one of the two persons holds, for a kind that always needs two.

    A table of before a kind existed has no row for it, and one that would undercut the floor is not followed.
    """
    role, least = policy.two_persons.get(kind, ""), TWO_PERSONS[kind]
    return role if stands_in(role, least) else least


def never_the_asker(subject: PolicySubject) -> bool:
    """Return whether no policy lets the person who asked approve."""
    return subject.kind in TWO_PERSONS or subject.amount_usd >= FOUR_EYES_USD_MAX


def beneath(subject: PolicySubject, approvals: Sequence[CountedApproval], maker: str) -> str | None:
    """Return the floor that these approvals do not reach, whatever a policy says; None where they reach all.

    Args:
        maker: who asked, as far as known.
    """
    if subject.kind is SubjectKind.CHECK:
        return None
    asker_out = never_the_asker(subject)
    counted = [each for each in approvals if base_of(each.role) in APPROVING_ROLES]
    people = [
        person
        for person in different_people(each.person for each in counted)
        if not (asker_out and same_person(person, maker))
    ]
    needed = 2 if subject.kind in TWO_PERSONS else 1
    if len(people) >= needed:
        return None
    asker = ", none of them the person who asked" if asker_out else ""
    return f"{needed} person{'s' if needed > 1 else ''} with an approving role{asker}, whatever the policy says"


def outcome_beneath(subject: PolicySubject, outcome: PolicyOutcome) -> str | None:
    """Return the floor that an outcome undercuts; None for one that keeps to all."""
    if subject.kind is SubjectKind.CHECK:
        return None
    if not outcome.required or any(each not in {ANY_APPROVER, *APPROVING_ROLES} for each in outcome.required):
        return "a person for anything financial"
    if subject.kind in TWO_PERSONS and len(outcome.required) < 2:
        return "two persons for what has no amount"
    if never_the_asker(subject) and not outcome.four_eyes:
        return "never the asker from the four-eyes amount on"
    return None


def _of_amounts(policy: Policy) -> Iterator[str]:
    if policy.four_eyes_from > FOUR_EYES_USD_MAX:
        yield (
            f"four_eyes_from is {policy.four_eyes_from:,f}: from {money(FOUR_EYES_USD_MAX, 'USD')} on the person who "
            "asked may never approve. Give that amount or a lower one."
        )
    if policy.deal_role not in LADDER:
        yield f"deal_role is {policy.deal_role!r}: name one of {', '.join(LADDER)}."


def _of_two_persons(policy: Policy) -> Iterator[str]:
    for kind, least in TWO_PERSONS.items():
        role = policy.two_persons.get(kind)
        if role is None and kind is not SubjectKind.POLICY:
            yield f"two_persons has no row for {kind}: it needs {least} and a second person. Add the row."
        elif role is not None and not stands_in(role, least):
            yield f"two_persons gives {kind} to {role}: it needs {least} and a second person."
    for kind, role in policy.two_persons.items():
        if kind is SubjectKind.CHECK:
            yield "two_persons has a row for CHECK, which nobody decides. Take it out."
        elif role not in APPROVING_ROLES:
            yield f"two_persons gives {kind} to {role!r}: name one of {', '.join(sorted(APPROVING_ROLES))}."
