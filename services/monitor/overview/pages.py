"""Where the dashboard's pages are: `/`, `/sign-in` and everything below `/dashboard/`. Data needs a session."""

from pathlib import Path
from typing import Final

from fastapi import FastAPI

import services.monitor
import shared.web
from shared.web.pages import Assets, Environment, Site, add_pages, read_assets

SITE_NAME: Final = "Dashboard"
ADDRESSES: Final = ("/", "/sign-in", "/dashboard", "/dashboard/{path:path}")

_STATIC: Final = Path(services.monitor.__file__).parent / "static"
_SHARED: Final = Path(shared.web.__file__).parent / "static"


def read_dashboard() -> Assets:
    """Read the assets of the dashboard.

    Raises:
        AssetFault: HAWK was installed without them.
    """
    return read_assets({"shared": _SHARED, "site": _STATIC})


def add_dashboard(app: FastAPI, environment: Environment) -> None:
    """Put the dashboard into the monitor.

    Raises:
        AssetFault: HAWK was installed without its assets.
    """
    add_pages(app, read_dashboard(), Site(SITE_NAME, environment), ADDRESSES)
