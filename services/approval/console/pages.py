"""Where the console's pages are: `/` and everything below `/console/`. Anybody gets the shell; data needs a session."""

from pathlib import Path
from typing import Final

from fastapi import FastAPI

import shared.web
from shared.web.pages import Environment, Site, add_pages, read_assets

SITE_NAME: Final = "Console"
ADDRESSES: Final = ("/", "/console", "/console/{path:path}")

_HERE: Final = Path(__file__).parent
_SHARED: Final = Path(shared.web.__file__).parent


def add_console(app: FastAPI, environment: Environment) -> None:
    """Put the console into the approval service.

    Raises:
        AssetFault: HAWK was installed without its assets.
    """
    assets = read_assets({"shared": _SHARED / "static", "site": _HERE / "static"})
    add_pages(app, assets, Site(SITE_NAME, environment), ADDRESSES)
