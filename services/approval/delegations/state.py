"""Delegations and absences, as the events of their two streams tell them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from shared.events import delegations as facts
from shared.events.base import Event
from shared.people.identity import same_person
from shared.policy.delegation import Delegated, Delegation


@dataclass(frozen=True, slots=True)
class Given:
    """One delegation: proposed, perhaps confirmed, perhaps ended before its time."""

    proposal: facts.DelegationProposed
    confirmed: facts.DelegationConfirmed | None = None
    ended: facts.DelegationEnded | None = None

    @property
    def delegator(self) -> str:
        """Who gives."""
        return self.proposal.proposed_by.person

    @property
    def starts_at(self) -> datetime:
        """When it begins, or would begin."""
        return self.proposal.starts_at if self.confirmed is None else self.confirmed.starts_at

    @property
    def ends_at(self) -> datetime:
        """When it ends."""
        return self.proposal.ends_at if self.ended is None else min(self.proposal.ends_at, self.ended.ended_at)

    def over(self, at: datetime) -> bool:
        """Return whether nothing can become of it any more."""
        if self.ended is not None or at >= self.proposal.ends_at:
            return True
        return self.confirmed is None and at >= self.proposal.expires_at


@dataclass(frozen=True, slots=True)
class Delegations:
    """State of the stream `delegations`. `version`: of the stream; `told`: of the last event that others follow."""

    given: Mapping[str, Given] = field(default_factory=dict)
    version: int = 0
    told: int = 0

    @property
    def delegated(self) -> Delegated:
        """What counts when somebody decides."""
        known = tuple(
            Delegation(name, each.delegator, each.proposal.delegate, each.proposal.roles, each.starts_at, each.ends_at)
            for name, each in self.given.items()
            if each.confirmed is not None
        )
        return Delegated(known, self.told)


@dataclass(frozen=True, slots=True)
class Absences:
    """State of the stream `absences`: what each person said, the latest last."""

    noted: Mapping[str, facts.AbsenceNoted] = field(default_factory=dict)
    version: int = 0

    def at(self, at: datetime) -> tuple[facts.AbsenceNoted, ...]:
        """Return who is away at a time."""
        return tuple(each for each in self.noted.values() if each.starts_at <= at < each.ends_at)

    def of(self, person: str, at: datetime) -> facts.AbsenceNoted | None:
        """Return what a person who is away has said; None for one who is here."""
        return next((each for each in self.at(at) if same_person(each.person, person)), None)


NO_DELEGATIONS: Final = Delegations()
NO_ABSENCES: Final = Absences()


def evolve(state: Delegations, event: Event) -> Delegations:
    """Return the state after one more event; refuses nothing."""
    version = state.version + 1
    match event:
        case facts.DelegationProposed():
            return replace(state, version=version, given={**state.given, event.delegation_id: Given(event)})
        case facts.DelegationConfirmed() | facts.DelegationEnded() if event.delegation_id in state.given:
            before = state.given[event.delegation_id]
            if isinstance(event, facts.DelegationConfirmed):
                after, told = replace(before, confirmed=event), version
            else:
                after, told = replace(before, ended=event), state.told if before.confirmed is None else version
            return Delegations({**state.given, event.delegation_id: after}, version, told)
        case _:
            return replace(state, version=version)


def delegations_of(events: Iterable[Event]) -> Delegations:
    """Return the state after these events."""
    given, version, told = dict(NO_DELEGATIONS.given), 0, 0
    for event in events:
        # One dictionary for all: a copy for each event would make a long history slow.
        name = getattr(event, "delegation_id", "")
        one = evolve(Delegations({name: given[name]} if name in given else {}, version, told), event)
        given.update(one.given)
        version, told = one.version, one.told
    return Delegations(given, version, told)


def evolve_absences(state: Absences, event: Event) -> Absences:
    """Return the state after one more event; refuses nothing."""
    version = state.version + 1
    match event:
        case facts.AbsenceNoted():
            return Absences({**state.noted, event.absence_id: event}, version)
        case facts.AbsenceEnded() if event.absence_id in state.noted:
            before = state.noted[event.absence_id]
            after = before.model_copy(update={"ends_at": min(before.ends_at, event.ended_at)})
            return Absences({**state.noted, event.absence_id: after}, version)
        case _:
            return replace(state, version=version)


def absences_of(events: Iterable[Event]) -> Absences:
    """Return the state after these events."""
    state = NO_ABSENCES
    for event in events:
        state = evolve_absences(state, event)
    return state
