"""Checks before every route: a request of one meaning, limits of a body's size and time, careful headers.

Plain ASGI, so that event streams pass through unbuffered.
"""

import asyncio
import json
from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import urlsplit

from fastapi import FastAPI
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.web.problems import PROBLEM_MEDIA_TYPE, Problem

#: Bytes of a request body. The parser takes answers of 1 MiB; as JSON text they may double.
BODY_BYTES_MAX = 2 * 1024 * 1024

#: Seconds for a whole body. The largest takes a second on a slow line.
BODY_SECONDS_MAX = 20.0

#: Given unless a route says otherwise. No CORS header: other origins may not read anything.
SECURITY_HEADERS: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    # Passkeys are made and used by a page of this site itself, and by nothing that stands in it.
    "Permissions-Policy": "publickey-credentials-create=(self), publickey-credentials-get=(self)",
    "Cache-Control": "no-store",
}


def install_guards(
    app: FastAPI, *, body_bytes_max: int = BODY_BYTES_MAX, body_seconds_max: float = BODY_SECONDS_MAX
) -> None:
    """Put the guards before an app's routes."""
    app.add_middleware(BodyLimit, body_bytes_max=body_bytes_max, body_seconds_max=body_seconds_max)
    app.add_middleware(OneMeaning)
    app.add_middleware(SecurityHeaders)


class SecurityHeaders:
    """Adds `SECURITY_HEADERS` to every answer that does not set them itself."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, with_headers if scope["type"] == "http" else send)


class OneMeaning:
    """Refuses a request that another server on the way may read differently, or that nothing can keep: 400.

    A length and a transfer coding together (RFC 9112, 6.1), a Host that names nothing, a NUL in the address.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        wrong = _doubtful(scope) if scope["type"] == "http" else None
        if wrong is None:
            await self._app(scope, receive, send)
        else:
            await refuse_plainly(scope, send, 400, *wrong)


def _doubtful(scope: Scope) -> tuple[str, str] | None:
    """Return code and sentence of why a request is ambiguous; None when it is not."""
    headers = Headers(scope=scope)
    if "content-length" in headers and "transfer-encoding" in headers:
        return "LENGTH_AND_CODING", "The request has both Content-Length and Transfer-Encoding. Send one of them."
    if len(headers.getlist("host")) != 1 or not _names_a_host(headers["host"]):
        return "HOST_INVALID", "The Host header does not name a host and a port. Send one, for example hawk:8080."
    if "\x00" in scope["path"] or b"%00" in scope.get("query_string", b""):
        return "ADDRESS_INVALID", "The address has a NUL character. Leave it out."
    return None


def _names_a_host(text: str) -> bool:
    try:
        named = urlsplit(f"//{text}")
        return (
            bool(named.hostname) and named.netloc == text and "@" not in text and (named.port is None or named.port > 0)
        )
    except ValueError:
        return False


class BodyLimit:
    """Refuses a body that is announced as, or turns out, larger than the limit (413), or that takes too long (408)."""

    def __init__(self, app: ASGIApp, *, body_bytes_max: int, body_seconds_max: float) -> None:
        self._app = app
        self._limit = body_bytes_max
        self._seconds = body_seconds_max

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("content-length", "")
        if announced.isascii() and announced.isdigit() and int(announced[:20]) > self._limit:
            await refuse_plainly(scope, send, 413, "TOO_LARGE", self._sentence)
            return
        await self._app(scope, self._counted(receive), send)

    def _counted(self, receive: Receive) -> Receive:
        taken, complete = 0, False
        until = asyncio.get_running_loop().time() + self._seconds

        async def counting() -> Message:
            nonlocal taken, complete
            if complete:
                return await receive()  # waits for the client to go away, as long as an answer takes
            try:
                async with asyncio.timeout_at(until):
                    message = await receive()
            except TimeoutError as error:
                raise Problem(
                    408,
                    "BODY_TOO_SLOW",
                    f"The body did not arrive within {self._seconds:.0f} s. Send it at once.",
                    headers={"Connection": "close"},
                ) from error
            complete = not message.get("more_body", False)
            taken += len(message.get("body", b""))
            if taken > self._limit:
                raise Problem(413, "TOO_LARGE", self._sentence)
            return message

        return counting

    @property
    def _sentence(self) -> str:
        return f"The body is larger than {self._limit} bytes. Send less."


async def refuse_plainly(scope: Scope, send: Send, status: int, code: str, detail: str) -> None:
    """Send a problem document before an app exists that could, and end the connection."""
    body = json.dumps(
        {
            "type": f"urn:hawk:problem:{code.lower().replace('_', '-')}",
            "title": HTTPStatus(status).phrase,
            "status": status,
            "detail": detail,
            "code": code,
            "instance": scope["path"],
        }
    ).encode()
    headers = [
        (b"content-type", PROBLEM_MEDIA_TYPE.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
