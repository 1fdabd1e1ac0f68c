"""The HAWK that these tests share, and one of a test's own. The folder is a package so that the first ends with it."""

import json
import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.support import without_faust
from tests.support.chromium import ARGUMENTS, MISSING, chromium, must_be_there
from tests.support.console_hand import PATIENCE, Opening, press
from tests.support.demo_answers import publish_demo_answers
from tests.support.hawk import SHARED_SCRIPT, Hawk
from tests.support.scratch import scratch_folder
from tests.support.tables import rebuilt_alike


@pytest.fixture(scope="package")
def hawk() -> Iterator[Hawk]:
    """A whole HAWK with the demo reference data, shared by the tests of this folder. It ends with the last of them: one
    that nobody uses takes a quarter of a core from the tests that follow.

    It has planned the demo's answers before anything else: what their table says holds while nothing is booked yet.
    After all tests it is verified and rebuilt: the last of them is shown as failed where that finds anything.
    """
    with scratch_folder() as folder:
        running = Hawk(folder / "data", without_faust.environment(folder / "data"))
        script = folder / "murex.json"
        script.write_text(json.dumps(SHARED_SCRIPT), encoding="utf-8")
        try:
            running.up("--murex-script", str(script))
            publish_demo_answers(running)
            yield running
            rebuilt_alike(running)
        finally:
            running.down()


@pytest.fixture
def new_hawk() -> Iterator[Callable[..., Hawk]]:
    """Makes a HAWK of one's own, to kill or to start with options: `new_hawk("--murex-script", FILE)`."""
    made: list[Hawk] = []
    with scratch_folder() as folder:

        def start(*options: str, **environment: str) -> Hawk:
            one = Hawk(folder / f"hawk-{len(made)}", environment)
            made.append(one)
            one.up(*options)
            return one

        try:
            yield start
        finally:
            for one in made:
                one.down()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Not for longer than a module: while its loop runs, the thread runs no other, as a query would."""
    executable = chromium()
    if executable is None:
        if must_be_there():
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=executable, args=list(ARGUMENTS))
        yield started
        started.close()


@pytest.fixture
def signed_in(hawk: Hawk, browser: Browser) -> Iterator[Opening]:
    """The queue as one of the demo's people sees it, in a browser of their own: `signed_in("mira")`."""
    contexts = []
    violations: list[str] = []

    def open_as(person: str) -> Page:
        context = browser.new_context(base_url=hawk.known["console_url"], viewport={"width": 1440, "height": 900})
        contexts.append(context)
        context.set_default_timeout(PATIENCE)
        context.expose_binding("hawkViolation", lambda _, text: violations.append(text))
        context.add_init_script(
            "addEventListener('securitypolicyviolation', (e) => hawkViolation(e.violatedDirective + e.sourceFile))"
        )
        page = context.new_page()
        page.on("pageerror", lambda error: violations.append(str(error)))
        page.goto("/")
        press(page, page.get_by_role("button", name=re.compile(rf"^{person}\b")))
        expect(page.get_by_role("heading", name="Approvals")).to_be_visible(timeout=PATIENCE)
        return page

    yield open_as
    for context in contexts:
        context.close()
    assert violations == []
