"""Every route of the monitor: who gets past its door; no generated request is answered otherwise than described."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import httpx
import pytest
import schemathesis
from fastapi import FastAPI

from services.monitor.facts import changes_of
from services.monitor.memory import MemoryReadModel
from services.monitor.routes import install_routes
from shared.policy.table import ANALYST, LADDER, OPERATIONS
from shared.security.keys import ensure_issuer_keys, read_pem
from shared.security.tokens import TokenSettings, issue_demo_token
from shared.web.authentication import Authenticator
from shared.web.progress_feed import ProgressFeed
from tests.support.generated import generated
from tests.support.histories import MemoryHistories
from tests.support.monitor_readers import readers
from tests.support.overview_lines import MemoryLines
from tests.support.progress_logs import MemoryProgressLog
from tests.support.story import Story

EXAMPLES = 20
#: A caller from elsewhere: on the machine itself the demo lets everybody read.
ELSEWHERE = ("192.0.2.7", 50_000)
ROLES: Final = ("AUDITOR", ANALYST, *LADDER, OPERATIONS, "TRADER@ENTITY0009")

#: Reading is for whoever signed in, by any role or none: the monitor decides nothing. Its answers, beside 400 and 401.
ANSWERS: Final = {
    "/overview": {200, 422},
    "/workflows": {200, 404, 422},
    "/workflows/{workflow_id}": {200, 404, 422},
    "/workflows/{workflow_id}/execution": {200, 404, 422},
    "/workflows/{workflow_id}/history": {200, 404, 422},
    "/workflows/{workflow_id}/history/{event_id}": {200, 404, 422},
    "/responses/{response_id}": {200, 404, 422},
    "/responses/{response_id}/message": {200, 304, 404, 422},
    "/deadletters": {200, 422},
    "/deadletters/{letter}": {200, 404, 422},
    "/windows": {200, 503},
    "/speed": {200},
    "/health/overview": {200},
    "/health/runbooks": {200},
}
#: They end with the process; their door is that of the others.
STREAMS: Final = {"/hawk-agent/execute-actions", "/events", "/overview/stream", "/workflows/{workflow_id}/events"}


class Monitor:
    """The routes over memory, and tokens for them."""

    def __init__(self, folder: Path) -> None:
        keys, model, log = ensure_issuer_keys(folder), MemoryReadModel(), MemoryProgressLog()
        lines, self.histories = MemoryLines(), MemoryHistories()
        self.private = read_pem(keys.private)
        self.app = FastAPI()
        tokens = TokenSettings(public_pem=read_pem(keys.public))
        self.feed = ProgressFeed(log)
        given = readers(model, self.feed, lines=lines, histories=self.histories)
        install_routes(self.app, Authenticator(tokens), given)
        self.story = Story().received().planned()
        for told in self.story.told:
            model.write(changes_of(told.event, f"{told.stream}:{told.version}"), told.at)
            lines.tell(told)
            self.histories.tell(told.stream, told.event, told.at)

    def client(self) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(self.app, client=ELSEWHERE)
        return httpx.AsyncClient(transport=transport, base_url="http://monitor.example")

    def token(self, *roles: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {issue_demo_token('ann', roles, self.private, datetime.now(UTC))}"}


@pytest.fixture(scope="module")
def monitor(tmp_path_factory: pytest.TempPathFactory) -> Monitor:
    return Monitor(tmp_path_factory.mktemp("monitor"))


@pytest.fixture(scope="module")
def api(monitor: Monitor) -> Any:
    return schemathesis.openapi.from_dict(monitor.app.openapi())


def test_table_has_every_route_and_no_other(monitor: Monitor) -> None:
    assert set(monitor.app.openapi()["paths"]) == {*ANSWERS, *STREAMS}


@pytest.mark.parametrize("path", sorted({*ANSWERS, *STREAMS}))
async def test_nobody_reads_without_a_token(monitor: Monitor, path: str) -> None:
    url = path.format(workflow_id="w", response_id="r", letter=f"executor-{'0' * 32}", event_id=UUID(int=0))
    async with monitor.client() as client:
        answer = await client.get(url)
    assert (answer.status_code, answer.json()["code"]) == (401, "TOKEN_MISSING")


@pytest.mark.parametrize("role", ROLES)
async def test_whoever_signed_in_reads_whatever_the_role(monitor: Monitor, role: str) -> None:
    async with monitor.client() as client:
        for path in ANSWERS:
            url = path.format(
                workflow_id=monitor.story.workflow_id,
                response_id="resp-1",
                letter=f"executor-{'0' * 32}",
                event_id=monitor.histories.kept[-1].recorded.event_id,
            )
            answer = await client.get(url, headers=monitor.token(role))
            assert answer.status_code in ANSWERS[path] - {422}, (url, answer.text)


@pytest.mark.parametrize("path", sorted(ANSWERS))
async def test_generated_requests_get_answers_the_description_knows(monitor: Monitor, api: Any, path: str) -> None:
    await monitor.feed.close()  # so that nobody waits: a message that may come later never comes here
    described = {int(status) for status in monitor.app.openapi()["paths"][path]["get"]["responses"]}
    async with monitor.client() as client:
        for case in generated(api, "GET", path, EXAMPLES):
            arguments = case.as_transport_kwargs(base_url="http://monitor.example")
            answer = await client.get(
                case.formatted_path, params=arguments.get("params"), headers=monitor.token("AUDITOR")
            )
            assert answer.status_code in ANSWERS[path] | {400}, (case, answer.status_code, answer.text)
            assert answer.status_code in described
