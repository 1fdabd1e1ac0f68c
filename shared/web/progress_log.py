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


async def keep_progress(connection: asyncpg.Connection, schema: str, event: ProgressReported) -> None:
    """Keep a progress message, once, inside the caller's transaction (see the migration for the table)."""
    message = event.model_dump(mode="json")
    await keep_message(connection, schema, event.workflow_id, event.response_id, event.sequence, message)


async def keep_message(
    connection: asyncpg.Connection,
    schema: str,
    workflow_id: str,
    response_id: str,
    sequence: int,
    message: dict[str, Any],
) -> None:
    """Keep a message of the service's own making, once, inside the caller's transaction."""
    # One writer at a time until its commit, so that numbers become visible in their order.
    await connection.execute(f"LOCK TABLE {progress_table(schema)}_lock IN EXCLUSIVE MODE")
    table = progress_table(schema)
    early = await connection.fetchval(
        f"INSERT INTO {table} (workflow_id, response_id, sequence, message) VALUES ($1, $2, $3, $4) "  # noqa: S608
        "ON CONFLICT (workflow_id, sequence) DO NOTHING RETURNING "
        f"(SELECT array_agg(sequence ORDER BY sequence) FROM {table} WHERE workflow_id = $1 AND sequence > $3)",
        workflow_id,
        response_id,
        sequence,
        message,
    )
    for later in early or ():
        await connection.execute(
            f"UPDATE {table} SET feed_id = DEFAULT WHERE workflow_id = $1 AND sequence = $2",  # noqa: S608
            workflow_id,
            later,
        )
