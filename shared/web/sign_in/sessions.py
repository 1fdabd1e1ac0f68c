"""Sessions of browsers: what is kept of one, how long it lives, and its cookie.

The cookie holds 256 random bits. Only their SHA-256 is kept, so that whoever reads the table can take nobody's place.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Protocol

from starlette.responses import Response

from shared.security.tokens import Person

COOKIE: Final = "__Host-hawk_session"
#: The dashboard's: cookies know no ports, and on one machine both sites have one host.
DASHBOARD_COOKIE: Final = "__Host-hawk_dashboard"
CSRF_HEADER: Final = "X-HAWK-CSRF"
#: Sessions of one person at a time: browsers on several machines. The one seen longest ago makes room.
SESSIONS_OF_PERSON_MAX: Final = 20
#: What a session's use is noted by: not each request is a write.
SEEN_STEP: Final = timedelta(minutes=1)
#: Ended sessions that one round of cleaning removes.
CLEANED_MAX: Final = 500


@dataclass(frozen=True, slots=True)
class Session:
    """A session as it is kept.

    Args:
        key: SHA-256 of its id.
        person: with the roles and the authentication of the sign-in that began it.
        seen_at: its last use, to the minute.
        expires_at: when it ends, however much it is used.
        issuer, subject, provider_session: as the ID token names them, for a logout that the provider orders.
        login: SHA-256 of the `state` that it began with; empty in the demo. One sign-in makes one session.
    """

    key: bytes
    person: Person
    seen_at: datetime
    expires_at: datetime
    issuer: str = ""
    subject: str = ""
    provider_session: str = ""
    login: bytes = b""

    def ends_at(self, idle: timedelta) -> datetime:
        """Return when it ends if it is not used any more."""
        return min(self.expires_at, self.seen_at + idle)


@dataclass(frozen=True, slots=True)
class Order:
    """A provider's order to end sessions.

    Args:
        key: SHA-256 of its id, which is noted until it cannot come again.
        subject, provider_session: whose; where one is empty it means any, where both are, nobody's.
    """

    key: bytes
    until: datetime
    issuer: str
    subject: str
    provider_session: str


class Sessions(Protocol):
    """The sessions that are kept. All methods raise Transient while the database is away."""

    async def find(self, key: bytes) -> Session | None:
        """Return a session, whether it has ended or not."""

    async def keep(self, session: Session, replaces: bytes, sessions_max: int) -> bool:
        """Keep a new session in place of the one it replaces; False when its login has made a session before.

        A person has `sessions_max` at most.
        """

    async def seen(self, key: bytes, at: datetime) -> None:
        """Note that a session was used."""

    async def end(self, key: bytes) -> None:
        """Forget a session."""

    async def end_by(self, order: Order) -> int | None:
        """Forget the sessions that an order means, and give their number; None where it was carried out before.

        It is noted and carried out as one: an order that failed counts when it comes again.
        """

    async def clean(self, now: datetime, idle: timedelta, limit: int) -> int:
        """Forget so many ended sessions and noted tokens at most. Give their number."""


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """How long a session lives, all in all and without being used."""

    whole: timedelta
    idle: timedelta


class SessionKeeper:
    """Begins, finds and ends sessions by the ids in cookies.

    Args:
        cookie: the name of the site's cookie.
    """

    def __init__(
        self, kept: Sessions, lifetimes: Lifetimes, clock: Callable[[], datetime], cookie: str = COOKIE
    ) -> None:
        self.kept = kept
        self.cookie = cookie
        self.lifetimes = lifetimes
        self._clock = clock

    def now(self) -> datetime:
        """Return the time by the clock that sessions live by."""
        return self._clock()

    async def begin(
        self,
        person: Person,
        *,
        issuer: str = "",
        subject: str = "",
        provider_session: str = "",
        state: str = "",
        replaces: bytes = b"",
    ) -> tuple[str, Session] | None:
        """Begin a session under a new id; None when this login has made one before."""
        now, new_id = self._clock(), secrets.token_urlsafe(32)
        session = Session(
            key=key_of(new_id),
            person=person,
            seen_at=now,
            expires_at=now + self.lifetimes.whole,
            issuer=issuer,
            subject=subject,
            provider_session=provider_session,
            login=key_of(state) if state else b"",
        )
        kept = await self.kept.keep(session, replaces, SESSIONS_OF_PERSON_MAX)
        return (new_id, session) if kept else None

    async def find(self, session_id: str, *, used: bool = True) -> Session | None:
        """Return the session of an id; None for one that has ended or never was.

        Args:
            used: False for a look that does not count as a use.
        """
        found, now = await self.kept.find(key_of(session_id)), self._clock()
        if found is None or now >= found.ends_at(self.lifetimes.idle):
            return None
        if used and now >= found.seen_at + SEEN_STEP:
            await self.kept.seen(found.key, now)
            found = replace(found, seen_at=now)
        return found

    async def end(self, session_id: str) -> None:
        """End the session of an id."""
        await self.kept.end(key_of(session_id))

    async def clean(self) -> int:
        """Remove what has ended, a bounded number at a time."""
        return await self.kept.clean(self._clock(), self.lifetimes.idle, CLEANED_MAX)


def key_of(secret: str) -> bytes:
    """Return what is kept of a secret."""
    return hashlib.sha256(secret.encode()).digest()


def csrf_of(session_id: str) -> str:
    """Return the text that a page sends with what it writes. It follows from the id, and the id not from it."""
    return hmac.new(session_id.encode(), b"hawk-csrf", hashlib.sha256).hexdigest()


def is_csrf_of(session_id: str, given: str) -> bool:
    """Return whether a text is the one of this session."""
    return hmac.compare_digest(csrf_of(session_id).encode(), given.encode())


def set_cookie(response: Response, name: str, value: str, lifetime: timedelta, *, crosses: bool = False) -> None:
    """Set a cookie that scripts cannot read, no other host can set, and other sites cannot have sent.

    Args:
        crosses: the browser sends it also when another site leads to a page of ours, as a provider does.
    """
    response.set_cookie(
        name,
        value,
        max_age=int(lifetime.total_seconds()),
        path="/",
        secure=True,
        httponly=True,
        samesite="lax" if crosses else "strict",
    )


def drop_cookie(response: Response, name: str) -> None:
    """Have the browser forget a cookie."""
    response.delete_cookie(name, path="/", secure=True, httponly=True, samesite="strict")
