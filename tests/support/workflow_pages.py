"""The page of one workflow over canned documents: what the service answers, and rows of its tables."""

import re
from typing import Any

from playwright.async_api import Page

from services.monitor.workflow.history import whole
from tests.support.canned_dashboard import CannedDashboard
from tests.support.executions import WORKFLOW
from tests.support.workflow_lives import Life

AT = f"/dashboard/workflows/{WORKFLOW}"
DOCUMENT = f"/workflows/{WORKFLOW}/execution"


async def shows(console: CannedDashboard, life: Life) -> dict[str, Any]:
    """Let the service answer with a workflow."""
    found = await life.document()
    console.answers[DOCUMENT] = found
    for kept in life.histories.kept:
        console.answers[f"/workflows/{WORKFLOW}/history/{kept.recorded.event_id}"] = whole(kept)
    console.now = life.at
    return found


def row(page: Page, table: str, first: str) -> Any:
    return page.locator(f".{table} tbody tr").filter(has=page.locator("th", has_text=re.compile(rf"^{first}$")))
