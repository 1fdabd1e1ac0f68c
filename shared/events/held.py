"""Reference rows that are not plausible: they wait for people, and nothing changes before.

Stream `held-<table>-<key>`, or `held-load-<load id>` for a set, is the executor's: one row of a key waits at a time.
Stream `confirmation-<held id>` is the approval service's: what people said to it.
"""

from datetime import datetime
from typing import Any, Literal

from shared.events.base import Event, Value

#: Doubts that an event lists; people read the first ones, and the digest covers all rows.
DOUBTS_MAX = 200


class Doubt(Value):
    """One reason why a row is not plausible. `before`, `after` and `bound` are text as people read it."""

    table: str
    key: str
    column: str
    before: str
    after: str
    bound: str
    message: str


class HeldRow(Value):
    """One change that waits. `row` is None for DELETE; `based_on` is the version of the row's stream that was judged:
    when it has moved on, somebody else's row is in force and this one is dropped."""

    table: str
    key: str
    operation: Literal["UPSERT", "DELETE"]
    row: dict[str, Any] | None
    based_on: int


class HeldPerson(Value):
    """A person who decided, with the role that counted."""

    person: str
    role: str
    comment: str
    at: datetime


class ReferenceHeld(Event):
    """A row, or a set as a whole, waits for `persons` people. `load_id` is empty for a row; `found` counts all doubts.
    `digest` covers everything here but itself."""

    held_id: str
    feed: str
    load_id: str
    place: str
    rows: tuple[HeldRow, ...]
    doubts: tuple[Doubt, ...]
    found: int
    persons: int
    digest: str
    held_at: datetime


class HeldReferenceApplied(Event):
    """People confirmed it, and it is in force. `changed` counts rows by table."""

    held_id: str
    confirmed_by: tuple[HeldPerson, ...]
    changed: dict[str, int]
    applied_at: datetime


class HeldReferenceDropped(Event):
    """The row will not come into force: rejected, superseded by a later row, or refused when it was confirmed."""

    held_id: str
    code: str
    reason: str
    dropped_at: datetime


class HeldReferenceConfirmed(Event):
    """One person confirmed it (approval service)."""

    held_id: str
    held_stream: str
    digest: str
    by: HeldPerson


class HeldReferenceReleased(Event):
    """Enough people confirmed it (approval service); the executor takes it, if nothing newer came meanwhile."""

    held_id: str
    held_stream: str
    digest: str
    by: tuple[HeldPerson, ...]


class HeldReferenceRejected(Event):
    """One person rejected it (approval service)."""

    held_id: str
    held_stream: str
    digest: str
    by: HeldPerson
