"""What the routes of `services.approval.http.control` work with, in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from services.approval.letters.letter import Letter
from services.approval.ports import Caller
from services.approval.publication.decider import Listed, Publication, PublicationCommand, decide, evolve
from services.approval.requests.decider import Fault, Refused
from services.approval.set_aside import Place, SetAside, act
from shared.events.deadletters import ReplayRequested, SetAsideConfirmed, SetAsideProposed
from shared.policy.table import DEFAULT_POLICY
from tests.support.units import MemoryStreams, MemoryUnitOfWork


@dataclass
class MemoryLetters:
    """Dead letters, and what people ask about them."""

    kept: list[Letter] = field(default_factory=list)
    asked: list[ReplayRequested] = field(default_factory=list)

    async def page(self, before: str | None, limit: int) -> Sequence[Letter]:
        latest = sorted(self.kept, key=lambda each: (each.refused_at, each.letter), reverse=True)
        names = [each.letter for each in latest]
        begin = names.index(before) + 1 if before in names else 0
        return [] if before is not None and before not in names else latest[begin : begin + limit]

    async def known(self, letter: str) -> bool:
        return letter in {each.letter for each in self.kept}

    async def ask(self, request: ReplayRequested, caller: Caller) -> None:
        self.asked.append(request)


@dataclass
class MemoryPublications:
    """Events that the relay passed over, by their position."""

    listed: dict[int, Listed] = field(default_factory=dict)
    states: dict[int, Publication] = field(default_factory=dict)

    async def waiting(self) -> tuple[int, list[tuple[Listed, Publication]]]:
        return len(self.listed), [(each, self._state(each.position)) for each in self.listed.values()]

    async def act(
        self, position: int, command: PublicationCommand, caller: Caller
    ) -> tuple[Listed, Publication] | Refused:
        if position not in self.listed:
            return Refused(Fault.UNKNOWN, "NOT_LISTED", f"No event at position {position} was passed over.")
        decided = decide(self.listed[position], self._state(position), command)
        if isinstance(decided, Refused):
            return decided
        self.states[position] = evolve(self._state(position), decided)
        return self.listed[position], self.states[position]

    def _state(self, position: int) -> Publication:
        return self.states.get(position, Publication())


@dataclass
class MemorySetAsides:
    """Orders to set a blocked message aside, over streams in memory."""

    streams: MemoryStreams
    places: list[Place] = field(default_factory=list)

    async def act(self, command: SetAside, caller: Caller) -> SetAsideProposed | SetAsideConfirmed | Refused:
        unit = MemoryUnitOfWork(self.streams)
        done = await act(unit, command, DEFAULT_POLICY)
        await unit.commit()
        if command.place not in self.places:
            self.places.append(command.place)
        return done

    async def waiting(self, now: datetime, limit: int) -> Sequence[SetAsideProposed]:
        loaded = [await MemoryUnitOfWork(self.streams).load(place.stream) for place in self.places]
        last = [each.events[-1] for each in loaded if each.events]
        return [each for each in last if isinstance(each, SetAsideProposed) and now < each.expires_at][:limit]
