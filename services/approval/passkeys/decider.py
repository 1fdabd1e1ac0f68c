"""What follows from a command on a person's passkeys: events, or the reason why nothing does. Pure.

Whoever could add a key alone could sign in that person's name: so its owner proposes it, another person confirms it,
and it counts only after a delay in which the owner hears of it.
"""

from typing import Final

from services.approval.passkeys.commands import (
    ConfirmProposal,
    PasskeyCommand,
    ProposeKey,
    ProposeRemoval,
    RejectProposal,
)
from services.approval.requests.decider import Fault, Refused
from services.approval.two_persons import Actor, outdated, permitted
from shared.canonical import digest
from shared.events import passkeys as facts
from shared.events.approvals import Approver, PolicyOutcome
from shared.events.base import Event
from shared.passkeys.keys import Keys, Proposal
from shared.people.identity import same_person
from shared.policy.table import ANY_APPROVER

#: Keys of one person that count or wait: a laptop, a telephone, two security keys, and one more.
KEYS_MAX: Final = 5

#: Who has a key, confirms one, or proposes that one counts no more.
_APPROVERS: Final = PolicyOutcome(
    tier=ANY_APPROVER,
    required=(ANY_APPROVER,),
    rules=("Passkeys are for people with an approving role.",),
    version="",
    four_eyes=False,
)


def decide(state: Keys, command: PasskeyCommand) -> tuple[Event, ...] | Refused:
    """Return what a command leads to."""
    match command:
        case ProposeKey():
            return _propose(state, command)
        case ProposeRemoval():
            return _propose_removal(state, command)
        case ConfirmProposal():
            return _confirm(state, command)
        case RejectProposal():
            return _reject(state, command)


def may_have(by: Actor) -> Refused | None:
    """Return why a person may have no passkey; None for one who may."""
    found = permitted(_APPROVERS, by)
    return found if isinstance(found, Refused) else None


def may_confirm(proposal: Proposal, by: Actor) -> Approver | Refused:
    """Return the person as the second one of a proposal, or why they are not."""
    if same_person(by.person, proposal.proposed_by.person):
        return Refused(Fault.FORBIDDEN, "SAME_PERSON", "You proposed this, so another person has to confirm it.")
    return permitted(_APPROVERS, by)


def may_reject(proposal: Proposal, by: Actor) -> bool:
    """Return whether a person may say no: its owner, who proposed it, and everybody with an approving role."""
    own = same_person(by.person, proposal.proposed_by.person) or same_person(by.person, proposal.person)
    return own or may_have(by) is None


def _propose(state: Keys, command: ProposeKey) -> tuple[Event, ...] | Refused:
    by, passkey = command.by, command.passkey
    proposed_by = permitted(_APPROVERS, by)
    if isinstance(proposed_by, Refused):
        return proposed_by
    waiting = [each for each in state.waiting.values() if isinstance(each, facts.PasskeyProposed)]
    open_now = [each.passkey.credential_id for each in waiting if by.at < each.expires_at]
    if passkey.credential_id in {*state.keys, *open_now}:
        return Refused(Fault.CONFLICT, "PASSKEY_KNOWN", "This passkey is registered already. Make another one.")
    kept = [key for key in state.keys.values() if key.ends_at is None or by.at < key.ends_at]
    if len(kept) + len(open_now) >= KEYS_MAX:
        reason = f"A person has {KEYS_MAX} passkeys at most. Have one of yours removed first."
        return Refused(Fault.CONFLICT, "PASSKEYS_TOO_MANY", reason)
    said = {"kind": "passkey", "passkey": passkey.model_dump(mode="json"), **_who(by.person, proposed_by)}
    return (
        facts.PasskeyProposed(
            person=by.person,
            passkey=passkey,
            digest=digest(said),
            proposed_by=proposed_by,
            expires_at=by.at + command.lifetime,
        ),
    )


def _propose_removal(state: Keys, command: ProposeRemoval) -> tuple[Event, ...] | Refused:
    by, key = command.by, state.keys.get(command.credential_id)
    if key is None:
        return Refused(Fault.UNKNOWN, "PASSKEY_UNKNOWN", f"{command.person} has no such passkey.")
    if key.removed is not None:
        return Refused(Fault.CONFLICT, "PASSKEY_REMOVED", "This passkey was removed already.")
    own = same_person(by.person, key.added.person)
    if command.lost and not own:
        reason = "Only its owner reports a passkey lost; you may propose its removal."
        return Refused(Fault.FORBIDDEN, "NOT_THE_OWNER", reason)
    proposed_by = permitted(_APPROVERS, by)
    if isinstance(proposed_by, Refused):
        return proposed_by
    for each in state.waiting.values():
        waits = isinstance(each, facts.PasskeyRemovalProposed) and each.credential_id == command.credential_id
        # That it is lost may be said while a removal waits: it is the one that stops the key at once.
        if waits and by.at < each.expires_at and not (command.lost and key.lost_at is None):
            return Refused(Fault.CONFLICT, "REMOVAL_WAITS", "Its removal was proposed already. Have it confirmed.")
    said = {
        "kind": "removal",
        "credential_id": command.credential_id,
        "lost": command.lost,
        "reason": command.reason,
        **_who(key.added.person, proposed_by),
    }
    return (
        facts.PasskeyRemovalProposed(
            person=key.added.person,
            credential_id=command.credential_id,
            lost=command.lost,
            reason=command.reason,
            digest=digest(said),
            proposed_by=proposed_by,
            expires_at=by.at + command.lifetime,
        ),
    )


def _confirm(state: Keys, command: ConfirmProposal) -> tuple[Event, ...] | Refused:
    proposal = state.waiting.get(command.digest)
    if proposal is None:
        return _NOTHING
    if (fault := outdated(proposal, command.digest, command.by.at)) is not None:
        return fault
    confirmed_by = may_confirm(proposal, command.by)
    if isinstance(confirmed_by, Refused):
        return confirmed_by
    from_then = command.by.at + command.delay
    if isinstance(proposal, facts.PasskeyProposed):
        return (
            facts.PasskeyAdded(
                person=proposal.person,
                passkey=proposal.passkey,
                digest=proposal.digest,
                proposed_by=proposal.proposed_by,
                confirmed_by=confirmed_by,
                works_from=from_then,
            ),
        )
    return (
        facts.PasskeyRemoved(
            person=proposal.person,
            credential_id=proposal.credential_id,
            lost=proposal.lost,
            digest=proposal.digest,
            proposed_by=proposal.proposed_by,
            confirmed_by=confirmed_by,
            ends_at=from_then,
        ),
    )


def _reject(state: Keys, command: RejectProposal) -> tuple[Event, ...] | Refused:
    proposal, by = state.waiting.get(command.digest), command.by
    if proposal is None:
        return _NOTHING
    if not may_reject(proposal, by):
        return may_have(by) or _NOTHING
    permission = permitted(_APPROVERS, by)
    role = proposal.proposed_by.role if isinstance(permission, Refused) else permission.role
    return (
        facts.PasskeyProposalRejected(
            person=proposal.person,
            credential_id=credential_of(proposal),
            digest=proposal.digest,
            rejected_by=Approver(person=by.person, role=role, at=by.at),
            reason=command.reason,
        ),
    )


def credential_of(proposal: Proposal) -> str:
    """Return the key that a proposal is about."""
    return proposal.passkey.credential_id if isinstance(proposal, facts.PasskeyProposed) else proposal.credential_id


def _who(person: str, proposed_by: Approver) -> dict[str, object]:
    return {"person": person, "proposed_by": proposed_by.model_dump(mode="json")}


_NOTHING: Final = Refused(
    Fault.CONFLICT, "NOTHING_PROPOSED", "Nothing with this digest waits about a passkey of that person. Read it again."
)
