"""The plan's own snippet as it is written there, and both services that serve it, on an address that stays."""

import asyncio
import socket
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Protocol

import uvicorn
from fastapi import FastAPI

from services.approval.console.pages import add_console
from services.approval.ports import Caller
from services.approval.requests.submission import Submission
from services.monitor.facts import changes_of
from services.monitor.memory import MemoryReadModel
from services.monitor.overview.pages import add_dashboard
from services.monitor.routes import install_routes
from shared.events.progress import ProgressReported
from shared.events.responses import Maker, ResponseReceived
from shared.security.keys import ensure_issuer_keys, read_pem
from shared.security.tokens import TokenSettings, issue_demo_token
from shared.web.authentication import Authenticator
from shared.web.progress_feed import ProgressFeed
from shared.web.snippet import nothing_to_execute, unwatched_workflow
from tests.support.approvals import World
from tests.support.monitor_readers import readers
from tests.support.progress_logs import MemoryProgressLog
from tests.support.units import WHEN

PERSON: Final = "ann"
RESPONSE: Final = "r1"
WORKFLOW: Final = "w1"
TOTAL: Final = 47
_STOP_SECONDS: Final = 10.0

#: The plan's section 5.2, letter by letter.
SNIPPET: Final = """\
class ActionExecutionComponent {
    executeHedgeWorkflow(approvedActions: any[]) {
        const eventSource = new EventSource(`/hawk-agent/execute-actions`);
        
        eventSource.onmessage = (event) => {
            const progress = JSON.parse(event.data);
            this.updateExecutionProgress(progress);
            
            if (progress.completed) {
                this.showSuccessMessage(`Successfully executed ${progress.total_operations} operations`);
                eventSource.close();
            }
        };
        
        eventSource.onerror = (error) => {
            this.showErrorMessage('Execution failed. Transaction rolled back.');
            eventSource.close();
        };
    }
}
"""  # noqa: W293 - as it is written

#: What the snippet calls and the plan does not show. TypeScript's one annotation goes, as its compiler takes it out.
PAGE: Final = (
    SNIPPET.replace(": any[]", "")
    + """
window.seen = [];
window.said = [];
class Page extends ActionExecutionComponent {
    updateExecutionProgress(progress) { window.seen.push([progress.sequence, progress.state]); }
    showSuccessMessage(text) { window.said.push(text); }
    showErrorMessage(text) { window.said.push(text); }
}
window.execute = () => { window.seen = []; window.said = []; new Page().executeHedgeWorkflow([]); };
null;  // else the driver would call what is last
"""
)


def reported(sequence: int, state: str, **changes: Any) -> ProgressReported:
    """A message of hawk.progress of the one workflow."""
    done = TOTAL if state in {"COMPLETED", "POSTED"} else 0
    return ProgressReported.model_validate({
        "workflow_id": WORKFLOW, "response_id": RESPONSE, "order_id": "ORD-1", "sequence": sequence, "state": state,
        "stage": None, "operation": None, "status": f"Now {state}", "completed_operations": done,
        "total_operations": TOTAL, "progress": 0, "completed": state == "COMPLETED", "final": False, "stages": {},
        "at": WHEN, **changes,
    })  # fmt: skip


def received(*, workflows: tuple[str, ...] = (WORKFLOW,), outcome: Any = "PROPOSED") -> ResponseReceived:
    """The answer that the person handed in, as the parser has read it."""
    return ResponseReceived(
        response_id=RESPONSE, content_sha256="sha256:" + "a" * 64, size_bytes=10, shape="PLAN_OBJECT",
        maker=Maker(name=PERSON, verified=True), prompt="?", analysis="!", outcome=outcome, workflows=workflows,
        refusals=(), warnings=(), content="{}",
    )  # fmt: skip


class Side(Protocol):
    """A service that knows what it was told, of one person and one response."""

    app: FastAPI
    feed: ProgressFeed

    async def answered(self, event: ResponseReceived) -> None:
        """Tell of the answer that the person handed in."""

    def tell(self, *messages: ProgressReported) -> None:
        """Tell of progress."""


class ApprovalSide:
    """The approval service over memory, with the console's pages."""

    def __init__(self, folder: Path) -> None:
        self.world = World(folder)
        self.app, self.feed = self.world.app, self.world.feed
        add_console(self.app, "SIMULATOR")

    async def answered(self, event: ResponseReceived) -> None:
        submission = Submission(event.response_id, PERSON, "words", "", self.world.now)
        await self.world.approvals.submit(submission, Caller(PERSON))
        if not event.workflows:
            notice = nothing_to_execute(event.response_id, event.outcome, event.refusals)
            self.world.log.note(unwatched_workflow(event.response_id), event.response_id, notice)

    def tell(self, *messages: ProgressReported) -> None:
        for each in messages:
            self.world.log.add(each)
        self.feed.wake()


class MonitorSide:
    """The monitor over memory, with the dashboard's pages."""

    def __init__(self, folder: Path) -> None:
        self.model, self.log = MemoryReadModel(), MemoryProgressLog()
        self.feed, self.app = ProgressFeed(self.log), FastAPI()
        tokens = TokenSettings(read_pem(ensure_issuer_keys(folder).public))
        install_routes(self.app, Authenticator(tokens, lambda: WHEN), readers(self.model, self.feed))
        add_dashboard(self.app, "SIMULATOR")
        self._private = read_pem(ensure_issuer_keys(folder).private)

    def token(self, person: str) -> dict[str, str]:
        """Headers of a person who may look."""
        return {"Authorization": f"Bearer {issue_demo_token(person, ('TRADER',), self._private, WHEN)}"}

    async def answered(self, event: ResponseReceived) -> None:
        self.model.write(changes_of(event, f"response:{event.outcome}"), WHEN)

    def tell(self, *messages: ProgressReported) -> None:
        for each in messages:
            self.model.write(changes_of(each, f"progress:{each.sequence}"), WHEN)
            self.log.add(each)
        self.feed.wake()


class Origin:
    """One service at an address that stays when it is started again, with another memory or the same."""

    def __init__(self, make: type[ApprovalSide] | type[MonitorSide], folder: Path) -> None:
        self._make, self._folder = make, folder
        self._port = 0
        self._server: uvicorn.Server | None = None
        self._serving: asyncio.Task[None] | None = None
        self.side: Side = make(folder)

    @property
    def address(self) -> str:
        return f"http://localhost:{self._port}"

    def token(self, at: datetime = WHEN) -> str:
        private = read_pem(ensure_issuer_keys(self._folder).private)
        return issue_demo_token(PERSON, ("TRADER",), private, at)

    async def start(self) -> None:
        listening = socket.create_server(("127.0.0.1", self._port))
        self._port = listening.getsockname()[1]
        config = uvicorn.Config(self.side.app, lifespan="off", ws="none", log_config=None, timeout_graceful_shutdown=1)
        self._server = uvicorn.Server(config)
        self._serving = asyncio.create_task(self._server._serve([listening]))

    async def stop(self) -> None:
        """End the service; its open streams break off."""
        if self._server is None or self._serving is None:
            return
        await self.side.feed.close()
        self._server.should_exit = True
        await asyncio.wait_for(self._serving, _STOP_SECONDS)
        self._server = self._serving = None

    async def forget(self) -> None:
        """Stop, and begin again with nothing: what was told last is gone, as after a restore."""
        await self.stop()
        self.side = self._make(self._folder)
