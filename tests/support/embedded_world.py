"""The approval service's real routes over streams in memory, with the console's elements, on a port of this machine."""

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from services.approval.console.pages import add_console
from services.approval.ports import Caller
from services.approval.requests.cards import Card
from services.approval.requests.commands import RequestApproval
from shared.events.progress import ProgressReported
from tests.support.approvals import DAY, World
from tests.support.cards import card
from tests.support.executions import drawn

STREAM = "/hawk-agent/execute-actions"
#: Seconds an ordinary stop may take.
_STOP_SECONDS = 5.0


@dataclass
class Line:
    """What stands between browsers and the service, and may break."""

    app: ASGIApp
    open: set["asyncio.Task[None]"] = field(default_factory=set)
    addresses: list[str] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != STREAM or scope["method"] != "GET":
            await self.app(scope, receive, send)
            return
        self.addresses.append(scope["query_string"].decode())

        async def noted(message: Any) -> None:
            if message["type"] == "http.response.start":
                self.statuses.append(message["status"])
            await send(message)

        task = asyncio.create_task(self.app(scope, receive, noted))  # type: ignore[arg-type]
        self.open.add(task)
        try:
            await task
        except asyncio.CancelledError:
            if not task.cancelled():
                task.cancel()
                raise
        finally:
            self.open.discard(task)

    def cut(self) -> None:
        """Break every open stream, as a network does."""
        for task in self.open:
            task.cancel()


class EmbeddedWorld(World):
    """One plan of USD 25M waits; `origin` may embed."""

    def __init__(self, folder: Path, origin: str, workflow: str = "wf-1") -> None:
        super().__init__(folder)
        self.workflow = workflow
        self.planned = card(drawn("USD", "25000000"), workflow, asked=self.now)
        self.approvals.card = self._card  # type: ignore[method-assign]
        add_console(self.app, "SIMULATOR", origin)
        self.line = Line(self.app)
        self.origin = ""

    async def _card(self, workflow_id: str) -> Card | None:
        approval = await self.approvals.approval(workflow_id)
        return None if approval.request is None else replace(self.planned, approval=approval)

    async def ask_for_approval(self) -> None:
        """Let the plan wait for a decision."""
        request = self.planned.approval.request
        assert request is not None
        command = RequestApproval(
            workflow_id=self.workflow,
            response_id=request.response_id,
            plan_digest=request.plan_digest,
            effects_digest=request.effects_digest,
            maker=request.maker,
            amount_usd=request.amount_usd,
            policy=request.policy,
            at=self.now,
            request_lifetime=DAY,
            grant_lifetime=DAY,
        )
        await self.approvals.act(self.workflow, command, Caller("service"))

    def report(self, messages: Sequence[dict[str, Any]]) -> None:
        """Report progress, as hawk.progress would bring it."""
        for message in messages:
            self.log.add(ProgressReported.model_validate({**message, "workflow_id": self.workflow}))
        self.feed.wake()

    def token_of(self, person: str, *roles: str) -> str:
        """A token as the issuer gives it."""
        return self.token(person, *roles)["Authorization"].removeprefix("Bearer ")

    @asynccontextmanager
    async def running(self) -> AsyncIterator["EmbeddedWorld"]:
        """Serve until the block ends."""
        listening = socket.create_server(("127.0.0.1", 0))
        config = uvicorn.Config(
            self.line, lifespan="off", ws="none", log_level="critical", timeout_graceful_shutdown=1, access_log=False
        )
        server = uvicorn.Server(config)
        server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
        serving = asyncio.create_task(server._serve([listening]))
        self.origin = f"http://localhost:{listening.getsockname()[1]}"
        try:
            yield self
        finally:
            await self.feed.close()
            await self.changes.close()
            server.should_exit = True
            await asyncio.wait_for(serving, _STOP_SECONDS)
            listening.close()
