"""HTTP clients: problem documents become sentences, passing faults are waited out."""

from collections.abc import Callable

import httpx
import pytest

from cli import clients
from cli.clients import Approvals, Client, Monitor, Refused, ServiceAway

URL = "http://service.test"


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients, "RETRY_SECONDS", 0.0)


def transport(*answers: httpx.Response | Exception) -> tuple[httpx.MockTransport, list[httpx.Request]]:
    """Gives one answer after another, the last one again and again."""
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        given = answers[min(len(asked), len(answers)) - 1]
        if isinstance(given, Exception):
            raise given
        return given

    return httpx.MockTransport(answer), asked


def test_refusal_is_the_problems_sentence_with_status_and_code() -> None:
    wire, _ = transport(httpx.Response(409, json={"code": "DIGEST_MISMATCH", "detail": "Read it again."}))
    with pytest.raises(Refused) as caught:
        Approvals(URL, "t", transport=wire).decide("w", "APPROVE", "d", "")
    assert str(caught.value) == "Read it again. (409 DIGEST_MISMATCH)"


def test_refusal_has_a_sentence_when_the_answer_is_no_problem_document() -> None:
    wire, _ = transport(httpx.Response(418, text="<html>"))
    with pytest.raises(Refused, match="418"):
        Client("monitor", URL, transport=wire).get("/x")


def test_amounts_stay_text_when_a_service_sends_numbers() -> None:
    wire, _ = transport(httpx.Response(200, text='{"amount": 0.1}'))
    assert Client("monitor", URL, transport=wire).get("/x") == {"amount": "0.1"}


@pytest.mark.parametrize("ask", [lambda c: c.get("/x"), lambda c: c.post("/x", {})], ids=["get", "post"])
@pytest.mark.parametrize("fault", [httpx.ConnectError("refused"), httpx.Response(503)], ids=["away", "busy"])
def test_request_is_sent_again_when_it_cannot_have_had_an_effect(
    ask: Callable[[Client], object], fault: httpx.Response | Exception
) -> None:
    wire, asked = transport(fault, fault, httpx.Response(200, json={"ok": True}))
    assert ask(Client("approval", URL, transport=wire)) == {"ok": True}
    assert len(asked) == 3


def test_decision_is_sent_once_when_its_answer_was_lost() -> None:
    wire, asked = transport(httpx.ReadTimeout("lost"), httpx.Response(201, json={}))
    with pytest.raises(ServiceAway, match="approval"):
        Approvals(URL, "t", transport=wire).decide("w", "APPROVE", "d", "")
    assert len(asked) == 1


def test_service_is_called_away_when_it_stays_so() -> None:
    wire, _ = transport(httpx.ConnectError("refused"))
    with pytest.raises(ServiceAway, match="hawk status"):
        Client("monitor", URL, transport=wire, away_seconds_max=0.0).get("/x")


def test_unknown_workflow_is_none() -> None:
    wire, _ = transport(httpx.Response(404, json={"code": "WORKFLOW_UNKNOWN", "detail": "-"}))
    assert Monitor(URL, transport=wire).workflow("w") is None


def test_id_cannot_leave_its_place_in_the_address() -> None:
    wire, asked = transport(httpx.Response(404, json={}))
    Monitor(URL, transport=wire).response("../workflows?x#y")
    assert asked[0].url.raw_path == b"/responses/..%2Fworkflows%3Fx%23y"


def test_token_goes_as_bearer() -> None:
    wire, asked = transport(httpx.Response(200, json={}))
    Approvals(URL, "tok", transport=wire).card("w")
    assert asked[0].headers["Authorization"] == "Bearer tok"


def test_list_reads_page_after_page_up_to_its_limit() -> None:
    pages = [{"workflows": [{"id": 1}, {"id": 2}], "next": "2"}, {"workflows": [{"id": 3}], "next": "3"}]
    wire, asked = transport(*(httpx.Response(200, json=page) for page in pages))
    assert Monitor(URL, transport=wire).workflows("POSTED", 3) == ([{"id": 1}, {"id": 2}, {"id": 3}], True)
    assert [dict(each.url.params) for each in asked] == [
        {"limit": "3", "state": "POSTED"},
        {"limit": "1", "state": "POSTED", "before": "2"},
    ]
