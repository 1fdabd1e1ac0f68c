"""What `hawk notifications` prints, and what it asks of the approval service."""

from typing import Any

import httpx
import pytest

from cli import notifications, people
from cli.clients import Approvals

ONE = {
    "notification_id": "n1", "state": "GIVEN_UP", "channel": "mail", "recipient": "a\x1b[2J@bank.example",
    "kind": "requested", "workflow_id": "w1", "noted_at": "2026-11-23T03:00:00+00:00", "attempts": 13,
    "why": "The mail server refused it with 550.",
}  # fmt: skip


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> tuple[list[str], list[str]]:
    """What is printed, and what was asked."""
    printed: list[str] = []
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(f"{request.method} {request.url.raw_path.decode()}")
        document: Any = ONE if request.method == "POST" else {"on": True, "notifications": [ONE]}
        return httpx.Response(200, json=document)

    class Running:
        approval_url = "http://approval.test"

    monkeypatch.setattr(people, "connect", lambda _: Running())
    monkeypatch.setattr(
        people, "Approvals", lambda url, token: Approvals(url, token, transport=httpx.MockTransport(answer))
    )
    monkeypatch.setattr(notifications, "tell", printed.append)
    return printed, asked


def test_what_was_given_up_is_listed_with_its_reason(told: tuple[list[str], list[str]]) -> None:
    printed, asked = told
    notifications.notifications(bearer="token")
    assert asked == ["GET /notifications?state=GIVEN_UP"]
    text = "\n".join(printed)
    assert "n1  GIVEN_UP  mail to " in text
    assert "13 attempts. The mail server refused it with 550." in text
    assert "\x1b" not in text


def test_again_asks_for_one(told: tuple[list[str], list[str]]) -> None:
    notifications.notifications(bearer="token", again="n/1")
    assert told[1] == ["POST /notifications/n%2F1/again"]
