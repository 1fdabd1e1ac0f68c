"""The dashboard with canned documents behind it; see `canned_console`."""

from fastapi import FastAPI

from services.monitor.overview.pages import add_dashboard
from tests.support.canned_console import CannedConsole


class CannedDashboard(CannedConsole):
    """What the dashboard's pages get."""

    stream = "/overview/stream"

    def add_pages(self, app: FastAPI) -> None:
        """Put the dashboard into the app."""
        add_dashboard(app, "SIMULATOR")
