"""Bytes to text: is there anything, is it small enough, is it UTF-8. Text to JSON with exact numbers. Pure."""

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any, Final

from services.parser.codes import ResponseRefused
from shared import exact_json
from shared.events.parsing_codes import ParsingCode
from shared.exact_json import storable

#: Bytes of a response (interfaces section 4). A long analysis with fifty actions has about 60 KiB.
RESPONSE_BYTES_MAX: Final = 1024 * 1024

#: Bytes kept of a response that is not kept whole: enough to see what it was.
HEAD_BYTES_MAX: Final = 64 * 1024

#: Bytes of the kept response as JSON text. Quotes and line breaks double; only control characters take more,
#: and an event above 4 MiB could not be stored at all.
CONTENT_JSON_BYTES_MAX: Final = 2 * RESPONSE_BYTES_MAX + 1024

_BOM: Final = b"\xef\xbb\xbf"
#: Wide text without a mark, big end first, recognised by the zeros of its first characters; the other end is not JSON.
_WIDE: Final = re.compile(rb"\x00(?:[^\x00]\x00[^\x00]|\x00\x00[^\x00])")


@dataclass(frozen=True, slots=True)
class Evidence:
    """What came, whatever it means. `sha256` is over all bytes; `content` may be only their beginning."""

    sha256: str
    size_bytes: int
    content: str


def evidence_of(value: bytes) -> Evidence:
    """Return what an event keeps of a response: all of it, or its first 64 KiB when all would be too much."""
    return Evidence(sha256=hashlib.sha256(value).hexdigest(), size_bytes=len(value), content=_content(value))


def kept(value: bytes) -> bytes:
    """Return the bytes that are kept of a response: all, or the first 64 KiB of one that is too large to be read."""
    return value if len(value) <= RESPONSE_BYTES_MAX else value[:HEAD_BYTES_MAX]


def text_of(value: bytes) -> str:
    """Return the text of a response, without a byte order mark.

    Raises:
        ResponseRefused: EMPTY, TOO_LARGE, or NOT_UTF8 with the offset of the first byte that is not.
    """
    if len(value) > RESPONSE_BYTES_MAX:
        raise ResponseRefused(
            ParsingCode.TOO_LARGE,
            f"The response has {len(value)} bytes; at most {RESPONSE_BYTES_MAX} are read. Split it.",
            f"byte {RESPONSE_BYTES_MAX}",
        )
    text = _decoded(value)
    if not text.strip():
        raise ResponseRefused(ParsingCode.EMPTY, "The value is empty. Publish the response itself.", "byte 0")
    return text


@dataclass(frozen=True, slots=True)
class Number:
    """A JSON number as it was written; `1.50` and `1.5` differ, as their digits do."""

    literal: str


def parse_document(text: str) -> Any:
    """Return the value of a text that is one JSON document and nothing else.

    Raises:
        JsonProblem: see `shared.exact_json.parse_json`.
    """
    return exact_json.parse_json(text, whole=Number, fraction=Number)


def parse_embedded(text: str, start: int) -> tuple[Any, int]:
    """Return the JSON value that begins at a place of a text, and where it ends.

    Raises:
        JsonProblem: see `shared.exact_json.parse_embedded`.
    """
    return exact_json.parse_embedded(text, start, whole=Number, fraction=Number)


def plain(value: Any) -> Any:
    """Return a value with numbers as their text and storable texts: what an event may hold of a response."""
    if isinstance(value, Number):
        return value.literal
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {storable(key): plain(member) for key, member in value.items()}
    return [plain(member) for member in value] if isinstance(value, list) else value


def _decoded(value: bytes) -> str:
    body = value.removeprefix(_BOM)
    if _WIDE.match(body):
        offset = len(value) - len(body)
        raise ResponseRefused(
            ParsingCode.NOT_UTF8,
            f"Byte {offset} is zero as in UTF-16 or UTF-32 text. Publish the response as UTF-8.",
            f"byte {offset}",
        )
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        offset = error.start + len(value) - len(body)
        raise ResponseRefused(
            ParsingCode.NOT_UTF8,
            f"Byte {offset} (0x{value[offset]:02x}) is not UTF-8 text. Publish the response as UTF-8.",
            f"byte {offset}",
        ) from error


def _content(value: bytes) -> str:
    whole = storable(kept(value))
    too_long = len(json.dumps(whole, ensure_ascii=False).encode()) > CONTENT_JSON_BYTES_MAX
    return storable(value[:HEAD_BYTES_MAX]) if too_long else whole
