"""The monitor's routes over a read model in memory, through a real HTTP server."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from services.monitor.facts import changes_of
from services.monitor.memory import MemoryReadModel
from services.monitor.routes import install_routes
from shared.events.progress import ProgressReported
from shared.security.keys import ensure_issuer_keys, read_pem
from shared.security.tokens import TokenSettings, issue_demo_token
from shared.web.authentication import Authenticator
from shared.web.progress_feed import ProgressFeed
from tests.support.monitor_readers import readers
from tests.support.progress_logs import MemoryProgressLog
from tests.support.story import Story, Told
from tools.local_stack.ports import free_port

LIMIT_SECONDS = 10.0


@dataclass
class Page:
    """A monitor without Kafka and PostgreSQL."""

    app: FastAPI
    model: MemoryReadModel
    log: MemoryProgressLog
    feed: ProgressFeed
    issuer_private_pem: str
    url: str = ""

    def tell(self, *told: Told) -> None:
        for each in told:
            self.model.write(changes_of(each.event, f"{each.stream}:{each.version}"), each.at)
            if isinstance(each.event, ProgressReported):
                self.log.add(each.event)
        self.feed.wake()


@pytest.fixture
async def page(tmp_path: Path) -> AsyncIterator[Page]:
    model, log, keys = MemoryReadModel(), MemoryProgressLog(), ensure_issuer_keys(tmp_path)
    feed = ProgressFeed(log, clients_max=2)
    app = FastAPI()
    install_routes(app, Authenticator(TokenSettings(public_pem=read_pem(keys.public))), readers(model, feed))
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_config=None, ws="none"))
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn offers no event
        await asyncio.sleep(0.01)
    yield Page(app, model, log, feed, read_pem(keys.private), f"http://127.0.0.1:{port}")
    await feed.close()
    server.should_exit = True
    await serving


@pytest.fixture
async def client(page: Page) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=page.url, timeout=LIMIT_SECONDS) as opened:
        yield opened


@contextlib.asynccontextmanager
async def following(
    client: httpx.AsyncClient, path: str, last: str | None = None
) -> AsyncIterator[AsyncIterator[tuple[str, dict[str, Any]]]]:
    headers = {} if last is None else {"Last-Event-ID": last}
    async with client.stream("GET", path, headers=headers) as response:
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        yield _events(response)


async def _events(response: httpx.Response) -> AsyncIterator[tuple[str, dict[str, Any]]]:
    number, data = "", ""
    async for line in response.aiter_lines():
        if line.startswith("id:"):
            number = line[3:].strip()
        elif line.startswith("data:"):
            data = line[5:].strip()
        elif not line and data:
            yield number, json.loads(data)
            data = ""


async def take(events: AsyncIterator[tuple[str, dict[str, Any]]], count: int) -> list[tuple[str, str]]:
    taken: list[tuple[str, str]] = []
    async with asyncio.timeout(LIMIT_SECONDS):
        while len(taken) < count:
            number, message = await anext(events)
            taken.append((number, message["state"]))
    return taken


async def test_workflow_and_response_are_shown_when_known(page: Page, client: httpx.AsyncClient) -> None:
    story = Story().received().planned()
    page.tell(*story.told)
    workflow = (await client.get(f"/workflows/{story.workflow_id}")).json()
    response = (await client.get("/responses/resp-1")).json()
    assert workflow["operations"]["total"] == 47
    assert response["workflows"] == [workflow]


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/workflows/nobody", 404, "WORKFLOW_UNKNOWN"),
        ("/workflows/nobody/events", 404, "WORKFLOW_UNKNOWN"),
        ("/responses/nobody", 404, "RESPONSE_UNKNOWN"),
        ("/workflows?state=LOST", 422, "INVALID_REQUEST"),
        ("/workflows?limit=0", 422, "INVALID_REQUEST"),
        ("/nowhere", 404, "NOT_FOUND"),
    ],
)
async def test_request_is_answered_with_a_problem_document_when_it_cannot_be_served(
    client: httpx.AsyncClient, path: str, status: int, code: str
) -> None:
    answer = await client.get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == code


async def test_list_is_paged_by_the_last_workflow_and_filtered_by_state(page: Page, client: httpx.AsyncClient) -> None:
    for number in range(3):
        page.tell(*Story(f"resp-{number}").progress("PLANNED").told)
    page.tell(*Story("resp-9").progress("PLANNED").progress("REJECTED", final=True).told)
    first = (await client.get("/workflows?limit=3")).json()
    second = (await client.get(f"/workflows?limit=3&before={first['next']}")).json()
    ids = [workflow["workflow_id"] for workflow in first["workflows"] + second["workflows"]]
    assert (len(ids), len(set(ids)), second["next"]) == (4, 4, None)
    rejected = (await client.get("/workflows?state=REJECTED")).json()["workflows"]
    assert [workflow["response_id"] for workflow in rejected] == ["resp-9"]


async def test_stream_replays_from_the_beginning_and_goes_on_live_when_no_id_is_given(
    page: Page, client: httpx.AsyncClient
) -> None:
    story = Story().planned()
    page.tell(*story.told)
    async with following(client, f"/workflows/{story.workflow_id}/events") as events:
        assert await take(events, 1) == [("1", "PLANNED")]
        page.tell(story.progress("AWAITING_APPROVAL").told[-1])
        assert await take(events, 1) == [("2", "AWAITING_APPROVAL")]


async def test_stream_gives_what_was_missed_and_nothing_twice_when_the_last_id_is_given(
    page: Page, client: httpx.AsyncClient
) -> None:
    story = Story().planned().approved().executed()
    page.tell(*Story("resp-other").planned().told, *story.told)
    async with following(client, f"/workflows/{story.workflow_id}/events", last="6") as events:
        assert await take(events, 2) == [("7", "COMPLETED"), ("8", "POSTED")]


async def test_stream_of_all_begins_now_without_an_id_and_replays_with_one(
    page: Page, client: httpx.AsyncClient
) -> None:
    page.tell(*Story("resp-1").planned().told)
    async with following(client, "/events") as events:
        page.tell(*Story("resp-2").planned().progress("AWAITING_APPROVAL").told)
        assert await take(events, 2) == [("2", "PLANNED"), ("3", "AWAITING_APPROVAL")]
    async with following(client, "/events", last="1") as events:
        assert [number for number, _ in await take(events, 2)] == ["2", "3"]


async def test_stream_of_all_begins_now_when_the_id_is_of_a_read_model_before_a_rebuild(
    page: Page, client: httpx.AsyncClient
) -> None:
    page.tell(*Story("resp-1").planned().told)
    async with following(client, "/events", last="5000") as events:
        number, resync = await anext(events)
        assert number == "1"
        assert "follow from the start" in resync["reason"]
        page.tell(*Story("resp-2").planned().told)
        assert await take(events, 1) == [("2", "PLANNED")]


async def test_stream_of_a_workflow_begins_anew_when_it_never_had_the_id(page: Page, client: httpx.AsyncClient) -> None:
    story = Story("resp-1").planned()
    page.tell(*story.told)
    path = f"/workflows/{story.workflow_id}/events"
    async with following(client, path, last="5000") as events:
        number, resync = await anext(events)
        assert (number, "reason" in resync) == ("0", True)
        assert await take(events, 1) == [("1", "PLANNED")]
    async with client.stream("GET", path) as answer:
        assert "no-transform" in answer.headers["cache-control"]


async def test_stream_is_refused_when_all_places_are_taken(page: Page, client: httpx.AsyncClient) -> None:
    story = Story().planned()
    page.tell(*story.told)
    path = f"/workflows/{story.workflow_id}/events"
    async with following(client, path) as one, following(client, path) as two:
        await take(one, 1)
        await take(two, 1)
        answer = await client.get(path)
        assert (answer.status_code, answer.json()["code"]) == (503, "TOO_MANY_STREAMS")
        assert answer.headers["content-type"] == "application/problem+json"
        assert int(answer.headers["retry-after"]) > 0
        assert (await client.get("/workflows")).status_code == 200


async def test_place_is_given_back_when_the_stream_does_not_begin(page: Page, client: httpx.AsyncClient) -> None:
    for _ in range(4):
        assert (await client.get("/workflows/nobody/events")).status_code == 404
    assert page.feed.clients == 0


async def test_routes_need_a_token_when_the_host_is_not_this_machine(page: Page, client: httpx.AsyncClient) -> None:
    elsewhere = {"Host": "monitor.example"}
    without = await client.get("/workflows", headers=elsewhere)
    assert (without.status_code, without.json()["code"]) == (401, "TOKEN_MISSING")
    token = issue_demo_token("alice", ("TRADER",), page.issuer_private_pem, datetime.now(UTC))
    with_token = await client.get("/workflows", headers=elsewhere | {"Authorization": f"Bearer {token}"})
    assert with_token.status_code == 200
    bad = await client.get("/workflows", headers=elsewhere | {"Authorization": "Bearer nonsense"})
    assert bad.status_code == 401


async def test_windows_are_empty_and_say_so_when_faust_does_not_run(client: httpx.AsyncClient) -> None:
    answer = (await client.get("/windows")).json()
    assert answer == {"running": False, "window_seconds": 60, "windows": []}
