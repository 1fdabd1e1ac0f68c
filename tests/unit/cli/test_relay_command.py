"""What `hawk relay` shows of events that were passed over, and what it asks of the approval service."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
import typer

from cli import people, relay
from cli.clients import Approvals

EVENT: dict[str, Any] = {
    "position": 7, "event_id": "e", "stream": "plan-1", "version": 2, "type": "PlanDrawn", "cause": "TOO_LARGE",
    "reason": "[bold]Too large.", "listed_at": "2026-11-23T03:00:00+00:00", "ordered": False, "tried": False,
    "pending": None,
}  # fmt: skip
PENDING = {
    "digest": "sha256:1", "reason": "limit raised", "expires_at": EVENT["listed_at"], "may_confirm": True, "why": "",
    "proposed_by": {"person": "olga", "role": "OPERATIONS", "at": EVENT["listed_at"]},
}  # fmt: skip


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[Any]]:
    """The commands with an approval service that shows these events and keeps what it is sent."""

    def start(*events: dict[str, Any]) -> list[Any]:
        sent: list[Any] = []

        def answer(request: httpx.Request) -> httpx.Response:
            if request.method == "GET":
                return httpx.Response(200, json={"count": len(events), "events": list(events)})
            sent.append((request.url.path, json.loads(request.content)))
            return httpx.Response(201, json=EVENT)

        class Running:
            approval_url = "http://approval.test"

        def approvals(url: str, token: str) -> Approvals:
            return Approvals(url, token, transport=httpx.MockTransport(answer))

        monkeypatch.setattr(people, "connect", lambda _: Running())
        monkeypatch.setattr(people, "Approvals", approvals)
        return sent

    return start


def test_the_first_person_proposes_and_the_second_confirms_with_the_same_command(
    asked: Callable[..., list[Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    path = "/events/unpublishable/7/publication"
    sent = asked(EVENT)
    relay.publish(7, reason="limit raised", bearer="token", as_json=True)
    assert sent == [(path, {"reason": "limit raised"})]
    sent = asked(EVENT | {"pending": PENDING})
    relay.publish(7, bearer="token", as_json=True)
    relay.publish(7, digest="sha256:2", bearer="token", as_json=True)
    assert sent == [(path, {"digest": "sha256:1"}), (path, {"digest": "sha256:2"})]
    assert json.loads(capsys.readouterr().out.split("}\n{")[0] + "}")["position"] == 7


@pytest.mark.parametrize("pending", [None, PENDING | {"may_confirm": False}])
def test_who_cannot_confirm_has_to_say_what_was_put_right(
    asked: Callable[..., list[Any]], pending: dict[str, Any] | None
) -> None:
    sent = asked(EVENT | {"pending": pending})
    with pytest.raises(typer.Exit):
        relay.publish(7, bearer="token")
    assert sent == []


def test_every_event_is_shown_with_its_cause_and_what_to_do(
    asked: Callable[..., list[Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    asked(EVENT, EVENT | {"position": 8, "pending": PENDING}, EVENT | {"position": 9, "ordered": True})
    relay.unpublished(bearer="token")
    told = " ".join(capsys.readouterr().out.split())
    assert "TOO_LARGE: [bold]Too large." in told
    assert "hawk relay publish 7" in told
    assert "a second person confirms: hawk relay publish 8" in told
    assert "the relay tries it" in told
