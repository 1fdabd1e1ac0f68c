"""Request bodies: one meaning or none. Duplicate keys, NaN and text that no database holds are refused."""

from collections.abc import Callable, Coroutine
from decimal import Decimal
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from shared.exact_json import DuplicateKey, JsonProblem, is_storable, parse_embedded, parse_json
from shared.web.problems import Problem


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
    """Parse a body that is one JSON document in UTF-8.

    Raises:
        Problem: 422 MALFORMED_JSON, DUPLICATE_KEY, TOO_DEEP or TEXT_NOT_STORABLE.
    """
    try:
        value = parse_json(body, whole=_whole, fraction=Decimal)
    except DuplicateKey as error:
        raise Problem(
            422, "DUPLICATE_KEY", f"Key {error.key[:80]!r} is given twice, at {error.path[:200]}. Give it once."
        ) from error
    except JsonProblem as problem:
        code = "TOO_DEEP" if problem.too_deep else "MALFORMED_JSON"
        raise Problem(422, code, f"The body cannot be read as JSON: {problem}.") from problem
    if b"\\u" in body and not is_storable(value):
        raise Problem(422, "TEXT_NOT_STORABLE", "A text holds NUL or half a surrogate pair; remove it.")
    return value


def member_text(text: str, name: str) -> str | None:
    """Return the JSON text of one member of a top-level object, character for character; None when it is not there.

    Args:
        text: a document that `parse_strictly` took.
    """
    at = _space(text, text.index("{") + 1)
    while text[at] != "}":
        key, at = parse_embedded(text, at)
        start = _space(text, _space(text, at) + 1)
        _, end = parse_embedded(text, start, whole=str, fraction=str)
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
    """Return a number beyond 18 digits exactly too, without the quadratic cost of a large int."""
    return int(digits) if len(digits) <= 18 else Decimal(digits)
