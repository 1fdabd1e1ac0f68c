"""Rows that wait for people, by key. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.executor.reference.commands import Command, SetRow
from services.executor.reference.plausible import persons_for
from services.executor.reference.reading import command_of, key_values
from services.executor.reference.tables import REFERENCE
from shared.canonical import digest
from shared.errors import InvalidInput
from shared.events.base import Event
from shared.events.held import DOUBTS_MAX, Doubt, HeldReferenceApplied, HeldReferenceDropped, HeldRow, ReferenceHeld
from shared.events.identity import held_id


@dataclass(frozen=True, slots=True)
class Origin:
    """The origin of a message that is held, and the time."""

    feed: str
    place: str
    at: datetime
    load_id: str = ""


def waiting_of(events: Iterable[Event]) -> ReferenceHeld | None:
    """Return what waits in a held stream; None if the last that waited is decided."""
    waiting: ReferenceHeld | None = None
    for event in events:
        if isinstance(event, ReferenceHeld):
            waiting = event
        elif isinstance(event, HeldReferenceApplied | HeldReferenceDropped):
            waiting = None
    return waiting


def held_row(command: Command, based_on: int) -> HeldRow:
    """Return a command as it waits. `based_on`: the version of its row's stream."""
    row = dict(command.row) if isinstance(command, SetRow) else None
    return HeldRow(
        table=command.table.name,
        key=command.key,
        operation="DELETE" if row is None else "UPSERT",
        row=row,
        based_on=based_on,
    )


def held_command(row: HeldRow) -> Command:
    """Return the command that waited.

    Raises:
        InvalidInput: it does not fit this release's tables any more.
    """
    columns: Mapping[str, Any] = row.row if row.row is not None else key_values(REFERENCE[row.table], row.key)
    return command_of({"table": row.table, "operation": row.operation, "row": dict(columns)})


def held_of(
    stream: str, version: int, origin: Origin, rows: Sequence[HeldRow], doubts: Sequence[Doubt]
) -> ReferenceHeld:
    """Return the event with which rows begin to wait, at this version of their held stream."""
    held = ReferenceHeld(
        held_id=held_id(stream, version),
        feed=origin.feed,
        load_id=origin.load_id,
        place=origin.place,
        rows=tuple(rows),
        doubts=tuple(doubts[:DOUBTS_MAX]),
        found=len(doubts),
        persons=persons_for(doubts),
        digest="",
        held_at=origin.at,
    )
    return held.model_copy(update={"digest": digest(held.model_dump(mode="json", exclude={"digest"}))})


def superseded(held: ReferenceHeld, at: datetime) -> HeldReferenceDropped:
    """Return the end of rows that wait: another row came into force under one of their keys."""
    reason = "Another row came into force meanwhile. Publish this one again if it is still true."
    return HeldReferenceDropped(held_id=held.held_id, code="HELD_SUPERSEDED", reason=reason, dropped_at=at)


def already_waiting(held: ReferenceHeld, doubts: Sequence[Doubt]) -> InvalidInput:
    """Return the refusal of another implausible row while one of its key waits."""
    reasons = " ".join(each.message for each in doubts)
    return InvalidInput(
        code="FEED_IMPLAUSIBLE",
        reason=f"hawk.reference: {reasons} Another row of this key already waits, as {held.held_id}. Confirm "
        "or reject that one (hawk reference held), then publish this one again (hawk deadletters replay).",
    )
