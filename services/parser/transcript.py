"""A streamed response of Dify, as it came over the wire: `data: {…}` lines. Pure.

The text counts only when the stream came to its proven end: an HTTP status of 200 proves nothing, and a
stream that stops in the middle looks like a short response.
"""

import re
from dataclasses import dataclass, field
from typing import Any, Final

from services.parser.codes import ResponseRefused, shown
from services.parser.reading import parse_document
from shared.events.parsing_codes import ParsingCode
from shared.exact_json import DuplicateKey, JsonProblem

#: Pieces of the response. An agent app streams `agent_message`, then the whole response once as `message`.
_PIECES: Final = frozenset({"message", "agent_message", "message_replace"})

#: Events after which nothing can be acted on, whatever was said before.
_FAILURES: Final = frozenset({"error", "workflow_paused", "human_input_required"})

#: What keeps a connection open; its data, if any, says nothing.
_PING: Final = "ping"
#: What only workflow apps stream: the text of a node, which is not a message of anybody's.
_WORKFLOW_TEXT: Final = frozenset({"text_chunk", "text_replace"})

#: Characters of comments and pings before the first data line; a stream pings every ten seconds.
PREAMBLE_CHARACTERS_MAX: Final = 65_536

_TRANSCRIPT: Final = re.compile(r"\s*+(?:(?:event|id|retry)?:[^\r\n]*+\s++)*+data:")
_IGNORED_LINE: Final = re.compile(r"(?::|event:|id:|retry:).*|\s*", re.DOTALL)
_DONE: Final = "[DONE]"


@dataclass(frozen=True, slots=True)
class Transcript:
    """What the stream said, and the id of its message."""

    answer: str
    message_id: str | None


@dataclass(slots=True)
class _Stream:
    message: list[str] = field(default_factory=list)
    agent: list[str] = field(default_factory=list)
    message_ids: list[str] = field(default_factory=list)
    task_ids: list[str] = field(default_factory=list)
    workflow_started: bool = False
    workflow_finished: bool = False
    workflow_text: bool = False
    ended: bool = False


def is_transcript(text: str) -> bool:
    """Return whether a text is meant as a stream of server-sent events: its first line that matters is data."""
    return _TRANSCRIPT.match(text, 0, PREAMBLE_CHARACTERS_MAX) is not None


def message_ids_in(text: str) -> tuple[str, ...]:
    """Return ids of the messages in a transcript that may be broken, in order of appearance."""
    found = re.findall(r'"message_id"[ \t]*:[ \t]*"([^"\\\n]{1,200})"', text[:100_000])
    return tuple(dict.fromkeys(found))


def read_transcript(text: str, path: str = "") -> Transcript:
    """Return the response of a whole stream.

    Raises:
        ResponseRefused: INCOMPLETE (no end, an error event, a workflow that did not succeed), MALFORMED_JSON or
            DUPLICATE_KEY in a data line, AMBIGUOUS (two messages mixed), SCHEMA_VIOLATION.
    """
    stream = _Stream()
    lines = re.split(r"\r\n|\n|\r", text)
    last = next((number for number in range(len(lines), 0, -1) if lines[number - 1].strip()), 0)
    named = ""
    for number, line in enumerate(lines, 1):
        place = f"{path} > line {number}" if path else f"line {number}"
        if line.startswith("data:"):
            payload = line.removeprefix("data:").strip()
            if payload and payload != _DONE and not (named == _PING and _is_ping(payload)):
                _take(stream, _event(payload, place, named, last=number == last), place)
        elif line.startswith("event:"):
            named = line.removeprefix("event:").strip()
        elif not line.strip():
            named = ""
        elif not _IGNORED_LINE.fullmatch(line):
            _refuse_line(line, place, last=number == last)
    _refuse_unended(stream, path)
    return Transcript(_answer(stream, path), stream.message_ids[0] if stream.message_ids else None)


def _is_ping(payload: str) -> bool:
    """Return whether the data of an event named ping is one: a message that lost its blank line is not."""
    try:
        event = parse_document(payload)
    except JsonProblem:
        return not payload.startswith("{") or '"event"' not in payload
    return not isinstance(event, dict) or event.get("event", _PING) == _PING


def _event(payload: str, place: str, named: str, *, last: bool) -> dict[str, Any]:
    """Return the event of a data line. `named`: its name on the wire; nothing else may say that a stream failed."""
    try:
        event = parse_document(payload)
    except DuplicateKey as error:
        raise ResponseRefused(
            ParsingCode.DUPLICATE_KEY,
            f"Key {shown(error.key)} is given twice. Publish the stream as it came.",
            f"{place} > {error.path}",
        ) from error
    except JsonProblem as problem:
        code = ParsingCode.INCOMPLETE if problem.incomplete and last else ParsingCode.MALFORMED_JSON
        raise ResponseRefused(
            code, f"A data line is not JSON: {problem.reason}. Publish the stream as it came.", place
        ) from problem
    if isinstance(event, dict) and named in _FAILURES:
        event.setdefault("event", named)
    if not isinstance(event, dict) or not isinstance(event.get("event"), str):
        raise ResponseRefused(
            ParsingCode.SCHEMA_VIOLATION, "A data line must be a JSON object with the text `event`.", place
        )
    return event


def _take(stream: _Stream, event: dict[str, Any], place: str) -> None:
    name = event["event"]
    if name in _FAILURES:
        why = event.get("message") or event.get("code") or "no reason given"
        raise ResponseRefused(
            ParsingCode.INCOMPLETE, f"The stream did not succeed: {name} ({shown(why)}). Ask the model again.", place
        )
    if name in _PIECES:
        _take_piece(stream, event, place)
    elif name == "message_end":
        _same_message(stream, event, place)
        stream.ended = True
    elif name in _WORKFLOW_TEXT:
        stream.workflow_text = True
    elif name == "workflow_started":
        stream.workflow_started = True
    elif name == "workflow_finished":
        _take_finish(stream, event, place)


def _take_piece(stream: _Stream, event: dict[str, Any], place: str) -> None:
    text = event.get("answer")
    if not isinstance(text, str):
        raise ResponseRefused(
            ParsingCode.SCHEMA_VIOLATION, f"Event {event['event']} must carry the text `answer`.", place
        )
    if stream.ended:
        raise ResponseRefused(
            ParsingCode.AMBIGUOUS,
            "The message continues after its end: two streams were mixed. Publish each separately.",
            place,
        )
    _same_message(stream, event, place)
    if event["event"] == "agent_message":
        stream.agent.append(text)
    elif event["event"] == "message":
        stream.message.append(text)
    else:
        stream.agent.clear()
        stream.message[:] = [text]


def _same_message(stream: _Stream, event: dict[str, Any], place: str) -> None:
    """Refuse a second message or task: apps that give their messages no id still give their tasks one."""
    _same(stream.message_ids, event.get("message_id"), "Messages", place)
    _same(stream.task_ids, event.get("task_id"), "Tasks", place)


def _same(seen: list[str], given: Any, what: str, place: str) -> None:
    if not isinstance(given, str) or given in seen:
        return
    if seen:
        raise ResponseRefused(
            ParsingCode.AMBIGUOUS,
            f"{what} {shown(seen[0])} and {shown(given)} are mixed in one stream. Publish each separately.",
            place,
        )
    seen.append(given)


def _take_finish(stream: _Stream, event: dict[str, Any], place: str) -> None:
    data = event.get("data")
    status = data.get("status") if isinstance(data, dict) else None
    if status != "succeeded":
        raise ResponseRefused(
            ParsingCode.INCOMPLETE,
            f"The workflow behind the response ended with status {shown(status)}, not succeeded. Ask again.",
            place,
        )
    stream.workflow_finished = True


def _refuse_line(line: str, place: str, *, last: bool) -> None:
    if last:
        raise ResponseRefused(ParsingCode.INCOMPLETE, "The stream ends within a line. Ask again.", place)
    raise ResponseRefused(
        ParsingCode.MALFORMED_JSON,
        f"{shown(line)} is not a line of an event stream. Publish the stream as it came.",
        place,
    )


def _refuse_unended(stream: _Stream, path: str) -> None:
    missing = None
    if not stream.ended and not stream.message_ids and (stream.workflow_text or stream.workflow_finished):
        raise ResponseRefused(
            ParsingCode.SCHEMA_VIOLATION,
            "This is the stream of a workflow app: it gives outputs of nodes, not a message. "
            "Publish the stream of a chat, agent or chatflow app, or the plan object itself.",
            path or "$",
        )
    if not stream.ended:
        missing = "message_end"
    elif stream.workflow_started and not stream.workflow_finished:
        missing = "workflow_finished"
    if missing:
        raise ResponseRefused(
            ParsingCode.INCOMPLETE, f"The stream has no {missing}, so it was cut off. Ask again.", path or "end"
        )


def _answer(stream: _Stream, path: str) -> str:
    """Return the text once: an agent app repeats its chunks, whole, in its closing `message`."""
    said, streamed = "".join(stream.message), "".join(stream.agent)
    if said and streamed and said != streamed:
        raise ResponseRefused(
            ParsingCode.AMBIGUOUS,
            "The closing message differs from the text that was streamed before it. Ask again.",
            path,
        )
    return said or streamed
