"""The speed page in a browser: figures against the objective, charts with tables, and what it says without Faust."""

from typing import Any

import pytest
from playwright.async_api import expect

from services.monitor.windows import WindowCount
from tests.browser.conftest import Opening
from tests.support.canned_dashboard import CannedDashboard
from tests.support.health_documents import Hour, speed_document, usual_hour
from tests.support.looks import looks
from tests.support.page_checks import axe_findings, not_reached_by_tab, scrolls_sideways
from tests.support.queue_documents import NOW

SPEED = "/dashboard/speed"


@pytest.fixture(autouse=True)
def _speed(console: CannedDashboard) -> None:
    console.answers["/speed"] = speed_document()


async def test_figures_stand_against_the_objective_and_each_chart_has_its_table(opened: Opening) -> None:
    page = await opened(SPEED)
    await expect(page).to_have_title("[SIMULATOR] Speed, HAWK dashboard")
    figures = page.locator('[data-part="figures"]')
    document = speed_document()
    timed = document["approval_to_completed"]
    share = timed["within_objective"] * 100 // timed["timed"]
    await expect(figures).to_contain_text(f"within 2 s{share} %{timed['within_objective']} of {timed['timed']}")
    await expect(figures).to_contain_text("Medianat most 0.8 s")
    await expect(figures).to_contain_text("p99at most 2.5 sslower than the objective")
    histogram = page.locator('[data-part="histogram"]')
    await expect(histogram.get_by_role("img")).to_have_attribute(
        "aria-label",
        f"{timed['timed']} workflows; {timed['within_objective']} within 2 s. Figures are in the table.",
    )
    filled = [each for each in timed["histogram"] if each["count"]]
    await expect(histogram.locator("svg rect")).to_have_count(len(filled))
    await histogram.get_by_text("As a table").click()
    rows = histogram.locator("tbody tr")
    await expect(rows).to_have_count(len(filled))
    counts = [int(await row.locator("td").first.inner_text()) for row in await rows.all()]
    assert counts == [each["count"] for each in filled]
    reasons = page.locator('[data-part="reasons"] tbody tr')
    await expect(reasons.nth(0)).to_contain_text("REJECTED5")
    await expect(reasons.nth(1)).to_contain_text("CAPACITY_EXHAUSTED2")


async def test_without_faust_this_page_says_so_and_the_others_work(opened: Opening, console: CannedDashboard) -> None:
    console.answers["/speed"] = speed_document(Hour(*usual_hour(), running=False, why="The last hour is being read."))
    page = await opened(SPEED)
    said = page.locator(".banner")
    await expect(said).to_contain_text("The windows are not counted at the moment.")
    await expect(said).to_contain_text("Since 17:05:41 SGT (The last hour is being read).")
    await expect(said.get_by_role("link")).to_have_attribute("href", "/dashboard/runbooks/windows")
    await expect(page.locator('[data-part="figures"]')).to_contain_text("at most 0.8 s")
    await page.get_by_role("link", name="Overview").click()
    await expect(page.locator(".flow-table")).to_be_visible()
    console.answers["/speed"] = speed_document()
    await page.get_by_role("link", name="Speed").click()
    await expect(page.locator('[data-part="figures"]')).to_be_visible()
    await expect(said).to_have_count(0)


@pytest.mark.soak
async def test_an_hour_without_anything_says_so_and_names_of_reasons_are_words(
    opened: Opening, console: CannedDashboard
) -> None:
    console.answers["/speed"] = speed_document(Hour())
    page = await opened(SPEED)
    await expect(page.get_by_text("Nothing was completed in the last hour.")).to_be_visible()
    await expect(page.get_by_text("None in the last hour.")).to_be_visible()
    assert await axe_findings(page) == []
    hostile = "<img src=x onerror=alert(1)>" + "A" * 100
    console.answers["/speed"] = speed_document(Hour(WindowCount(NOW.replace(second=0), 0, 1, {hostile: 1})))
    for width in (1440, 320):
        page = await opened(SPEED, width=width)
        await expect(page.locator('[data-part="reasons"]')).to_contain_text(hostile)
        assert await page.locator("img").count() == 0
        assert not await scrolls_sideways(page)


@pytest.mark.parametrize("look", looks({"width": 320}, {"width": 900, "dark": True}, {"forced_colors": "active"}))
async def test_speed_is_for_everybody(opened: Opening, look: dict[str, Any]) -> None:
    page = await opened(SPEED, **look)
    for details in await page.get_by_text("As a table").all():
        await details.click()
    assert await axe_findings(page) == []
    assert not await scrolls_sideways(page)


@pytest.mark.parametrize("width", [1440, pytest.param(390, marks=pytest.mark.soak)])
async def test_everything_of_speed_is_reached_by_keyboard(opened: Opening, width: int) -> None:
    page = await opened(SPEED, width=width)
    await expect(page.locator("main section").first).to_be_visible()
    missed, covered = await not_reached_by_tab(page)
    assert (missed, covered) == ([], [])
