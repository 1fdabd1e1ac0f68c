"""The plan's `EventSource` on the monitor: whose stream it is, how it ends, and where hawk.progress tells nothing."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from shared.web.snippet import PATH
from tests.support.eventually import eventually_async
from tests.support.plan_snippet import PERSON, RESPONSE, WORKFLOW, MonitorSide, received, reported
from tests.unit.approval.test_approval_progress import events_of

LIMIT_SECONDS = 10.0
STORY = (reported(1, "BOOKING"), reported(2, "COMPLETED"), reported(3, "POSTED", final=True))


@pytest.fixture
async def side(tmp_path: Path) -> AsyncIterator[MonitorSide]:
    made = MonitorSide(tmp_path)
    yield made
    await made.feed.close()


def client_of(side: MonitorSide, address: str = "127.0.0.1") -> httpx.AsyncClient:
    transport = httpx.ASGITransport(side.app, client=(address, 50_000))
    return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8082")


@pytest.fixture
async def client(side: MonitorSide) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(side) as opened:
        yield opened


async def places_of(side: MonitorSide) -> int:
    return len(side.feed.places)


async def test_stream_ends_with_the_workflow_and_the_browser_stays_away(
    side: MonitorSide, client: httpx.AsyncClient
) -> None:
    await side.answered(received())
    side.tell(*STORY)
    for scope in ({"workflow_id": WORKFLOW}, {"response_id": RESPONSE}):
        events = events_of(await client.get(PATH, params=scope))
        assert [event["data"]["sequence"] for event in events] == [1, 2, 3]
        over = await client.get(PATH, params=scope, headers={"Last-Event-ID": events[-1]["id"]})
        assert over.status_code == 204
        assert not side.feed.places


async def test_answer_of_which_nothing_is_executed_ends_at_once_with_why(
    side: MonitorSide, client: httpx.AsyncClient
) -> None:
    await side.answered(received(workflows=(), outcome="ANALYSIS_ONLY"))
    answer = await client.get(PATH, params={"response_id": RESPONSE})
    (event,) = events_of(answer)
    assert (event["event"], event["data"]["state"]) == ("error", "ANALYSIS_ONLY")
    assert event["data"]["error"] == "The answer recommends nothing to execute."
    over = await client.get(PATH, params={"response_id": RESPONSE}, headers={"Last-Event-ID": event["id"]})
    assert over.status_code == 204
    assert not side.feed.places


async def test_stream_that_was_opened_before_the_answer_was_read_tells_what_became_of_it(
    side: MonitorSide, client: httpx.AsyncClient
) -> None:
    asking = asyncio.create_task(client.get(PATH, params={"response_id": RESPONSE}))
    await eventually_async(lambda: places_of(side), LIMIT_SECONDS)
    await side.answered(received(workflows=(), outcome="REFUSED"))
    (event,) = events_of(await asyncio.wait_for(asking, LIMIT_SECONDS))
    assert (event["event"], event["data"]["state"]) == ("error", "REFUSED")


async def test_stream_of_an_answer_that_never_comes_ends_with_the_service(
    side: MonitorSide, client: httpx.AsyncClient
) -> None:
    asking = asyncio.create_task(client.get(PATH, params={"response_id": "none"}))
    await eventually_async(lambda: places_of(side), LIMIT_SECONDS)
    await side.feed.close()
    answer = await asyncio.wait_for(asking, LIMIT_SECONDS)
    assert (answer.status_code, events_of(answer)) == (200, [])
    assert not side.feed.places


async def test_caller_who_names_nothing_gets_the_latest_response_of_theirs(
    side: MonitorSide, client: httpx.AsyncClient
) -> None:
    mine = side.token(PERSON)
    none = await client.get(PATH, headers=mine)
    assert (none.status_code, none.json()["code"]) == (404, "NO_RESPONSE")
    await side.answered(received())
    side.tell(*STORY)
    events = events_of(await client.get(PATH, headers=mine))
    assert {event["data"]["response_id"] for event in events} == {RESPONSE}
    assert events_of(await client.get(PATH, headers=side.token("ANN"))) == events  # one person, spelled otherwise
    assert (await client.get(PATH, headers=side.token("bob"))).status_code == 404


async def test_who_names_nothing_has_to_sign_in_and_strangers_from_elsewhere_see_nothing(
    side: MonitorSide, client: httpx.AsyncClient
) -> None:
    await side.answered(received())
    nameless = await client.get(PATH)
    assert (nameless.status_code, nameless.json()["code"]) == (401, "TOKEN_MISSING")
    async with client_of(side, "192.0.2.7") as far:
        assert (await far.get(PATH, params={"response_id": RESPONSE})).status_code == 401


async def test_unknown_workflow_is_a_404(client: httpx.AsyncClient) -> None:
    answer = await client.get(PATH, params={"workflow_id": "none"})
    assert (answer.status_code, answer.json()["code"]) == (404, "WORKFLOW_UNKNOWN")
