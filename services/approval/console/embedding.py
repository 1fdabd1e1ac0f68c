"""What other sites may use of the approval service: its elements, and the routes that these call."""

from typing import Final

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from shared.web.embedding import Embedding, origins_of
from shared.web.pages import Assets
from shared.web.problems import Problem

#: The modules that another site names; each defines the element of its name.
ELEMENTS: Final = ("hawk-approval-card", "hawk-execution-progress")
#: The addresses that elements call. The queue, the rollout and all else are not for other sites.
ADDRESSES: Final = ("/approvals/", "/hawk-agent/execute-actions", "/stream-tickets", "/static/", "/embed/")


def embed_elements(app: FastAPI, assets: Assets, origins: str) -> None:
    """Let the named sites embed HAWK's elements: `<script type="module" src="…/embed/hawk-approval-card.js">`.

    The address stays while the modules behind it change with each release.

    Args:
        origins: see `origins_of`; none: nobody may.
    Raises:
        Defect: an origin is not one.
    """
    named = origins_of(origins)

    async def read_element(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in ELEMENTS:
            raise Problem(
                404, "ELEMENT_UNKNOWN", f"No element has this name. The elements are {' and '.join(ELEMENTS)}."
            )
        return RedirectResponse(f"/static/{assets.hash}/site/embed/{name}.js", status_code=307)

    app.add_route("/embed/{name}.js", read_element, methods=["GET"], include_in_schema=False)
    if named:
        app.add_middleware(Embedding, origins=named, addresses=ADDRESSES)
