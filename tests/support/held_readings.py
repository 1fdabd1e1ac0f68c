"""Readings of a page that stay on their way until a test lets them go."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from playwright.async_api import Error, Page, Request, Route


@asynccontextmanager
async def held_readings(page: Page, address: str | re.Pattern[str]) -> AsyncIterator["asyncio.Queue[Request]"]:
    """Hold what a page reads at an address until the block ends; gives the requests as they come.

    After the block each of them has ended: answered, or given up by the page.
    """
    came: asyncio.Queue[Request] = asyncio.Queue()
    let_go = asyncio.Event()
    ended: dict[Request, asyncio.Future[None]] = {}

    def end(request: Request) -> None:
        if (future := ended.get(request)) is not None and not future.done():
            future.set_result(None)

    async def hold(route: Route) -> None:
        ended[route.request] = asyncio.get_running_loop().create_future()
        came.put_nowait(route.request)
        await let_go.wait()
        with suppress(Error):  # the page has given it up
            await route.continue_()

    page.on("requestfinished", end)
    page.on("requestfailed", end)
    await page.route(address, hold)
    yield came
    let_go.set()
    await asyncio.gather(*ended.values())
    await page.evaluate("new Promise((done) => setTimeout(done))")
    await page.unroute(address, hold)
