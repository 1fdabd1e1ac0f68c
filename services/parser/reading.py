"""Bytes to text: is there anything, is it small enough, is it UTF-8. Pure."""

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Final

from services.parser.codes import AnswerRefused, ParsingCode, storable

#: Bytes of an answer (interfaces section 4). A long analysis with fifty actions has about 60 KiB.
ANSWER_BYTES_MAX: Final = 1024 * 1024

#: Bytes kept of an answer that is not kept whole: enough to see what it was.
HEAD_BYTES_MAX: Final = 64 * 1024

#: Bytes of the kept answer as JSON text. Quotes and line breaks double; only control characters take more,
#: and an event above 4 MiB could not be stored at all.
CONTENT_JSON_BYTES_MAX: Final = 2 * ANSWER_BYTES_MAX + 1024

_BOM: Final = b"\xef\xbb\xbf"
#: Wide text without a mark, big end first, told by the zeros of its first characters; the other end is not JSON.
_WIDE: Final = re.compile(rb"\x00(?:[^\x00]\x00[^\x00]|\x00\x00[^\x00])")


@dataclass(frozen=True, slots=True)
class Evidence:
    """What came, whatever it means. `sha256` is over all bytes; `content` may be only their beginning."""

    sha256: str
    size_bytes: int
    content: str


def evidence_of(value: bytes) -> Evidence:
    """What is kept of an answer: all of it, or its first 64 KiB where all would be too much."""
    return Evidence(sha256=hashlib.sha256(value).hexdigest(), size_bytes=len(value), content=_kept(value))


def text_of(value: bytes) -> str:
    """The text of an answer, without a byte order mark.

    Raises:
        AnswerRefused: EMPTY, TOO_LARGE, or NOT_UTF8 with the offset of the first byte that is not.
    """
    if len(value) > ANSWER_BYTES_MAX:
        raise AnswerRefused(
            ParsingCode.TOO_LARGE,
            f"The answer has {len(value)} bytes; at most {ANSWER_BYTES_MAX} are read. Split it.",
            f"byte {ANSWER_BYTES_MAX}",
        )
    text = _decoded(value)
    if not text.strip():
        raise AnswerRefused(ParsingCode.EMPTY, "The value is empty. Publish the answer itself.", "byte 0")
    return text


def _decoded(value: bytes) -> str:
    body = value.removeprefix(_BOM)
    if _WIDE.match(body):
        offset = len(value) - len(body)
        raise AnswerRefused(
            ParsingCode.NOT_UTF8,
            f"Byte {offset} is zero as in UTF-16 or UTF-32 text. Publish the answer as UTF-8.",
            f"byte {offset}",
        )
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        offset = error.start + len(value) - len(body)
        raise AnswerRefused(
            ParsingCode.NOT_UTF8,
            f"Byte {offset} (0x{value[offset]:02x}) is not UTF-8 text. Publish the answer as UTF-8.",
            f"byte {offset}",
        ) from error


def _kept(value: bytes) -> str:
    if len(value) > ANSWER_BYTES_MAX:
        return _readable(value[:HEAD_BYTES_MAX])
    whole = _readable(value)
    if len(json.dumps(whole, ensure_ascii=False).encode()) > CONTENT_JSON_BYTES_MAX:
        return _readable(value[:HEAD_BYTES_MAX])
    return whole


def _readable(value: bytes) -> str:
    return storable(value.decode("utf-8", "backslashreplace"))
