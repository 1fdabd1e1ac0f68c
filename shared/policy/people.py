"""Who may decide, and whether those who approved are enough. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from shared.events.approvals import PolicyOutcome
from shared.people.identity import different_people, same_person
from shared.policy.evaluation import UNVERIFIED_MAKER
from shared.policy.table import ANY_APPROVER, APPROVING_ROLES, LADDER, OPERATIONS

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

    `code` is ALLOWED, NO_APPROVING_ROLE, MAKER_IS_CHECKER, SAME_PERSON or ROLE_INSUFFICIENT.
    `reason` is a sentence for that person.
    """

    allowed: bool
    role: str
    code: str
    reason: str


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
    held = [role for role in (*LADDER, OPERATIONS) if role in set(roles)]
    if not held:
        return _no("NO_APPROVING_ROLE", "You may read this, but none of your roles approves or rejects.")
    if decision == "REJECT":
        return Permission(True, held[0], "ALLOWED", "You may reject this.")
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


def stands_in(role: str, needed: str) -> bool:
    """Return whether a role is enough where another is needed."""
    if needed == ANY_APPROVER:
        return role in APPROVING_ROLES
    if role in LADDER and needed in LADDER:
        return LADDER.index(role) >= LADDER.index(needed)
    return role == needed and role in APPROVING_ROLES


def _no(code: str, reason: str) -> Permission:
    return Permission(False, "", code, reason)


def _why(outcome: PolicyOutcome) -> str:
    """Return the rule about the asker: the last one, but for what an unverified asker adds to it."""
    rules = [rule for rule in outcome.rules if rule != UNVERIFIED_MAKER]
    return rules[-1] if rules else ""


def _useful(outcome: PolicyOutcome, held: Sequence[str], counted: Sequence[CountedApproval]) -> Permission:
    missing = _open(outcome, counted)
    for needed in missing:
        role = next((role for role in held if stands_in(role, needed)), None)
        if role is not None:
            return Permission(True, role, "ALLOWED", f"You may approve this as {role}.")
    wanted = missing[0] if missing else "nobody else"
    reason = f"This needs {wanted}; you hold {', '.join(held)}. {outcome.rules[0] if outcome.rules else ''}"
    return _no("ROLE_INSUFFICIENT", reason.strip())


def _counting(outcome: PolicyOutcome, approvals: Sequence[CountedApproval], maker: str) -> list[CountedApproval]:
    """Return the approvals that count, one for each person: the first."""
    first = {approval.person: approval for approval in reversed(approvals)}
    people = different_people(approval.person for approval in approvals)
    return [first[person] for person in people if not (outcome.four_eyes and same_person(person, maker))]


def _filled(outcome: PolicyOutcome, counted: Sequence[CountedApproval]) -> list[tuple[str, CountedApproval | None]]:
    """Return each place, in the order of the outcome, with the approval that fills it.

    Each place, from the hardest, takes the lowest role that fits, so that no other choice fills more places.
    """
    left = sorted(counted, key=lambda approval: _rank(approval.role))
    filled: dict[int, CountedApproval] = {}
    for place in sorted(range(len(outcome.required)), key=lambda each: _rank(outcome.required[each]), reverse=True):
        fitting = next((approval for approval in left if stands_in(approval.role, outcome.required[place])), None)
        if fitting is not None:
            left.remove(fitting)
            filled[place] = fitting
    return [(needed, filled.get(place)) for place, needed in enumerate(outcome.required)]


def _open(outcome: PolicyOutcome, counted: Sequence[CountedApproval]) -> list[str]:
    """Return what is still missing, hardest first."""
    return sorted((needed for needed, by in _filled(outcome, counted) if by is None), key=_rank, reverse=True)


def _rank(role: str) -> int:
    """Return the difficulty of a place: ANY_APPROVER is the easiest, then the ladder, then OPERATIONS beside it."""
    return LADDER.index(role) + 1 if role in LADDER else (0 if role == ANY_APPROVER else len(LADDER) + 1)
