"""The console with canned documents behind it: the real shell, assets and headers, and no service.

What it answers is a table of paths; a test changes it, and says what the stream sends.
"""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

import services.approval.console.pages
import shared.web
from services.approval.console.embedding import with_style_of_elements
from services.approval.http.requests import new_app
from shared.web.pages import Site, add_pages, read_assets

Document = dict[str, Any]
Answer = Document | tuple[int, Document] | Callable[[Mapping[str, str]], Document]

SHEET = Path(__file__).resolve().parent.parent / "browser" / "sheet"
_CONSOLE = Path(services.approval.console.pages.__file__).parent / "static"
_SHARED = Path(shared.web.__file__).parent / "static"

#: What the menu of every page asks for: nothing waits, and nobody knows where the dashboard is.
WAITING: Document = {"mine": {"all": 0}, "dashboard": None, "as_of": "2026-11-27T09:08:41+00:00"}

#: Seconds an ordinary stop of the test's server may take.
_STOP_SECONDS = 5.0


class CannedConsole:
    """What the pages get.

    Args:
        answers: path to document, to status and document, or to a function of the query.
        now: the time of the service, which its answers are dated with.
    """

    stream = "/approvals/stream"

    def __init__(self, answers: dict[str, Answer], now: datetime) -> None:
        self.answers: dict[str, Answer] = {"/waiting": WAITING, **answers}
        self.now = now
        self.asked: list[tuple[str, str, Document]] = []
        self.posted: list[tuple[str, Document, dict[str, str]]] = []
        self.origin = ""
        self.away = False
        self._streams: set[asyncio.Queue[str | None]] = set()
        self.opened = 0

    def send(self, event: str, document: Document) -> None:
        """Say something on every open stream."""
        for stream in self._streams:
            stream.put_nowait(f"event: {event}\ndata: {json.dumps(document)}\n\n")

    def cut(self) -> None:
        """End every open stream, as a restart of the service would."""
        for stream in self._streams:
            stream.put_nowait(None)

    def app(self) -> FastAPI:
        app = new_app()
        self.add_pages(app)
        app.add_route(self.stream, self._stream, methods=["GET"], include_in_schema=False)
        app.add_route("/{path:path}", self._answer, methods=["GET", "POST"], include_in_schema=False)
        return app

    def add_pages(self, app: FastAPI) -> None:
        """Put the site into the app."""
        assets = with_style_of_elements(read_assets({"shared": _SHARED, "site": _CONSOLE, "sheet": SHEET}))
        add_pages(app, assets, Site("Sheet", "SIMULATOR", start="sheet/sheet.js"), ("/sheet",))
        add_pages(app, assets, Site("Console", "SIMULATOR"), ("/", "/sign-in", "/console", "/console/{path:path}"))
        self.at = f"/static/{assets.hash}"
        self.assets = assets

    async def _answer(self, request: Request) -> Response:
        path, query = request.url.path, dict(request.query_params)
        if request.method == "POST":
            self.posted.append((path, json.loads(await request.body() or b"{}"), dict(request.headers)))
            path = f"POST {path}"
        self.asked.append((request.method, path, query))
        answer: Any = self.answers.get(path)
        if self.away:
            answer = 503, problem(503, "TRY_AGAIN", "A server that this needs is unavailable or busy at the moment.")
        if callable(answer):
            answer = answer(query)
        if answer is None:
            answer = 404, problem(404, "NOT_FOUND", "There is nothing at this address.")
        status, document = answer if isinstance(answer, tuple) else (200, answer)
        return JSONResponse(document, status_code=status)

    async def _stream(self, request: Request) -> Response:
        if self.away:
            return JSONResponse(problem(503, "TRY_AGAIN", "Away."), status_code=503)
        self.opened += 1
        queue: asyncio.Queue[str | None] = asyncio.Queue()
        self._streams.add(queue)

        async def frames() -> AsyncIterator[str]:
            try:
                yield "retry: 100\n\n"
                while (frame := await queue.get()) is not None:
                    yield frame
            finally:
                self._streams.discard(queue)

        return StreamingResponse(frames(), media_type="text/event-stream")

    @asynccontextmanager
    async def running(self) -> AsyncIterator["CannedConsole"]:
        """Serve on a free port of this machine until the block ends."""
        listening = socket.create_server(("127.0.0.1", 0))
        config = uvicorn.Config(
            self.app(),
            lifespan="off",
            ws="none",
            log_level="error",
            timeout_graceful_shutdown=1,
            access_log=False,
            date_header=False,
            headers=[("Date", format_datetime(self.now, usegmt=True))],
        )
        server = uvicorn.Server(config)
        server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
        serving = asyncio.create_task(server._serve([listening]))
        self.origin = f"http://localhost:{listening.getsockname()[1]}"
        try:
            yield self
        finally:
            self.cut()
            server.should_exit = True
            await asyncio.wait_for(serving, _STOP_SECONDS)
            listening.close()


def problem(status: int, code: str, detail: str) -> Document:
    """A problem document as the services write it."""
    return {"type": f"urn:hawk:problem:{code.lower()}", "status": status, "code": code, "detail": detail}
