"""Publications in the store: what the relay listed, and what people decided about it."""

from typing import Final

import asyncpg

from services.approval.publication.decider import (
    Listed,
    Publication,
    PublicationCommand,
    decide,
    evolve,
    publication_of,
    publishing_role,
)
from services.approval.requests.decider import Fault, Refused
from shared.events.publication import Cause, publication_stream
from shared.messaging.unit_of_work import UnitOfWork

#: Events shown of those that wait: each is a fault that a person has to look at, so many are a flood of one.
SHOWN_MAX: Final = 200

READ: Final = """
SELECT listed.position, listed.event_id, events.stream, events.version, events.type, listed.cause, listed.reason,
       listed.listed_at, listed.tried_version, listed.published_at
FROM es.unpublishable AS listed JOIN es.events AS events ON events.event_id = listed.event_id
"""
WAITING: Final = f"{READ} WHERE listed.published_at IS NULL ORDER BY listed.position LIMIT $1"
ONE: Final = f"{READ} WHERE listed.position = $1"
COUNT: Final = "SELECT count(*) FROM es.unpublishable WHERE published_at IS NULL"


async def waiting(unit: UnitOfWork) -> tuple[int, list[tuple[Listed, Publication]]]:
    """Return how many events wait, and the first SHOWN_MAX of them with what was decided."""
    count = int(await unit.connection.fetchval(COUNT))
    found = [_listed(row) for row in await unit.connection.fetch(WAITING, SHOWN_MAX)]
    return count, [(listed, await _publication(unit, listed.position)) for listed in found]


async def act(unit: UnitOfWork, position: int, command: PublicationCommand) -> tuple[Listed, Publication] | Refused:
    """Decide on a command; gives the event and the state after it.

    Who may not take part does not learn whether there is such an event.
    """
    role = publishing_role(command.by.roles)
    if isinstance(role, Refused):
        return role
    row = await unit.connection.fetchrow(ONE, position)
    if row is None:
        return Refused(Fault.UNKNOWN, "NOT_LISTED", f"No event at position {position} was passed over.")
    listed, state = _listed(row), await _publication(unit, position)
    decided = decide(listed, state, command)
    if isinstance(decided, Refused):
        return decided
    unit.append(publication_stream(position), state.version, decided)
    return listed, evolve(state, decided)


async def _publication(unit: UnitOfWork, position: int) -> Publication:
    return publication_of((await unit.load(publication_stream(position))).events)


def _listed(row: asyncpg.Record) -> Listed:
    return Listed(
        position=row["position"],
        event_id=row["event_id"],
        stream=row["stream"],
        version=row["version"],
        type=row["type"],
        cause=Cause(row["cause"]),
        reason=row["reason"],
        listed_at=row["listed_at"],
        tried_version=row["tried_version"],
        published_at=row["published_at"],
    )
