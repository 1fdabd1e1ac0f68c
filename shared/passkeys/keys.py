"""The passkeys of one person, as the events of their stream tell them: proposed, counting, taken away. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from types import MappingProxyType
from typing import Final

from shared.events.assertions import Passkey
from shared.events.base import Event
from shared.events.passkeys import (
    PasskeyAdded,
    PasskeyProposalRejected,
    PasskeyProposed,
    PasskeyRemovalProposed,
    PasskeyRemoved,
    PasskeyUsed,
)
from shared.people.identity import person_key

#: Seconds before a confirmed key counts, and before a removed one counts no more, where nothing else is set: a day,
#: in which its owner reads that it happened and can say no.
DELAY_SECONDS: Final = 24 * 60 * 60

Proposal = PasskeyProposed | PasskeyRemovalProposed


@dataclass(frozen=True, slots=True)
class Key:
    """One key. `added` and `removed` are what made it count and what ends that; `lost_at`: its owner misses it since,
    as the report with the digest `lost_by` says."""

    passkey: Passkey
    added: PasskeyAdded
    removed: PasskeyRemoved | None = None
    lost_at: datetime | None = None
    lost_by: str = ""
    sign_count: int = 0

    def counts(self, at: datetime) -> bool:
        """Return whether what it signs at a time counts."""
        return counts(at, self.added.works_from, self.ends_at)

    @property
    def ends_at(self) -> datetime | None:
        """The time from which on it counts no more; None while none is known."""
        removed = None if self.removed is None else self.removed.ends_at
        return min((each for each in (self.lost_at, removed) if each is not None), default=None)


@dataclass(frozen=True, slots=True)
class Keys:
    """All passkeys of a person. `waiting` by digest; `nonces` are those that were used."""

    keys: Mapping[str, Key] = field(default_factory=lambda: MappingProxyType({}))
    waiting: Mapping[str, Proposal] = field(default_factory=lambda: MappingProxyType({}))
    nonces: frozenset[str] = frozenset()
    version: int = 0

    def counting(self, at: datetime) -> tuple[Key, ...]:
        """Return the keys that count at a time."""
        return tuple(key for key in self.keys.values() if key.counts(at))


def counts(at: datetime, works_from: datetime | None, ends_at: datetime | None) -> bool:
    """Return whether a key counts at a time: from its first moment on, until its last one."""
    return works_from is not None and works_from <= at and (ends_at is None or at < ends_at)


def owner_key(person: str) -> str:
    """Return what names the streams of a person's passkeys: no name of a person goes into the name of a stream."""
    return sha256(person_key(person).encode()).hexdigest()[:32]


def evolve(state: Keys, event: Event) -> Keys:
    """Return the state after one more event; refuses nothing."""
    state = replace(state, version=state.version + 1)
    match event:
        case PasskeyProposed() | PasskeyRemovalProposed():
            return _proposed(state, event)
        case PasskeyAdded():
            key = Key(event.passkey, event, sign_count=event.passkey.sign_count)
            return _with(_without(state, event.digest), key)
        case PasskeyRemoved() if event.credential_id in state.keys:
            return _with(_without(state, event.digest), replace(state.keys[event.credential_id], removed=event))
        case PasskeyProposalRejected():
            return _rejected(state, event)
        case PasskeyUsed() if event.credential_id in state.keys:
            used = replace(state.keys[event.credential_id], sign_count=event.sign_count)
            return replace(_with(state, used), nonces=state.nonces | {event.nonce})
        case _:
            return state


def keys_of(events: Iterable[Event]) -> Keys:
    """Return the state after all events of a stream."""
    state = Keys()
    for event in events:
        state = evolve(state, event)
    return state


def _proposed(state: Keys, event: Proposal) -> Keys:
    state = replace(state, waiting=MappingProxyType({**state.waiting, event.digest: event}))
    if isinstance(event, PasskeyRemovalProposed) and event.lost and event.credential_id in state.keys:
        key = state.keys[event.credential_id]
        return _with(state, replace(key, lost_at=key.lost_at or event.proposed_by.at, lost_by=event.digest))
    return state


def _rejected(state: Keys, event: PasskeyProposalRejected) -> Keys:
    state, key = _without(state, event.digest), state.keys.get(event.credential_id)
    # Only the latest report is taken back: what was said of the key before it changes nothing about it.
    found = key is not None and key.lost_at is not None and key.lost_by == event.digest
    return _with(state, replace(key, lost_at=None, lost_by="")) if key is not None and found else state


def _with(state: Keys, key: Key) -> Keys:
    return replace(state, keys=MappingProxyType({**state.keys, key.passkey.credential_id: key}))


def _without(state: Keys, digest: str) -> Keys:
    waiting = {name: each for name, each in state.waiting.items() if name != digest}
    return replace(state, waiting=MappingProxyType(waiting))
