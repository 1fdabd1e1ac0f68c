"""A server, a service and Faust are taken from a whole HAWK and given back: every page of the dashboard says what is
stale and since when, alarms once, and goes on without reload."""

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.hawk import Document, Hawk
from tests.support.orders import order
from tests.support.without_faust import faust_away

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]

PATIENCE = 120_000.0
PLACE = ("USD", "1000000", "ENTITY0037")
OVERVIEW, WORKFLOW, HEALTH, SPEED = "overview", "workflow", "health", "speed"
DESK = ZoneInfo("Asia/Singapore")
NOTICED_SECONDS_MAX = 90
"""From the order to stop to the time that the pages name: a server that stops takes most of it."""

RECORD = """
const told = () => [...document.querySelectorAll("[role=alert]")].map((each) => each.textContent).filter(Boolean);
window.alarms = [];
let before = [];
new MutationObserver((changes) => {
  const now = told();
  const anew = changes.some(({ target, addedNodes }) => addedNodes.length > 0 && target.closest?.("[role=alert]"));
  for (const text of now) if (anew || !before.includes(text)) alarms.push(text);
  before = now;
}).observe(document, { subtree: true, childList: true, characterData: true });
window.loadedOnce = true;
"""
"""Keeps whatever is put into an alert, also where it is the text that stood there before."""

T = TypeVar("T")


@dataclass
class Desk:
    """Somebody who keeps four pages open."""

    hawk: Hawk
    pages: dict[str, Page]
    own: Document
    aside: ThreadPoolExecutor
    errors: list[str] = field(default_factory=list)

    def do(self, act: Callable[..., T], *given: Any, **named: Any) -> T:
        """Act beside the browser, whose loop runs in this thread."""
        return self.aside.submit(act, *given, **named).result()

    @property
    def row(self) -> Any:
        """The workflow's line on the overview."""
        return self.pages[OVERVIEW].locator(".flow-table tbody tr").filter(has_text=self.own["order_id"])

    @contextmanager
    def away(self, process: str) -> Iterator[None]:
        """Take a process away until the block ends."""
        self.do(self.hawk.run, "process", "stop", process)
        try:
            yield
        finally:
            self.do(self.hawk.run, "process", "start", process)

    def alarms(self, name: str) -> list[str]:
        """What was put into alerts of a page since it was loaded, which it was once."""
        assert self.pages[name].evaluate("window.loadedOnce") is True
        found: list[str] = self.pages[name].evaluate("window.alarms")
        return found


@pytest.fixture
def desk(hawk: Hawk, browser: Browser) -> Iterator[Desk]:
    with ThreadPoolExecutor(1) as aside:
        own = aside.submit(hawk.planned, order(*PLACE)).result()
        site = hawk.known["monitor_url"].replace("127.0.0.1", "localhost")
        context = browser.new_context(base_url=site, viewport={"width": 1440, "height": 900})
        context.set_default_timeout(PATIENCE)
        signing_in = context.new_page()
        signing_in.goto("/")
        signing_in.get_by_role("button", name="olga").click()
        expect(signing_in.get_by_role("heading", name="Overview")).to_be_visible(timeout=PATIENCE)
        signing_in.close()
        context.add_init_script(RECORD)
        made = Desk(hawk, {}, own, aside)
        addresses = {
            OVERVIEW: "/",
            WORKFLOW: f"/dashboard/workflows/{own['workflow_id']}",
            HEALTH: "/dashboard/health",
            SPEED: "/dashboard/speed",
        }
        for name, address in addresses.items():
            page = made.pages[name] = context.new_page()
            page.on("pageerror", lambda error: made.errors.append(str(error)))
            page.goto(address)
            expect(page.locator(".page-head .live, .work-top .live")).to_contain_text("Live", timeout=PATIENCE)
        yield made
        context.close()
        aside.submit(hawk.settled).result()
    assert made.errors == []


def since(text: str, before: datetime) -> datetime:
    """The time that a sentence names, of the day of `before`."""
    found = re.search(r"[Ss]ince (\d\d:\d\d:\d\d) SGT", text)
    assert found is not None, text
    at = before.astimezone(DESK)
    named = datetime.combine(at.date(), datetime.strptime(found[1], "%H:%M:%S").time(), DESK)  # noqa: DTZ007
    return named if named >= at - timedelta(hours=12) else named + timedelta(days=1)


def notice(page: Page) -> Any:
    return page.locator(".notices .banner")


def live(page: Page) -> Any:
    return page.locator(".page-head .live, .work-top .live")


def says_what_is_away(desk: Desk, subject: str, sentence: str, before: datetime) -> None:
    """Every page says who is away, since when, and what follows."""
    for page in desk.pages.values():
        expect(notice(page)).to_contain_text(f"{subject} has not answered since", timeout=PATIENCE)
        expect(notice(page)).to_contain_text(sentence)
        named = since(notice(page).inner_text(), before)
        assert before - timedelta(seconds=1) <= named <= before + timedelta(seconds=NOTICED_SECONDS_MAX)


def is_stale(desk: Desk) -> None:
    """What shows workflows no longer says that it is live; the time is that of the notice."""
    for name in (OVERVIEW, WORKFLOW):
        page = desk.pages[name]
        expect(live(page)).to_contain_text("Not live", timeout=PATIENCE)
        named = since(notice(page).inner_text(), datetime.now(UTC))
        expect(live(page)).to_contain_text(f"as of {named:%H:%M:%S} SGT")


def is_back(desk: Desk, subject: str) -> None:
    """Every page is as it was, and each was alarmed once, of this."""
    for name, page in desk.pages.items():
        expect(notice(page)).to_have_count(0, timeout=PATIENCE)
        expect(live(page)).to_contain_text(re.compile(r"^\s*Live"), timeout=PATIENCE)
        expect(page.locator(".flow-away .banner, .work-away .banner")).to_have_count(0, timeout=PATIENCE)
        (alarm,) = desk.alarms(name)
        assert alarm.startswith(f"{subject} has not answered since"), name
    health = desk.pages[HEALTH].locator('[data-part="attention"]')
    expect(health).not_to_contain_text(subject.removeprefix("The "), timeout=PATIENCE)


def goes_on(desk: Desk) -> None:
    """The workflow that waited comes to its end, on the pages that were open all the time."""
    expect(desk.row.locator("td[data-key=progress]")).to_contain_text("Posted", timeout=PATIENCE)
    expect(desk.pages[WORKFLOW].locator(".work-title .badge").first).to_have_text("Posted", timeout=PATIENCE)


def test_executor_is_away_and_comes_back(desk: Desk) -> None:
    before = datetime.now(UTC)
    with desk.away("executor"):
        desk.do(desk.hawk.approve, desk.own["workflow_id"])
        says_what_is_away(desk, "The executor", "Nothing is planned, booked or undone.", before)
        # What is shown is true: nothing happens that it would miss.
        expect(desk.row.locator("td[data-key=who]")).to_contain_text("mira", timeout=PATIENCE)
        expect(live(desk.pages[OVERVIEW])).to_contain_text(re.compile(r"^\s*Live"))
    is_back(desk, "The executor")
    goes_on(desk)


def test_faust_is_away_and_comes_back(desk: Desk) -> None:
    speed, counted = desk.pages[SPEED], desk.pages[SPEED].locator('[data-part="minutes"]')
    expect(counted).to_contain_text("completed", timeout=PATIENCE)
    completed = completions(counted)
    before = datetime.now(UTC)
    with faust_away(desk.hawk.data):
        desk.do(desk.hawk.approve, desk.own["workflow_id"])
        goes_on(desk)  # what needs no Faust works
        stopped = speed.locator(".banner")
        expect(stopped).to_contain_text("The windows are not counted at the moment.", timeout=PATIENCE)
        expect(stopped).to_contain_text("Faust was taken away")
        assert since(stopped.inner_text(), before) >= before - timedelta(seconds=1)
        assert completions(counted) == completed, "what was counted before stays"
        for name in (SPEED, HEALTH):
            alarm = desk.pages[name].locator(".unseen [role=alert]")
            expect(alarm).to_contain_text("not been counted since", timeout=PATIENCE)
    expect(speed.locator(".banner")).to_have_count(0, timeout=PATIENCE)
    expect(counted).to_contain_text(f"{completed + 1:,} completed", timeout=PATIENCE)
    for name, page in desk.pages.items():
        assert len(desk.alarms(name)) == (name in (SPEED, HEALTH)), name
        expect(notice(page)).to_have_count(0)


def completions(counted: Any) -> int:
    """How many completed the speed page counts."""
    found = re.search(r"([\d,]+) completed", counted.inner_text())
    assert found is not None
    return int(found[1].replace(",", ""))


@pytest.mark.soak
def test_database_is_away_and_comes_back(desk: Desk) -> None:
    """Soak: a server of the shared HAWK is a minute away, in which every other test waits. What every change is held to
    takes half of that, with a proxy before the database: tests/integration/monitor/test_health_in_chromium.py."""
    before = datetime.now(UTC)
    with desk.away("postgres"):
        says_what_is_away(desk, "PostgreSQL", "What is shown of workflows is as of then.", before)
        is_stale(desk)
        shown = desk.pages[OVERVIEW].locator(".flow-away")
        expect(shown).to_contain_text("The overview could not be read.", timeout=PATIENCE)
        expect(desk.row).to_have_count(1)
    is_back(desk, "PostgreSQL")
    desk.do(desk.hawk.approve, desk.own["workflow_id"])
    goes_on(desk)


@pytest.mark.soak
def test_broker_is_away_and_comes_back(desk: Desk) -> None:
    """Soak, as the one before."""
    before = datetime.now(UTC)
    with desk.away("kafka"):
        desk.do(desk.hawk.approve, desk.own["workflow_id"])  # recorded, and told to nobody yet
        says_what_is_away(desk, "Kafka", "What is shown of workflows is as of then.", before)
        is_stale(desk)
        expect(desk.row.locator("td[data-key=progress]")).not_to_contain_text("Posted")
        expect(desk.pages[SPEED].locator("main .banner")).to_contain_text("The windows are not counted at the moment.")
    goes_on(desk)
    is_back(desk, "Kafka")
