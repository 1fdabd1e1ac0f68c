"""Streams of Dify: nothing counts before the proven end."""

import json
from typing import Any

import pytest

from services.parser.codes import ResponseRefused
from services.parser.transcript import is_transcript, read_transcript

END = {"event": "message_end", "message_id": "m"}


def message(answer: Any, event: str = "message", message_id: str = "m") -> dict[str, Any]:
    return {"event": event, "message_id": message_id, "answer": answer}


def stream(*events: Any, line_end: str = "\n") -> str:
    lines = (event if isinstance(event, str) else f"data: {json.dumps(event)}" for event in events)
    return "".join(f"{line}{line_end}{line_end}" for line in lines)


@pytest.mark.parametrize(
    ("events", "answer"),
    [
        ((message("a"), message("b"), END), "ab"),
        ((message("a"), "event: ping", ": comment", "id: 3", "retry: 5", message("b"), END), "ab"),
        ((message("a", "agent_message"), message("b", "agent_message"), message("ab"), END), "ab"),
        ((message("a", "agent_message"), END), "a"),
        ((message("bad"), message("good", "message_replace"), END), "good"),
        ((message("bad", "agent_message"), message("good", "message_replace"), END), "good"),
        ((message("a"), {"event": "agent_thought", "thought": "x"}, END, "data: [DONE]"), "a"),
        (
            (
                {"event": "workflow_started", "task_id": "t"},
                message("a"),
                END,
                {"event": "workflow_finished", "data": {"status": "succeeded"}},
            ),
            "a",
        ),
    ],
)
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_answer_is_what_the_whole_stream_says(events: tuple[Any, ...], answer: str, line_end: str) -> None:
    text = stream(*events, line_end=line_end)
    assert is_transcript(text)
    found = read_transcript(text)
    assert (found.answer, found.message_id) == (answer, "m")


@pytest.mark.parametrize(
    ("events", "code"),
    [
        ((message("a"),), "INCOMPLETE"),
        ((message("a"), END, {"event": "error", "status": 400, "message": "gave up"}), "INCOMPLETE"),
        ((message("a"), {"event": "workflow_paused"}, END), "INCOMPLETE"),
        ((message("a"), END, {"event": "workflow_finished", "data": {"status": "partial-succeeded"}}), "INCOMPLETE"),
        ((message("a"), END, {"event": "workflow_finished"}), "INCOMPLETE"),
        (({"event": "workflow_started"}, message("a"), END), "INCOMPLETE"),
        ((message("a"), "data: {\"event\": \"mess"), "INCOMPLETE"),
        ((message("a"), "dat"), "INCOMPLETE"),
        ((message("a"), message("b", message_id="other"), END), "AMBIGUOUS"),
        ((message("a"), {"event": "message_end", "message_id": "other"}), "AMBIGUOUS"),
        ((message("a"), END, message("b")), "AMBIGUOUS"),
        ((message("a", "agent_message"), message("b"), END), "AMBIGUOUS"),
        (("data: {\"event\": \"mess", message("a"), END), "MALFORMED_JSON"),
        ((message("a"), "some words", END), "MALFORMED_JSON"),
        ((message("a"), "data: {\"event\": \"message_end\", \"event\": \"error\"}"), "DUPLICATE_KEY"),
        ((message(3), END), "SCHEMA_VIOLATION"),
        ((message("a"), "data: [1]", END), "SCHEMA_VIOLATION"),
        ((message("a"), {"answer": "b"}, END), "SCHEMA_VIOLATION"),
    ],
)  # fmt: skip
def test_stream_is_refused_when_it_proves_no_single_whole_answer(events: tuple[Any, ...], code: str) -> None:
    with pytest.raises(ResponseRefused) as refused:
        read_transcript(stream(*events))
    assert refused.value.refusal.code == code
    assert refused.value.refusal.path


@pytest.mark.parametrize("text", ["data: {}", "\n\n: ping\nevent: ping\n\ndata: {}", "event: x\r\ndata: {}"])
def test_transcript_is_recognised_by_its_first_telling_line(text: str) -> None:
    assert is_transcript(text)


@pytest.mark.parametrize("text", ["", "the data: are fine", "event: ping\nwords", '{"data:": 1}', "words\ndata: {}"])
def test_words_are_no_transcript(text: str) -> None:
    assert not is_transcript(text)
