"""Request bodies: one meaning or none. Duplicate keys, NaN and text that no database holds are refused."""

import json
import re
from collections.abc import Callable, Coroutine
from decimal import Decimal
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from shared.web.problems import Problem

#: Levels of nesting in a body. Answers of the AI have six.
DEPTH_MAX = 64

_NOT_STORABLE = re.compile("[\x00\ud800-\udfff]")


class StrictRequest(Request):
    """A request whose JSON is read strictly. Numbers with a fraction come as Decimal, never as float."""

    async def json(self) -> Any:
        """Parse the body with `parse_strictly`, once; later calls return the kept value."""
        if not hasattr(self, "_json"):
            self._json = parse_strictly(await self.body())
        return self._json


class StrictRoute(APIRoute):
    """`APIRouter(route_class=StrictRoute)`: routes that read their bodies strictly."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap the handler of the route, so that it receives a `StrictRequest`."""
        handle = super().get_route_handler()

        async def strictly(request: Request) -> Response:
            return await handle(StrictRequest(request.scope, request.receive))

        return strictly


def parse_strictly(body: bytes) -> Any:
    """The value of a body that is one JSON document in UTF-8.

    Raises:
        Problem: 422 MALFORMED_JSON, DUPLICATE_KEY, TOO_DEEP or TEXT_NOT_STORABLE.
    """
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Problem(422, "MALFORMED_JSON", f"Byte {error.start} of the body is not UTF-8.") from error
    return parse_text_strictly(text)


def parse_text_strictly(text: str) -> Any:
    """Parse text that is one JSON document; see `parse_strictly`.

    Raises:
        Problem: 422 MALFORMED_JSON, DUPLICATE_KEY, TOO_DEEP or TEXT_NOT_STORABLE.
    """
    try:
        value = json.loads(
            text, parse_float=Decimal, parse_int=_whole, parse_constant=_no_constant, object_pairs_hook=_once
        )
    except RecursionError as error:
        raise _too_deep() from error
    except ValueError as error:
        raise Problem(422, "MALFORMED_JSON", f"The body is not JSON: {error}.") from error
    _check(value)
    return value


def member_text(text: str, name: str) -> str | None:
    """The JSON text of one member of a top-level object, character for character; None when it is not there.

    Args:
        text: a document that `parse_text_strictly` took.
    """
    decoder = json.JSONDecoder(parse_float=str, parse_int=str)
    at = _space(text, text.index("{") + 1)
    while text[at] != "}":
        key, at = decoder.raw_decode(text, at)
        start = _space(text, _space(text, at) + 1)
        _, end = decoder.raw_decode(text, start)
        if key == name:
            return text[start:end]
        at = _space(text, end)
        if text[at] == ",":
            at = _space(text, at + 1)
    return None


def _space(text: str, at: int) -> int:
    while text[at] in " \t\n\r":
        at += 1
    return at


def _whole(digits: str) -> int | Decimal:
    """A number beyond 18 digits is kept exactly too, without the quadratic cost of a large int."""
    return int(digits) if len(digits) <= 18 else Decimal(digits)


def _no_constant(text: str) -> Any:
    raise ValueError(f"{text} is not a JSON number")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for key, member in pairs:
        if key in value:
            raise Problem(422, "DUPLICATE_KEY", f"Key {key[:80]!r} stands twice in one object; which one counts?")
        value[key] = member
    return value


def _too_deep() -> Problem:
    return Problem(422, "TOO_DEEP", f"The body is nested deeper than {DEPTH_MAX} levels.")


def _check(root: Any) -> None:
    """Depth and text of everything inside, without recursion."""
    places: list[tuple[Any, int]] = [(root, 0)]
    while places:
        value, depth = places.pop()
        if depth > DEPTH_MAX:
            raise _too_deep()
        if isinstance(value, str) and _NOT_STORABLE.search(value):
            raise Problem(422, "TEXT_NOT_STORABLE", "A text holds NUL or half a surrogate pair; remove it.")
        if isinstance(value, dict):
            for key, member in value.items():
                places += [(key, depth + 1), (member, depth + 1)]
        elif isinstance(value, list):
            places += [(member, depth + 1) for member in value]
