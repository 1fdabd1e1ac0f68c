"""Who is calling: a bearer token or, for reading, a session cookie that holds one. Nothing else counts."""

import ipaddress
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Request, Response, Security
from fastapi.security import APIKeyCookie, HTTPAuthorizationCredentials, HTTPBearer

from shared.errors import InvalidInput
from shared.security.tokens import Person, TokenSettings, verify_token
from shared.web.problems import Problem

SESSION_COOKIE = "hawk_session"
#: Seconds a session cookie lives at most; the token inside may expire sooner.
SESSION_SECONDS_MAX = 10 * 60 * 60

#: A cookie comes along with requests that other pages cause; with these methods nothing can happen.
_READING = frozenset({"GET", "HEAD"})

_bearer = HTTPBearer(auto_error=False, description="A token of the configured issuer (JWT).")
_cookie = APIKeyCookie(name=SESSION_COOKIE, auto_error=False, description="Set by POST /session; reads only.")

_Bearer = Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)]
_Cookie = Annotated[str | None, Security(_cookie)]


def _now() -> datetime:
    return datetime.now(UTC)


class Authenticator:
    """Turns a request into a person. Its bound methods are FastAPI dependencies."""

    def __init__(self, settings: TokenSettings, clock: Callable[[], datetime] = _now) -> None:
        self._settings = settings
        self._clock = clock

    async def person(self, request: Request, bearer: _Bearer, cookie: _Cookie) -> Person:
        """Return the caller.

        Raises:
            Problem: 401, with the reason and a `WWW-Authenticate` header (RFC 6750).
        """
        person = self._of(request, bearer, cookie)
        if person is None:
            raise _unauthorized("TOKEN_MISSING", self._missing())
        return person

    async def person_or_none(self, request: Request, bearer: _Bearer, cookie: _Cookie) -> Person | None:
        """Return the caller, or None for a request without a token. A bad token is still refused (401)."""
        return self._of(request, bearer, cookie)

    def reads_without_a_token(self, request: Request) -> bool:
        """Return whether a request may read without a token: in the demo, from this machine.

        On an installation's own servers nobody may. Behind a proxy on the same machine every caller looks local.
        """
        return self._settings.of_the_demo and from_this_machine(request)

    async def bearer_only(self, bearer: _Bearer) -> tuple[Person, str]:
        """Return the caller and the token of the Authorization header, for opening a session.

        Raises:
            Problem: 401; TOKEN_MISSING without a token, else the code of why the token is refused.
        """
        if bearer is None:
            raise _unauthorized("TOKEN_MISSING", self._missing())
        return self._verified(bearer.credentials), bearer.credentials

    def _of(self, request: Request, bearer: _Bearer, cookie: _Cookie) -> Person | None:
        person = self._shown(request, bearer, cookie)
        request.state.person = person
        return person

    def _shown(self, request: Request, bearer: _Bearer, cookie: _Cookie) -> Person | None:
        if bearer is not None:
            return self._verified(bearer.credentials)
        if request.headers.get("authorization"):
            raise _unauthorized("TOKEN_MALFORMED", "The Authorization header is not of the form: Bearer <token>.")
        if cookie and request.method in _READING:
            return self._verified(cookie)
        return None

    def _verified(self, token: str) -> Person:
        try:
            return verify_token(token, self._settings, self._clock())
        except InvalidInput as error:
            raise _unauthorized(error.code, error.reason) from error

    def _missing(self) -> str:
        if not self._settings.configured:
            return "No issuer of tokens is configured here, so nobody can sign in. Configure one and restart."
        return "This needs a token. Send it as: Authorization: Bearer <token>."


def caller_of(request: Request) -> Person | None:
    """Return the person whom an authenticator found for a request; None for a request without one."""
    person = getattr(request.state, "person", None)
    return person if isinstance(person, Person) else None


def set_session(request: Request, response: Response, token: str) -> None:
    """Keep a verified token in a cookie that scripts cannot read and other sites cannot send."""
    response.set_cookie(
        SESSION_COOKIE,
        token,
        max_age=SESSION_SECONDS_MAX,
        path="/",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )


def end_session(response: Response) -> None:
    """Take the session cookie away."""
    response.delete_cookie(SESSION_COOKIE, path="/", httponly=True, samesite="strict")


def from_this_machine(request: Request) -> bool:
    """Return whether caller and address are loopback, by address and by the Host header.

    The header counts as well, because a name of somebody else's may be made to point here (DNS rebinding).
    """
    client = request.client.host if request.client else ""
    server = request.scope.get("server")
    named = urlsplit(f"//{request.headers.get('host', '')}").hostname or ""
    return _loopback(client) and _loopback(str(server[0]) if server else "") and _loopback(named)


def _loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _unauthorized(code: str, detail: str) -> Problem:
    challenge = 'Bearer realm="hawk"' + ("" if code == "TOKEN_MISSING" else ', error="invalid_token"')
    return Problem(401, code, detail, headers={"WWW-Authenticate": challenge})
