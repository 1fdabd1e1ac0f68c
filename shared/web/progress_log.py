"""Where a service keeps the progress messages it may have to show again: a table of its own.

It is fed from hawk.progress. `feed_id` numbers the messages of all workflows in the order in which they
became visible: a reader that goes on after the highest number it has seen misses nothing. Within a workflow it
follows `sequence`: a message that came early is renumbered, and so sent again, after the one it had overtaken.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import asyncpg

from shared.errors import Defect
from shared.events.progress import ProgressReported
from shared.messaging.database import to_json

_SCHEMA = re.compile(r"[a-z][a-z0-9_]*\Z")


@dataclass(frozen=True, slots=True)
class FeedMessage:
    """One message of hawk.progress; `message` is its JSON object as published.

    `encoded` keeps what was made of it for streams, by the number it bears there: all who read it get the same bytes.
    """

    feed_id: int
    workflow_id: str
    response_id: str
    sequence: int
    message: dict[str, Any]
    encoded: dict[int, bytes] = field(default_factory=dict, compare=False, repr=False)

    @property
    def final(self) -> bool:
        """True when nothing follows for this workflow."""
        return self.message.get("final") is True


@dataclass(frozen=True, slots=True)
class Scope:
    """Which messages a reader wants: those of one workflow, of one response, or (neither given) all."""

    workflow_id: str | None = None
    response_id: str | None = None

    def holds(self, message: FeedMessage) -> bool:
        """Return whether the message belongs to this scope."""
        if self.workflow_id is not None and message.workflow_id != self.workflow_id:
            return False
        return self.response_id is None or message.response_id == self.response_id


class ProgressLog(Protocol):
    """The kept messages, read by number."""

    async def head(self) -> int:
        """Return the highest `feed_id` that is visible; 0 for none."""

    async def read(self, scope: Scope, after: int, limit: int) -> Sequence[FeedMessage]:
        """Return at most `limit` messages of a scope with a `feed_id` above `after`, in order."""

    async def feed_id_at(self, workflow_id: str, sequence: int) -> int:
        """Return the `feed_id` of a workflow's last message up to a sequence; 0 for none."""


class PostgresProgressLog:
    """The table `<schema>.progress` of a service. `pool` is asked on each call: it may not be open yet."""

    def __init__(self, pool: Callable[[], asyncpg.Pool], schema: str) -> None:
        self._pool = pool
        self._table = progress_table(schema)

    async def head(self) -> int:
        """See `ProgressLog.head`."""
        query = f"SELECT coalesce(max(feed_id), 0) FROM {self._table}"  # noqa: S608
        return int(await self._pool().fetchval(query))

    async def read(self, scope: Scope, after: int, limit: int) -> Sequence[FeedMessage]:
        """See `ProgressLog.read`."""
        query = f"""
            SELECT feed_id, workflow_id, response_id, sequence, message FROM {self._table}
            WHERE feed_id > $1
              AND ($2::text IS NULL OR workflow_id = $2) AND ($3::text IS NULL OR response_id = $3)
            ORDER BY feed_id LIMIT $4"""  # noqa: S608
        rows = await self._pool().fetch(query, after, scope.workflow_id, scope.response_id, limit)
        return [FeedMessage(**dict(row)) for row in rows]

    async def feed_id_at(self, workflow_id: str, sequence: int) -> int:
        """See `ProgressLog.feed_id_at`."""
        query = f"""
            SELECT coalesce(max(feed_id), 0) FROM {self._table}
            WHERE workflow_id = $1 AND sequence <= $2"""  # noqa: S608
        return int(await self._pool().fetchval(query, workflow_id, sequence))


def progress_table(schema: str) -> str:
    """Return the qualified name of a service's progress table; a schema is the service's own name.

    Raises:
        Defect: the schema is not a lower-case identifier.
    """
    if _SCHEMA.match(schema) is None:
        raise Defect(f"{schema!r} is not a schema name; a service's schema is its own name.")
    return f"{schema}.progress"


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A message to be kept. `message` is the JSON object that readers get."""

    workflow_id: str
    response_id: str
    sequence: int
    message: dict[str, Any]


def message_of(event: ProgressReported) -> NewMessage:
    """Return a message of hawk.progress as it is kept."""
    return NewMessage(event.workflow_id, event.response_id, event.sequence, event.model_dump(mode="json"))


async def keep_messages(connection: asyncpg.Connection, schema: str, messages: Sequence[NewMessage]) -> None:
    """Keep messages, each once, inside the caller's transaction (see the migration for the table)."""
    table = progress_table(schema)
    # One writer at a time until its commit, so that numbers become visible in their order.
    await connection.execute(f"LOCK TABLE {table}_lock IN EXCLUSIVE MODE")
    ordered = _in_sequence(messages)
    overtaken = await connection.fetch(
        _KEEP.format(table=table),
        [each.workflow_id for each in ordered],
        [each.response_id for each in ordered],
        [each.sequence for each in ordered],
        [to_json(each.message) for each in ordered],
    )
    for workflow_id, first in overtaken:
        for (sequence,) in await connection.fetch(_LATER.format(table=table), workflow_id, first):
            await connection.execute(_RENUMBER.format(table=table), workflow_id, sequence)


def _in_sequence(messages: Sequence[NewMessage]) -> Sequence[NewMessage]:
    """Return messages in their order, but for those of one workflow, which take its places by their sequence."""
    waiting: dict[str, list[NewMessage]] = {}
    for each in sorted(messages, key=lambda each: each.sequence, reverse=True):
        waiting.setdefault(each.workflow_id, []).append(each)
    return [waiting[each.workflow_id].pop() for each in messages]


#: Gives the workflows of which later messages were there before, with the first sequence that came after them: a query
#: does not see what its own INSERT has written.
_KEEP = """
    WITH inserted AS (
        INSERT INTO {table} (workflow_id, response_id, sequence, message)
        SELECT workflow_id, response_id, sequence, message::jsonb
        FROM unnest($1::text[], $2::text[], $3::integer[], $4::text[])
            WITH ORDINALITY AS given (workflow_id, response_id, sequence, message, place)
        ORDER BY place
        ON CONFLICT (workflow_id, sequence) DO NOTHING
        RETURNING workflow_id, sequence
    ), first AS (SELECT workflow_id, min(sequence) AS sequence FROM inserted GROUP BY workflow_id)
    SELECT workflow_id, first.sequence AS first FROM first
    WHERE EXISTS (SELECT FROM {table} AS known
                  WHERE known.workflow_id = first.workflow_id AND known.sequence > first.sequence)
    ORDER BY workflow_id"""
#: An UPDATE has no order of its own, so there is one a row.
_LATER = "SELECT sequence FROM {table} WHERE workflow_id = $1 AND sequence > $2 ORDER BY sequence"
_RENUMBER = "UPDATE {table} SET feed_id = DEFAULT WHERE workflow_id = $1 AND sequence = $2"
