"""What other sites may use of the approval service: its elements, and the routes that these call."""

from dataclasses import replace
from typing import Final

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from shared.web.embedded_style import embedded_style
from shared.web.embedding import Embedding, origins_of
from shared.web.pages import EMBEDDED, Assets, Environment, hash_of
from shared.web.problems import Problem

#: The modules that another site names; each defines the element of its name.
ELEMENTS: Final = ("hawk-approval-card", "hawk-execution-progress")
#: The addresses that elements call. The queue and all else are not for other sites.
ADDRESSES: Final = ("/approvals/", "/hawk-agent/execute-actions", "/stream-tickets", "/static/", "/embed/")
#: What elements only read: whether HAWK is stopped, and whether what is approved is executed at all.
READ_ADDRESSES: Final = ("/rollout",)
#: The one style sheet of an element.
STYLE: Final = f"{EMBEDDED}style.css"
#: What is not part of it, because only whole pages have it.
_OF_PAGES: Final = ("site/console.css",)


def with_style_of_elements(assets: Assets) -> Assets:
    """Return the assets with the style sheet of elements, which is made of those of the pages."""
    own = sorted(name for name in assets.files if name.startswith(EMBEDDED) and name.endswith(".css"))
    names = [name for name in assets.styles() if name.startswith(("shared/", "site/")) and name not in _OF_PAGES] + own
    sheet = embedded_style(assets.files[name].decode("utf-8") for name in names)
    files = {**assets.files, STYLE: sheet.encode("utf-8")}
    return replace(assets, files=files, hash=hash_of(files))


def embed_elements(app: FastAPI, assets: Assets, environment: Environment, origins: str) -> None:
    """Let the named sites embed HAWK's elements: `<script type="module" src="…/embed/hawk-approval-card.js">`.

    The address stays while the modules behind it change with each release.

    Args:
        environment: what elements show of the installation, as its own pages do.
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
        return RedirectResponse(f"/static/{assets.hash}/{EMBEDDED}{name}.js", status_code=307)

    async def read_environment(_: Request) -> Response:
        return JSONResponse({"environment": environment})

    app.add_route("/embed/{name}.js", read_element, methods=["GET"], include_in_schema=False)
    app.add_route("/embed/environment", read_environment, methods=["GET"], include_in_schema=False)
    if named:
        app.add_middleware(Embedding, origins=named, addresses=ADDRESSES, read_addresses=READ_ADDRESSES)
