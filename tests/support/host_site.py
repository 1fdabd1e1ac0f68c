"""Another site on this machine, with a strict policy of its own, whose pages embed HAWK's elements."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from services.approval.console.embedding import ELEMENTS

HOST = Path(__file__).resolve().parent.parent / "browser" / "host"
_MEDIA_TYPES = {".js": "text/javascript", ".css": "text/css"}
#: Seconds an ordinary stop may take.
_STOP_SECONDS = 5.0


def policy(hawk: str) -> str:
    """What a strict site has to allow: HAWK's modules, its style sheet, its answers."""
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self' {hawk}",
            f"style-src 'self' {hawk}",
            f"connect-src {hawk}",
            "img-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    )


class HostSite:
    """One page at `/`; `hawk` is where the elements come from, known once HAWK listens."""

    def __init__(self) -> None:
        self.hawk = ""
        self.origin = ""
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.origin = f"http://localhost:{self._listening.getsockname()[1]}"

    def page(self, *, early: bool) -> str:
        """The page. `early`: HAWK's modules come first, so that elements exist before the page uses them."""
        own = '<script type="module" src="/host.js"></script>'
        theirs = [f'<script type="module" src="{self.hawk}/embed/{name}.js"></script>' for name in ELEMENTS]
        scripts = [*theirs, own] if early else [own, *theirs]
        return "\n".join(
            [
                "<!doctype html>",
                f'<html lang="en" data-hawk="{self.hawk}"><head><meta charset="utf-8"><title>Desk</title>',
                '<meta name="viewport" content="width=device-width, initial-scale=1">',
                '<link rel="stylesheet" href="/host.css">',
                *scripts,
                '</head><body><h1>Desk</h1><main><div class="panel"><button class="button" type="button">Of the desk'
                '</button></div><div id="place"></div></main></body></html>',
            ]
        )

    async def _page(self, request: Request) -> Response:
        document = self.page(early="early" in request.query_params)
        return HTMLResponse(document, headers={"Content-Security-Policy": policy(self.hawk)})

    async def _file(self, request: Request) -> Response:
        file = HOST / Path(request.url.path).name
        return Response(file.read_bytes(), media_type=_MEDIA_TYPES[file.suffix])

    @asynccontextmanager
    async def running(self) -> AsyncIterator["HostSite"]:
        """Serve until the block ends."""
        files = [Route(f"/{name}", self._file) for name in ("host.js", "host.css")]
        routes = [Route("/", self._page), Route("/favicon.ico", lambda _: Response(status_code=204)), *files]
        config = uvicorn.Config(
            Starlette(routes=routes), lifespan="off", ws="none", log_level="error", access_log=False
        )
        server = uvicorn.Server(config)
        server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
        serving = asyncio.create_task(server._serve([self._listening]))
        try:
            yield self
        finally:
            server.should_exit = True
            await asyncio.wait_for(serving, _STOP_SECONDS)
            self._listening.close()
