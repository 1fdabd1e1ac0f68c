"""What `hawk reverse` waits for: the state and the plan or refusal come by two topics, in any order."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
import typer

from cli import clients, people, reversals
from cli.clients import Approvals, Monitor

REQUESTED = {"workflow_id": "w2", "repeated": False}
PROPOSED: dict[str, Any] = {
    "workflow_id": "w2", "state": "PROPOSED", "reason": None, "reason_text": None, "refusals": [], "related": [],
    "plan_digest": None, "policy": None,
}  # fmt: skip
REFUSED = {"state": "REFUSED", "reason": "HAS_DEPENDANTS", "reason_text": "Workflow w3 builds on it."}
REFUSAL = {"refusals": [{"code": "HAS_DEPENDANTS"}], "related": ["w3"]}
PLAN = {"plan_digest": "sha256:1", "policy": {"required": ["SENIOR_TRADER"]}}


@pytest.fixture
def monitor_shows(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """The command with a monitor that answers with these one after the other, the last one for ever."""

    def start(*shown: dict[str, Any]) -> None:
        answers = list(shown)

        def decide(_: httpx.Request) -> httpx.Response:
            return httpx.Response(200, json=REQUESTED)

        def show(_: httpx.Request) -> httpx.Response:
            return httpx.Response(200, json=answers.pop(0) if len(answers) > 1 else answers[0])

        class Running:
            approval_url = "http://approval.test"
            monitor_url = "http://monitor.test"

        monkeypatch.setattr(people, "connect", lambda _: Running())
        monkeypatch.setattr(
            people, "Approvals", lambda url, token: Approvals(url, token, transport=httpx.MockTransport(decide))
        )
        monkeypatch.setattr(reversals, "Monitor", lambda url: Monitor(url, transport=httpx.MockTransport(show)))
        monkeypatch.setattr(clients.time, "sleep", lambda _: None)

    return start


def test_refusal_that_is_known_by_its_state_only_is_waited_for(
    monitor_shows: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    monitor_shows(PROPOSED, PROPOSED | REFUSED, PROPOSED | REFUSED | REFUSAL)
    with pytest.raises(typer.Exit):
        reversals.reverse("w1", reason="Booked twice", as_json=True, bearer="token")
    shown = json.loads(capsys.readouterr().out)
    assert (shown["state"], shown["reason"], shown["related"]) == ("REFUSED", "HAS_DEPENDANTS", ["w3"])


def test_plan_that_is_known_by_its_state_only_is_waited_for(
    monitor_shows: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    waiting = PROPOSED | {"state": "AWAITING_APPROVAL"}
    monitor_shows(PROPOSED, waiting, waiting | PLAN)
    reversals.reverse("w1", reason="Booked twice", as_json=True, bearer="token")
    assert json.loads(capsys.readouterr().out)["policy"] == PLAN["policy"]
