"""The plan's own page: POST an answer, watch it with `new EventSource('/hawk-agent/execute-actions')` (plan 5.2)."""

import json
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from tests.support.eventually import eventually
from tests.support.hawk import HTTP_SECONDS_MAX, TURN_SECONDS_MAX, Hawk
from tests.support.orders import order

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

ROUTE = "/hawk-agent/execute-actions"


def answer(currency: str, amount: str, entity: str) -> Any:
    """The plan's JSON object alone: who asks is in the token."""
    return order(currency, amount, entity)["answer"]


@dataclass
class EventSource:
    """What a browser makes of a stream: messages without a name, and the event `error` (HTML 9.2)."""

    messages: list[dict[str, Any]] = field(default_factory=list)
    errors: list[dict[str, Any]] = field(default_factory=list)
    last_id: str = ""

    def until_end(self, stream: httpx.Response) -> "EventSource":
        """Take everything until the server ends the stream."""
        name, data = "", []
        for line in stream.iter_lines():
            if not line:
                if data:
                    (self.errors if name == "error" else self.messages).append(json.loads("\n".join(data)))
                name, data = "", []
            key, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if key == "event":
                name = value
            elif key == "data":
                data.append(value)
            elif key == "id":
                self.last_id = value
        return self


@contextmanager
def watching(hawk: Hawk, query: str, *, at: str = "approval_url", **headers: str) -> Iterator[httpx.Response]:
    """Open the route as a page of the same origin does."""
    url = f"{hawk.known[at]}{ROUTE}{query}"
    headers = {"Accept": "text/event-stream", **headers}
    with httpx.stream("GET", url, headers=headers, timeout=HTTP_SECONDS_MAX, trust_env=False) as stream:
        yield stream


def hand_in(hawk: Hawk, user: str, content: Any, **headers: str) -> str:
    """POST an answer; gives the response id."""
    token = hawk.token(user, "TRADER")
    accepted = hawk.ask("POST", ROUTE, token, {"ai_response": content, "prompt": "Hedge it"}, **headers)
    assert accepted.status_code == 202, accepted.text
    body = accepted.json()
    assert body["links"]["status"] == f"{hawk.known['monitor_url']}/responses/{body['response_id']}"
    return str(body["response_id"])


def approved(hawk: Hawk, response_id: str, user: str) -> str:
    (workflow,) = hawk.response(response_id)["workflows"]
    hawk.in_state(workflow["workflow_id"], "AWAITING_APPROVAL")
    hawk.approve(workflow["workflow_id"], user)
    return str(workflow["workflow_id"])


def test_page_is_told_completed_and_then_the_stream_ends(hawk: Hawk) -> None:
    response_id = hand_in(hawk, "ann", answer("AUD", "1000000", "ENTITY0001"))
    with watching(hawk, f"?response_id={response_id}") as stream:
        assert stream.status_code == 200
        assert stream.headers["content-type"].startswith("text/event-stream")
        workflow_id = approved(hawk, response_id, "ann")
        seen = EventSource().until_end(stream)
    assert seen.errors == []
    assert [message["sequence"] for message in seen.messages] == list(range(1, len(seen.messages) + 1))
    completed = [message for message in seen.messages if message["completed"]]
    assert [message["state"] for message in completed] == ["COMPLETED"]
    assert (seen.messages[-1]["state"], seen.messages[-1]["final"]) == ("POSTED", True)
    # The monitor reads the topic by itself, so it may be a moment behind.
    message = eventually(
        lambda: hawk.get(f"/responses/{response_id}/message") or {}, TURN_SECONDS_MAX, until=lambda each: each["final"]
    )
    said = r"Successfully executed 47 database operations\. Hedge ORD-\S+ created and booked in Murex\."
    assert re.fullmatch(said, message["text"])
    shown = hawk.get(f"/workflows/{workflow_id}") or {}
    assert (shown["maker"], shown["maker_verified"], shown["prompt"]) == ("ann", True, "Hedge it")
    with watching(hawk, f"?response_id={response_id}", **{"Last-Event-ID": seen.last_id}) as again:
        assert again.status_code == 204  # a browser that comes back is told to stay away


def test_page_of_the_one_who_asked_needs_no_id(hawk: Hawk) -> None:
    user = f"user-{uuid.uuid4().hex[:8]}"
    response_id = hand_in(hawk, user, answer("AUD", "500000", "ENTITY0001"))
    workflow_id = approved(hawk, response_id, user)
    for origin in ("approval_url", "monitor_url"):
        with watching(hawk, "", at=origin, Authorization=f"Bearer {hawk.token(user, 'TRADER')}") as stream:
            seen = EventSource().until_end(stream)
        assert {message["workflow_id"] for message in seen.messages} == {workflow_id}
        assert seen.messages[-1]["final"]


def test_page_is_told_a_failure_as_an_error_and_then_the_stream_ends(hawk: Hawk) -> None:
    response_id = hand_in(hawk, "ann", answer("AUD", "1000000", "ENTITY0001"))
    (workflow,) = hawk.response(response_id)["workflows"]
    workflow_id = workflow["workflow_id"]
    with watching(hawk, f"?workflow_id={workflow_id}") as stream:
        hawk.in_state(workflow_id, "AWAITING_APPROVAL")
        assert hawk.decide(workflow_id, hawk.token("sam", "TRADER"), "REJECT").status_code == 201
        seen = EventSource().until_end(stream)
    assert not any(message["completed"] for message in seen.messages)
    assert [error["state"] for error in seen.errors] == ["REJECTED"]
    assert "sam" in seen.errors[0]["error"]


def test_page_is_told_at_once_when_nothing_of_the_answer_is_executed(hawk: Hawk) -> None:
    response_id = hand_in(hawk, "ann", answer("AUD", "-1", "ENTITY0001"))
    for origin in ("approval_url", "monitor_url"):
        with watching(hawk, f"?response_id={response_id}", at=origin) as stream:
            seen = EventSource().until_end(stream)
        assert seen.messages == []
        assert "INVALID_AMOUNT" in seen.errors[0]["error"]


def test_answer_handed_in_twice_under_one_key_is_one_response(hawk: Hawk) -> None:
    content, key = answer("AUD", "700000", "ENTITY0001"), str(uuid.uuid4())
    first = hand_in(hawk, "ann", content, **{"Idempotency-Key": key})
    assert hand_in(hawk, "ann", content, **{"Idempotency-Key": key}) == first
    other = {"ai_response": answer("AUD", "800000", "ENTITY0001")}
    refused = hawk.ask("POST", ROUTE, hawk.token("ann", "TRADER"), other, **{"Idempotency-Key": key})
    assert (refused.status_code, refused.json()["code"]) == (409, "IDEMPOTENCY_KEY_REUSED")
    assert len(hawk.response(first)["workflows"]) == 1


def test_answer_is_not_taken_from_somebody_without_a_token(hawk: Hawk) -> None:
    refused = hawk.ask("POST", ROUTE, None, {"ai_response": answer("AUD", "700000", "ENTITY0001")})
    assert (refused.status_code, refused.json()["code"]) == (401, "TOKEN_MISSING")


def test_preview_shows_the_plan_and_submitting_the_answer_makes_the_workflow(hawk: Hawk) -> None:
    content, token = answer("AUD", "900000", "ENTITY0001"), hawk.token("ann", "TRADER")
    before = {each["workflow_id"] for each in hawk.listed()}
    accepted = hawk.ask("POST", "/hawk-agent/previews", token, {"ai_response": content})
    assert accepted.status_code == 202, accepted.text
    at = accepted.headers["Location"]
    shown = eventually(
        lambda: hawk.ask("GET", at, token).json(), TURN_SECONDS_MAX, until=lambda each: each["state"] == "DONE"
    )
    (plan,) = shown["plans"]
    (workflow,) = hawk.response(hand_in(hawk, "ann", content))["workflows"]
    waiting = hawk.in_state(workflow["workflow_id"], "AWAITING_APPROVAL")
    assert plan["view"]["headline"]["operations"] == waiting["operations"]["total"]
    assert plan["view"]["headline"]["amount_usd"] == waiting["amount_usd"]
    assert {each["workflow_id"] for each in hawk.listed()} - before == {waiting["workflow_id"]}
