"""What follows from a command on delegations and absences: events, or the reason why nothing does. Pure.

Who gives roles is one person, who confirms is another, neither of them the one who gets them; one of the two is a
RISK_MANAGER, as for any change of what people may do.
"""

from datetime import datetime
from typing import Final

from services.approval.delegations.commands import (
    AbsenceCommand,
    ComeBack,
    Confirm,
    DelegationCommand,
    End,
    Give,
    GoAway,
)
from services.approval.delegations.state import Absences, Delegations, Given
from services.approval.requests.decider import Fault, Refused
from services.approval.two_persons import Actor, outdated, permitted, second_person
from shared.canonical import digest
from shared.events import delegations as facts
from shared.events.approvals import Approver
from shared.events.base import Event
from shared.people.identity import fault_of_person, same_person
from shared.policy.delegation import AHEAD_MAX, LENGTH_MAX, confirming, fault_of_terms, held_by, one_with
from shared.policy.scopes import base_of
from shared.policy.table import APPROVING_ROLES, RISK_MANAGER

#: Delegations of one person that wait or hold: one for each role, and one after another.
OPEN_OF_ONE_MAX: Final = 10
#: Of all persons: every approver of a large desk is away at once.
OPEN_MAX: Final = 500
#: Longer than any delegation: a year's leave can be said in four parts.
ABSENCE_MAX: Final = 2 * LENGTH_MAX
#: Absences of one person that are not over.
AHEAD_OF_ONE_MAX: Final = 10


def decide(state: Delegations, command: DelegationCommand) -> tuple[Event, ...] | Refused:
    """Return what a command on delegations leads to."""
    match command:
        case Give():
            return _give(state, command)
        case Confirm():
            return _confirm(state, command)
        case End():
            return _end(state, command)


def decide_absence(state: Absences, command: AbsenceCommand) -> tuple[Event, ...] | Refused:
    """Return what a command on absences leads to."""
    return _go(state, command) if isinstance(command, GoAway) else _return(state, command)


def may_give(by: Actor) -> Approver | Refused:
    """Return the person who may give roles, or why not: who holds none that approves has nothing to give."""
    return permitted(confirming(), by)


def may_confirm(state: Delegations, given: Given, by: Actor) -> Approver | Refused:
    """Return the person who may confirm a delegation that waits, or why not."""
    proposal = given.proposal
    ties = state.delegated.at(by.at)
    if any(same_person(each, proposal.delegate) for each in one_with(by.person, ties)):
        reason = f"{proposal.delegate} would get these roles, and you are that person or count as one with that person."
        return Refused(Fault.FORBIDDEN, "DELEGATE_MAY_NOT_CONFIRM", reason)
    if any(same_person(each, given.delegator) for each in one_with(by.person, ties)[1:]):
        reason = f"By a delegation you count as one person with {given.delegator}, who gives these roles."
        return Refused(Fault.FORBIDDEN, "SAME_PERSON", reason)
    return second_person(confirming(), proposal, by, proposal.digest)


def may_end(given: Given, by: Actor) -> bool:
    """Return whether a person may end a delegation: one of the two, or a RISK_MANAGER."""
    mine = same_person(by.person, given.delegator) or same_person(by.person, given.proposal.delegate)
    return mine or RISK_MANAGER in {base_of(role) for role in by.roles}


def _give(state: Delegations, command: Give) -> tuple[Event, ...] | Refused:
    by, now = command.by, command.by.at
    proposed_by = may_give(by)
    if isinstance(proposed_by, Refused):
        return proposed_by
    if (fault := fault_of_person(command.delegate)) is not None:
        return _invalid(f"{command.delegate!r} {fault}. Name the person as the token does.")
    if same_person(command.delegate, by.person):
        return _invalid("You cannot stand in for yourself. Name another person.")
    if (wrong := fault_of_terms(command.roles, command.starts_at, command.ends_at)) is not None:
        return _invalid(wrong)
    if (wrong := _fault_of_times(command.starts_at, command.ends_at, now)) is not None:
        return _invalid(wrong)
    if missing := [role for role in command.roles if not held_by(by.roles, role)]:
        reason = f"You do not hold {missing[0]} yourself; what was given to you is not given on."
        return Refused(Fault.FORBIDDEN, "ROLE_NOT_HELD", reason)
    standing = [each for each in state.given.values() if not each.over(now)]
    mine = [each for each in standing if same_person(each.delegator, by.person)]
    if len(mine) >= OPEN_OF_ONE_MAX or len(standing) >= OPEN_MAX:
        reason = f"At most {OPEN_OF_ONE_MAX} delegations of a person, {OPEN_MAX} of all, wait or hold. End one first."
        return Refused(Fault.CONFLICT, "TOO_MANY_DELEGATIONS", reason)
    said = {
        "kind": "delegation",
        "delegation_id": command.delegation_id,
        "delegate": command.delegate,
        "roles": list(command.roles),
        "starts_at": command.starts_at.isoformat(),
        "ends_at": command.ends_at.isoformat(),
        "reason": command.reason,
        "proposed_by": proposed_by.model_dump(mode="json"),
    }
    return (
        facts.DelegationProposed(
            delegation_id=command.delegation_id,
            delegate=command.delegate,
            roles=command.roles,
            starts_at=command.starts_at,
            ends_at=command.ends_at,
            reason=command.reason,
            digest=digest(said),
            proposed_by=proposed_by,
            expires_at=min(now + command.lifetime, command.ends_at),
        ),
    )


def _confirm(state: Delegations, command: Confirm) -> tuple[Event, ...] | Refused:
    given = state.given.get(command.delegation_id)
    if given is None:
        return _UNKNOWN
    if given.confirmed is not None or given.ended is not None:
        return Refused(Fault.CONFLICT, "NOTHING_PROPOSED", "This delegation waits for nobody: read it again.")
    proposal, now = given.proposal, command.by.at
    if (fault := outdated(proposal, command.digest, now)) is not None:
        return fault
    confirmed_by = may_confirm(state, given, command.by)
    if isinstance(confirmed_by, Refused):
        return confirmed_by
    return (
        facts.DelegationConfirmed(
            delegation_id=proposal.delegation_id,
            delegate=proposal.delegate,
            roles=proposal.roles,
            starts_at=max(proposal.starts_at, now),
            ends_at=proposal.ends_at,
            digest=proposal.digest,
            proposed_by=proposal.proposed_by,
            confirmed_by=confirmed_by,
        ),
    )


def _end(state: Delegations, command: End) -> tuple[Event, ...] | Refused:
    given = state.given.get(command.delegation_id)
    if given is None:
        return _UNKNOWN
    if not may_end(given, command.by):
        reason = f"{given.delegator}, {given.proposal.delegate} or a RISK_MANAGER ends this delegation."
        return Refused(Fault.FORBIDDEN, "NOT_YOUR_DELEGATION", reason)
    if given.over(command.by.at):
        return ()
    return (
        facts.DelegationEnded(
            delegation_id=command.delegation_id,
            ended_by=command.by.person,
            ended_at=command.by.at,
            reason=command.reason,
        ),
    )


def _go(state: Absences, command: GoAway) -> tuple[Event, ...] | Refused:
    by = command.by
    roles = tuple(role for role in by.roles if base_of(role) in APPROVING_ROLES)
    if not roles:
        reason = "Nobody waits for a decision of yours: none of your roles approves."
        return Refused(Fault.FORBIDDEN, "NO_APPROVING_ROLE", reason)
    if command.starts_at >= command.ends_at or command.ends_at - command.starts_at > ABSENCE_MAX:
        return _invalid(f"An absence ends after it begins, and lasts at most {ABSENCE_MAX.days} days.")
    if (wrong := _fault_of_times(command.starts_at, command.ends_at, by.at)) is not None:
        return _invalid(wrong)
    mine = [each for each in state.noted.values() if by.at < each.ends_at and same_person(each.person, by.person)]
    if len(mine) >= AHEAD_OF_ONE_MAX:
        reason = f"At most {AHEAD_OF_ONE_MAX} absences of a person are noted ahead. End one first."
        return Refused(Fault.CONFLICT, "TOO_MANY_ABSENCES", reason)
    return (
        facts.AbsenceNoted(
            absence_id=command.absence_id,
            person=by.person,
            roles=roles,
            starts_at=command.starts_at,
            ends_at=command.ends_at,
            note=command.note,
            noted_at=by.at,
        ),
    )


def _return(state: Absences, command: ComeBack) -> tuple[Event, ...] | Refused:
    noted = state.noted.get(command.absence_id)
    if noted is None:
        return Refused(Fault.UNKNOWN, "ABSENCE_UNKNOWN", "No absence with this id was noted here.")
    if not same_person(noted.person, command.by.person):
        return Refused(Fault.FORBIDDEN, "NOT_YOUR_ABSENCE", f"Only {noted.person} ends this absence.")
    if command.by.at >= noted.ends_at:
        return ()
    return (facts.AbsenceEnded(absence_id=command.absence_id, ended_at=command.by.at),)


def _fault_of_times(starts_at: datetime, ends_at: datetime, now: datetime) -> str | None:
    if ends_at <= now:
        return "This would be over already. Give an end that is still to come."
    if starts_at > now + AHEAD_MAX:
        return f"This begins in more than {AHEAD_MAX.days} days. Do it later."
    return None


def _invalid(reason: str) -> Refused:
    return Refused(Fault.INVALID, "DELEGATION_INVALID", reason)


_UNKNOWN: Final = Refused(Fault.UNKNOWN, "DELEGATION_UNKNOWN", "No delegation with this id was proposed here.")
