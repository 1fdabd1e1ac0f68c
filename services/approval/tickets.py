"""Tickets for streams: a browser's `EventSource` sends no header, and a token must not stand in an address.

A ticket is 256 random bits. It opens one stream of one workflow or response, once, within a minute.
"""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import asyncpg

#: A page opens its stream at once; what is found later in a log or a history opens nothing.
LIFETIME: Final = timedelta(seconds=60)
#: Old tickets that a new one takes away.
REMOVED_MAX: Final = 100
#: Characters of a ticket: 32 bytes in base64 of addresses.
CHARACTERS: Final = 43

_KEEP: Final = """
    INSERT INTO approval.stream_tickets (key, person, workflow_id, response_id, expires_at)
    VALUES ($1, $2, $3, $4, $5)"""
_OLD: Final = """
    DELETE FROM approval.stream_tickets WHERE key IN (
        SELECT key FROM approval.stream_tickets WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2
        FOR UPDATE SKIP LOCKED)"""
_TAKE: Final = """
    DELETE FROM approval.stream_tickets
    WHERE key = $1 AND workflow_id IS NOT DISTINCT FROM $2 AND response_id IS NOT DISTINCT FROM $3
    RETURNING person, expires_at"""


@dataclass(frozen=True, slots=True)
class Watched:
    """What a ticket opens: exactly one of them is named."""

    workflow_id: str | None
    response_id: str | None


class PostgresTickets:
    """`ports.Tickets` on the service's own table, so that every replica takes what any of them gave."""

    def __init__(self, pool: Callable[[], asyncpg.Pool]) -> None:
        self._pool = pool

    async def give(self, person: str, watched: Watched, at: datetime) -> str:
        """See `ports.Tickets`."""
        ticket = secrets.token_urlsafe(32)
        async with self._pool().acquire() as connection, connection.transaction():
            await connection.execute(_OLD, at, REMOVED_MAX)
            await connection.execute(
                _KEEP, key_of(ticket), person, watched.workflow_id, watched.response_id, at + LIFETIME
            )
        return ticket

    async def take(self, ticket: str, watched: Watched, at: datetime) -> str | None:
        """See `ports.Tickets`."""
        row = await self._pool().fetchrow(_TAKE, key_of(ticket), watched.workflow_id, watched.response_id)
        return None if row is None or row["expires_at"] <= at else str(row["person"])


def key_of(ticket: str) -> bytes:
    """Return what is kept of a ticket: whoever reads the table opens nothing with it."""
    return hashlib.sha256(ticket.encode()).digest()
