"""`python -m tests.pictures [NAME …]`: takes pictures of docs/pictures anew, of pages over documents that HAWK made.

They are looked at by people, and compared with nothing: fonts differ between machines.
"""

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, async_playwright

from tests.support import card_documents as documents
from tests.support import card_stories as stories
from tests.support.canned_console import CannedConsole
from tests.support.canned_dashboard import CannedDashboard
from tests.support.canned_progress import CannedProgress
from tests.support.chromium import ARGUMENTS, MISSING, chromium
from tests.support.executions import NOW, WORKFLOW
from tests.support.health_documents import ailing, speed_document
from tests.support.overview_documents import document as overview
from tests.support.queue_documents import MINE, ROLLOUT, SESSION, queue_of
from tests.support.workflow_lives import late

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "pictures"
CARD = f"/approvals/{documents.WORKFLOW}"
AT_CARD = f"/console{CARD}"
#: Milliseconds until a page that was asked for stands still.
STILL = 700


@dataclass(frozen=True, slots=True)
class Picture:
    """A page as somebody sees it. `story`: the progress so far; `press`: a button to press before; `site`: which."""

    name: str
    address: str = AT_CARD
    width: int = 1440
    height: int = 900
    dark: bool = False
    story: Sequence[dict[str, Any]] = ()
    press: str = ""
    site: type[CannedConsole] = CannedProgress


PICTURES = (
    Picture("queue", address="/"),
    Picture("card"),
    Picture("card-dark", dark=True),
    Picture("dialog", press="Approve & Execute"),
    Picture("executed", story=stories.done()),
    Picture("card-narrow", width=390, height=844),
    Picture("overview", address="/", site=CannedDashboard),
    Picture("health", address="/dashboard/health", site=CannedDashboard),
    Picture("speed", address="/dashboard/speed", site=CannedDashboard),
    Picture("overview-narrow", address="/", width=390, height=844, site=CannedDashboard),
    Picture("workflow", address=f"/dashboard/workflows/{WORKFLOW}", press="Deal 6", site=CannedDashboard),
)


async def main() -> None:
    """Take every picture."""
    executable = chromium()
    if executable is None:
        raise SystemExit(MISSING)
    FOLDER.mkdir(exist_ok=True)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable, args=list(ARGUMENTS))
        for picture in [each for each in PICTURES if not sys.argv[1:] or each.name in sys.argv[1:]]:
            await take(browser, picture)
        await browser.close()


async def take(browser: Browser, picture: Picture) -> None:
    """Take one picture of a console of its own."""
    answers: dict[str, Any] = {
        "/session": SESSION,
        "/rollout": ROLLOUT,
        "/approvals": queue_of(MINE),
        "/overview": overview(),
        "/health/overview": ailing(),
        "/speed": speed_document(),
        CARD: documents.approved() if picture.story else documents.waiting(),
        f"/workflows/{WORKFLOW}/execution": await late().document(),
    }
    async with picture.site(answers, NOW).running() as console:
        if isinstance(console, CannedProgress):
            console.story = list(picture.story)
        context = await browser.new_context(
            base_url=console.origin,
            viewport={"width": picture.width, "height": picture.height},
            color_scheme="dark" if picture.dark else "light",
            locale="en-GB",
        )
        page = await context.new_page()
        await page.goto(picture.address)
        await page.get_by_role("heading", level=1).wait_for()
        await page.wait_for_timeout(STILL)
        if picture.press:
            await page.get_by_role("button", name=picture.press).click()
            if picture.site is CannedProgress:
                await page.get_by_role("dialog").wait_for()
            await page.wait_for_timeout(STILL)
        await page.screenshot(path=FOLDER / f"{picture.name}.png")
        await context.close()


if __name__ == "__main__":
    asyncio.run(main())
