"""The plan's own `EventSource` snippet: what it gets, and how the stream ends."""

import json
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from services.approval.ports import Caller
from services.approval.requests.submission import Submission
from shared.events.progress import ProgressReported
from tests.support.approvals import World

URL = "/hawk-agent/execute-actions"


def tell(world: World, sequence: int, state: str, workflow: str = "w1", **changes: Any) -> None:
    world.log.add(
        ProgressReported(
            **{
                "workflow_id": workflow,
                "response_id": "r1",
                "order_id": "ORD-1",
                "sequence": sequence,
                "state": state,
                "stage": None,
                "operation": None,
                "status": f"Now {state}",
                "completed_operations": 47 if state in {"COMPLETED", "POSTED"} else 0,
                "total_operations": 47,
                "progress": 0,
                "completed": state == "COMPLETED",
                "final": False,
                "stages": {},
                "at": datetime(2026, 11, 23, tzinfo=UTC),
                **changes,
            }
        )
    )


def events_of(answer: httpx.Response) -> list[dict[str, Any]]:
    """What a browser would dispatch: event name, id, data."""
    found = []
    for block in answer.text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if line and not line.startswith(":"))
        if "data" in fields:
            found.append({"event": "message", **fields, "data": json.loads(fields["data"])})
    return found


async def test_stream_ends_after_the_last_message_when_all_went_well(world: World, client: httpx.AsyncClient) -> None:
    tell(world, 1, "BOOKING")
    tell(world, 2, "COMPLETED")
    tell(world, 3, "POSTED", final=True)
    answer = await client.get(URL, params={"workflow_id": "w1"})
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert "no-cache" in answer.headers["cache-control"]
    events = events_of(answer)
    assert [(event["event"], event["id"]) for event in events] == [("message", "1"), ("message", "2"), ("message", "3")]
    assert [event["data"]["completed"] for event in events] == [False, True, False]
    assert events[1]["data"]["total_operations"] == 47


async def test_failure_comes_as_an_error_event_after_the_last_message(world: World, client: httpx.AsyncClient) -> None:
    tell(world, 1, "COMPENSATING")
    tell(world, 2, "COMPENSATED", final=True, reason="MUREX_DECLINED: deal 3")
    events = events_of(await client.get(URL, params={"response_id": "r1"}))
    assert [event["event"] for event in events] == ["message", "message", "error"]
    assert events[-1]["data"]["state"] == "COMPENSATED"
    assert events[-1]["data"]["error"] == "MUREX_DECLINED: deal 3"
    assert events[-1]["id"] == events[-2]["id"]


@pytest.mark.parametrize("state", ["POSTED", "REJECTED"])
async def test_browser_gets_only_the_missed_and_stays_away_after_the_end(
    world: World, client: httpx.AsyncClient, state: str
) -> None:
    tell(world, 1, "BOOKING")
    tell(world, 2, state, final=True)
    for scope in ({"workflow_id": "w1"}, {"response_id": "r1"}):
        resumed = await client.get(URL, params=scope, headers={"Last-Event-ID": "1"})
        assert next(event["id"] for event in events_of(resumed)) == "2"
        over = await client.get(URL, params=scope, headers={"Last-Event-ID": "2"})
        assert over.status_code == 204
        assert not world.feed.places  # a stream that never began holds no place


@pytest.mark.parametrize("scope", [{"workflow_id": "w1"}, {"response_id": "r1"}], ids=["workflow", "response"])
@pytest.mark.parametrize("unknown", ["3", "99999", "nonsense"])
async def test_browser_that_saw_what_is_not_known_here_is_told_and_gets_all(
    world: World, client: httpx.AsyncClient, scope: dict[str, str], unknown: str
) -> None:
    tell(world, 1, "BOOKING")
    tell(world, 2, "POSTED", final=True)
    events = events_of(await client.get(URL, params=scope, headers={"Last-Event-ID": unknown}))
    assert [(event["event"], event["id"]) for event in events] == [("resync", "0"), ("message", "1"), ("message", "2")]


async def test_response_stream_waits_for_all_its_workflows(world: World, client: httpx.AsyncClient) -> None:
    tell(world, 1, "PLANNED", "w1")
    tell(world, 1, "PLANNED", "w2")
    tell(world, 2, "POSTED", "w1", final=True)
    tell(world, 2, "REJECTED", "w2", final=True, reason="bob rejected it")
    events = events_of(await client.get(URL, params={"response_id": "r1"}))
    assert [event["id"] for event in events] == ["1", "2", "3", "4", "4"]
    assert events[-1]["data"]["failed_workflows"] == ["w2"]


async def test_caller_without_a_choice_gets_the_latest_response(world: World, client: httpx.AsyncClient) -> None:
    headers = world.token("ann", "TRADER")
    none = await client.get(URL, headers=headers)
    assert (none.status_code, none.json()["code"]) == (404, "NO_RESPONSE")
    for response in ("r0", "r1"):
        submission = Submission(response, "ann", "words", "", world.now)
        await world.approvals.submit(submission, Caller("ann"))
    tell(world, 1, "POSTED", final=True)
    await client.post("/session", headers=headers)
    events = events_of(await client.get(URL))
    assert [event["data"]["response_id"] for event in events] == ["r1"]


async def test_stranger_may_watch_by_name_from_this_machine_alone(world: World, client: httpx.AsyncClient) -> None:
    tell(world, 1, "POSTED", final=True)
    assert (await client.get(URL, params={"workflow_id": "w1"})).status_code == 200
    rebound = await client.get(URL, params={"workflow_id": "w1"}, headers={"Host": "evil.example"})
    assert rebound.status_code == 401
    async with world.client("10.0.0.7") as far:
        assert (await far.get(URL, params={"workflow_id": "w1"})).status_code == 401


async def test_unknown_workflow_is_a_404(client: httpx.AsyncClient) -> None:
    answer = await client.get(URL, params={"workflow_id": "none"})
    assert (answer.status_code, answer.json()["code"]) == (404, "WORKFLOW_UNKNOWN")
