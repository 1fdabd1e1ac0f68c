"""The queue while it is live: paused, silent, ended and opened again; nothing is taken from under the hand."""

import re
from datetime import timedelta

from playwright.async_api import expect

from tests.browser.conftest import Opening, Watched
from tests.browser.test_browser_queue import one_decided, titles
from tests.support.canned_console import CannedConsole
from tests.support.eventually import eventually_async
from tests.support.held_readings import held_readings
from tests.support.page_checks import axe_findings
from tests.support.queue_documents import MINE, NOW, due, queue_of, request


async def test_a_search_that_was_still_being_typed_calls_nobody_back(
    opened: Opening, console: CannedConsole, watched: Watched
) -> None:
    watched.allow("status of 404")  # the canned console has no card
    page = await opened("about:blank")
    await page.clock.install(time=NOW)
    await page.goto("/")
    await expect(titles(page)).to_have_count(6)
    await page.clock.pause_at(NOW + timedelta(minutes=5))
    await page.get_by_label("Order, workflow, maker, text").fill("ORD-02")
    await titles(page).first.click()
    card = f"{console.origin}/console/approvals/wf-1"
    await expect(page).to_have_url(card)
    await page.clock.run_for(1_000)
    await expect(page).to_have_url(card)


async def test_a_stream_that_the_service_ended_is_opened_again_and_the_list_read(
    opened: Opening, console: CannedConsole
) -> None:
    page = await opened("/")
    await expect(titles(page)).to_have_count(6)
    console.answers["/approvals"] = queue_of(one_decided())
    console.cut()

    async def streams() -> int:
        return console.opened

    await eventually_async(streams, 15, until=lambda opened_so_far: opened_so_far == 2)
    console.send("resync", {"reason": "restart"})
    await expect(page.get_by_role("row").filter(has_text="BUF_HKD_001")).to_contain_text("2 of 2")


async def test_fifteen_seconds_of_silence_are_said_once_and_the_list_stays(opened: Opening, watched: Watched) -> None:
    watched.allow("ERR_FAILED")
    page = await opened("about:blank")
    await page.clock.install()
    await page.goto("/")
    # The service's clock stands still here: each answer puts the page's back by the seconds since the one before.
    await expect(page.locator(".page-head .live")).to_contain_text(re.compile(r"Live 17:08:[345]\d"))
    await page.clock.run_for(12_000)
    await expect(page.locator(".page-head .live")).to_contain_text(re.compile(r"Live 17:08:[345]\d"))
    await page.route("**/approvals/stream*", lambda route: route.abort())
    await page.clock.run_for(5_000)
    await expect(page.locator(".page-head .live")).to_contain_text("Not live")
    await expect(page.locator(".page-head .live")).to_contain_text(re.compile(r"as of 17:08:[2-5]\d"))
    await expect(page.get_by_role("alert")).to_contain_text(re.compile(r"Not live since 17:08:[2-5]\d"))
    await expect(titles(page)).to_have_count(6)
    assert await axe_findings(page) == []
    await page.unroute("**/approvals/stream*")
    await page.clock.run_for(16_000)
    await expect(page.locator(".page-head .live-word")).to_have_text("Live")
    await expect(page.get_by_text("Live again.")).to_have_count(1)


async def test_a_pause_keeps_what_comes_and_shows_it_on_request(opened: Opening, console: CannedConsole) -> None:
    page = await opened("/")
    await expect(titles(page)).to_have_count(6)
    await page.get_by_role("button", name="Pause").click()
    await expect(page.locator(".page-head .live")).to_contain_text("Paused since 17:08:4")
    console.answers["/approvals"] = queue_of(one_decided())
    console.send("changed", {"workflow_ids": ["wf-4"]})
    resume = page.get_by_role("button", name="Resume, show 1 change")
    await expect(resume).to_be_visible()
    assert await axe_findings(page) == []
    await resume.click()
    await expect(page.get_by_role("row").filter(has_text="BUF_HKD_001")).to_contain_text("2 of 2")


async def test_button_that_counts_is_not_taken_from_under_the_hand(opened: Opening, console: CannedConsole) -> None:
    page = await opened("/")
    await expect(titles(page)).to_have_count(6)
    for count, said in ((1, "1 new request, show"), (2, "2 new requests, show")):
        fresh = [request(n, f"New {n}", ("USD", "1.00", "1.00"), **due(5)) for n in range(7, 7 + count)]
        console.answers["/approvals"] = queue_of([*fresh, *MINE])
        console.send("changed", {"workflow_ids": ["wf-7"]})
        show = page.get_by_role("button", name=said)
        await expect(show).to_be_visible()
        if count == 1:
            await show.focus()
    await expect(show).to_be_focused()
    await page.get_by_role("button", name="Pause").click()
    await page.get_by_role("button", name="Resume").focus()
    for said in ("Resume, show 1 change", "Resume, show 2 changes"):
        console.send("changed", {"workflow_ids": ["wf-4"]})
        await expect(page.get_by_role("button", name=said)).to_be_focused()


async def test_paused_the_list_also_holds_what_it_was_about_to_read(opened: Opening, console: CannedConsole) -> None:
    page = await opened("/")
    await expect(titles(page)).to_have_count(6)
    row = page.get_by_role("row").filter(has_text="BUF_HKD_001")
    before = await row.inner_text()
    async with held_readings(page, re.compile(r"/approvals\?")) as on_their_way:
        console.answers["/approvals"] = queue_of(one_decided())
        console.send("changed", {"workflow_ids": ["wf-4"]})
        await on_their_way.get()
        await page.get_by_role("button", name="Pause").click()
        await expect(page.locator(".page-head .live")).to_contain_text("Paused")
    assert await row.inner_text() == before
    await page.get_by_role("button", name="Resume").click()
    await expect(row).to_contain_text("2 of 2")


async def test_paused_the_list_does_not_begin_to_read_what_was_due(opened: Opening, console: CannedConsole) -> None:
    page = await opened("about:blank")
    await page.clock.install(time=NOW)
    await page.goto("/")
    await expect(titles(page)).to_have_count(6)
    await page.clock.pause_at(NOW + timedelta(minutes=5))
    await page.clock.run_for(5_000)  # the stream has begun, and what it asked for is read
    heard = await page.locator(".page-head .live-time").inner_text()
    console.answers["/approvals"] = queue_of(one_decided())
    console.send("changed", {"workflow_ids": ["wf-4"]})
    await expect(page.locator(".page-head .live-time")).not_to_have_text(heard)
    await page.get_by_role("button", name="Pause").click()
    console.asked.clear()
    await page.clock.run_for(5_000)
    await page.evaluate("fetch('/waiting')")
    assert [path for _, path, _ in console.asked if path == "/approvals"] == []
    await page.get_by_role("button", name="Resume").click()
    await page.clock.run_for(2_000)
    await expect(page.get_by_role("row").filter(has_text="BUF_HKD_001")).to_contain_text("2 of 2")
