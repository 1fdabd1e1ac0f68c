"""A conversation with Murex as it was: requests and replies in their order, with the time between them as data. Pure.

As text it is JSON Lines: a head, then one message a line. `after_ms` counts from the line before.

    {"format": "hawk-murex-recording", "version": 1}
    {"from": "HAWK", "after_ms": 0, "message_id": "…", "type": "hawk.DealSent.v1", "data": {…}, "traceparent": "…"}
    {"from": "MUREX", "after_ms": 40, "message_id": "…", "type": "hawk.MurexReceipted.v1", "data": {…},
     "traceparent": "…", "causation_id": "…", "number": 1}
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from murex.gateway.port import Reply, ReplyEvent, Request, RequestEvent
from shared.errors import InvalidInput
from shared.events.catalogue import decode_message
from shared.exact_json import JsonProblem, parse_json

FORMAT: Final = "hawk-murex-recording"
VERSION: Final = 1
#: Messages of one recording: a thousand workflows, more than anybody reads.
LINES_MAX = 100_000
#: Characters of one line. A request with all terms of a deal has some two thousand.
LINE_CHARACTERS_MAX = 256 * 1024

_TYPE = re.compile(r"hawk\.([A-Z][A-Za-z0-9]*)\.v([1-9][0-9]{0,3})\Z")


class Speaker(StrEnum):
    """Who says it."""

    HAWK = "HAWK"
    MUREX = "MUREX"


@dataclass(frozen=True, slots=True)
class Line:
    """A message, and the milliseconds since the one before."""

    after_ms: int
    message: Request | Reply

    @property
    def side(self) -> Speaker:
        """The side that sent the message: HAWK sends requests, Murex replies."""
        return Speaker.HAWK if isinstance(self.message, Request) else Speaker.MUREX

    @property
    def workflow_id(self) -> str:
        """The id of the workflow that the message is about."""
        return self.message.event.workflow_id


@dataclass(frozen=True, slots=True)
class Recording:
    """What passed between HAWK and Murex."""

    lines: tuple[Line, ...] = ()

    @property
    def requests(self) -> tuple[Request, ...]:
        """The messages of HAWK, in their order."""
        return tuple(line.message for line in self.lines if isinstance(line.message, Request))

    @property
    def replies(self) -> tuple[Reply, ...]:
        """The messages of Murex, in their order."""
        return tuple(line.message for line in self.lines if isinstance(line.message, Reply))

    @property
    def workflows(self) -> tuple[str, ...]:
        """Their ids, in the order of their first messages."""
        return tuple(dict.fromkeys(line.workflow_id for line in self.lines))

    def of(self, workflow_id: str) -> "Recording":
        """Return the part of one workflow. What passed in between counts as time."""
        return self._part(lambda line: line.workflow_id == workflow_id)

    def half(self, side: Speaker) -> "Recording":
        """Return what one side said. What the other one said in between counts as time."""
        return self._part(lambda line: line.side is side)

    def _part(self, wanted: Callable[[Line], bool]) -> "Recording":
        kept: list[Line] = []
        since = 0
        for line in self.lines:
            since += line.after_ms
            if wanted(line):
                kept.append(Line(since, line.message))
                since = 0
        return Recording(tuple(kept))


class _Head(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    format: Literal["hawk-murex-recording"]
    version: Literal[1]


class _Written(BaseModel):
    """A line as it is written."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    side: Annotated[Literal["HAWK", "MUREX"], Field(alias="from")]
    after_ms: Annotated[int, Field(ge=0)]
    message_id: Annotated[str, Field(min_length=1)]
    type: str
    data: dict[str, Any]
    traceparent: str = ""
    causation_id: str = ""
    number: Annotated[int, Field(ge=0)] = 1


def head() -> str:
    """Return the first line of a recording, with its end."""
    return _text({"format": FORMAT, "version": VERSION})


def written(line: Line) -> str:
    """Return a line of a recording, with its end."""
    message = line.message
    event = message.event
    document: dict[str, Any] = {
        "from": line.side.value,
        "after_ms": line.after_ms,
        "message_id": message.message_id,
        "type": f"hawk.{type(event).__name__}.v{event.SCHEMA_VERSION}",
        "data": event.model_dump(mode="json"),
        "traceparent": message.traceparent,
    }
    if isinstance(message, Reply):
        document |= {"causation_id": message.causation_id, "number": message.number}
    return _text(document)


def render(recording: Recording) -> str:
    """Return the text of a recording."""
    return head() + "".join(written(line) for line in recording.lines)


def parse(text: str, name: str = "the recording") -> Recording:
    """Read a recording from its text. Heads may follow one another where recordings were joined.

    Raises:
        InvalidInput: MUREX_RECORDING_INVALID, with the number of the line and what is wrong there.
    """
    numbered = list(enumerate(text.splitlines(), 1))
    if not numbered:
        raise _invalid(name, 1, "is missing: a recording begins with its head")
    if len(numbered) > LINES_MAX:
        raise _invalid(name, LINES_MAX + 1, f"is one too many, at most {LINES_MAX} are read")
    lines: list[Line] = []
    for number, line in numbered:
        document = _document(line, name, number)
        if number == 1 or "format" in document:
            _check_head(document, name, number)
        else:
            lines.append(_line(document, name, number))
    return Recording(tuple(lines))


def flat(data: Mapping[str, Any], place: str = "") -> dict[str, Any]:
    """Return the values of a message by their places, `deal.near_leg.rate`, so that two can be compared."""
    found: dict[str, Any] = {}
    for name, value in data.items():
        found |= _flat(value, f"{place}.{name}" if place else name)
    return found


def _flat(value: Any, place: str) -> dict[str, Any]:
    if isinstance(value, Mapping) and value:
        return flat(value, place)
    if isinstance(value, list) and value:
        return flat({f"{place}[{number}]": each for number, each in enumerate(value)})
    return {place: value}


def _document(line: str, name: str, number: int) -> dict[str, Any]:
    if len(line) > LINE_CHARACTERS_MAX:
        raise _invalid(name, number, f"has {len(line)} characters, at most {LINE_CHARACTERS_MAX} are read")
    try:
        document = parse_json(line)
    except JsonProblem as error:
        raise _invalid(name, number, f"is not JSON of a message: {error}") from error
    if not isinstance(document, dict):
        raise _invalid(name, number, f"is a JSON {type(document).__name__}, expected an object")
    return document


def _check_head(document: Mapping[str, Any], name: str, number: int) -> None:
    try:
        _Head.model_validate(document)
    except ValidationError as error:
        raise _invalid(
            name, number, f"is not a head of a recording that this release reads: {_first(error)}"
        ) from error


def _line(document: Mapping[str, Any], name: str, number: int) -> Line:
    try:
        read = _Written.model_validate(document)
    except ValidationError as error:
        raise _invalid(name, number, f"is not a message of a recording: {_first(error)}") from error
    event = _event(read, name, number)
    if read.side == Speaker.HAWK:
        if not isinstance(event, RequestEvent):
            raise _invalid(name, number, f"is a {read.type}, which HAWK does not ask of Murex")
        return Line(read.after_ms, Request(read.message_id, event, read.traceparent, f"{name}, line {number}"))
    if not isinstance(event, ReplyEvent):
        raise _invalid(name, number, f"is a {read.type}, which is not a reply of Murex")
    return Line(read.after_ms, Reply(read.message_id, event, read.causation_id, read.traceparent, read.number))


def _event(read: _Written, name: str, number: int) -> object:
    found = _TYPE.match(read.type)
    if found is None:
        raise _invalid(name, number, f"has the type {read.type!r}, expected hawk.<EventName>.v<version>")
    try:
        return decode_message(found.group(1), int(found.group(2)), read.data)
    except InvalidInput as error:
        raise _invalid(name, number, f"holds no message of today's catalogue: {error.reason}") from error


def _first(error: ValidationError) -> str:
    problem = error.errors(include_url=False, include_input=False)[0]
    return f"{problem['msg']} at {'.'.join(str(part) for part in problem['loc']) or 'the line'}"


def _text(document: Mapping[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n"


def _invalid(name: str, number: int, problem: str) -> InvalidInput:
    return InvalidInput(code="MUREX_RECORDING_INVALID", reason=f"{name}: line {number} {problem}.")
