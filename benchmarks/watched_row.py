"""A real browser among the clients of a monitor: how late a row of the overview is."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final

from playwright.async_api import Error, Page, async_playwright

from benchmarks.driver import BenchmarkFailed
from tests.support.chromium import ARGUMENTS, MISSING, chromium

WORKFLOW: Final = "watched"
PERSON: Final = "olga"
PAGE_MILLISECONDS_MAX: Final = 60_000.0
"""Nothing that is waited for on a page takes as long on any machine."""
LOOK_SECONDS: Final = 0.1

_ROW: Final = f'.flow-table tbody tr:has(a[title="{WORKFLOW}"]) td[data-key=progress]'
_NOTE: Final = """(row) => {
    const seen = (window.seen = []);
    const note = () => {
        const text = document.querySelector(row)?.textContent ?? "";
        const done = Number(/(\\d+) of \\d+/.exec(text)?.[1] ?? 0);
        if (done > (seen.at(-1)?.[1] ?? -1)) seen.push([Date.now(), done]);
    };
    new MutationObserver(note).observe(document.body, { subtree: true, childList: true, characterData: true });
    note();
}"""


class WatchedRow:
    """The row of one workflow on an open page.

    Args:
        publish: publishes the message of that workflow with a sequence, which is its completed operations as well.
    """

    def __init__(self, page: Page, publish: Callable[[str, int], Awaitable[None]]) -> None:
        self._page = page
        self._publish = publish
        self._told: list[float] = []

    async def tell(self) -> None:
        """Publish the next message."""
        self._told.append(time.time())
        await self._publish(WORKFLOW, len(self._told) + 1)

    async def delays(self) -> list[float]:
        """Return, for each message, the seconds until the row showed it or a later one.

        Raises:
            BenchmarkFailed: the row did not show the last one.
        """
        until = time.monotonic() + PAGE_MILLISECONDS_MAX / 1000
        while time.monotonic() < until:
            seen = await self._page.evaluate("window.seen")
            if seen and seen[-1][1] >= len(self._told) + 1:
                return [
                    next(at / 1000 for at, done in seen if done >= number) - told
                    for number, told in enumerate(self._told, start=2)
                ]
            await asyncio.sleep(LOOK_SECONDS)
        raise BenchmarkFailed("The row in the browser did not show the last message.")


@asynccontextmanager
async def watched_row(port: int, publish: Callable[[str, int], Awaitable[None]]) -> AsyncIterator[WatchedRow]:
    """Open the overview in a browser, signed in, with the workflow on it.

    Raises:
        BenchmarkFailed: there is no browser, or the page does not show the workflow.
    """
    executable = chromium()
    if executable is None:
        raise BenchmarkFailed(MISSING)
    await publish(WORKFLOW, 1)
    try:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=executable, args=list(ARGUMENTS))
            page = await browser.new_page()
            page.set_default_timeout(PAGE_MILLISECONDS_MAX)
            await page.goto(f"http://localhost:{port}/")
            await page.get_by_role("button", name=PERSON).click()
            await page.locator(_ROW).wait_for()
            await page.evaluate(_NOTE, _ROW)
            yield WatchedRow(page, publish)
            await browser.close()
    except Error as error:
        raise BenchmarkFailed(f"The page: {error.message}") from error
