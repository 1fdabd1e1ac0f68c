"""Strict JSON on the standard library's parser: every document has one meaning, or none.

Beyond RFC 8259 it refuses what parsers tolerate and differ in: a key named twice, NaN and Infinity, nesting
without end. Numbers keep the digits they were written with. The time is linear in the text.
"""

import json
import re
from array import array
from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Final, NoReturn

from services.parser.codes import storable

#: Levels of nesting. An answer needs six; the standard parser recurses once per level.
DEPTH_MAX: Final = 64

_SPACE: Final = re.compile(r"[ \t\n\r]*")
_STRING: Final = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_TO_SQUARE: Final = bytes.maketrans(b"{}", b"[]")
#: Brackets looked at before asking whether it is too deep already.
_STEPS_AT_ONCE: Final = 4_096
_TO_STEPS: Final = bytes.maketrans(b"[]", b"\x01\xff")  # +1 and -1 as signed bytes
_NOT_BRACKETS: Final = bytes(each for each in range(256) if each not in b"[]{}")

#: What may be left of a document that was cut within a token.
_CUT_TOKEN: Final = re.compile(r"-|\.|[eE][+-]?|t(r(u)?)?|f(a(l(s)?)?)?|n(u(l)?)?|N(a)?|-?I[a-z]{0,6}")
_CONSTANT: Final = re.compile(_STRING.pattern + r"|(-?Infinity|NaN)", re.DOTALL)
_CUT_ESCAPE: Final = re.compile(r"u[0-9a-fA-F]{0,4}")


@dataclass(frozen=True, slots=True)
class Number:
    """A JSON number as it was written; `1.50` and `1.5` differ, as their digits do."""

    literal: str


class JsonProblem(Exception):
    """Why a text is not a JSON document. `offset` counts characters.

    Args:
        incomplete: the document ends too early; nothing before its end is wrong.
        too_deep: it is nested deeper than anything that is read here.
    """

    def __init__(self, *, reason: str, offset: int, incomplete: bool = False, too_deep: bool = False) -> None:
        self.reason = reason
        self.offset = offset
        self.incomplete = incomplete
        self.too_deep = too_deep
        super().__init__(reason)


class DuplicateKey(Exception):
    """An object names a key twice. `path` leads to the key from the root of the document."""

    def __init__(self, *, key: str, path: str) -> None:
        self.key = key
        self.path = path
        super().__init__(key)


class _Twice(dict[str, Any]):
    """An object in which `key` stands twice; found again by a walk, since only a walk knows its path."""

    key: str


class _NoNumber(Exception):
    def __init__(self, literal: str) -> None:
        self.literal = literal
        super().__init__(literal)


def parse_document(text: str) -> Any:
    """The value of a text that is one JSON document and nothing else. Numbers come as `Number`.

    Raises:
        JsonProblem: with the place.
        DuplicateKey: with the path.
    """
    if not _within_depth(text):
        raise _too_deep(0)
    value, end = _decoded(text, _after_space(text, 0))
    rest = _after_space(text, end)
    if rest == len(text):
        return value
    raise JsonProblem(reason="Text follows the end of the JSON document.", offset=rest)


def parse_embedded(text: str, start: int) -> tuple[Any, int]:
    """The JSON value that begins at a place of a text, and where it ends. What follows is not looked at.

    Raises:
        JsonProblem, DuplicateKey: as `parse_document`; `too_deep` where reading on would gain nothing.
    """
    value, end = _decoded(text, start)
    if isinstance(value, dict | list) and _deeper_than_allowed(value):
        raise _too_deep(start)
    return value, end


def _decoded(text: str, start: int) -> tuple[Any, int]:
    twice: list[_Twice] = []
    try:
        value, end = _decoder(twice).raw_decode(text, start)
    except json.JSONDecodeError as error:
        raise _problem(text, error.msg, error.pos) from error
    except _NoNumber as error:
        offset = _constant_at(text, start)
        raise JsonProblem(reason=f"{error.literal} is not a JSON number.", offset=offset) from error
    except RecursionError as error:
        raise _too_deep(start) from error
    if twice:
        _raise_duplicate(value)
    return value, end


def _within_depth(text: str) -> bool:
    """Whether no bracket outside strings stands deeper than `DEPTH_MAX`. Linear; runs before any recursion.

    Counts along the text, after empty pairs were taken out at the price of one level.
    """
    if text.count("[") + text.count("{") <= DEPTH_MAX:
        return True
    # Once escaped quotes are gone, every second piece between quotes is outside of strings. A backslash outside of
    # strings disturbs that, but the parser stops at it.
    outside = "".join(text.replace("\\\\", "").replace('\\"', "").split('"')[::2]).encode("utf-8", "surrogatepass")
    brackets = outside.translate(_TO_SQUARE, _NOT_BRACKETS).replace(b"[]", b"")
    steps = array("b", brackets.translate(_TO_STEPS))
    depth = 0
    for start in range(0, len(steps), _STEPS_AT_ONCE):
        depths = list(accumulate(steps[start : start + _STEPS_AT_ONCE], initial=depth))
        if max(depths) >= DEPTH_MAX:
            return False
        depth = depths[-1]
    return True


def plain(value: Any) -> Any:
    """The value with numbers as their text and storable texts: what an event may hold of an answer."""
    if isinstance(value, Number):
        return value.literal
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {storable(key): plain(member) for key, member in value.items()}
    if isinstance(value, list):
        return [plain(member) for member in value]
    return value


def member_path(path: str, key: str) -> str:
    """The JSON path of a member (RFC 9535): `$.data`, or `$['a b']` where the key is not a name."""
    return f"{path}.{key}" if key.isidentifier() and key.isascii() else f"{path}[{key[:80]!r}]"


def _after_space(text: str, start: int) -> int:
    found = _SPACE.match(text, start)
    return found.end() if found else start


def _deeper_than_allowed(root: Any) -> bool:
    """The same of a value that was read: level by level, containers only."""
    level: list[Any] = [root]
    for _ in range(DEPTH_MAX):
        level = [
            member
            for value in level
            for member in (value.values() if isinstance(value, dict) else value)
            if isinstance(member, dict | list)
        ]
        if not level:
            return False
    return True


def _too_deep(start: int) -> JsonProblem:
    return JsonProblem(
        reason=f"Objects and lists are nested, or left open, more than {DEPTH_MAX} levels deep.",
        offset=start,
        too_deep=True,
    )


def _decoder(twice: list[_Twice]) -> json.JSONDecoder:
    return json.JSONDecoder(
        object_pairs_hook=_pairs_hook(twice),
        parse_int=Number,
        parse_float=Number,
        parse_constant=_refuse_constant,
        strict=True,
    )


def _pairs_hook(twice: list[_Twice]) -> Callable[[list[tuple[str, Any]]], dict[str, Any]]:
    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) == len(pairs):
            return found
        marked = _Twice(found)
        seen: set[str] = set()
        marked.key = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        twice.append(marked)
        return marked

    return members


def _refuse_constant(literal: str) -> NoReturn:
    raise _NoNumber(literal)


def _constant_at(text: str, start: int) -> int:
    return next((found.start() for found in _CONSTANT.finditer(text, start) if found.group(1)), start)


def _raise_duplicate(root: Any) -> NoReturn:
    """Find the first marked object; its nesting is bounded, so a stack of places suffices."""
    places: list[tuple[Any, str]] = [(root, "$")]
    while places:
        value, path = places.pop()
        if isinstance(value, _Twice):
            raise DuplicateKey(key=value.key, path=member_path(path, value.key))
        if isinstance(value, dict):
            places.extend((member, member_path(path, key)) for key, member in reversed(value.items()))
        elif isinstance(value, list):
            places.extend((member, f"{path}[{index}]") for index, member in reversed(list(enumerate(value))))
    raise DuplicateKey(key="", path="$")


def _problem(text: str, reason: str, offset: int) -> JsonProblem:
    incomplete = reason.startswith("Unterminated string") or _ends_within_token(text, reason, offset)
    return JsonProblem(
        reason="The document ends too early." if incomplete else f"{reason}.",
        offset=len(text) if incomplete else offset,
        incomplete=incomplete,
    )


def _ends_within_token(text: str, reason: str, offset: int) -> bool:
    """Whether what is left from the place of the error could have become valid, had the text gone on."""
    if "escape" in reason:
        rest = text[offset : offset + 8].lstrip("\\")
        return offset + 8 >= len(text) and _CUT_ESCAPE.fullmatch(rest) is not None
    if _after_space(text, offset) == len(text):
        return True
    return len(text) - offset <= 8 and _CUT_TOKEN.fullmatch(text, offset) is not None
