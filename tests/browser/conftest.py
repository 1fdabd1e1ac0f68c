"""Real Chromium over the console with canned documents; every page is watched for what its policy refused.

Without a browser these tests are skipped, with the reason; where CI=true that is a failure.
"""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from tests.support.canned_console import CannedConsole
from tests.support.chromium import ARGUMENTS, MISSING, chromium, must_be_there
from tests.support.queue_documents import MINE, NOW, ROLLOUT, SESSION, queue_of

HERE = Path(__file__).resolve().parent
#: Milliseconds a page may take for what a test waits for: a second where nothing else runs.
PATIENCE = 15_000.0
expect.set_options(timeout=PATIENCE)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs a browser where there is none."""
    if chromium() is None and not must_be_there():
        for item in items:
            if HERE in item.path.parents:
                item.add_marker(pytest.mark.skip(reason=MISSING))


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    executable = chromium()
    if executable is None:
        pytest.fail(MISSING)
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=executable, args=list(ARGUMENTS))
        yield started
        await started.close()


@pytest.fixture
async def console() -> AsyncIterator[CannedConsole]:
    answers: dict[str, Any] = {"/session": SESSION, "/rollout": ROLLOUT, "/approvals": queue_of(MINE)}
    async with CannedConsole(answers, NOW).running() as running:
        yield running


@dataclass
class Watched:
    """What went wrong in the pages of one test. A test says which refusals of the service it provokes."""

    violations: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    allowed: list[str] = field(default_factory=list)

    def allow(self, pattern: str) -> None:
        """Name an error that the test itself provokes: the browser reports every answer that is not 2xx."""
        self.allowed.append(pattern)

    def unexpected(self) -> list[str]:
        return [error for error in self.errors if not any(re.search(each, error) for each in self.allowed)]


REPORT = """
addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI, sourceFile, lineNumber, sample }) =>
  hawkViolation([violatedDirective, blockedURI, sourceFile, lineNumber, sample].join(" ")));
"""


@pytest.fixture
async def watched() -> AsyncIterator[Watched]:
    """Fail the test whose pages violated the policy, or had an error."""
    what = Watched()
    yield what
    assert what.violations == []
    assert what.unexpected() == []


Opening = Callable[..., Awaitable[Page]]


@pytest.fixture
async def opened(browser: Browser, console: CannedConsole, watched: Watched) -> AsyncIterator[Opening]:
    """Open pages: `await opened("/", width=390, dark=True)`."""
    contexts: list[BrowserContext] = []

    async def open_page(path: str, *, width: int = 1440, height: int = 900, dark: bool = False, **more: Any) -> Page:
        context = await browser.new_context(
            base_url=console.origin,
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            locale="en-GB",
            timezone_id="Europe/Berlin",  # not the desk's: pages show the desk's time all the same
            **more,
        )
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        await context.expose_binding("hawkViolation", lambda _, text: watched.violations.append(text))
        await context.add_init_script(REPORT)
        page = await context.new_page()
        page.on("console", lambda said: watched.errors.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: watched.errors.append(str(error)))
        await page.goto(path)
        return page

    yield open_page
    for context in contexts:
        await context.close()
