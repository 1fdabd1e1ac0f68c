"""The passkeys of everybody: decided on in units of work, and listed from the service's own table."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import asyncpg

from services.approval.passkeys.commands import PasskeyCommand, ProposeKey
from services.approval.passkeys.decider import decide
from services.approval.requests.decider import Refused
from shared.events.base import Event
from shared.events.catalogue import decode_message
from shared.events.identity import passkeys_stream
from shared.events.passkeys import (
    PasskeyAdded,
    PasskeyProposalRejected,
    PasskeyProposed,
    PasskeyRemovalProposed,
    PasskeyRemoved,
)
from shared.messaging.unit_of_work import UnitOfWork
from shared.passkeys.keys import Keys, evolve, keys_of, owner_key

#: People whose passkeys one answer lists: more than approve at one desk.
PEOPLE_MAX: Final = 500

#: Events that are shown. Uses are not: there is one for each decision.
Shown = PasskeyProposed | PasskeyAdded | PasskeyRemovalProposed | PasskeyRemoved | PasskeyProposalRejected

PROJECT: Final = """
    INSERT INTO approval.passkeys AS known (stream, facts) VALUES ($1, $2)
    ON CONFLICT (stream) DO UPDATE SET facts = known.facts || excluded.facts"""
_LIST: Final = "SELECT facts FROM approval.passkeys ORDER BY stream LIMIT $1"
_ONE: Final = "SELECT facts FROM approval.passkeys WHERE stream = $1"


def row_of(event: Shown) -> tuple[str, list[dict[str, Any]]]:
    """Return what the table keeps of an event: its stream, and the event to be added."""
    fact = {"type": type(event).__name__, "version": event.SCHEMA_VERSION, "data": event.model_dump(mode="json")}
    return passkeys_stream(owner_key(event.person)), [fact]


async def act(unit: UnitOfWork, command: PasskeyCommand) -> Keys | Refused:
    """Decide on a command; gives the state after it."""
    person = command.by.person if isinstance(command, ProposeKey) else command.person
    stream = passkeys_stream(owner_key(person))
    loaded = await unit.load(stream)
    state = loaded.state(Keys(), evolve)
    events = decide(state, command)
    if isinstance(events, Refused):
        return events
    unit.append(stream, loaded.version, *events, correlation_id=stream)
    for event in events:
        state = evolve(state, event)
    return state


class PostgresPasskeys:
    """The reading side, from `approval.passkeys`."""

    def __init__(self, pool: Callable[[], asyncpg.Pool]) -> None:
        self._pool = pool

    async def everybody(self) -> Sequence[Keys]:
        """Return the passkeys of each person who has, had or proposed one."""
        return [keys_of(_events(row["facts"])) for row in await self._pool().fetch(_LIST, PEOPLE_MAX)]

    async def of(self, person: str) -> Keys:
        """Return the passkeys of one person."""
        facts = await self._pool().fetchval(_ONE, passkeys_stream(owner_key(person)))
        return keys_of(_events(facts or []))


def _events(facts: Sequence[dict[str, Any]]) -> list[Event]:
    return [decode_message(each["type"], each["version"], each["data"]) for each in facts]
