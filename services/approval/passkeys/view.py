"""Passkeys as `GET /passkeys` shows them: mine, those of others, and what waits for a second person. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from services.approval.passkeys.decider import credential_of, may_confirm, may_have, may_reject
from services.approval.requests.decider import Refused
from services.approval.two_persons import Actor
from shared.events.approvals import Approver
from shared.events.passkeys import PasskeyProposed
from shared.passkeys.keys import Key, Keys, Proposal
from shared.people.identity import same_person
from shared.security.tokens import Person


def passkeys_document(everybody: Sequence[Keys], viewer: Person, now: datetime, delay: timedelta) -> dict[str, Any]:
    """Return the passkeys that there are, and what waits. Who approves nothing sees no one else's."""
    by = Actor(viewer.name, viewer.roles, now)
    refused = may_have(by)
    shown = [(key, same_person(key.added.person, viewer.name)) for keys in everybody for key in keys.keys.values()]
    waiting = [
        _waiting(keys, each, by) for keys in everybody for each in keys.waiting.values() if now < each.expires_at
    ]
    return {
        "person": viewer.name,
        "delay_seconds": int(delay.total_seconds()),
        "mine": [_key(key, now) for key, mine in shown if mine],
        "others": [] if refused else [_key(key, now) for key, mine in shown if not mine],
        "waiting": [each for each in waiting if refused is None or each["mine"]],
        "may": {"register": {"allowed": refused is None, "why": "" if refused is None else refused.reason}},
    }


def state_of(key: Key, now: datetime) -> str:
    """Return how a key stands: WAITS until it counts, COUNTS, LOST, or REMOVED."""
    if key.removed is not None and now >= key.removed.ends_at:
        return "REMOVED"
    if key.lost_at is not None:
        return "LOST"
    return "COUNTS" if key.counts(now) else "WAITS"


def _key(key: Key, now: datetime) -> dict[str, Any]:
    removed = key.removed
    return {
        "person": key.added.person,
        "credential_id": key.passkey.credential_id,
        "name": key.passkey.name,
        "state": state_of(key, now),
        "works_from": key.added.works_from.isoformat(),
        "ends_at": None if key.ends_at is None else key.ends_at.isoformat(),
        "added_at": key.added.proposed_by.at.isoformat(),
        "confirmed_by": _who(key.added.confirmed_by),
        "removed_by": None if removed is None else [_who(removed.proposed_by), _who(removed.confirmed_by)],
    }


def _waiting(keys: Keys, proposal: Proposal, by: Actor) -> dict[str, Any]:
    adds = isinstance(proposal, PasskeyProposed)
    known = keys.keys.get(credential_of(proposal))
    second = may_confirm(proposal, by)
    name = proposal.passkey.name if isinstance(proposal, PasskeyProposed) else ""
    return {
        "kind": "ADD" if adds else "REMOVE",
        "person": proposal.person,
        "mine": same_person(proposal.person, by.person),
        "credential_id": credential_of(proposal),
        "name": name if known is None else known.passkey.name,
        "lost": False if isinstance(proposal, PasskeyProposed) else proposal.lost,
        "reason": "" if isinstance(proposal, PasskeyProposed) else proposal.reason,
        "digest": proposal.digest,
        "proposed_by": _who(proposal.proposed_by),
        "expires_at": proposal.expires_at.isoformat(),
        "may_confirm": isinstance(second, Approver),
        "why": second.reason if isinstance(second, Refused) else "",
        "may_reject": may_reject(proposal, by),
    }


def _who(person: Approver) -> dict[str, str]:
    return {"person": person.person, "role": person.role, "at": person.at.isoformat()}
