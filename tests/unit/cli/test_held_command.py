"""What `hawk reference held`, `confirm` and `reject` print, and what they ask of the approval service."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
import typer

from cli import held, people
from cli.clients import Approvals

DOUBT = {
    "message": "currency_rates USD/SGD:prevailing moves from 1.3500 to 1350, 9990000 basis points; bound: [b]10%[/]."
}
WAITING: dict[str, Any] = {
    "held_id": "h1", "state": "WAITING", "reason": "", "feed": "rates", "load_id": "", "rows": 1, "found": 1,
    "held_at": "2026-11-23T03:00:00+00:00", "doubts": [DOUBT], "digest": "sha256:1", "persons": 1, "confirmed_by": [],
    "changes": [{"row": {"rate_value": "1350", "source_system": "a\x1b[2Jb"}}], "may_confirm": True, "why": "",
}  # fmt: skip


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is printed."""
    told: list[str] = []
    monkeypatch.setattr(held, "tell", told.append)
    return told


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[Any]]:
    """The commands with an approval service that answers with these one after the other, and keeps what it is sent."""

    def start(*shown: list[dict[str, Any]]) -> list[Any]:
        sent: list[Any] = []
        answers = list(shown)

        def answer(request: httpx.Request) -> httpx.Response:
            sent.append(json.loads(request.content) if request.method == "POST" else request.url.params.get("held_id"))
            return httpx.Response(200, json={"held": answers.pop(0) if len(answers) > 1 else answers[0]})

        class Running:
            approval_url = "http://approval.test"

        def approvals(url: str, token: str) -> Approvals:
            return Approvals(url, token, transport=httpx.MockTransport(answer))

        monkeypatch.setattr(people, "connect", lambda _: Running())
        monkeypatch.setattr(people, "Approvals", approvals)
        return sent

    return start


def test_what_waits_is_told_with_its_doubts_and_nothing_of_it_is_markup(
    asked: Callable[..., list[Any]], said: list[str]
) -> None:
    asked([WAITING])
    held.list_held(bearer="token")
    text = "\n".join(said)
    assert "h1  WAITING  one row of feed rates" in text
    assert "from 1.3500 to 1350" in text
    assert "[b]10%[/]" in text
    assert "\x1b" not in text
    assert "needs 1, confirmed by nobody" in text


def test_a_decision_names_the_digest_that_was_shown_and_waits_until_it_is_taken_in(
    asked: Callable[..., list[Any]], said: list[str]
) -> None:
    sent = asked([WAITING], [WAITING | {"state": "CONFIRMED"}], [WAITING | {"state": "APPLIED"}])
    held.deciding("CONFIRM")("h1", bearer="token", comment="asked the desk")
    assert sent[:2] == [
        "h1", {"held_id": "h1", "digest": "sha256:1", "decision": "CONFIRM", "comment": "asked the desk"},
    ]  # fmt: skip
    assert said[-1] == "Confirmed. It is in force."


@pytest.mark.parametrize(
    ("after", "told"),
    [
        ({"state": "WAITING", "persons": 2, "confirmed_by": [{"person": "olga", "role": "OPERATIONS"}]}, "1 of 2"),
        ({"state": "DROPPED", "reason": "HELD_SUPERSEDED: Another row"}, "will not come into force. HELD_SUPERSEDED"),
    ],
)
def test_what_became_of_a_decision_is_told(
    asked: Callable[..., list[Any]], said: list[str], after: dict[str, Any], told: str
) -> None:
    asked([WAITING], [WAITING | after])
    held.deciding("REJECT")("h1", bearer="token")
    assert told in said[-1]


def test_an_id_that_nobody_knows_is_said_to_be_so(asked: Callable[..., list[Any]]) -> None:
    asked([])
    with pytest.raises(typer.Exit):
        held.deciding("CONFIRM")("h9", bearer="token")
