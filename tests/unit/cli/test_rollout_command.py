"""What `hawk rollout`, `stop` and `resume` print, and what they ask of the approval service."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from cli import people, rollout
from cli.clients import Approvals

WHO = {"person": "rita", "role": "RISK_MANAGER", "at": "2026-11-23T03:00:00+00:00"}
LIMITS = {"action_types": ["I", "R"], "order_cap_usd": "10000000", "day_cap_usd": "50000000.00"}
QUIET: dict[str, Any] = {
    "version": 7, "mode": "FULL", "limits": {}, "set_by": None, "stopped": False, "stop": None, "pending": None,
    "pending_resumption": None, "in_force": True, "notice": None,
}  # fmt: skip
PENDING = {"digest": "sha256:1", "proposed_by": WHO, "may_confirm": True, "why": "", "expires_at": WHO["at"]}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[str, Any]], list[Any]]:
    """The commands with an approval service that shows this and keeps what it is sent."""

    def start(shown: dict[str, Any]) -> list[Any]:
        sent: list[Any] = []

        def answer(request: httpx.Request) -> httpx.Response:
            if request.method == "POST":
                sent.append((request.url.path, json.loads(request.content)))
            return httpx.Response(200, json=shown)

        class Running:
            approval_url = "http://approval.test"

        def approvals(url: str, token: str) -> Approvals:
            return Approvals(url, token, transport=httpx.MockTransport(answer))

        monkeypatch.setattr(people, "connect", lambda _: Running())
        monkeypatch.setattr(people, "Approvals", approvals)
        return sent

    return start


def test_what_is_in_force_and_what_waits_is_told_in_words(
    asked: Callable[[dict[str, Any]], list[Any]], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(rollout, "tell", told.append)
    stop = {"reason": "rates look odd", "stopped_by": WHO | {"person": "tom", "role": "TRADER"}}
    asked(
        QUIET
        | {"mode": "LIMITED", "limits": LIMITS, "set_by": [WHO, WHO | {"person": "tom", "role": "TRADER"}]}
        | {"stopped": True, "stop": stop, "in_force": False}
        | {"pending": PENDING | {"mode": "FULL", "limits": {}, "comment": "all went well"}}
        | {"pending_resumption": PENDING | {"reason": "checked"}}
    )
    rollout.rollout(bearer="token")
    assert told == [
        "mode LIMITED (I, R; at most USD 10,000,000 per order, USD 50,000,000.00 per day), stopped",
        "  set by rita (RISK_MANAGER, 2026-11-23 03:00:00 UTC) and tom (TRADER, 2026-11-23 03:00:00 UTC)",
        "STOPPED by tom (TRADER, 2026-11-23 03:00:00 UTC): rates look odd",
        "The executor has not applied this yet. Check again with `hawk rollout`.",
        "Proposed by rita (RISK_MANAGER, 2026-11-23 03:00:00 UTC): mode FULL. all went well; a second person confirms: "
        "hawk rollout --confirm",
        "Proposed by rita (RISK_MANAGER, 2026-11-23 03:00:00 UTC): to resume. checked; a second person confirms: "
        "hawk resume",
    ]
    assert capsys.readouterr().out == ""


def test_a_change_names_the_version_and_a_confirmation_the_digest_that_was_shown(
    asked: Callable[[dict[str, Any]], list[Any]],
) -> None:
    sent = asked(QUIET | {"pending": PENDING | {"mode": "FULL", "limits": {}, "comment": ""}})
    rollout.rollout("LIMITED", ["I"], "10", "20", "go", bearer="token", as_json=True)
    rollout.rollout(confirm=True, bearer="token", as_json=True)
    rollout.rollout(confirm=True, digest="sha256:2", bearer="token", as_json=True)
    limits = {"action_types": ["I"], "order_cap_usd": "10", "day_cap_usd": "20"}
    assert sent == [
        ("/rollout", {"mode": "LIMITED", "limits": limits, "expected_version": 7, "comment": "go"}),
        ("/rollout", {"digest": "sha256:1"}),
        ("/rollout", {"digest": "sha256:2"}),
    ]


@pytest.mark.parametrize(
    ("pending", "body"),
    [
        (None, {"expected_version": 7, "reason": "checked"}),
        (PENDING | {"may_confirm": False}, {"expected_version": 7, "reason": "checked"}),
        (PENDING | {"reason": ""}, {"digest": "sha256:1"}),
    ],
)
def test_resume_proposes_or_confirms_what_another_person_proposed(
    asked: Callable[[dict[str, Any]], list[Any]], pending: Any, body: dict[str, Any]
) -> None:
    sent = asked(QUIET | {"stopped": True, "pending_resumption": pending})
    rollout.resume("checked", bearer="token", as_json=True)
    assert sent == [("/resume", body)]


def test_a_confirmation_ends_with_status_1_when_nothing_waits(asked: Callable[[dict[str, Any]], list[Any]]) -> None:
    sent = asked(QUIET)
    with pytest.raises(rollout.typer.Exit) as ended:
        rollout.rollout(confirm=True, bearer="token", as_json=True)
    assert (ended.value.exit_code, sent) == (1, [])


def test_stop_sends_its_reason(asked: Callable[[dict[str, Any]], list[Any]]) -> None:
    sent = asked(QUIET | {"stopped": True})
    rollout.stop("rates look odd", bearer="token", as_json=True)
    assert sent == [("/stop", {"reason": "rates look odd"})]
