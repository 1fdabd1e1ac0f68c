"""What the API description (OpenAPI 3.1) says of an answer: that it is a stream; which request may follow it, and with
what of it.

responses={**linked(202, preview=link("GET", "/hawk-agent/previews/{preview_id}", preview_id="/preview_id"))}
"""

from collections.abc import Mapping
from typing import Any, Final

#: Where a value comes from: a place in the JSON of the answer.
_FROM_ANSWER: Final = "$response.body#"


def link(method: str, path: str, body: Mapping[str, str] | None = None, /, **parameters: str) -> dict[str, Any]:
    """Return a link to a route of this description.

    Args:
        method: for example GET.
        path: as the route declares it, with its placeholders.
        body: members of the JSON sent; a value that begins with `/` is a JSON pointer into the answer.
        parameters: JSON pointers into the answer, by the name of the path or query parameter.
    """
    place = path.replace("~", "~0").replace("/", "~1")
    found: dict[str, Any] = {"operationRef": f"#/paths/{place}/{method.lower()}"}
    if parameters:
        found["parameters"] = {name: _FROM_ANSWER + pointer for name, pointer in parameters.items()}
    if body is not None:
        found["requestBody"] = {
            name: _FROM_ANSWER + value if value.startswith("/") else value for name, value in body.items()
        }
    return found


def linked(status: int, **links: dict[str, Any]) -> dict[int | str, dict[str, Any]]:
    """Return the entry of a route's `responses` for its success, with the requests that may follow."""
    return {status: {"description": "Successful Response", "links": links}}


def streamed(description: str) -> dict[int | str, dict[str, Any]]:
    """Return the entry of a route's `responses` for server-sent events."""
    return {200: {"description": description, "content": {"text/event-stream": {}}}}
