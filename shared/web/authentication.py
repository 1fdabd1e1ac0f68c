"""Who is calling: a bearer token, a browser's session or, for reading, a cookie with a token. Nothing else counts."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Request, Response, Security
from fastapi.security import APIKeyCookie, HTTPAuthorizationCredentials, HTTPBearer

from shared.errors import InvalidInput
from shared.security.tokens import Person, TokenSettings, person_of, verify_token
from shared.web.callers import from_this_machine
from shared.web.problems import Problem
from shared.web.sign_in.browsers import READING, Browsers
from shared.web.sign_in.freshness import Freshness
from shared.web.sign_in.keys import ProviderKeys
from shared.web.sign_in.sessions import COOKIE as BROWSER_COOKIE
from shared.web.sign_in.sessions import DASHBOARD_COOKIE

SESSION_COOKIE = "hawk_session"
#: Seconds a session cookie lives at most; the token inside may expire sooner.
SESSION_SECONDS_MAX = 10 * 60 * 60

_bearer = HTTPBearer(auto_error=False, description="A token of the configured issuer (JWT).")
_cookie = APIKeyCookie(name=SESSION_COOKIE, auto_error=False, description="Set by POST /session; reads only.")
_browser = APIKeyCookie(
    name=BROWSER_COOKIE,
    scheme_name="BrowserSession",
    auto_error=False,
    description="Set by signing in with a browser; what writes needs X-HAWK-CSRF and comes from a page of HAWK. "
    f"The monitor calls it {DASHBOARD_COOKIE}.",
)

_Bearer = Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)]
_Cookie = Annotated[str | None, Security(_cookie)]
_Session = Annotated[str | None, Security(_browser)]


def _now() -> datetime:
    return datetime.now(UTC)


class Authenticator:
    """Turns a request into a person. Its bound methods are FastAPI dependencies.

    Args:
        settings: whose tokens count.
        browsers: sessions of browsers; None where there are none.
        keys: those of a provider, for tokens whose keys are fetched; None: the keys are in `settings`.
        freshness: how fresh the sign-in of somebody who decides must be.
    """

    def __init__(
        self,
        settings: TokenSettings,
        clock: Callable[[], datetime] = _now,
        *,
        browsers: Browsers | None = None,
        keys: ProviderKeys | None = None,
        freshness: Freshness | None = None,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._browsers = browsers
        self._keys = keys
        self.freshness = freshness or Freshness()

    async def person(self, request: Request, bearer: _Bearer, cookie: _Cookie, _: _Session = None) -> Person:
        """Return the caller.

        Raises:
            Problem: 401, with the reason and a `WWW-Authenticate` header (RFC 6750); 403 CROSS_SITE_REQUEST.
        """
        person = await self._of(request, bearer, cookie)
        if person is None:
            raise _unauthorized("TOKEN_MISSING", self._missing())
        return person

    async def person_or_none(
        self, request: Request, bearer: _Bearer, cookie: _Cookie, _: _Session = None
    ) -> Person | None:
        """Return the caller, or None for a request without a token. A bad token is still refused (401)."""
        return await self._of(request, bearer, cookie)

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
        return await self._verified(bearer.credentials), bearer.credentials

    def deciding(self, page: str) -> Callable[..., Awaitable[Person]]:
        """Return the dependency of a route by which people decide: the caller, with roles that are minutes old.

        Args:
            page: where the person goes on after signing in again.
        """

        async def person(request: Request, bearer: _Bearer, cookie: _Cookie, _: _Session = None) -> Person:
            found = await self.person(request, bearer, cookie)
            self.check_decision(found, page)
            return found

        return person

    def check_decision(self, person: Person, page: str) -> None:
        """Check that the roles of somebody who decides are minutes old.

        Args:
            page: where the person goes on after signing in again.
        Raises:
            Problem: 401 SIGN_IN_AGAIN.
        """
        self.freshness.check_roles(person.authentication, self._clock(), page)

    def check_step_up(self, person: Person, tier: str, page: str) -> None:
        """Check that somebody who approves has proved who they are as the tier asks for.

        Raises:
            Problem: 401 STEP_UP_REQUIRED.
        """
        self.freshness.check_step_up(tier, person.authentication, self._clock(), page)

    async def _of(self, request: Request, bearer: _Bearer, cookie: _Cookie) -> Person | None:
        person = await self._shown(request, bearer, cookie)
        request.state.person = person
        return person

    async def _shown(self, request: Request, bearer: _Bearer, cookie: _Cookie) -> Person | None:
        if bearer is not None:
            return await self._verified(bearer.credentials)
        if request.headers.get("authorization"):
            raise _unauthorized("TOKEN_MALFORMED", "The Authorization header is not of the form: Bearer <token>.")
        if self._browsers is not None and (session := request.cookies.get(self._browsers.cookie)):
            return await self._browsers.person(request, session)
        if cookie and request.method in READING:
            return await self._verified(cookie)
        return None

    async def _verified(self, token: str) -> Person:
        now = self._clock()
        try:
            if self._keys is None:
                return verify_token(token, self._settings, now)
            return person_of(await self._keys.claims(token, self._settings, now), self._settings)
        except InvalidInput as error:
            raise _unauthorized(error.code, error.reason) from error

    def _missing(self) -> str:
        if not self._settings.configured and self._keys is None:
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


def _unauthorized(code: str, detail: str) -> Problem:
    challenge = 'Bearer realm="hawk"' + ("" if code == "TOKEN_MISSING" else ', error="invalid_token"')
    return Problem(401, code, detail, headers={"WWW-Authenticate": challenge})
