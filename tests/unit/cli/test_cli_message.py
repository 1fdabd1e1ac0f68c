"""`hawk bridge --wait`: the words for the chat and where to act; `hawk publish --wait` shows the card as before."""

import json
from types import SimpleNamespace
from typing import Any

import pytest

from cli import responses
from cli.responses import hand_in
from cli.wrapping import Wrapped

MESSAGE = {
    "text": "Analysis complete. Ready to execute:\n- Create hedge instruction (USD 25,000,000.00)",
    "links": {"approve": "https://hawk.bank.example/console/approvals/w1", "review": None, "cancel": None,
              "status": "https://monitor.bank.example/?q=r1"},
    "final": False,
}  # fmt: skip
RESPONSE: dict[str, Any] = {
    "response_id": "r1", "outcome": "ANALYSIS_ONLY", "planned": True, "repeats": 0, "contradictions": 0,
    "workflows": [],
}  # fmt: skip


class FakeMonitor:
    """Knows the response as soon as it is asked a second time."""

    def __init__(self, _: str) -> None:
        self._asked = 0

    def __enter__(self) -> "FakeMonitor":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def response(self, response_id: str) -> dict[str, Any] | None:
        self._asked += 1
        return RESPONSE if self._asked > 1 else None

    def message(self, response_id: str) -> dict[str, Any]:
        assert response_id == "r1"
        return MESSAGE


@pytest.fixture(autouse=True)
def _published(monkeypatch: pytest.MonkeyPatch) -> None:
    async def sent(hawk: object, wrapped: Wrapped) -> None:
        pass

    monkeypatch.setattr(responses, "_send", sent)
    monkeypatch.setattr(responses, "Monitor", FakeMonitor)


def handed_in(**options: Any) -> None:
    hand_in(SimpleNamespace(monitor_url="http://m"), Wrapped(b"{}", {}, "r1"), wait=1.0, **options)  # type: ignore[arg-type]


def test_words_are_the_result_and_links_stand_beside_it(capsys: pytest.CaptureFixture[str]) -> None:
    handed_in(as_json=False, for_chat=True)
    told = capsys.readouterr()
    assert told.out == f"{MESSAGE['text']}\n"
    assert told.err.splitlines()[-2:] == [
        "approve  https://hawk.bank.example/console/approvals/w1",
        "status   https://monitor.bank.example/?q=r1",
    ]


def test_json_is_the_response_with_its_message(capsys: pytest.CaptureFixture[str]) -> None:
    handed_in(as_json=True, for_chat=True)
    assert json.loads(capsys.readouterr().out) == {**RESPONSE, "message": MESSAGE}


def test_who_publishes_sees_the_response_itself(capsys: pytest.CaptureFixture[str]) -> None:
    handed_in(as_json=True)
    assert json.loads(capsys.readouterr().out) == RESPONSE
