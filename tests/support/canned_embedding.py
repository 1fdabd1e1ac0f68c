"""The canned console for elements on another site: it wants a token for each request, and a ticket for each stream."""

import json
from typing import Any

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from services.approval.console.embedding import embed_elements
from tests.support.canned_console import Answer, problem
from tests.support.canned_progress import CannedProgress
from tests.support.executions import NOW

TICKETS = "/stream-tickets"
TOKEN = "a.good-token"  # noqa: S105 — it opens nothing


class CannedEmbedding(CannedProgress):
    """What elements of `origins` get.

    Args:
        origins: see `origins_of`.
    """

    def __init__(self, answers: dict[str, Answer], origins: str) -> None:
        super().__init__(answers, NOW)
        self.origins = origins
        self.tokens = {TOKEN}
        self.bearers: list[str | None] = []
        self.tickets: dict[str, dict[str, Any]] = {}
        self.given = 0
        self.streamed: list[dict[str, str]] = []
        self.cookies: list[str] = []

    def app(self) -> FastAPI:
        app = super().app()
        known = len(app.router.routes)
        app.router.routes.insert(0, Route(TICKETS, self._ticket, methods=["POST"]))
        embed_elements(app, self.assets, "SIMULATOR", self.origins)
        # Before the route that answers everything else.
        added = app.router.routes[known + 1 :]
        app.router.routes[:] = [*added, *app.router.routes[: known + 1]]
        return app

    async def _answer(self, request: Request) -> Response:
        return self._without_a_token(request) or await super()._answer(request)

    async def _ticket(self, request: Request) -> Response:
        refused = self._without_a_token(request)
        if refused is not None:
            return refused
        if self.away:
            return JSONResponse(problem(503, "TRY_AGAIN", "Away."), status_code=503)
        self.given += 1
        ticket = f"{self.given:043d}"
        self.tickets[ticket] = json.loads(await request.body())
        return JSONResponse({"ticket": ticket, "expires_at": self.now.isoformat()}, status_code=201)

    async def _progress(self, request: Request) -> Response:
        query = dict(request.query_params)
        ticket = query.pop("ticket", None)
        self.streamed.append(query)
        scope = {name: value for name, value in query.items() if name != "after"}
        if ticket is None:
            refused = self._without_a_token(request)
            if refused is not None:
                return refused
        elif self.tickets.pop(ticket, None) != scope:
            return JSONResponse(problem(401, "TICKET_INVALID", "The ticket was used, or is too old."), status_code=401)
        return await super()._progress(request)

    def _without_a_token(self, request: Request) -> Response | None:
        self.cookies += [request.headers["cookie"]] if "cookie" in request.headers else []
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        self.bearers.append(bearer or None)
        if bearer in self.tokens:
            return None
        refusal = problem(401, "TOKEN_EXPIRED", "The token has expired. Get a new one.")
        return JSONResponse(refusal, status_code=401)
