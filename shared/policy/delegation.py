"""Roles that a person has given to another for some days, and who counts as one person because of it. Pure.

Delegation replaces a person, never four eyes. Who gives and who gets count as one person for every request that one of
the two decides while it is in force: together they fill one place, and where the asker may not approve, neither may
who is one person with the asker. What was given is not given on: a person gives roles of his own token.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from shared.events.approvals import Approver, DecisionRecorded, PolicyOutcome
from shared.events.delegations import DelegationConfirmed
from shared.people.identity import same_person
from shared.policy.people import Decision, Permission, may_decide, sufficient
from shared.policy.scopes import base_of, entities_of
from shared.policy.table import ANY_APPROVER, APPROVING_ROLES, RISK_MANAGER

#: Longer than any holiday. Who is away for longer has a successor, whom the issuer of tokens gives the role.
LENGTH_MAX: Final = timedelta(days=60)
#: Ahead of its beginning: nobody knows today who works here in a year.
AHEAD_MAX: Final = timedelta(days=180)
#: Roles in one delegation: every role that approves, and some for single entities.
ROLES_MAX: Final = 20

_NO_ROLE: Final = frozenset({"NO_APPROVING_ROLE", "ROLE_OF_ANOTHER_ENTITY", "ROLE_INSUFFICIENT"})


@dataclass(frozen=True, slots=True)
class Delegation:
    """One delegation that was confirmed; `ends_at` is earlier than it was agreed where somebody ended it."""

    delegation_id: str
    delegator: str
    delegate: str
    roles: tuple[str, ...]
    starts_at: datetime
    ends_at: datetime

    def holds(self, at: datetime) -> bool:
        """Return whether it is in force at a time."""
        return self.starts_at <= at < self.ends_at


@dataclass(frozen=True, slots=True)
class Delegated:
    """Every delegation that counts, and the version of the stream up to which it is known."""

    known: tuple[Delegation, ...] = ()
    version: int = 0

    def at(self, *times: datetime) -> tuple[Delegation, ...]:
        """Return those in force at one of these times."""
        return tuple(each for each in self.known if any(each.holds(time) for time in times))


#: Nobody has given anything to anybody.
NOBODY: Final = Delegated()


@dataclass(frozen=True, slots=True)
class Deciding:
    """Who decides and when: `roles` are of the token, `delegated` is what others may have given."""

    person: str
    roles: Iterable[str]
    at: datetime
    delegated: Delegated = NOBODY


def fault_of_terms(roles: Sequence[str], starts_at: datetime, ends_at: datetime) -> str | None:
    """Return what is wrong with roles and times of a delegation, whoever gives it; None for nothing."""
    if not roles or len(set(roles)) != len(roles) or len(roles) > ROLES_MAX:
        return f"Name one to {ROLES_MAX} roles, each once."
    if strange := [role for role in roles if base_of(role) not in APPROVING_ROLES]:
        return f"{strange[0]} approves nothing: {', '.join(sorted(APPROVING_ROLES))} are."
    if starts_at >= ends_at:
        return "A delegation ends after it begins."
    if ends_at - starts_at > LENGTH_MAX:
        return f"A delegation is for at most {LENGTH_MAX.days} days. Give it again when it is over."
    return None


def confirming() -> PolicyOutcome:
    """Return who has to agree to a delegation: who gives and one person more, a RISK_MANAGER among the two."""
    return PolicyOutcome(
        tier=RISK_MANAGER,
        required=(RISK_MANAGER, ANY_APPROVER),
        rules=(f"A delegation needs the person who gives and a second person, one of them {RISK_MANAGER}.",),
        version="",
        four_eyes=False,
    )


def not_followed(event: DelegationConfirmed) -> str | None:
    """Return why a delegation does not count, whoever published it; None for one that does.

    For whoever did not take the decision itself: the executor, and the verification.
    """
    people = (event.proposed_by, event.confirmed_by)
    if (wrong := fault_of_terms(event.roles, event.starts_at, event.ends_at)) is not None:
        return wrong
    if same_person(event.delegate, event.proposed_by.person):
        return f"{event.delegate} would stand in for himself."
    if same_person(event.delegate, event.confirmed_by.person):
        return f"{event.delegate}, who gets the roles, has confirmed it."
    if not sufficient(confirming(), people):
        said = " and ".join(f"{each.person} ({each.role})" for each in people)
        return f"{said} are not enough: {confirming().rules[0]}"
    if event.starts_at < event.confirmed_by.at:
        return "It would begin before it was confirmed."
    return None


def held_by(roles: Iterable[str], given: str) -> bool:
    """Return whether who holds these roles holds the given one: itself, for all entities, or for those it names."""
    held, base = tuple(roles), base_of(given)
    if given in held or base in held:
        return True
    entities = frozenset[str]().union(*(entities_of(role) for role in held if base_of(role) == base))
    return bool(entities_of(given)) and entities_of(given) <= entities


def one_with(person: str, delegations: Iterable[Delegation]) -> list[str]:
    """Return all who count as one person with somebody because of these delegations, that person first."""
    ties, found = tuple(delegations), [person]
    for name in found:
        for tie in ties:
            for one, other in ((tie.delegator, tie.delegate), (tie.delegate, tie.delegator)):
                if same_person(one, name) and not any(same_person(other, known) for known in found):
                    found.append(other)
    return found


def counting(
    approvals: Sequence[Approver | DecisionRecorded],
    maker: str,
    delegated: Delegated,
    *,
    four_eyes: bool,
    at: Sequence[datetime] = (),
) -> list[Approver | DecisionRecorded]:
    """Return the approvals that are left where delegator and delegate count once, the first of them.

    Args:
        four_eyes: who asked does not approve, and neither does who is one person with the asker.
        at: further times at which a delegation makes one person of two, beside those of the approvals.
    """
    ties = delegated.at(*at, *(time_of(each) for each in approvals))
    if not ties:
        return list(approvals)
    taken = one_with(maker, ties) if four_eyes and maker else []
    kept: list[Approver | DecisionRecorded] = []
    for each in approvals:
        if not _among(each.person, taken):
            kept.append(each)
            taken += one_with(each.person, ties)
    return kept


def may_decide_with(
    outcome: PolicyOutcome,
    maker: str,
    who: Deciding,
    approvals: Sequence[Approver | DecisionRecorded],
    *,
    decision: Decision = "APPROVE",
) -> Permission:
    """Return whether a person may take this decision now, with a role of his own or else in the place of another.

    Its codes are those of `may_decide`, and DELEGATE_OF_THE_MAKER.
    """
    given = tuple(who.roles)
    if decision == "APPROVE" and (refused := _one_person(outcome, maker, who, approvals)) is not None:
        return refused
    counted = counting(approvals, maker, who.delegated, four_eyes=outcome.four_eyes, at=(who.at,))
    own = may_decide(outcome, maker, who.person, given, counted, decision=decision)
    if own.allowed or own.code not in _NO_ROLE:
        return own
    for each in who.delegated.at(who.at):
        if same_person(each.delegate, who.person):
            theirs = may_decide(outcome, maker, who.person, each.roles, counted, decision=decision)
            if theirs.allowed:
                reason = f"{theirs.reason} You stand in for {each.delegator}."
                return replace(theirs, reason=reason, on_behalf_of=each.delegator)
    return own


def unfounded(approvals: Iterable[Approver], delegated: Delegated) -> Approver | None:
    """Return the first who used a role of somebody who had not given it at that time; None where all are in order."""
    for each in approvals:
        if each.on_behalf_of and not any(_gave(tie, each) for tie in delegated.at(each.at)):
            return each
    return None


def time_of(approval: Approver | DecisionRecorded) -> datetime:
    """Return when somebody approved."""
    return approval.at if isinstance(approval, Approver) else approval.decided_at


def _gave(tie: Delegation, approver: Approver) -> bool:
    return (
        same_person(tie.delegator, approver.on_behalf_of)
        and same_person(tie.delegate, approver.person)
        and held_by(tie.roles, approver.role)
    )


def _one_person(
    outcome: PolicyOutcome, maker: str, who: Deciding, approvals: Sequence[Approver | DecisionRecorded]
) -> Permission | None:
    """Return why somebody may not approve who counts as one person with the asker, or with one who approved."""
    ties = who.delegated.at(who.at, *(time_of(each) for each in approvals))
    others = one_with(who.person, ties)[1:]
    if outcome.four_eyes and maker and not same_person(who.person, maker) and _among(maker, others):
        reason = (
            f"{maker} asked for this, and by a delegation the two of you count as one person, so another person must "
            "approve it."
        )
        return Permission(False, "", "DELEGATE_OF_THE_MAKER", reason)
    for each in approvals:
        if not same_person(who.person, each.person) and _among(each.person, others):
            reason = f"{each.person} has approved this, and by a delegation the two of you count as one person."
            return Permission(False, "", "SAME_PERSON", reason)
    return None


def _among(person: str, others: Iterable[str]) -> bool:
    return any(same_person(person, other) for other in others)
