"""Routes of an application that may or may not describe its routes."""

from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response


def serve_get(app: Starlette, path: str, answer: Callable[[], Awaitable[Response | dict[str, bool]]]) -> None:
    """Serve a path for GET. An app that describes its routes (FastAPI) describes this one as well.

    FastAPI is not named here: loading it takes a process that has no other routes a third of a second.
    """
    describing = getattr(app, "add_api_route", None)
    if describing is not None:
        describing(path, answer, methods=["GET"], tags=["health"])
        return

    async def endpoint(_: Request) -> Response:
        given = await answer()
        return given if isinstance(given, Response) else JSONResponse(given)

    app.add_route(path, endpoint)
