"""The person of a browser's session, and whether a request that came with its cookie may write."""

from typing import Final

from starlette.requests import Request

from shared.security.tokens import Person
from shared.web.problems import Problem
from shared.web.sign_in.addresses import fault_of_origin
from shared.web.sign_in.sessions import CSRF_HEADER, SessionKeeper, is_csrf_of

#: A cookie comes along with requests that other pages cause; with these methods nothing can happen.
READING: Final = frozenset({"GET", "HEAD"})


class Browsers:
    """Finds the person of a session; what writes must come from a page of this site and bring the session's text.

    Args:
        site: the origin of the console.
    """

    def __init__(self, keeper: SessionKeeper, site: str) -> None:
        self._keeper = keeper
        self.cookie = keeper.cookie
        self._site = site

    async def person(self, request: Request, session_id: str) -> Person:
        """Return the person of a session.

        Raises:
            Problem: 401 SESSION_ENDED, or 403 CROSS_SITE_REQUEST for a request that another site may have caused.
        """
        session = await self._keeper.find(session_id)
        if session is None:
            raise Problem(
                401,
                "SESSION_ENDED",
                "This session has ended. Sign in again.",
                headers={"WWW-Authenticate": 'Bearer realm="hawk"'},
                extra={"sign_in": {"address": "/login"}},
            )
        if request.method not in READING:
            must_come_from_here(request, self._site)
            must_bring_csrf(request, session_id)
        return session.person


def must_come_from_here(request: Request, site: str) -> None:
    """Refuse a request that no page of this site makes.

    Raises:
        Problem: 403 CROSS_SITE_REQUEST.
    """
    fault = fault_of_origin(request.headers, site)
    if fault is not None:
        raise _cross_site(fault)


def must_bring_csrf(request: Request, session_id: str) -> None:
    """Refuse a request without the text that only a page of this session knows.

    Raises:
        Problem: 403 CROSS_SITE_REQUEST.
    """
    if not is_csrf_of(session_id, request.headers.get(CSRF_HEADER, "")):
        raise _cross_site(f"it has not the {CSRF_HEADER} of this session")


def _cross_site(fault: str) -> Problem:
    return Problem(403, "CROSS_SITE_REQUEST", f"This request does not come from a page of HAWK: {fault}.")
