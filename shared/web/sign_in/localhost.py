"""In the demo, pages have one address: http://localhost:PORT.

A browser that asks 127.0.0.1 for a page is sent there: a session's cookie belongs to one host, browsers treat
`localhost` as trustworthy, and an address in numbers can have no passkeys.
"""

from typing import Final

from starlette.datastructures import Headers
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.web.guards import SECURITY_HEADERS
from shared.web.sign_in.addresses import HOME

_NUMBERS: Final = frozenset({"127.0.0.1", "[::1]"})
_PAGES: Final = ("/console/", "/dashboard/", "/login", "/sign-in")


class PagesOnLocalhost:
    """Sends GET requests for pages from the numbers of this machine to its name."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        elsewhere = _other_address(scope) if scope["type"] == "http" else None
        if elsewhere is None:
            await self._app(scope, receive, send)
        else:
            await RedirectResponse(elsewhere, 307, dict(SECURITY_HEADERS))(scope, receive, send)


def _other_address(scope: Scope) -> str | None:
    headers, path = Headers(scope=scope), str(scope["path"])
    host, colon, port = headers.get("host", "").rpartition(":")
    is_page = path in (HOME, "/console", "/dashboard") or path.startswith(_PAGES)
    if scope["method"] != "GET" or not is_page or host not in _NUMBERS or not (colon and port.isdecimal()):
        return None
    query = scope["query_string"].decode("ascii", "ignore")
    return f"http://localhost:{port}{scope['raw_path'].decode('ascii')}" + (f"?{query}" if query else "")
