"""The health page in a browser: what needs somebody first with its runbook, away and back again, quiet while well."""

from dataclasses import asdict
from datetime import timedelta
from typing import Any

import pytest
from playwright.async_api import Page, expect

from services.monitor.health.document import Windows
from services.monitor.health.found import BrokerFound
from services.monitor.health.runbooks import RUNBOOKS
from tests.browser.conftest import Opening, Watched
from tests.support.canned_console import problem
from tests.support.canned_dashboard import CannedDashboard
from tests.support.eventually import eventually_async
from tests.support.health_documents import BACKLOG, CONSOLE, consumers, known, letter, unwell, well
from tests.support.held_readings import held_readings
from tests.support.looks import looks
from tests.support.page_checks import axe_findings, not_reached_by_tab, scrolls_sideways
from tests.support.queue_documents import NOW

HEALTH = "/dashboard/health"
AWAY = timedelta(minutes=2)
PATIENCE_SECONDS = 15.0
ALARMS = """
  window.alerts = [];
  new MutationObserver(() => {
    const said = document.querySelector(".unseen [role=alert]").textContent;
    if (said) alerts.push(said);
  }).observe(document.querySelector(".unseen [role=alert]"), { childList: true });
"""
GONE = {
    "subject": "Kafka",
    "since": (NOW - AWAY).isoformat(),
    "sentence": "Nothing new arrives. What is shown of workflows is as of then.",
    "stale": True,
    "runbook": "broker",
}
#: What would become markup, code or another reading order, were it anything but text.
HOSTILE = '<img src=x onerror="alert(1)"><script>alert(2)</script>\u202egnp.exe ' + "A" * 200


@pytest.fixture(autouse=True)
def _health(console: CannedDashboard) -> None:
    console.answers["/health/overview"] = unwell()
    console.answers["/health/runbooks"] = {
        "runbooks": [{"name": name, **asdict(each)} for name, each in RUNBOOKS.items()]
    }


def part(page: Page, name: str) -> Any:
    return page.locator(f'main [data-part="{name}"]')


async def passes(page: Page, console: CannedDashboard) -> None:
    """Let six seconds go by in which the stream says that it lives."""
    console.send("heartbeat", {})
    asked = len(console.asked)
    await page.clock.run_for(6_000)
    await eventually_async(lambda: asked_of(console, asked), PATIENCE_SECONDS, until=bool)


async def asked_of(console: CannedDashboard, since: int) -> int:
    return sum(path == "/health/overview" for _, path, _ in console.asked[since:])


async def test_what_needs_somebody_stands_first_and_leads_to_its_runbook(opened: Opening) -> None:
    page = await opened(HEALTH)
    await expect(page).to_have_title("[SIMULATOR] Health, HAWK dashboard")
    lines = part(page, "attention").locator("tbody tr")
    await expect(lines).to_have_count(10)
    await expect(lines.nth(0)).to_contain_text("HAWK: Stopped by olga: price feed looks wrong")
    await expect(lines.nth(0)).to_contain_text("since 17:02, for 6 min")
    await expect(lines.nth(8)).to_contain_text("executor on hawk.murex.answers, partition 2: 14 messages wait")
    await expect(part(page, "consumers").get_by_role("row", name="executor murex").first).to_contain_text("Stalled")
    await expect(part(page, "letters")).to_contain_text("Have the corrected row published")
    act = part(page, "letters").get_by_role("link", name="Replay or set aside in the console")
    await expect(act).to_have_attribute("href", f"{CONSOLE}/console/messages")
    await part(page, "processes").get_by_text("What the part says").click()
    said = part(page, "processes").locator("details li")
    await expect(said).to_have_text("executor-2 consumer:hawk-executor-murex defect: KeyError: 'deal'")
    await expect(part(page, "relay")).to_contain_text("process 4711, hawk_reader, psql, for 31 s")
    await expect(part(page, "limits").get_by_role("img").first).to_have_attribute(
        "aria-label",
        "CNY: 84,400,000.00 of 100,000,000.00 used, of which 1,200,000.00 reserved; warning at 80,000,000.00, "
        "critical at 90,000,000.00",
    )
    await expect(page.get_by_role("link", name="Health")).to_contain_text("10")
    await expect(part(page, "rollout").get_by_role("link", name="Console")).to_have_attribute("href", CONSOLE)
    for link in await page.locator('main a[href^="/dashboard/runbooks/"]').all():
        assert (await link.get_attribute("href") or "").rpartition("/")[2] in RUNBOOKS
    await lines.nth(8).get_by_role("link", name="Runbook: consumers").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text(RUNBOOKS["consumer"].title)
    await expect(page.get_by_role("heading", level=1)).to_be_focused()
    await expect(page.locator(".runbook-steps > li")).to_have_count(len(RUNBOOKS["consumer"].steps))
    await page.go_back()
    await expect(lines).to_have_count(10)


async def test_source_that_goes_away_is_said_once_and_comes_back_without_reload(
    opened: Opening, console: CannedDashboard, watched: Watched
) -> None:
    watched.allow("status of 503")
    console.answers["/health/overview"] = well()
    page = await opened("about:blank")
    await page.clock.install()
    await page.goto(HEALTH)
    await expect(part(page, "attention")).to_have_text("All is well.")
    await page.evaluate(ALARMS)
    found = BrokerFound(consumers(executor_murex=BACKLOG))
    console.answers["/health/overview"] = well(broker=known(found, away=AWAY, reason="No answer within 4 s."))
    for _ in range(3):  # several readings, and as often on the stream
        console.send("away", {"away": [GONE]})
        await passes(page, console)
    await expect(part(page, "attention").locator("tbody tr")).to_contain_text("Kafka: No answer within 4 s.")
    await expect(part(page, "attention")).to_contain_text("since 17:06, for 2 min")
    await expect(part(page, "consumers").get_by_role("row", name="executor").first).to_contain_text("14")
    await expect(part(page, "relay")).to_contain_text("1,204,776")
    # Now the monitor cannot be read at all: the page says as of when it is.
    console.answers["/health/overview"] = 503, problem(503, "TRY_AGAIN", "The database is away.")
    await passes(page, console)
    said = page.locator(".flow-away")
    await expect(said).to_contain_text("The health of HAWK could not be read. The database is away.")
    await expect(said).to_contain_text("What is shown is as of 17:08:41 SGT.")
    await expect(page.locator(".page-head .live")).to_contain_text("Not live")
    await expect(part(page, "relay")).to_contain_text("1,204,776")
    console.answers["/health/overview"] = well()
    console.send("away", {"away": []})
    await passes(page, console)
    await expect(part(page, "attention")).to_have_text("All is well.")
    await expect(said).to_be_empty()
    await expect(page.get_by_text("Kafka answers again.")).to_have_count(1)
    assert await page.evaluate("alerts") == [f"Kafka has not answered since 17:06:41 SGT. {GONE['sentence']}"]


async def test_windows_that_are_away_for_long_are_said_once(opened: Opening, console: CannedDashboard) -> None:
    console.answers["/health/overview"] = well()
    page = await opened("about:blank")
    await page.clock.install()
    await page.goto(HEALTH)
    await expect(part(page, "attention")).to_have_text("All is well.")
    await page.evaluate(ALARMS)
    gone = Windows(False, NOW - AWAY, "RuntimeError: odd")
    console.answers["/health/overview"] = well(windows=gone)
    for _ in range(3):
        await passes(page, console)
    await expect(part(page, "attention")).to_contain_text("RuntimeError: odd")
    console.answers["/health/overview"] = well()
    await passes(page, console)
    await expect(page.get_by_text("The windows of speed are counted again.")).to_have_count(1)
    told = "The windows of speed have not been counted since 17:06:41 SGT. Nothing else depends on it."
    assert await page.evaluate("alerts") == [told]


async def test_reading_again_moves_neither_focus_nor_what_is_open_and_a_pause_reads_nothing(
    opened: Opening, console: CannedDashboard
) -> None:
    page = await opened("about:blank")
    await page.clock.install()
    await page.goto(HEALTH)
    await part(page, "consumers").locator("summary").click()
    link = part(page, "murex").get_by_role("link", name="Silent deals")
    await link.focus()
    console.answers["/health/overview"] = well()
    await page.clock.run_for(6_000)
    await expect(part(page, "murex")).to_contain_text("Silent deals0")
    await expect(link).to_be_focused()
    await expect(part(page, "consumers").locator("details")).to_have_attribute("open", "")
    await page.get_by_role("button", name="Pause").click()
    asked = len(console.asked)
    await page.clock.run_for(20_000)
    assert [path for _, path, _ in console.asked[asked:] if path == "/health/overview"] == []
    await page.get_by_role("button", name="Resume").click()
    await expect(page.locator(".page-head .live-word")).to_have_text("Live")


async def test_paused_the_page_also_holds_what_it_was_about_to_read(opened: Opening, console: CannedDashboard) -> None:
    page = await opened("about:blank")
    await page.clock.install()
    await page.goto(HEALTH)
    deals = part(page, "murex")
    await expect(deals).to_contain_text("Silent deals1")
    async with held_readings(page, "**/health/overview") as on_their_way:
        console.answers["/health/overview"] = well()
        await page.clock.run_for(6_000)
        await on_their_way.get()
        await page.get_by_role("button", name="Pause").click()
    await expect(deals).to_contain_text("Silent deals1")
    await page.get_by_role("button", name="Resume").click()
    await expect(deals).to_contain_text("Silent deals0")


@pytest.mark.soak
async def test_what_was_never_known_says_of_whom_it_would_be(opened: Opening, console: CannedDashboard) -> None:
    console.answers["/health/overview"] = well(
        store=known(None, away=AWAY), limits=known(None, away=AWAY), processes=None
    )
    page = await opened(HEALTH)
    await expect(part(page, "relay")).to_contain_text("Not known while PostgreSQL is away.")
    await expect(part(page, "processes")).to_contain_text("HAWK_PROCESSES")
    assert await axe_findings(page) == []


async def test_hostile_words_are_words(opened: Opening, console: CannedDashboard) -> None:
    document = unwell()
    for line in document["attention"]:
        line.update(subject=HOSTILE, sentence=HOSTILE, code="<b>")
    document["letters"]["shown"] = [
        asdict(letter(1, HOSTILE, HOSTILE, reason=HOSTILE, topic=HOSTILE)) | {"at": document["as_of"]}
    ]
    document["processes"][0] |= {"name": HOSTILE, "reason": HOSTILE, "version": HOSTILE, "state": "ready"}
    document["rollout"] |= {"reason": HOSTILE, "stopped_by": HOSTILE, "people": [HOSTILE]}
    document["relay"]["holder"] = {"pid": 1, "role": HOSTILE, "application": HOSTILE, "seconds": 1}
    document["console"] = "javascript:alert(1)"
    console.answers["/health/overview"] = document
    for width in (1440, 320):
        page = await opened(HEALTH, width=width)
        await expect(part(page, "attention")).to_contain_text("<img src=x")
        assert await page.locator("img, script:not([type=module])").count() == 0
        await expect(page.locator("main a[href*=alert]")).to_have_count(0)
        await expect(part(page, "attention")).to_contain_text("U+202E right to left")
        assert not await scrolls_sideways(page)


@pytest.mark.parametrize("look", looks({"width": 320}, {"width": 900, "dark": True}, {"forced_colors": "active"}))
async def test_health_is_for_everybody(opened: Opening, look: dict[str, Any]) -> None:
    page = await opened(HEALTH, **look)
    await part(page, "consumers").locator("summary").click()
    assert await axe_findings(page) == []
    assert not await scrolls_sideways(page)


@pytest.mark.parametrize("width", [1440, pytest.param(390, marks=pytest.mark.soak)])
async def test_everything_of_health_is_reached_by_keyboard(opened: Opening, width: int) -> None:
    page = await opened(HEALTH, width=width)
    await expect(page.locator("main section").first).to_be_visible()
    missed, covered = await not_reached_by_tab(page)
    assert (missed, covered) == ([], [])


@pytest.mark.soak
@pytest.mark.parametrize("address", ["/dashboard/runbooks", "/dashboard/runbooks/control", "/dashboard/runbooks/x"])
@pytest.mark.parametrize("width", [320, 1440])
async def test_runbooks_are_for_everybody(opened: Opening, address: str, width: int) -> None:
    page = await opened(address, width=width)
    await expect(page.locator(".runbook-list a")).to_have_count(len(RUNBOOKS))
    assert await axe_findings(page) == []
    assert not await scrolls_sideways(page)
    assert await not_reached_by_tab(page) == ([], [])
