"""Who may decide, and whether those who approved are enough. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from shared.events.approvals import PolicyOutcome
from shared.people.identity import different_people, same_person
from shared.policy.rules import UNVERIFIED_MAKER, rank, stands_in
from shared.policy.scopes import base_of, counts_for, held_anywhere, held_for
from shared.policy.table import ANY_APPROVER, LADDER, OPERATIONS

__all__ = ["CountedApproval", "Decision", "Permission", "may_decide", "places", "stands_in", "sufficient"]

Decision = Literal["APPROVE", "REJECT"]


class CountedApproval(Protocol):
    """A person who approved, with the role that counted. Both `Approver` and `DecisionRecorded` are one."""

    @property
    def person(self) -> str:
        """The name of the person who approved."""

    @property
    def role(self) -> str:
        """The role that counted."""


@dataclass(frozen=True, slots=True)
class Permission:
    """Whether a person may decide. `role` is the one that would count, empty when none does.

    `on_behalf_of` has given that role for some days; empty for a role of one's own. `code` is ALLOWED,
    NO_APPROVING_ROLE, ROLE_OF_ANOTHER_ENTITY, MAKER_IS_CHECKER, SAME_PERSON, ROLE_INSUFFICIENT or, by a delegation,
    DELEGATE_OF_THE_MAKER. `reason` is a sentence for that person.
    """

    allowed: bool
    role: str
    code: str
    reason: str
    on_behalf_of: str = ""


def may_decide(
    outcome: PolicyOutcome,
    maker: str,
    person: str,
    roles: Iterable[str],
    approvals: Sequence[CountedApproval],
    *,
    decision: Decision = "APPROVE",
) -> Permission:
    """Return whether a person may take this decision now.

    Any approving role may reject, the asker's too. To approve, a person must add what is still missing: a
    person counts once, and at four eyes the asker never does.

    Args:
        maker: who asked, as far as known; a name that is only claimed counts as that person.
        roles: of the person, from a verified token.
        approvals: those given so far for this plan.
    """
    given = tuple(roles)
    anywhere = [role for base in (*LADDER, OPERATIONS) if (role := held_anywhere(given, base))]
    if not anywhere:
        return _no("NO_APPROVING_ROLE", "You may read this, but none of your roles approves or rejects.")
    if decision == "REJECT":
        return Permission(True, anywhere[0], "ALLOWED", "You may reject this.")
    held = [role for base in (*LADDER, OPERATIONS) if (role := held_for(given, base, outcome.entities))]
    if not held:
        of = ", ".join(outcome.entities) or "no entity"
        return _no("ROLE_OF_ANOTHER_ENTITY", f"You hold {', '.join(anywhere)}; this is of {of}.")
    if outcome.four_eyes and same_person(person, maker):
        return _no("MAKER_IS_CHECKER", f"You asked for this, so another person must approve it. {_why(outcome)}")
    if any(same_person(person, approval.person) for approval in approvals):
        return _no("SAME_PERSON", "You have already approved this; one person counts once.")
    return _useful(outcome, held, _counting(outcome, approvals, maker))


def sufficient(outcome: PolicyOutcome, approvals: Sequence[CountedApproval], maker: str = "") -> bool:
    """Return whether these approvals are all that the policy asks for.

    Each person counts once, with the first approval of that name; at four eyes the maker's does not count.
    """
    return not _open(outcome, _counting(outcome, approvals, maker))


def places(
    outcome: PolicyOutcome, approvals: Sequence[CountedApproval], maker: str = ""
) -> list[tuple[str, CountedApproval | None]]:
    """Return each place that the policy names, in its order, with the approval that fills it; see `sufficient`."""
    return _filled(outcome, _counting(outcome, approvals, maker))


def _no(code: str, reason: str) -> Permission:
    return Permission(False, "", code, reason)


def _why(outcome: PolicyOutcome) -> str:
    """Return the rule about the asker: the last one, but for what an unverified asker adds to it."""
    rules = [rule for rule in outcome.rules if rule != UNVERIFIED_MAKER]
    return rules[-1] if rules else ""


def _useful(outcome: PolicyOutcome, held: Sequence[str], counted: Sequence[CountedApproval]) -> Permission:
    missing = _open(outcome, counted)
    for needed in missing:
        fitting = [role for role in held if stands_in(base_of(role), needed)]
        # The lowest; but a role under which the person decides alone rather than one that needs another person.
        role = min(fitting, key=lambda each: base_of(each) in outcome.jointly, default=None)
        if role is not None:
            return Permission(True, role, "ALLOWED", f"You may approve this as {role}.")
    wanted = missing[0] if missing else "nobody else"
    reason = f"This needs {wanted}; you hold {', '.join(held)}. {outcome.rules[0] if outcome.rules else ''}"
    return _no("ROLE_INSUFFICIENT", reason.strip())


def _counting(outcome: PolicyOutcome, approvals: Sequence[CountedApproval], maker: str) -> list[CountedApproval]:
    """Return the approvals that count, one for each person: the first."""
    first = {approval.person: approval for approval in reversed(approvals)}
    people = different_people(approval.person for approval in approvals)
    return [
        first[person]
        for person in people
        if not (outcome.four_eyes and same_person(person, maker)) and counts_for(first[person].role, outcome.entities)
    ]


def _filled(outcome: PolicyOutcome, counted: Sequence[CountedApproval]) -> list[tuple[str, CountedApproval | None]]:
    """Return each place, in the order of the outcome, with the approval that fills it.

    Each place, from the hardest, takes the lowest role that fits, so that no other choice fills more places. Where one
    person would be enough and that person does not decide alone, there is a place more.
    """
    required = (*outcome.required, *_further(outcome, counted))
    left = sorted(counted, key=lambda approval: rank(base_of(approval.role)))
    filled: dict[int, CountedApproval] = {}
    for place in sorted(range(len(required)), key=lambda each: rank(required[each]), reverse=True):
        fitting = next((approval for approval in left if stands_in(base_of(approval.role), required[place])), None)
        if fitting is not None:
            left.remove(fitting)
            filled[place] = fitting
    return [(needed, filled.get(place)) for place, needed in enumerate(required)]


def _further(outcome: PolicyOutcome, counted: Sequence[CountedApproval]) -> tuple[str, ...]:
    """Return the place that is added where the only one is filled by people who decide about this jointly."""
    if len(outcome.required) != 1:
        return ()
    enough = [each for each in counted if stands_in(base_of(each.role), outcome.required[0])]
    return (ANY_APPROVER,) if enough and all(_jointly(outcome, each) for each in enough) else ()


def _jointly(outcome: PolicyOutcome, approval: CountedApproval) -> bool:
    # Who stands in for a person may do no more alone than that person.
    people = [name for name in (approval.person, getattr(approval, "on_behalf_of", "")) if name]
    return any(
        who == base_of(approval.role) or any(same_person(who, name) for name in people) for who in outcome.jointly
    )


def _open(outcome: PolicyOutcome, counted: Sequence[CountedApproval]) -> list[str]:
    """Return what is still missing, hardest first."""
    return sorted((needed for needed, by in _filled(outcome, counted) if by is None), key=rank, reverse=True)
