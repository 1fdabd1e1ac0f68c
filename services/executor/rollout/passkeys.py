"""The passkeys that the executor keeps, after one more decision about one of them. Pure.

A key counts here only if its owner proposed it and another person with an approving role confirmed it; so does its
removal. A decision of before the one that is kept changes nothing, and a removal that overtakes its key keeps it out.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from shared.events.approvals import Approver
from shared.events.base import Event
from shared.events.decisions import DecisionName
from shared.events.passkeys import (
    PasskeyAdded,
    PasskeyProposalRejected,
    PasskeyRemovalProposed,
    PasskeyRemoved,
    PasskeyTakenIn,
)
from shared.people.identity import same_person
from shared.policy.scopes import base_of
from shared.policy.table import APPROVING_ROLES

#: The decisions about passkeys that change which keys count.
PasskeyDecision = PasskeyAdded | PasskeyRemovalProposed | PasskeyRemoved | PasskeyProposalRejected


@dataclass(frozen=True, slots=True)
class KeyTaking:
    """The result of a decision: what is recorded, or why it becomes a dead letter. Both None: it changes nothing."""

    note: PasskeyTakenIn | None = None
    refusal: str | None = None


def fold(events: Iterable[Event]) -> Mapping[str, PasskeyTakenIn]:
    """Return how each key of a person stands, by the id of its credential."""
    return {event.credential_id: event for event in events if isinstance(event, PasskeyTakenIn)}


def take(kept: Mapping[str, PasskeyTakenIn], decision: PasskeyDecision, name: DecisionName, now: datetime) -> KeyTaking:
    """Return what a decision about a passkey leads to."""
    before = kept.get(_credential(decision))
    if before is not None and name.version <= before.decision.version:
        return KeyTaking()
    if isinstance(decision, PasskeyAdded | PasskeyRemoved) and (why := _undecided(decision)) is not None:
        return KeyTaking(refusal=f"Decision {name.version} about a passkey of {decision.person} counts not: {why}.")
    match decision:
        case PasskeyAdded():
            if before is not None:
                return KeyTaking(refusal=f"Passkey {decision.passkey.credential_id[:40]} was added before.")
            fresh = PasskeyTakenIn(
                person=decision.person,
                credential_id=decision.passkey.credential_id,
                decision=name,
                passkey=decision.passkey,
                works_from=decision.works_from,
                ends_at=None,
                lost_by="",
                taken_in_at=now,
            )
            return KeyTaking(fresh)
        case PasskeyRemoved():
            ends = _earlier(before, decision.ends_at)
            return KeyTaking(_changed(before, decision, name, now, ends_at=ends, lost_by=""))
        case PasskeyRemovalProposed() if decision.lost:
            lost_at = _earlier(before, decision.proposed_by.at)
            return KeyTaking(_changed(before, decision, name, now, ends_at=lost_at, lost_by=decision.digest))
        case PasskeyProposalRejected() if before is not None and before.lost_by == decision.digest:
            return KeyTaking(_changed(before, decision, name, now, ends_at=None, lost_by=""))
        case _:
            return KeyTaking()


def _credential(decision: PasskeyDecision) -> str:
    return decision.passkey.credential_id if isinstance(decision, PasskeyAdded) else decision.credential_id


def _undecided(decision: PasskeyAdded | PasskeyRemoved) -> str | None:
    """Return why a key is not added or removed: not two persons, or none of them may."""
    if isinstance(decision, PasskeyAdded):
        if not same_person(decision.person, decision.proposed_by.person):
            return f"{decision.proposed_by.person} proposed it, not its owner"
        if same_person(decision.person, decision.confirmed_by.person):
            return "its owner confirmed it"
        if decision.works_from < decision.confirmed_by.at:
            return "it would count before it was confirmed"
    if same_person(decision.proposed_by.person, decision.confirmed_by.person):
        return "one person proposed and confirmed it"
    return None if _may(decision.confirmed_by) else f"{decision.confirmed_by.person} has no approving role"


def _may(approver: Approver) -> bool:
    return base_of(approver.role) in APPROVING_ROLES


def _earlier(before: PasskeyTakenIn | None, at: datetime) -> datetime:
    return at if before is None or before.ends_at is None else min(before.ends_at, at)


def _changed(
    before: PasskeyTakenIn | None,
    decision: PasskeyRemovalProposed | PasskeyRemoved | PasskeyProposalRejected,
    name: DecisionName,
    now: datetime,
    *,
    ends_at: datetime | None,
    lost_by: str,
) -> PasskeyTakenIn:
    """Return how a key stands after a decision; of one that never came only that it ends."""
    return PasskeyTakenIn(
        person=decision.person,
        credential_id=decision.credential_id,
        decision=name,
        passkey=None if before is None else before.passkey,
        works_from=None if before is None else before.works_from,
        ends_at=ends_at,
        lost_by=lost_by,
        taken_in_at=now,
    )
