"""What waits, in the service's own table; what people say, in streams."""

from collections.abc import Sequence
from typing import Any, Final

import asyncpg

from services.approval.held.decider import DecideHeld, decide
from services.approval.held.state import Held, State, said_of
from services.approval.requests.decider import Refused
from shared.events import held as facts
from shared.events.identity import confirmation_stream
from shared.messaging.unit_of_work import UnitOfWork

#: What one answer lists: more than people look through in a morning.
HELD_MAX: Final = 500
#: Rows of a set that people are shown besides those in doubt.
ROWS_SHOWN_MAX: Final = 20

_COLUMNS: Final = "held_id, stream, digest, persons, document, state, reason, confirmed"
_OPEN: Final = "('WAITING', 'CONFIRMED', 'REJECTED')"
_LIST: Final = f"SELECT {_COLUMNS} FROM approval.held WHERE state IN {_OPEN} ORDER BY held_at LIMIT $1"  # noqa: S608
_ONE: Final = f"SELECT {_COLUMNS} FROM approval.held WHERE held_id = $1"  # noqa: S608
_COUNT: Final = "SELECT count(*) FROM approval.held WHERE state = 'WAITING'"
# A true message that was copied to another partition may come before the one that began it: an end stays the end.
_KEEP: Final = """
    INSERT INTO approval.held (held_id, stream, digest, persons, document, state, held_at)
    VALUES ($1, $2, $3, $4, $5, 'WAITING', $6) ON CONFLICT DO NOTHING"""
_END: Final = """
    INSERT INTO approval.held AS known (held_id, stream, digest, persons, document, state, reason, held_at)
    VALUES ($1, $2, '', 0, '{}', $3, $4, $5)
    ON CONFLICT (held_id) DO UPDATE SET state = excluded.state, reason = excluded.reason"""


async def listed(connection: asyncpg.Connection | asyncpg.Pool, held_id: str | None) -> Sequence[Held]:
    """Return what waits or is about to be taken in, the oldest first; or one of any state."""
    rows = await (connection.fetch(_LIST, HELD_MAX) if held_id is None else connection.fetch(_ONE, held_id))
    return [_held(row) for row in rows]


async def waiting(pool: asyncpg.Pool) -> int:
    """Return how much waits for people."""
    return int(await pool.fetchval(_COUNT))


async def act(unit: UnitOfWork, command: DecideHeld) -> Held | Refused:
    """Decide on a command; gives what it is about, as it was shown.

    Raises:
        AssertionError: the decider accepted a command about an unknown id, which it never does.
    """
    found = await listed(unit.connection, command.held_id)
    held = found[0] if found else None
    loaded = await unit.load(confirmation_stream(command.held_id))
    events = decide(held, said_of(loaded.events), command)
    if isinstance(events, Refused):
        return events
    unit.append(loaded.stream, loaded.version, *events, correlation_id=command.held_id)
    if held is None:
        raise AssertionError("nothing is decided about what nobody knows")
    return held


async def keep(connection: asyncpg.Connection, stream: str, event: facts.ReferenceHeld) -> None:
    """Return what began to wait."""
    document = event.model_dump(mode="json", exclude={"rows"}) | {
        "rows": len(event.rows),
        "changes": [row.model_dump(mode="json") for row in event.rows[:ROWS_SHOWN_MAX]],
    }
    await connection.execute(_KEEP, event.held_id, stream, event.digest, event.persons, document, event.held_at)


async def end(
    connection: asyncpg.Connection, stream: str, event: facts.HeldReferenceApplied | facts.HeldReferenceDropped
) -> None:
    """Return what does not wait any more."""
    if isinstance(event, facts.HeldReferenceApplied):
        await connection.execute(_END, event.held_id, stream, State.APPLIED.value, "", event.applied_at)
    else:
        reason = f"{event.code}: {event.reason}"
        await connection.execute(_END, event.held_id, stream, State.DROPPED.value, reason, event.dropped_at)


def _held(row: Any) -> Held:
    return Held(
        row["held_id"],
        row["stream"],
        row["digest"],
        row["persons"],
        row["document"],
        State(row["state"]),
        row["reason"],
        tuple(facts.HeldPerson.model_validate(each) for each in row["confirmed"]),
    )
