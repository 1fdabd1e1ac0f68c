"""A row that is not plausible is held: an event that people see, and nothing else changes."""

from collections.abc import Mapping
from datetime import datetime

import structlog

from services.executor.handlers.reference.scenery import scene_of
from services.executor.reference.commands import Command
from services.executor.reference.held_state import Origin, already_waiting, held_of, held_row, superseded, waiting_of
from services.executor.reference.plausible import DAY, GUARDED, doubts_of
from services.executor.reference.sets import ReferenceSet, StoredRow, Verdict
from services.executor.reference.state import past_of
from shared.errors import InvalidInput
from shared.events.held import Doubt
from shared.events.identity import REFERENCE_BOOTSTRAP_STREAM, held_stream
from shared.messaging.streams import LoadedStream
from shared.messaging.unit_of_work import UnitOfWork

#: Bytes of a set's message that can wait: the event holds its rows, and an event has at most 4 MiB.
HELD_BYTES_MAX = 3 * 1024 * 1024

_log = structlog.get_logger(__name__)


async def doubts_about(uow: UnitOfWork, command: Command, row: LoadedStream, now: datetime) -> tuple[Doubt, ...]:
    """Return why a row is not plausible; nothing before the bootstrap, when there is nothing to measure it against."""
    if command.table.name not in GUARDED or not (await uow.load(REFERENCE_BOOTSTRAP_STREAM)).version:
        return ()
    recorded = zip((each.recorded_at for each in row.recorded), row.events, strict=True)
    scene = await scene_of(uow.before, [command], now)
    return doubts_of(command, past_of(recorded, now - DAY), scene)


async def hold(uow: UnitOfWork, command: Command, based_on: int, doubts: tuple[Doubt, ...], origin: Origin) -> None:
    """Let a row wait; one that waits already with equal content stays as it is.

    Raises:
        InvalidInput: FEED_IMPLAUSIBLE, another row of the key waits: people decide on one at a time, so that a feed
            that ticks cannot replace the row while they decide.
    """
    loaded = await uow.load(held_stream(f"{command.table.name}-{command.key}"))
    version, waiting = loaded.version, waiting_of(loaded.events)
    row = held_row(command, based_on)
    if waiting is not None:
        if waiting.rows == (row,):
            return
        if waiting.rows[0].based_on == based_on:
            raise already_waiting(waiting, doubts)
        uow.append(loaded.stream, version, superseded(waiting, origin.at))
        version += 1
    held = held_of(loaded.stream, version + 1, origin, [row], doubts)
    uow.append(loaded.stream, version, held)
    _log.warning("reference_row_held", held_id=held.held_id, feed=origin.feed, doubts=held.found)


async def drop_superseded(uow: UnitOfWork, command: Command, now: datetime) -> None:
    """Drop the row of the key that waits, once a plausible one is taken."""
    if command.table.name not in GUARDED:
        return
    loaded = await uow.load(held_stream(f"{command.table.name}-{command.key}"))
    waiting = waiting_of(loaded.events)
    if waiting is not None:
        uow.append(loaded.stream, loaded.version, superseded(waiting, now))


async def hold_set(
    uow: UnitOfWork, given: ReferenceSet, verdict: Verdict, stored: Mapping[str, StoredRow], size: int, origin: Origin
) -> str:
    """Let a set wait as a whole, and return the id under which it waits.

    Raises:
        InvalidInput: FEED_IMPLAUSIBLE, it is too large to wait.
    """
    if size > HELD_BYTES_MAX:
        reasons = " ".join(doubt.message for doubt in verdict.doubts)
        raise InvalidInput(
            code="FEED_IMPLAUSIBLE",
            reason=f"hawk.reference: load {given.load_id} has {len(verdict.doubts)} rows that are not plausible, and "
            f"with {size} bytes it is too large to wait for people ({HELD_BYTES_MAX}). Load them apart. {reasons}",
        )
    loaded = await uow.load(held_stream(f"load-{given.load_id}"))
    rows = [held_row(command, stored.get(command.stream, StoredRow()).version) for command in given.commands]
    held = held_of(loaded.stream, loaded.version + 1, origin, rows, verdict.doubts)
    uow.append(loaded.stream, loaded.version, held)
    _log.warning("reference_set_held", held_id=held.held_id, load_id=given.load_id, doubts=held.found)
    return held.held_id
