"""`hawk publish --wait`: until nothing more happens without a person."""

import itertools
from typing import Any

import pytest

from cli import clients, responses
from cli.clients import Monitor
from cli.responses import settled
from shared.errors import Transient


class FakeMonitor(Monitor):
    """Knows a response as it was told, look by look; the last one stays."""

    def __init__(self, *looks: dict[str, Any] | None) -> None:
        super().__init__("http://monitor.test")
        self._looks = itertools.chain(looks, itertools.repeat(looks[-1]))

    def response(self, response_id: str) -> dict[str, Any] | None:
        return next(self._looks)


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients, "POLL_SECONDS", 0.0)


def workflow(state: str, tier: str = "TRADER", *, final: bool = False) -> dict[str, Any]:
    return {"state": state, "policy": {"tier": tier}, "progress": {"final": final}}


def response(*workflows: dict[str, Any], planned: bool = True, repeats: int = 0) -> dict[str, Any]:
    return {
        "outcome": "PROPOSED",
        "planned": planned,
        "repeats": repeats,
        "contradictions": 0,
        "workflows": list(workflows),
    }


def test_wait_ends_when_every_workflow_waits_for_people() -> None:
    end = response(workflow("AWAITING_APPROVAL"), workflow("REFUSED", final=True))
    monitor = FakeMonitor(None, response(planned=False), response(workflow("PLANNED"), workflow("REFUSED")), end)
    assert settled(monitor, "r", None, 10) is end


def test_wait_goes_on_when_a_check_runs_by_itself() -> None:
    end = response(workflow("COMPLETED", "AUTO", final=True))
    looks = [response(workflow(state, "AUTO")) for state in ("PLANNED", "AWAITING_APPROVAL", "APPROVED")]
    assert settled(FakeMonitor(*looks, end), "r", None, 10) is end


def test_wait_ends_when_the_answer_recommends_nothing() -> None:
    end = response()
    assert settled(FakeMonitor(end), "r", None, 10) is end


def test_wait_is_for_the_repeat_when_the_response_was_known_before() -> None:
    before, end = response(workflow("POSTED", final=True)), response(workflow("POSTED", final=True), repeats=1)
    assert settled(FakeMonitor(before, before, end), "r", before, 10) is end


def test_wait_ends_soon_when_nobody_is_asked_for_approval(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(responses, "SETTLE_SECONDS", 0.0)
    end = response(workflow("PLANNED"))
    assert settled(FakeMonitor(end), "r", None, 10) is end


def test_wait_fails_with_what_is_known_when_the_limit_is_over() -> None:
    with pytest.raises(Transient, match="not read yet"):
        settled(FakeMonitor(None), "r", None, 0)
