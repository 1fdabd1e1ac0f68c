"""Exact JSON: a document has one meaning or none, and no digit is lost.

Beyond RFC 8259 this refuses what parsers tolerate and read differently: a key given twice, NaN and Infinity, nesting
without end. A number with a fraction never becomes a float: it is refused, or becomes what the caller names.
"""

import contextlib
import json
import re
from collections.abc import Callable, Collection
from functools import lru_cache
from typing import Any, Final, NoReturn

import orjson

#: Lists and objects in one another. HAWK's own events have nine; code that walks through data takes a frame for each.
DEPTH_MAX: Final = 64
#: Lists and objects of one document. Each takes fifty times the two bytes it has on the wire; a response's text, which
#: an event may quote, has a megabyte, and may be all brackets.
BRACKETS_MAX: Final = 1_500_000
#: What a bigint takes.
INTEGER_MAX: Final = 2**63 - 1
INTEGER_MIN: Final = -(2**63)
_DIGITS_MAX: Final = len(str(INTEGER_MIN))

_SPACE: Final = re.compile(r"[ \t\n\r]*")
_STRING: Final = r'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_STRINGS: Final = re.compile(f"{_STRING}?", re.DOTALL)
#: What may be left of a document that was cut within a token.
_CUT_TOKEN: Final = re.compile(r"-|\.|[eE][+-]?|t(r(u)?)?|f(a(l(s)?)?)?|n(u(l)?)?|N(a)?|-?I[a-z]{0,6}")
_CUT_ESCAPE: Final = re.compile(r"u[0-9a-fA-F]{0,4}")

#: Makes a value of the digits of a number.
Reader = Callable[[str], Any]


class JsonProblem(ValueError):
    """Why a text is not a JSON document. `offset` counts characters from 0; `reason` has no full stop.

    Args:
        incomplete: the document ends too early; nothing before its end is wrong.
        too_deep: it is nested deeper than `DEPTH_MAX`.
    """

    def __init__(self, *, reason: str, offset: int = 0, incomplete: bool = False, too_deep: bool = False) -> None:
        self.reason = reason
        self.offset = offset
        self.incomplete = incomplete
        self.too_deep = too_deep
        super().__init__(f"{reason} (character {offset})")


class DuplicateKey(JsonProblem):
    """An object has a key twice. `path` leads to the key from the root of the document."""

    def __init__(self, *, key: str, path: str) -> None:
        super().__init__(reason=f"key {key[:60]!r} is given twice")
        self.key = key
        self.path = path
        self.args = (f"{self.reason}, at {path}",)


class NumberRefused(ValueError):
    """A number that is not read. `literal` is what the document has."""

    def __init__(self, literal: str, problem: str) -> None:
        self.literal = literal
        super().__init__(f"the number {literal[:30]} {problem}")


def whole_number(literal: str) -> int:
    """Return a whole number that the store can hold.

    Raises:
        NumberRefused: it has more than 64 bits.
    """
    number = int(literal) if len(literal) <= _DIGITS_MAX else None
    if number is None or not INTEGER_MIN <= number <= INTEGER_MAX:
        raise NumberRefused(literal, "has more than 64 bits")
    return number


def refuse_fraction(literal: str) -> NoReturn:
    """Refuse a number that has a fraction or an exponent.

    Raises:
        NumberRefused: always.
    """
    raise NumberRefused(literal, f'is not an exact value; write amounts and rates as text, such as "{literal[:30]}"')


def parse_json(document: str | bytes, *, whole: Reader = whole_number, fraction: Reader = refuse_fraction) -> Any:
    """Return the value of a text, or of bytes in UTF-8, that is one JSON document and nothing else.

    Args:
        whole: makes the value of a whole number.
        fraction: makes the value of a number with a fraction or an exponent.
    Raises:
        JsonProblem: with the place; `DuplicateKey` with the path.
    """
    text = document if isinstance(document, str) else _decoded(document)
    brackets = text.count("[") + text.count("{")
    if brackets > BRACKETS_MAX:
        raise JsonProblem(reason=f"it has {brackets} lists and objects; at most {BRACKETS_MAX} are read")
    value, end = _read(text, _after_space(text, 0), whole, fraction, _unique)
    if brackets > DEPTH_MAX:
        _check_depth(value, 0)
    rest = _after_space(text, end)
    if rest != len(text):
        raise JsonProblem(reason="text follows the end of the JSON document", offset=rest)
    return value


def parse_embedded(
    text: str, start: int, *, whole: Reader = whole_number, fraction: Reader = refuse_fraction
) -> tuple[Any, int]:
    """Return the JSON value that begins at a place of a text, and where it ends. Does not look at what follows.

    Raises:
        JsonProblem: see `parse_json`; `too_deep` where reading on would gain nothing.
    """
    value, end = _read(text, start, whole, fraction, _unique)
    _check_depth(value, start)
    return value, end


_SCALARS: Final = frozenset({str, int, bool, type(None)})
_CONTAINERS: Final = frozenset({dict, list, tuple})


def parse_stored(text: str) -> Any:
    """Return the value of a text that PostgreSQL wrote from `jsonb`: keys are unique there, and depth was bounded.

    Reading without these checks takes a third of the time. A number with a fraction, or one of more than 64 bits,
    comes out of the fast reader as a float, which nothing else does.

    Raises:
        NumberRefused: it holds a number with a fraction.
    """
    with contextlib.suppress(orjson.JSONDecodeError):
        value = orjson.loads(text)
        if not odd_types(value):
            return value
    return _STORED.decode(text)  # or it says which number, or what else, is not taken


def member_path(path: str, key: str) -> str:
    """Return the JSON path of a member (RFC 9535): `$.data`, or `$['a b']` where the key is not a name."""
    return f"{path}.{key}" if key.isidentifier() and key.isascii() else f"{path}[{key[:80]!r}]"


def odd_types(value: Any) -> set[type]:
    """Return the types in a JSON value, at any depth, other than those that exact JSON is read as."""
    odd: set[type] = set()
    left: list[Collection[Any]] = [(value,)]
    while left:
        members = left.pop()
        if (unusual := set(map(type, members)) - _SCALARS) and unusual <= _CONTAINERS:
            left += [each.values() if type(each) is dict else each for each in members if type(each) in _CONTAINERS]
        elif unusual:
            odd |= unusual - _CONTAINERS
            left += [each.values() for each in members if isinstance(each, dict)]
            left += [each for each in members if isinstance(each, list | tuple)]
    return odd


def is_utf8(text: str) -> bool:
    """Return whether UTF-8 can write a text: it has no half of a surrogate pair."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def is_storable(value: Any) -> bool:
    """Return whether PostgreSQL can hold every text in a JSON value: none has NUL or half of a surrogate pair."""
    if isinstance(value, str):
        return "\0" not in value and is_utf8(value)
    if isinstance(value, dict):
        return all(is_storable(key) and is_storable(member) for key, member in value.items())
    return not isinstance(value, list) or all(map(is_storable, value))


def storable(text: str | bytes) -> str:
    """Return text that PostgreSQL can hold: a backslash escape for NUL and for whatever is not UTF-8."""
    data = text if isinstance(text, bytes) else text.encode("utf-8", "backslashreplace")
    return data.decode("utf-8", "backslashreplace").replace("\x00", "\\x00")


def _decoded(document: bytes) -> str:
    try:
        return document.decode("utf-8")
    except UnicodeDecodeError as error:
        raise JsonProblem(reason=f"byte {error.start} is not UTF-8 text") from error


def _after_space(text: str, start: int) -> int:
    found = _SPACE.match(text, start)
    return found.end() if found else start


class _KeyTwice(Exception):
    """An object has a key twice."""


class _Twice(dict[str, Any]):
    """An object in which `key` is given twice; found again by a walk, since only a walk knows its path."""

    key: str


Members = Callable[[list[tuple[str, Any]]], dict[str, Any]]


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _KeyTwice
    return members


def _marked(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) == len(pairs):
        return members
    marked = _Twice(members)
    seen: set[str] = set()
    marked.key = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
    return marked


def _refuse_constant(literal: str) -> NoReturn:
    raise NumberRefused(literal, "is not a JSON number")


@lru_cache(maxsize=32)
def _decoder(whole: Reader, fraction: Reader, members: Members) -> json.JSONDecoder:
    """Return a decoder, made once: `json.loads` with hooks makes one at every call, which takes as long as reading."""
    return json.JSONDecoder(
        object_pairs_hook=members, parse_int=whole, parse_float=fraction, parse_constant=_refuse_constant
    )


_STORED: Final = json.JSONDecoder(parse_float=refuse_fraction, parse_constant=refuse_fraction)


def _read(text: str, start: int, whole: Reader, fraction: Reader, members: Members) -> tuple[Any, int]:
    try:
        return _decoder(whole, fraction, members).raw_decode(text, start)
    except json.JSONDecodeError as error:
        raise _problem(text, start, error.msg, error.pos) from error
    except NumberRefused as error:
        raise JsonProblem(reason=str(error), offset=_place_of(error.literal, text, start)) from error
    except _KeyTwice:
        value, _ = _read(text, start, whole, fraction, _marked)
        raise _duplicate(value) from None
    except RecursionError as error:
        raise _too_deep(start) from error


def _check_depth(root: Any, start: int) -> None:
    level = [root]
    for _ in range(DEPTH_MAX + 1):
        level = [value for value in level if isinstance(value, dict | list)]
        if not level:
            return
        level = [part for value in level for part in (value.values() if isinstance(value, dict) else value)]
    raise _too_deep(start)


def _too_deep(start: int) -> JsonProblem:
    reason = f"lists and objects are nested, or left open, more than {DEPTH_MAX} levels deep"
    return JsonProblem(reason=reason, offset=start, too_deep=True)


def _place_of(literal: str, text: str, start: int) -> int:
    """Return where a number is, outside of strings."""
    found = re.compile(f"{_STRING}|({re.escape(literal)})", re.DOTALL).finditer(text, start)
    return next((each.start() for each in found if each.group(1)), start)


def _duplicate(root: Any) -> DuplicateKey:
    """Return the problem of the first marked object; its nesting is bounded, so a stack of places suffices."""
    places: list[tuple[Any, str]] = [(root, "$")]
    while places:
        value, path = places.pop()
        if isinstance(value, _Twice):
            return DuplicateKey(key=value.key, path=member_path(path, value.key))
        if isinstance(value, dict):
            places.extend((member, member_path(path, key)) for key, member in reversed(value.items()))
        elif isinstance(value, list):
            places.extend((member, f"{path}[{index}]") for index, member in reversed(list(enumerate(value))))
    return DuplicateKey(key="", path="$")


def _problem(text: str, start: int, reason: str, offset: int) -> JsonProblem:
    if reason.startswith("Unterminated string") or _ends_within_token(text, reason, offset):
        if _left_open(text[start:]) > DEPTH_MAX:
            return _too_deep(start)
        return JsonProblem(reason="the document ends too early", offset=len(text), incomplete=True)
    return JsonProblem(reason=reason[:1].lower() + reason[1:], offset=offset)


def _left_open(text: str) -> int:
    """Return how many lists and objects of a text that was cut have no end."""
    outside = _STRINGS.sub("", text)
    return sum(outside.count(bracket) for bracket in "[{") - sum(outside.count(bracket) for bracket in "]}")


def _ends_within_token(text: str, reason: str, offset: int) -> bool:
    """Return whether the text from the place of the error could have become valid, had it gone on."""
    if "escape" in reason:
        rest = text[offset : offset + 8].lstrip("\\")
        return offset + 8 >= len(text) and _CUT_ESCAPE.fullmatch(rest) is not None
    if _after_space(text, offset) == len(text):
        return True
    return len(text) - offset <= 8 and _CUT_TOKEN.fullmatch(text, offset) is not None
