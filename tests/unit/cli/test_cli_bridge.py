"""The bridge asks a Dify on loopback and hands on what it said: whole, cut or in error, byte for byte."""

import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cli import __main__ as entry
from cli import bridge as bridging
from cli.bridge import read_key, wrapped_response
from cli.dify import (
    RESPONSE_BYTES_MAX,
    DifyRefused,
    DifyUnreachable,
    NotADifyResponse,
    Question,
    ask_dify,
    checked_url,
)
from services.parser.response import Reading, read_response
from shared.errors import HawkError, InvalidInput
from tests.support.dify import KEY, STREAM, Dify, Reply, dify_server
from tests.support.parser_answers import dify as blocking
from tests.support.parser_answers import instruction, plan_text, transcript

PLAN = plan_text(instruction())
SEVERAL = "KRW ₩ – ≥ 12bn\n```json\n" + PLAN + "\n```\n"
FAILED = 'data: {"event": "error", "status": 400, "code": "completion_request_error", "message": "model gave up"}\n\n'


@pytest.fixture
def dify() -> Iterator[Dify]:
    with dify_server() as running:
        yield running


def question(dify: Dify, **changes: Any) -> Question:
    return Question(**{"url": dify.url, "query": "Create USD 25M COI hedge", "key": KEY, **changes})


def read(body: bytes, **options: Any) -> Reading:
    """What the parser makes of an answer as the bridge publishes it."""
    given = {"user": "mira", "query": "Create USD 25M COI hedge", "response_id": None, **options}
    wrapped = wrapped_response(body, **given)
    return read_response(wrapped.value, wrapped.headers, None)


def test_question_is_asked_as_the_chat_api_wants_it_with_the_key_in_its_header_alone(dify: Dify) -> None:
    dify.will_say(Reply([blocking(PLAN).encode()]))
    ask_dify(question(dify, user="mira", conversation="c-1"))
    ((path, headers, body),) = dify.asked
    assert path == "/v1/chat-messages"
    assert headers["authorization"] == f"Bearer {KEY}"
    assert body == {
        "inputs": {}, "query": "Create USD 25M COI hedge", "response_mode": "blocking", "user": "mira",
        "auto_generate_name": False, "conversation_id": "c-1",
    }  # fmt: skip
    assert KEY not in path + json.dumps(body) + repr(question(dify))


def test_blocking_answer_comes_byte_for_byte_and_bears_difys_message_id(dify: Dify) -> None:
    said = blocking(SEVERAL, "m-77").encode()
    dify.will_say(Reply([said[:10], said[10:]]))
    answer = ask_dify(question(dify))
    assert (answer.body, answer.cut) == (said, "")
    reading = read(answer.body)
    assert (reading.response_id, reading.outcome, reading.shape) == ("m-77", "PROPOSED", "dify-blocking")
    assert (reading.prompt, reading.maker.name) == ("Create USD 25M COI hedge", "mira")


def test_streamed_answer_is_whole_when_it_comes_a_byte_at_a_time(dify: Dify) -> None:
    said = (": ping\n\n" + transcript(SEVERAL, size=40, message_id="m-78", line_end="\r\n")).encode()
    dify.will_say(Reply([said[place : place + 1] for place in range(len(said))], media=STREAM))
    answer = ask_dify(question(dify, streaming=True))
    assert (answer.body, answer.cut) == (said, "")
    assert dify.asked[0][2]["response_mode"] == "streaming"
    reading = read(answer.body)
    assert (reading.response_id, reading.outcome, reading.shape) == ("m-78", "PROPOSED", "dify-stream")


def test_stream_is_waited_for_when_its_chunks_are_slow(dify: Dify) -> None:
    said = transcript(PLAN, size=200).encode()
    dify.will_say(Reply([said[:50], said[50:300], said[300:]], media=STREAM, pause_seconds=0.1))
    assert ask_dify(question(dify, streaming=True)).body == said


def test_error_event_with_status_200_is_handed_on_and_refused_by_the_parser(dify: Dify) -> None:
    said = (transcript(PLAN).partition('"message_end"')[0].rpartition("data:")[0] + FAILED).encode()
    dify.will_say(Reply([said], media=STREAM))
    answer = ask_dify(question(dify, streaming=True))
    assert answer.body == said
    (refusal,) = read(answer.body).refusals
    assert refusal.code == "INCOMPLETE"
    assert "model gave up" in refusal.message


@pytest.mark.parametrize("reply", ["cut", "hangs"])
def test_stream_that_stops_is_handed_on_with_the_reason_and_refused_by_the_parser(dify: Dify, reply: str) -> None:
    said = transcript(PLAN, size=20).encode()[:600]
    dify.will_say(Reply([said], media=STREAM, cut=reply == "cut", hangs=reply == "hangs"))
    answer = ask_dify(question(dify, streaming=True, seconds_max=0.5))
    assert answer.body == said
    assert answer.cut
    assert [refusal.code for refusal in read(answer.body).refusals] == ["INCOMPLETE"]


def test_blocking_answer_that_stops_is_handed_on_and_refused_by_the_parser(dify: Dify) -> None:
    said = blocking(SEVERAL).encode()[:-40]
    dify.will_say(Reply([said], cut=True))
    answer = ask_dify(question(dify))
    assert (answer.body, bool(answer.cut)) == (said, True)
    assert [refusal.code for refusal in read(answer.body).refusals] == ["INCOMPLETE"]


def test_answer_that_takes_too_long_is_left_where_it_is(dify: Dify) -> None:
    dify.will_say(Reply([b": ping\n\n"] * 1_000, media=STREAM, pause_seconds=0.05))
    answer = ask_dify(question(dify, streaming=True, seconds_max=0.3))
    assert "0.3 s" in answer.cut
    assert len(answer.body) < 1_000


@pytest.mark.parametrize(
    ("reply", "status", "told"),
    [
        (Reply([b'{"code": "unauthorized", "message": "Access token is invalid"}'], 401), 401, "Check the key"),
        (Reply([b'{"code": "app_unavailable", "message": "App\\nunavailable"}'], 400), 400, "App unavailable"),
        (Reply([b'{"message": "Agent Chat App does not support blocking mode"}'], 400), 400, "--streaming"),
        (Reply([b"<html>Bad gateway</html>"], 502, "text/html"), 502, "Bad Gateway"),
        (Reply([], 302, location="http://127.0.0.1:1/"), 302, "not sent there"),
        (Reply([b"[" * 200_000], 500), 500, "Internal Server Error"),
    ],
    ids=["key", "app", "agent", "gateway", "redirect", "nested"],
)
def test_http_failure_is_told_with_its_status_and_difys_reason(
    dify: Dify, reply: Reply, status: int, told: str
) -> None:
    dify.will_say(reply)
    with pytest.raises(DifyRefused, match=told) as refused:
        ask_dify(question(dify))
    assert refused.value.status == status
    assert KEY not in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "reply",
    [
        Reply([b"<html>Sign in: create hedge instruction for USD 25M COI</html>"], media="text/html"),
        Reply([b'{"data": {"outputs": {}}}']),
        Reply([b'["answer"]']),
        Reply([b'"answer"']),
        Reply([b": ping\n\n"], media=STREAM),
    ],
    ids=["page", "workflow run", "list", "text", "pings only"],
)
def test_what_is_no_answer_of_dify_is_not_handed_on(dify: Dify, reply: Reply) -> None:
    dify.will_say(reply)
    with pytest.raises(NotADifyResponse, match="Nothing was published"):
        ask_dify(question(dify))


def test_nothing_is_handed_on_when_no_byte_came(dify: Dify) -> None:
    dify.will_say(Reply([], cut=True), Reply([]), Reply([], hangs=True))
    for seconds in (5.0, 5.0, 0.3):
        with pytest.raises(DifyUnreachable, match="Nothing was published"):
            ask_dify(question(dify, seconds_max=seconds))
    with pytest.raises(DifyUnreachable):
        ask_dify(question(dify, url="http://127.0.0.1:1/v1"))


def test_endless_answer_is_refused_at_the_limit_of_the_topic(dify: Dify) -> None:
    block = b" " * (1024 * 1024)
    dify.will_say(Reply([block] * (RESPONSE_BYTES_MAX // len(block) + 2)))
    with pytest.raises(HawkError, match=str(RESPONSE_BYTES_MAX)):
        ask_dify(question(dify))


def test_answer_that_fits_in_no_envelope_goes_byte_for_byte_without_the_question() -> None:
    for answer in (b'{"answer": "\xff"}', b'"' * (RESPONSE_BYTES_MAX - 10)):
        wrapped = wrapped_response(answer, user="mira", query="hedge", response_id="r-1")
        assert wrapped.value == answer
        assert wrapped.headers == {"hawkuser": "mira", "ce_id": "r-1"}


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("dify.example/v1", "DIFY_URL_INVALID"),
        ("ftp://dify.example/v1", "DIFY_URL_INVALID"),
        ("https://key@dify.example/v1", "DIFY_URL_INVALID"),
        ("https://dify.example/v1?key=1", "DIFY_URL_INVALID"),
        ("http://dify.example/v1", "DIFY_URL_CLEAR_TEXT"),
    ],
)
def test_address_is_refused_when_the_key_would_not_be_safe_there(url: str, code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        checked_url(url, allow_http=False)
    assert refused.value.code == code


def test_address_is_taken_when_it_is_this_machine_or_https_or_allowed() -> None:
    for url in ("http://127.0.0.1:5001/v1/", "http://localhost/v1", "http://[::1]/v1", "https://dify.example/v1"):
        assert checked_url(url, allow_http=False) == url.rstrip("/")
    assert checked_url("http://dify.example/v1", allow_http=True)


def test_key_comes_from_environment_or_file_and_is_never_shown(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(f"{KEY}\n", encoding="utf-8")
    monkeypatch.setenv("MY_KEY", KEY)
    assert read_key("MY_KEY", None) == read_key("NOWHERE", file) == KEY
    for bad in ("", "two words", "a\nb", "schlüssel", "k" * 5_000):
        monkeypatch.setenv("MY_KEY", bad)
        with pytest.raises(InvalidInput) as refused:
            read_key("MY_KEY", None)
        assert not bad or bad not in str(refused.value)
    with pytest.raises(InvalidInput, match="DIFY_KEY_UNREADABLE"):
        read_key("MY_KEY", tmp_path / "none")


class Published:
    """In place of a running HAWK."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.wrapped: list[Any] = []
        monkeypatch.setattr(bridging, "connect", lambda data: "hawk")
        monkeypatch.setattr(bridging, "hand_in", lambda hawk, wrapped, **options: self.wrapped.append(wrapped))


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["hawk", "bridge", *arguments])
    with pytest.raises(SystemExit) as ended:
        entry.main()
    return int(ended.value.code or 0)


def test_stdin_is_published_byte_for_byte_and_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    published, value = Published(monkeypatch), b"\xff\r\ndata: no end"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(value)))
    assert run(monkeypatch, "--stdin", "--user", "mira", "--save", str(tmp_path / "kept")) == 0
    (wrapped,) = published.wrapped
    assert (wrapped.value, wrapped.headers) == (value, {"hawkuser": "mira"})
    assert (tmp_path / "kept").read_bytes() == value


def test_cut_answer_is_published_and_the_command_ends_with_1(
    monkeypatch: pytest.MonkeyPatch, dify: Dify, capsys: pytest.CaptureFixture[str]
) -> None:
    published = Published(monkeypatch)
    monkeypatch.setenv("DIFY_API_KEY", KEY)
    dify.will_say(Reply([transcript(PLAN).encode()[:500]], media=STREAM, cut=True))
    assert run(monkeypatch, "--dify-url", dify.url, "--query", "hedge", "--streaming") == 1
    assert len(published.wrapped) == 1
    assert "cut off" in capsys.readouterr().err
    assert dify.asked[0][2]["user"] == "hawk-bridge"
    assert json.loads(published.wrapped[0].value).keys() == {"prompt", "answer"}


def test_dify_is_not_asked_when_no_hawk_runs_to_publish_its_answer(
    monkeypatch: pytest.MonkeyPatch, dify: Dify, tmp_path: Path
) -> None:
    monkeypatch.setenv("HAWK_DATA_DIR", str(tmp_path / "nowhere"))
    monkeypatch.setenv("DIFY_API_KEY", KEY)
    assert run(monkeypatch, "--dify-url", dify.url, "--query", "hedge") == 3
    assert dify.asked == []


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--stdin", "--dify-url", "https://dify.example/v1"),
        ("--dify-url", "https://dify.example/v1"),
        ("--dify-url", "https://dify.example/v1", "--query", " "),
        ("--dify-url", "https://dify.example/v1", "--query", "x", "--api-key-env", "NOT_SET_ANYWHERE"),
        ("--dify-url", "https://dify.example/v1", "--query", "x", "--api-key", "secret"),
    ],
    ids=["no source", "two sources", "no query", "blank query", "no key", "key on the command line"],
)
def test_bridge_exits_2_when_it_is_used_wrongly(monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]) -> None:
    published = Published(monkeypatch)
    assert run(monkeypatch, *arguments) == 2
    assert published.wrapped == []


def test_message_of_the_bridge_is_read_by_the_parser_as_the_bridge_says(dify: Dify) -> None:
    """The id that the command prints is the id under which the parser keeps the answer."""
    dify.will_say(Reply([blocking(PLAN, "m-9").encode()]))
    wrapped = wrapped_response(ask_dify(question(dify)).body, user=None, query="hedge", response_id=None)
    assert wrapped.response_id == read_response(wrapped.value, wrapped.headers, None).response_id == "m-9"
