"""Tickets of streams, kept in memory."""

from dataclasses import dataclass, field
from datetime import datetime

from services.approval.tickets import CHARACTERS, LIFETIME, Watched


@dataclass
class MemoryTickets:
    """`ports.Tickets` in memory."""

    kept: dict[str, tuple[str, Watched, datetime]] = field(default_factory=dict)
    given: int = 0

    async def give(self, person: str, watched: Watched, at: datetime) -> str:
        self.given += 1
        ticket = f"{self.given:0{CHARACTERS}d}"
        self.kept[ticket] = (person, watched, at + LIFETIME)
        return ticket

    async def take(self, ticket: str, watched: Watched, at: datetime) -> str | None:
        person, of, until = self.kept.get(ticket, ("", None, at))
        if of != watched:
            return None
        del self.kept[ticket]
        return person if at < until else None
