"""Progress over server-sent events: each message once, over breaks, to the last."""

import json
from collections.abc import AsyncIterator, Callable

import httpx
import pytest

from cli import following
from cli.clients import Refused
from cli.following import Message, SseEvent, follow, parse
from tools.local_stack.errors import NotRunning

URL = "http://monitor.test"


def message(sequence: int, state: str = "BOOKING", *, final: bool = False) -> Message:
    return {"sequence": sequence, "state": state, "final": final, "workflow_id": "w"}


def frames(*messages: Message) -> bytes:
    return b"".join(b"data: %s\nid: %d\n\n" % (json.dumps(each).encode(), each["sequence"]) for each in messages)


def server(answers: list[bytes | Exception | int]) -> tuple[httpx.MockTransport, list[str | None]]:
    """Gives one answer after another; also the Last-Event-ID of each request."""
    asked: list[str | None] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.headers.get("Last-Event-ID"))
        given = answers[len(asked) - 1]
        if isinstance(given, Exception):
            raise given
        if isinstance(given, int):
            return httpx.Response(given, json={"code": "WORKFLOW_UNKNOWN", "detail": "No such workflow."})
        return httpx.Response(200, content=given)

    return httpx.MockTransport(answer), asked


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "RECONNECT_SECONDS", 0.0)


def running() -> None:
    """HAWK goes on running."""


async def followed(
    transport: httpx.MockTransport, check: Callable[[], None] = running, until_sequence: int = 0
) -> list[int]:
    messages = follow(URL, "w", check, until_sequence=until_sequence, transport=transport)
    return [each["sequence"] async for each in messages]


async def test_following_begins_anew_when_the_monitor_does_not_know_what_was_seen() -> None:
    resync = b"event: resync\ndata: {}\nid: 0\n\n"
    first, second = message(1), message(2)
    transport, asked = server([frames(first, second), resync + frames(first, message(2, final=True))])
    assert await followed(transport) == [1, 2, 1, 2]
    assert asked == [None, "2"]


async def lines(*given: str) -> AsyncIterator[str]:
    for line in given:
        yield line


async def test_stream_is_read_as_events_when_it_has_comments_names_and_several_data_lines() -> None:
    stream = lines(": hello", "id: 1", "data: a", "data:b", "", "event: error", "data: c", "", "data: cut")
    assert [each async for each in parse(stream)] == [SseEvent("1", "message", "a\nb"), SseEvent("1", "error", "c")]


async def test_following_ends_when_the_final_message_came() -> None:
    transport, asked = server([frames(message(1), message(2, "POSTED", final=True), message(3))])
    assert await followed(transport) == [1, 2]
    assert asked == [None]


async def test_following_goes_on_after_the_last_message_when_the_connection_broke() -> None:
    transport, asked = server(
        [
            frames(message(1), message(2)),
            httpx.ConnectError("away"),
            503,
            frames(message(2), message(3, "POSTED", final=True)),
        ]
    )
    assert await followed(transport) == [1, 2, 3]
    assert asked == [None, "2", "2", "2"]


async def test_following_passes_a_final_message_when_the_workflow_went_on_after_it() -> None:
    transport, _ = server([frames(message(1, "POSTED", final=True), message(2), message(3, "REVERSED", final=True))])
    assert await followed(transport, until_sequence=2) == [1, 2, 3]


async def test_following_ends_when_hawk_was_stopped(tmp_path: object) -> None:
    def stopped() -> None:
        raise NotRunning(root=tmp_path)  # type: ignore[arg-type]

    transport, _ = server([frames(message(1)), frames()])
    with pytest.raises(NotRunning):
        await followed(transport, stopped)


async def test_following_is_refused_when_there_is_no_such_workflow() -> None:
    transport, _ = server([404])
    with pytest.raises(Refused, match="No such workflow"):
        await followed(transport)


@pytest.mark.parametrize(
    ("state", "well"),
    [
        ("POSTED", True),
        ("COMPLETED", True),
        ("REVERSED", True),
        ("COMPENSATED", False),
        ("REJECTED", False),
        ("NEEDS_INTERVENTION", False),
    ],
)
def test_end_is_good_only_in_success_states(state: str, *, well: bool) -> None:
    assert following.ended_well(message(9, state, final=True)) is well
