"""What `hawk passkeys` prints, and what it asks of the approval service."""

import json
from typing import Any

import httpx
import pytest
import typer

from cli import passkeys, people
from cli.clients import Approvals

BY = {"person": "sam", "role": "SENIOR_TRADER", "at": "2026-11-23T03:00:00+00:00"}
KEY = {
    "person": "rita", "credential_id": "credential-of-rita", "name": "lap\x1b[2Jtop", "state": "COUNTS",
    "works_from": "2026-11-23T03:00:00+00:00", "ends_at": None, "confirmed_by": BY, "removed_by": None,
}  # fmt: skip
WAITING = {
    "kind": "ADD", "person": "tom", "name": "blue key", "lost": False, "reason": "", "digest": "sha256:1",
    "proposed_by": BY, "expires_at": "2026-11-24T03:00:00+00:00",
}  # fmt: skip
SHOWN = {"person": "rita", "mine": [KEY], "others": [], "waiting": [WAITING]}


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> tuple[list[str], list[tuple[str, Any]]]:
    """What is printed, and what was asked."""
    printed: list[str] = []
    asked: list[tuple[str, Any]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            asked.append((request.url.path, json.loads(request.content)))
        return httpx.Response(200, json=SHOWN)

    class Running:
        approval_url = "http://approval.test"

    monkeypatch.setattr(people, "connect", lambda _: Running())
    monkeypatch.setattr(
        people, "Approvals", lambda url, token: Approvals(url, token, transport=httpx.MockTransport(answer))
    )
    monkeypatch.setattr(passkeys, "tell", printed.append)
    monkeypatch.setattr(passkeys, "say", printed.append)
    monkeypatch.setattr(passkeys, "fail", _end(printed))
    return printed, asked


def _end(printed: list[str]) -> Any:
    def fail(sentence: str, status: int = 1) -> None:
        printed.append(sentence)
        raise typer.Exit(status)

    return fail


def test_keys_and_what_waits_are_listed_as_text(told: tuple[list[str], Any]) -> None:
    passkeys.list_keys(bearer="token")
    text = "\n".join(told[0])
    assert "counts, from" in text
    assert "tom: new passkey blue key, proposed by sam (SENIOR_TRADER)" in text
    assert "hawk passkeys confirm tom" in text
    assert "\x1b" not in text


def test_what_waits_is_confirmed_and_rejected_by_its_digest(told: tuple[list[str], list[tuple[str, Any]]]) -> None:
    passkeys.confirm(bearer="token", owner="tom")
    passkeys.reject(bearer="token", owner="tom", reason="not tom")
    named = {"person": "tom", "digest": "sha256:1"}
    assert told[1] == [("/passkeys/confirmation", named), ("/passkeys/rejection", {**named, "reason": "not tom"})]
    with pytest.raises(typer.Exit):
        passkeys.confirm(bearer="token", owner="tom", digest="sha256:2")
    assert "Nothing about a passkey of tom" in told[0][-1]


def test_a_key_is_meant_by_the_beginning_of_its_id(told: tuple[list[str], list[tuple[str, Any]]]) -> None:
    passkeys.lost(bearer="token", key="credential-of", reason="taxi")
    named = {"person": "rita", "credential_id": "credential-of-rita"}
    assert told[1] == [("/passkeys/removal", {**named, "lost": True, "reason": "taxi"})]
    with pytest.raises(typer.Exit):
        passkeys.remove(bearer="token", owner="rita", key="another", reason="x")
    assert "rita has no passkeys named another." in told[0][-1]


def test_register_leads_to_the_page(told: tuple[list[str], Any]) -> None:
    passkeys.register_key(bearer="token")
    assert told[0] == ["A browser makes the passkey. Open http://approval.test/console/passkeys"]
