"""The canned console with a stream of progress, which can be cut, lost and resumed as the real one."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from tests.support.canned_console import Answer, CannedConsole, problem

Message = dict[str, Any]
PATH = "/hawk-agent/execute-actions"
_NOTHING_MORE = 204


class CannedProgress(CannedConsole):
    """`story` is what the service knows; `tell` adds to it while pages listen."""

    def __init__(self, answers: dict[str, Answer], now: datetime) -> None:
        super().__init__(answers, now)
        self.story: list[Message] = []
        self.resumed_after: list[str | None] = []
        self.silent = False
        self._listening: set[asyncio.Queue[Message | None]] = set()

    def tell(self, messages: Sequence[Message]) -> None:
        """Report further messages."""
        known = {each["sequence"] for each in self.story}
        for message in messages:
            if message["sequence"] in known:
                continue
            self.story.append(message)
            for queue in self._listening:
                queue.put_nowait(message)

    def hang_up(self) -> None:
        """End the open streams of progress."""
        for queue in self._listening:
            queue.put_nowait(None)

    def cut(self) -> None:
        super().cut()
        self.hang_up()

    def app(self) -> FastAPI:
        app = super().app()
        app.router.routes.insert(0, Route(PATH, self._progress, methods=["GET"]))
        return app

    async def _progress(self, request: Request) -> Response:
        last = request.headers.get("last-event-id") or request.query_params.get("after")
        self.resumed_after.append(last)
        if self.away or self.silent:
            return JSONResponse(problem(503, "TRY_AGAIN", "Away."), status_code=503)
        after = int(last or 0)
        missed = [each for each in self.story if each["sequence"] > after]
        if not missed and self.story and self.story[-1]["final"]:
            return Response(status_code=_NOTHING_MORE)
        queue: asyncio.Queue[Message | None] = asyncio.Queue()
        self._listening.add(queue)

        async def frames() -> AsyncIterator[str]:
            try:
                yield "retry: 100\n\n"
                for message in missed:
                    yield _frame(message)
                while not (self.story and self.story[-1]["final"] and queue.empty()):
                    told = await queue.get()
                    if told is None:
                        return
                    yield _frame(told)
            finally:
                self._listening.discard(queue)

        return StreamingResponse(frames(), media_type="text/event-stream")


def _frame(message: Message) -> str:
    return f"id: {message['sequence']}\ndata: {json.dumps(message)}\n\n"
