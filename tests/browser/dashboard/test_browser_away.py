"""What every page of the dashboard says of what is away: since when and what is stale, once, also in a pause."""

from datetime import timedelta
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import Opening
from tests.browser.dashboard.test_browser_health import ALARMS
from tests.support.canned_dashboard import CannedDashboard
from tests.support.health_documents import well
from tests.support.looks import looks
from tests.support.page_checks import axe_findings, not_reached_by_tab, scrolls_sideways
from tests.support.queue_documents import NOW

SINCE = (NOW - timedelta(minutes=2)).isoformat()
STANDS = "What is shown of workflows is as of then."
KAFKA = {
    "subject": "Kafka",
    "since": SINCE,
    "sentence": f"Nothing new arrives. {STANDS}",
    "stale": True,
    "runbook": "broker",
}
EXECUTOR = {
    "subject": "The executor",
    "since": SINCE,
    "sentence": "Nothing is planned, booked or undone.",
    "stale": False,
    "runbook": "process",
}


def notice(page: Page) -> Any:
    return page.locator(".notices .banner")


def live(page: Page) -> Any:
    return page.locator(".page-head .live")


async def overview(opened: Opening, **look: Any) -> Page:
    page = await opened("/", **look)
    await expect(live(page)).to_contain_text("Live")
    await page.evaluate(ALARMS)
    return page


async def test_page_that_is_stale_says_so_and_since_when_and_is_read_again_when_it_is_not(
    opened: Opening, console: CannedDashboard
) -> None:
    page = await overview(opened)
    console.send("away", {"away": [KAFKA]})
    await expect(notice(page)).to_contain_text(
        f"Kafka has not answered since 17:06:41 SGT. Nothing new arrives. {STANDS}"
    )
    await expect(notice(page).get_by_role("link", name="Runbook: Kafka")).to_have_attribute(
        "href", "/dashboard/runbooks/broker"
    )
    await expect(live(page)).to_contain_text("Not live as of 17:06:41 SGT")
    console.send("heartbeat", {})  # the stream lives, and what it could tell does not come
    console.send("away", {"away": [KAFKA]})
    await expect(live(page)).to_contain_text("Not live as of 17:06:41 SGT")
    async with page.expect_response(lambda answer: answer.url.endswith("/overview")):
        console.send("away", {"away": []})
    await expect(notice(page)).to_have_count(0)
    await expect(live(page)).to_contain_text("Live")
    await expect(page.get_by_text("Kafka answers again.")).to_have_count(1)
    assert await page.evaluate("alerts") == [f"Kafka has not answered since 17:06:41 SGT. {KAFKA['sentence']}"]


async def test_what_waits_for_a_service_that_is_away_is_named_while_the_page_is_live(
    opened: Opening, console: CannedDashboard
) -> None:
    page = await overview(opened)
    console.send("away", {"away": [EXECUTOR]})
    await expect(notice(page)).to_contain_text("Nothing is planned, booked or undone.")
    await expect(live(page)).to_contain_text("Live")
    console.send("away", {"away": [KAFKA, EXECUTOR]})
    await expect(notice(page).locator("li")).to_have_count(2)
    assert [text.partition(" has")[0] for text in await page.evaluate("alerts")] == ["The executor", "Kafka"]
    console.answers["/health/overview"] = well()
    await page.get_by_role("link", name="Health").click()
    await expect(page.get_by_role("heading", name="Health")).to_be_visible()
    await expect(notice(page).locator("li")).to_have_count(2)
    assert len(await page.evaluate("alerts")) == 2


async def test_a_pause_holds_back_changes_and_not_what_is_away(opened: Opening, console: CannedDashboard) -> None:
    page = await overview(opened)
    await page.get_by_role("button", name="Pause").click()
    console.send("away", {"away": [KAFKA]})
    await expect(notice(page)).to_contain_text("Kafka has not answered")
    await expect(live(page)).to_contain_text("Paused")
    await page.get_by_role("button", name="Resume").click()
    await expect(live(page)).to_contain_text("Not live as of 17:06:41 SGT")


@pytest.mark.parametrize("look", looks({"width": 320}, {"forced_colors": "active"}))
async def test_notice_is_readable_and_reached_by_keyboard(
    opened: Opening, console: CannedDashboard, look: dict[str, Any]
) -> None:
    page = await overview(opened, **look)
    console.send("away", {"away": [KAFKA, EXECUTOR]})
    await expect(notice(page).locator("li")).to_have_count(2)
    assert await axe_findings(page) == []
    assert not await scrolls_sideways(page)
    assert await not_reached_by_tab(page) == ([], [])
