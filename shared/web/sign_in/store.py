"""Sessions of browsers in a service's own tables, `<schema>.sessions` and `<schema>.logout_tokens`."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final

import asyncpg

from shared.errors import Defect
from shared.security.tokens import Authentication, Person
from shared.web.sign_in.sessions import CLEANED_MAX, Order, Session

#: Seconds between two rounds of cleaning.
CLEANING_SECONDS: Final = 60.0
_SCHEMA: Final = re.compile(r"[a-z][a-z0-9_]*")

_FIND: Final = """
    SELECT person, roles, roles_of, authenticated_at, acr, amr, seen_at, expires_at, issuer, subject, provider_session,
           login
    FROM {schema}.sessions WHERE key = $1"""
_KEEP: Final = """
    INSERT INTO {schema}.sessions (key, person, roles, roles_of, authenticated_at, acr, amr, seen_at, expires_at,
                                   issuer, subject, provider_session, login)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
    ON CONFLICT (login) DO NOTHING RETURNING true"""
_MAKE_ROOM: Final = """
    DELETE FROM {schema}.sessions WHERE key IN (
        SELECT key FROM {schema}.sessions WHERE person = $1 AND key <> $2
        ORDER BY seen_at DESC, key OFFSET $3)"""
_SEEN: Final = "UPDATE {schema}.sessions SET seen_at = $2 WHERE key = $1 AND seen_at < $2"
_END: Final = "DELETE FROM {schema}.sessions WHERE key = $1"
_CARRY_OUT: Final = """
    WITH ended AS (
        DELETE FROM {schema}.sessions
        WHERE issuer = $1 AND ($2 = '' OR subject = $2) AND ($3 = '' OR provider_session = $3) AND $2 || $3 <> ''
        RETURNING 1)
    SELECT count(*)::integer FROM ended"""
_NOTE_ORDER: Final = """
    INSERT INTO {schema}.logout_tokens (token, expires_at) VALUES ($1, $2)
    ON CONFLICT DO NOTHING RETURNING true"""
_CLEAN_SESSIONS: Final = """
    WITH gone AS (
        DELETE FROM {schema}.sessions WHERE key IN (
            SELECT key FROM {schema}.sessions WHERE expires_at <= $1 OR seen_at <= $2 LIMIT $3)
        RETURNING 1)
    SELECT count(*)::integer FROM gone"""
_CLEAN_TOKENS: Final = """
    WITH gone AS (
        DELETE FROM {schema}.logout_tokens WHERE token IN (
            SELECT token FROM {schema}.logout_tokens WHERE expires_at <= $1 LIMIT $2)
        RETURNING 1)
    SELECT count(*)::integer FROM gone"""


class PostgresSessions:
    """`shared.web.sign_in.sessions.Sessions` on PostgreSQL. `pool` is asked on each call: it may not be open yet.

    Args:
        schema: that of the service, from its own module.
    """

    def __init__(self, pool: Callable[[], asyncpg.Pool], schema: str) -> None:
        if _SCHEMA.fullmatch(schema) is None:
            raise Defect(f"A service has no schema {schema!r}.")
        self._pool = pool
        self._schema = schema

    async def find(self, key: bytes) -> Session | None:
        """See `Sessions`."""
        row = await self._pool().fetchrow(self._of(_FIND), key)
        if row is None:
            return None
        how = Authentication(row["roles_of"], row["authenticated_at"], row["acr"], tuple(row["amr"]))
        return Session(
            key=key,
            person=Person(row["person"], tuple(row["roles"]), how),
            seen_at=row["seen_at"],
            expires_at=row["expires_at"],
            issuer=row["issuer"],
            subject=row["subject"],
            provider_session=row["provider_session"],
            login=row["login"] or b"",
        )

    async def keep(self, session: Session, replaces: bytes, sessions_max: int) -> bool:
        """See `Sessions`; all of it in one transaction."""
        person, how = session.person, session.person.authentication
        async with self._pool().acquire() as connection, connection.transaction():
            kept = await connection.fetchval(
                self._of(_KEEP),
                session.key,
                person.name,
                list(person.roles),
                how.as_of,
                how.at,
                how.acr,
                list(how.amr),
                session.seen_at,
                session.expires_at,
                session.issuer,
                session.subject,
                session.provider_session,
                session.login or None,
            )
            if kept is None:
                return False
            if replaces:
                await connection.execute(self._of(_END), replaces)
            await connection.execute(self._of(_MAKE_ROOM), person.name, session.key, sessions_max - 1)
        return True

    async def seen(self, key: bytes, at: datetime) -> None:
        """See `Sessions`."""
        await self._pool().execute(self._of(_SEEN), key, at)

    async def end(self, key: bytes) -> None:
        """See `Sessions`."""
        await self._pool().execute(self._of(_END), key)

    async def end_by(self, order: Order) -> int | None:
        """See `Sessions`; all of it in one transaction."""
        async with self._pool().acquire() as connection, connection.transaction():
            if await connection.fetchval(self._of(_NOTE_ORDER), order.key, order.until) is None:
                return None
            return int(
                await connection.fetchval(self._of(_CARRY_OUT), order.issuer, order.subject, order.provider_session)
            )

    async def clean(self, now: datetime, idle: timedelta, limit: int) -> int:
        """See `Sessions`."""
        sessions = await self._pool().fetchval(self._of(_CLEAN_SESSIONS), now, now - idle, limit)
        return int(sessions) + int(await self._pool().fetchval(self._of(_CLEAN_TOKENS), now, limit))

    def _of(self, statement: str) -> str:
        return statement.format(schema=self._schema)


async def clean_forever(clean: Callable[[], Awaitable[int]]) -> None:
    """Remove ended sessions once a minute, at once where a round could not remove all of them."""
    while True:
        if await clean() < CLEANED_MAX:
            await asyncio.sleep(CLEANING_SECONDS)
