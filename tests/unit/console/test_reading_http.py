"""GET /approvals with a tab, GET /approvals/{workflow_id} with its view, GET /approvals/stream."""

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.approval.console.queue.wanted import PAGES_MAX, SEARCH_CHARACTERS_MAX
from tests.support.approvals import World


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


async def get(
    world: World, path: str, *, person: str = "bob", role: str = "SENIOR_TRADER", **params: Any
) -> httpx.Response:
    async with world.client() as client:
        return await client.get(path, params=params, headers=world.token(person, role))


async def test_tab_answers_a_page_with_counts_and_a_place_in_the_stream(world: World) -> None:
    await world.request("small", "5000000")
    await world.request("own", "60000000", maker="bob")
    answer = await get(world, "/approvals", tab="mine")
    found = answer.json()
    assert [each["workflow_id"] for each in found["approvals"]] == ["small"]
    assert found["counts"] == {"mine": 1, "others": 1, "decided": 0, "all": 2}
    assert (found["mine_usd"], found["page"], found["pages"]) == ("5000000.00", 1, 1)
    assert found["place"].isdigit()


async def test_any_part_of_the_new_form_asks_for_it(world: World) -> None:
    await world.request("w1")
    for params in ({"q": "w1"}, {"page": 1}, {"sort": "amount"}, {"maker": "ann"}):
        assert (await get(world, "/approvals", **params)).json()["tab"] == "mine"
    assert "tab" not in (await get(world, "/approvals")).json()
    assert "tab" not in (await get(world, "/approvals", state="PENDING", limit=5)).json()


@pytest.mark.parametrize(
    "params",
    [
        {"tab": "yours"},
        {"tab": "mine", "page": 0},
        {"tab": "mine", "page": PAGES_MAX + 1},
        {"tab": "mine", "sort": "colour"},
        {"tab": "mine", "currency": "usd"},
        {"tab": "mine", "risk": "EXTREME"},
        {"tab": "mine", "kind": "loan"},
        {"q": "x" * (SEARCH_CHARACTERS_MAX + 1)},
        {"tab": "mine", "state": "PENDING"},
        {"tab": "mine", "limit": 5},
    ],
)
async def test_parameter_that_means_nothing_is_a_problem(world: World, params: dict[str, Any]) -> None:
    answer = await get(world, "/approvals", **params)
    assert (answer.status_code, answer.json()["code"]) == (422, "INVALID_REQUEST")
    assert answer.headers["content-type"] == "application/problem+json"


async def test_queue_and_stream_need_a_token(world: World) -> None:
    async with world.client() as client:
        for path in ("/approvals?tab=mine", "/approvals/stream"):
            assert (await client.get(path)).status_code == 401


async def test_card_has_a_view_also_after_a_decision(world: World) -> None:
    await world.request("w1", "25000000")
    card = (await get(world, "/approvals/w1")).json()
    assert card["view"]["who"]["may_decide"]
    assert card["view"]["digest"] == card["plan_digest"]
    assert card["detail"]
    assert "detail" not in (await get(world, "/approvals/w1", detail="false")).json()
    async with world.client() as client:
        body = {"decision": "APPROVE", "plan_digest": card["plan_digest"]}
        after = await client.post("/approvals/w1/decisions", json=body, headers=world.token("bob", "SENIOR_TRADER"))
    assert after.json()["view"]["stages"][3]["state"] == "done"
    decided = (await get(world, "/approvals", tab="decided")).json()
    assert [each["decided"]["text"] for each in decided["approvals"]] == ["bob"]


async def test_sections_that_were_ticked_are_kept_with_the_decision(world: World) -> None:
    await world.request("w1", "25000000")
    async with world.client() as client:
        digest = (await get(world, "/approvals/w1")).json()["plan_digest"]
        body = {"decision": "APPROVE", "plan_digest": digest, "viewed": ["risk", "deals", "risk"]}
        headers = world.token("bob", "SENIOR_TRADER")
        for viewed in (["x" * 21], ["Risk"], ["risk"] * 13, "risk", [["risk"]]):
            refused = await client.post("/approvals/w1/decisions", json={**body, "viewed": viewed}, headers=headers)
            assert refused.status_code == 422, viewed
        card = (await client.post("/approvals/w1/decisions", json=body, headers=headers)).json()
    assert [each["viewed"] for each in card["view"]["who"]["decisions"]] == [["risk", "deals"]]


class Streaming:
    """A stream over ASGI whose events are read one by one; the client of httpx waits for the end of an answer."""

    def __init__(self, world: World, query: str = "", **headers: str) -> None:
        self.events: asyncio.Queue[bytes] = asyncio.Queue()
        self.status: int | None = None
        self._asked = False
        self._left = asyncio.Event()
        given = {"host": "127.0.0.1", **world.token("bob", "TRADER"), **headers}
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
            "path": "/approvals/stream", "raw_path": b"/approvals/stream", "root_path": "",
            "query_string": query.encode(),
            "headers": [(name.lower().encode(), value.encode()) for name, value in given.items()],
            "client": ("127.0.0.1", 50_000), "server": ("127.0.0.1", 8080),
        }  # fmt: skip
        self.task = asyncio.create_task(world.app(scope, self._receive, self._send))

    async def _receive(self) -> dict[str, Any]:
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self._left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        elif message.get("body"):
            self.events.put_nowait(message["body"])

    async def next(self) -> tuple[str, dict[str, Any]]:
        async with asyncio.timeout(10):
            fields = dict(line.split(": ", 1) for line in (await self.events.get()).decode().strip().splitlines())
        return fields["event"], json.loads(fields["data"])

    async def leave(self) -> None:
        self._left.set()
        async with asyncio.timeout(10):
            await self.task


async def test_stream_says_it_is_live_tells_changes_and_gives_its_place_back(world: World) -> None:
    stream = Streaming(world)
    event, data = await stream.next()
    assert (event, data["at"]) == ("heartbeat", world.now.isoformat())
    world.change_log.write("w1")
    event, data = await stream.next()
    assert (event, data["workflow_ids"]) == ("changed", ["w1"])
    await stream.leave()
    assert world.changes.listeners == set()


async def test_stream_goes_on_from_the_place_of_a_document_or_of_the_last_event(world: World) -> None:
    place = await world.change_log.place()
    world.change_log.write("w1")
    for given in (Streaming(world, f"after={place}"), Streaming(world, **{"Last-Event-ID": str(place)})):
        assert (await given.next())[1]["workflow_ids"] == ["w1"]
        await given.leave()
    lost = Streaming(world, **{"Last-Event-ID": "restored-elsewhere"})
    assert (await lost.next())[0] == "resync"
    await lost.leave()


async def test_stream_ends_when_the_process_stops(world: World) -> None:
    stream = Streaming(world)
    await stream.next()
    await world.changes.close()
    async with asyncio.timeout(10):
        await stream.task
    assert world.changes.listeners == set()
