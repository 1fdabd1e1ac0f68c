"""What stands before every route: a limit of the body's size, and headers that keep browsers careful.

Plain ASGI, so that event streams pass through unbuffered.
"""

import json
from collections.abc import Mapping

from fastapi import FastAPI
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.web.problems import PROBLEM_MEDIA_TYPE, Problem

#: Bytes of a request body. The parser takes answers of 1 MiB; as JSON text they may double.
BODY_BYTES_MAX = 2 * 1024 * 1024

#: Given unless a route says otherwise. No CORS header: other origins may not read anything.
SECURITY_HEADERS: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def install_guards(app: FastAPI, *, body_bytes_max: int = BODY_BYTES_MAX) -> None:
    """Put both guards before an app's routes."""
    app.add_middleware(BodyLimit, body_bytes_max=body_bytes_max)
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


class BodyLimit:
    """Refuses a body that is announced as, or turns out, larger than the limit: 413, a problem document."""

    def __init__(self, app: ASGIApp, *, body_bytes_max: int) -> None:
        self._app = app
        self._limit = body_bytes_max

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("content-length", "")
        if announced.isascii() and announced.isdigit() and int(announced[:20]) > self._limit:
            await self._refuse(scope, send)
            return
        await self._app(scope, self._counted(receive), send)

    def _counted(self, receive: Receive) -> Receive:
        taken = 0

        async def counting() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > self._limit:
                raise Problem(413, "TOO_LARGE", self._sentence)
            return message

        return counting

    @property
    def _sentence(self) -> str:
        return f"The body is larger than {self._limit} bytes. Send less."

    async def _refuse(self, scope: Scope, send: Send) -> None:
        body = json.dumps(
            {
                "type": "urn:hawk:problem:too-large",
                "title": "Content Too Large",
                "status": 413,
                "detail": self._sentence,
                "code": "TOO_LARGE",
                "instance": scope["path"],
            }
        ).encode()
        headers = [
            (b"content-type", PROBLEM_MEDIA_TYPE.encode()),
            (b"content-length", str(len(body)).encode()),
            (b"connection", b"close"),
        ]
        await send({"type": "http.response.start", "status": 413, "headers": headers})
        await send({"type": "http.response.body", "body": body})
