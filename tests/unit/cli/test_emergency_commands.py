"""What `hawk break-glass` and `hawk reviews` print, and what they ask of the approval service."""

import json
from typing import Any

import httpx
import pytest

from cli import emergencies, people
from cli.clients import Approvals

SAID: dict[str, Any] = {
    "text": "sam (TRADER) declared an emergency\x1b[2J.", "reason": "rita is on a plane",
    "reviews": [{"person": "eve", "role": "AUDITOR", "finding": "NOT_JUSTIFIED", "comment": "call the deputy"}],
}  # fmt: skip
ONE: dict[str, Any] = {
    "workflow_id": "w1", "title": "COI inception", "maker": "mira", "emergency": SAID, "granted_at": None,
    "approvers": [], "plan_digest": "sha256:a",
}  # fmt: skip


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> tuple[list[str], list[str]]:
    """What is printed, and what was asked."""
    printed: list[str] = []
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content) if request.content else {}
        asked.append(f"{request.method} {request.url.raw_path.decode()} {json.dumps(body)}")
        listed = request.url.path == "/reviews"
        return httpx.Response(200, json={"reviews": [], "declared": [ONE]} if listed else ONE)

    class Running:
        approval_url = "http://approval.test"

    monkeypatch.setattr(people, "connect", lambda _: Running())
    monkeypatch.setattr(
        people, "Approvals", lambda url, token: Approvals(url, token, transport=httpx.MockTransport(answer))
    )
    monkeypatch.setattr(emergencies, "tell", printed.append)
    monkeypatch.setattr(emergencies, "say", printed.append)
    return printed, asked


def test_the_glass_is_broken_by_the_digest_that_was_named(told: tuple[list[str], list[str]]) -> None:
    printed, asked = told
    emergencies.break_glass(bearer="token", workflow="w/1", reason="away", digest="sha256:b")
    assert asked == ['POST /approvals/w%2F1/break-glass {"plan_digest": "sha256:b", "reason": "away"}']
    assert "hawk approve w/1. Not mira, who asked." in printed[-1]
    assert "\x1b" not in "".join(printed)


def test_reviews_are_listed_and_recorded(told: tuple[list[str], list[str]]) -> None:
    printed, asked = told
    emergencies.list_reviews(bearer="token")
    assert printed == ["No review is open."]
    emergencies.list_reviews(bearer="token", every=True)
    assert "  eve (AUDITOR) found it not justified: call the deputy" in printed
    emergencies.record(bearer="token", workflow="w1", finding=emergencies.Finding.JUSTIFIED, comment="fine")
    assert asked[-1] == 'POST /reviews/w1 {"finding": "JUSTIFIED", "comment": "fine"}'
