"""Other sites that may embed HAWK's elements: named one by one, read with a token, never with a cookie."""

from collections.abc import Collection, Mapping
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.errors import Defect
from shared.web.sign_in.addresses import fetched_safely

#: Origins of a list: a bank has a handful of front ends, and each is trusted with what its users may do.
ORIGINS_MAX: Final = 20
#: Seconds a browser remembers what it may send, so that not every request asks before.
PREFLIGHT_SECONDS: Final = 600
_METHODS: Final = ("GET", "POST")
#: What elements send besides what every page may: a token, JSON, a trace, and what was seen last.
_HEADERS: Final = ("Authorization", "Content-Type", "Traceparent", "Last-Event-ID", "Idempotency-Key")
_READ: Final = ("Date", "Location", "Retry-After", "WWW-Authenticate")


def origins_of(text: str) -> tuple[str, ...]:
    """Read a list of origins, with commas between: `https://desk.bank.example`, exactly as browsers write them.

    Raises:
        Defect: one is not an origin, is not safe to be trusted, or there are too many.
    """
    origins = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    if len(origins) > ORIGINS_MAX:
        raise Defect(f"HAWK_EMBED_ORIGINS names {len(origins)} origins; at most {ORIGINS_MAX} are taken.")
    for origin in origins:
        if not _is_origin(origin) or not fetched_safely(origin):
            raise Defect(
                f"HAWK_EMBED_ORIGINS names {origin!r}. Write scheme, host and port as a browser does, "
                "https unless it is this machine: https://desk.bank.example"
            )
    return origins


def _is_origin(text: str) -> bool:
    parts = urlsplit(text)
    return bool(parts.hostname) and f"{parts.scheme}://{parts.netloc}" == text == text.lower() and "@" not in text


class Embedding:
    """Answers the named origins on the addresses that elements use; all other requests pass through unchanged.

    Args:
        addresses: of elements: a path, or with `/` at its end all below it.
        read_addresses: paths that elements read and never write to.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        origins: Collection[str],
        addresses: Collection[str],
        read_addresses: Collection[str] = (),
    ) -> None:
        self._app = app
        self._origins = frozenset(origins)
        self._exact = frozenset(each for each in addresses if not each.endswith("/"))
        self._below = tuple(each for each in addresses if each.endswith("/"))
        self._read = frozenset(read_addresses)
        self._apart = _ByOrigin(app)
        self._shared = CORSMiddleware(
            _ForOthers(app),
            allow_origins=sorted(self._origins),
            allow_methods=_METHODS,
            allow_headers=_HEADERS,
            expose_headers=_READ,
            allow_credentials=False,
            max_age=PREFLIGHT_SECONDS,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request of a named origin with the headers by which its browser lets the page read the answer."""
        if scope["type"] != "http" or not self._is_embedded(scope):
            await self._app(scope, receive, send)
            return
        named = Headers(scope=scope).get("origin") in self._origins
        await (self._shared if named else self._apart)(scope, receive, send)

    def _is_embedded(self, scope: Scope) -> bool:
        path = scope["path"]
        if path in self._read:
            return _method_of(scope) in _READING
        return path in self._exact or path.startswith(self._below)


def _method_of(scope: Scope) -> str:
    """Return the method of a request, or that which a browser asks for before it sends one."""
    asked = Headers(scope=scope).get("access-control-request-method")
    return asked if scope["method"] == "OPTIONS" and asked else str(scope["method"])


_READING: Final = frozenset({"GET", "HEAD"})


class _ByOrigin:
    """Says that another origin gets another answer: a browser that kept this one must not take it for that."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_header(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).add_vary_header("Origin")
            await send(message)

        await self._app(scope, receive, with_header)


_LOADABLE: Final[Mapping[str, str]] = {"Cross-Origin-Resource-Policy": "cross-origin"}


class _ForOthers:
    """Lets a named origin load what it may read."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_LOADABLE)
            await send(message)

        await self._app(scope, receive, with_headers)
