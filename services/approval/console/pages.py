"""Where the console's pages are. The shell is anybody's; data needs a session."""

from pathlib import Path
from typing import Final

from fastapi import FastAPI

import shared.web
from services.approval.console.embedding import embed_elements, with_style_of_elements
from shared.web.pages import Assets, Environment, Site, add_pages, read_assets

SITE_NAME: Final = "Console"
ADDRESSES: Final = ("/", "/sign-in", "/console", "/console/{path:path}")

_HERE: Final = Path(__file__).parent
_SHARED: Final = Path(shared.web.__file__).parent


def read_console() -> Assets:
    """Read the assets of the console, and make those of its elements in other sites.

    Raises:
        AssetFault: HAWK was installed without them.
    """
    return with_style_of_elements(read_assets({"shared": _SHARED / "static", "site": _HERE / "static"}))


def add_console(app: FastAPI, environment: Environment, embed_origins: str = "") -> None:
    """Put the console into the approval service.

    Args:
        embed_origins: the sites that may embed its elements.
    Raises:
        AssetFault: HAWK was installed without its assets.
        Defect: an origin is not one.
    """
    assets = read_console()
    add_pages(app, assets, Site(SITE_NAME, environment), ADDRESSES)
    embed_elements(app, assets, environment, embed_origins)
