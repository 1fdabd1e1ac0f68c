"""The overview in a browser: attention first, two axes a workflow, filters in the address, live, paused, away."""

import dataclasses
import re
from datetime import timedelta
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import Opening, Watched
from tests.support.canned_console import problem
from tests.support.canned_dashboard import CannedDashboard
from tests.support.held_readings import held_readings
from tests.support.overview_documents import BEFORE, CONSOLE, LINES, STUCK, document, line
from tests.support.page_checks import axe_findings, not_reached_by_tab, scrolls_sideways

#: What would become markup, code or another reading order, were it anything but text.
HOSTILE = '<img src=x onerror="alert(1)"><script>alert(2)</script>\u202egnp.exe ' + "A" * 200


def rows(page: Page) -> Any:
    return page.locator(".flow-table tbody tr")


def row(page: Page, text: str) -> Any:
    return rows(page).filter(has_text=text)


async def test_what_needs_attention_stands_first_with_its_reason_and_one_next_action(opened: Opening) -> None:
    page = await opened("/")
    await expect(page).to_have_title("[SIMULATOR] Overview, HAWK dashboard")
    panel = page.locator(".attention")
    await expect(panel.get_by_role("heading")).to_have_text("Needs attention, 4")
    lines = panel.locator("tbody tr")
    await expect(lines).to_have_count(4)
    await expect(lines.nth(0)).to_contain_text("Needs a person")
    await expect(lines.nth(0)).to_contain_text(
        "Deal 4 could not be cancelled: contract MX2064 is frozen. MX_BOOKING_ERROR"
    )
    await expect(lines.nth(1)).to_contain_text("The hedge is booked; 4 journal lines wait. PERIOD_CLOSED")
    await expect(lines.nth(2)).to_contain_text("HAWK undoes it by itself.")
    await expect(lines.nth(3)).to_contain_text("No word from Murex for 42 s; 9 of 10 deals are booked.")
    for number in range(4):
        await expect(lines.nth(number).locator("td[data-key=next] a")).to_have_count(1)
    settle = panel.get_by_role("link", name="Settle in console: ORD-0001AE958D3150E0")
    await expect(settle).to_have_attribute("href", f"{CONSOLE}/console/approvals/{STUCK.workflow_id}")
    above = await panel.bounding_box()
    below = await page.locator(".flow-table").bounding_box()
    assert above is not None
    assert below is not None
    assert above["y"] + above["height"] <= below["y"]


async def test_each_workflow_has_two_axes(opened: Opening) -> None:
    page = await opened("/")
    booking = row(page, "ORD-000AAE958D3150E0")
    await expect(booking.locator("td[data-key=progress]")).to_contain_text("Booking")
    await expect(booking.locator("td[data-key=progress]")).to_contain_text("30 of 47 · Stage 2")
    await expect(booking.locator("td[data-key=murex]")).to_have_text("4 of 6 booked")
    await expect(booking.locator("td[data-key=ledger]")).to_have_text("not yet")
    figures = {
        "ORD-000BAE958D3150E0": ("Awaiting approval", "6 deals planned", "not yet"),
        "ORD-000CAE958D3150E0": ("Posted", "6 of 6 booked", "DR = CR"),
        "ORD-000DAE958D3150E0": ("Rolled back", "0 held", "no entries"),
        "ORD-000EAE958D3150E0": ("Reversed", "6 cancelled", "sums to 0.00"),
        "ORD-0010AE958D3150E0": ("Refused", "–none", "no entries"),
        "ORD-0002AE958D3150E0": ("Completed", "6 of 6 booked", "4 lines wait"),
        "ORD-0001AE958D3150E0": ("Needs a person", "not settled", "not yet"),
    }
    for order, (state, murex, ledger) in figures.items():
        await expect(row(page, order).locator("td[data-key=progress] .badge")).to_have_text(state)
        await expect(row(page, order).locator("td[data-key=murex]")).to_have_text(murex)
        await expect(row(page, order).locator("td[data-key=ledger]")).to_have_text(ledger)
    turn = row(page, "ORD-0011AE958D3150E0").locator("td[data-key=progress]")
    await expect(turn).to_contain_text("Waiting for its turn: 1 before it, about 20 seconds")
    stages = booking.locator("td[data-key=progress] .unseen")
    await expect(stages).to_have_text(". Stages: 1A done, 1B done, 2 running, 3 not begun")
    await expect(booking.locator("td[data-key=who]")).to_contain_text("mira → sara")


async def test_groups_filters_and_search_live_in_the_address_and_the_way_back_works(
    opened: Opening, console: CannedDashboard
) -> None:
    page = await opened("/")
    await expect(rows(page)).to_have_count(len(LINES))
    await page.get_by_role("link", name="Failed 3").click()
    await expect(page).to_have_url(f"{console.origin}/?group=failed")
    await page.get_by_label("Currency").select_option("HKD")
    await page.get_by_label("Entity").select_option("ENTITY0009")
    await page.get_by_label("Maker").select_option("tom")
    await page.get_by_label(re.compile("^Date")).select_option("today")
    await page.get_by_label("Order, workflow, response, Murex reference").fill("MX20")
    address = f"{console.origin}/?group=failed&q=MX20&currency=HKD&entity=ENTITY0009&maker=tom&date=today"
    await expect(page).to_have_url(address)
    await expect(page.get_by_role("link", name="Failed 3")).to_have_attribute("aria-current", "true")
    wanted = {"group": "failed", "q": "MX20", "currency": "HKD", "entity": "ENTITY0009", "maker": "tom"}
    # The day begins at midnight in Singapore.
    assert console.asked[-1] == ("GET", "/overview", {**wanted, "since": "2026-11-26T16:00:00.000Z"})
    await page.go_back()
    await expect(page).to_have_url(f"{console.origin}/?group=failed&currency=HKD&entity=ENTITY0009&maker=tom")
    await page.reload()
    await expect(page.get_by_label("Maker")).to_have_value("tom")


async def test_an_address_that_asks_for_nonsense_shows_the_usual_list(
    opened: Opening, console: CannedDashboard
) -> None:
    page = await opened("/?group=%3Cscript%3E&state=up&currency=%22%3E%3Cb%3E&date=ever")
    await expect(rows(page)).to_have_count(len(LINES))
    assert console.asked[-1][2] == {}


async def test_pages_go_on_after_the_last_line(opened: Opening, console: CannedDashboard) -> None:
    many = [line(n, "POSTED", timedelta(minutes=n), {"completed_operations": 47}) for n in range(100, 151)]
    console.answers["/overview"] = lambda query: document(many[50:] if query.get("before") else many)
    page = await opened("/")
    await expect(rows(page)).to_have_count(50)
    await page.get_by_role("link", name="Older").click()
    await expect(page).to_have_url(f"{console.origin}/?before={many[49].workflow_id}")
    await expect(rows(page)).to_have_count(1)
    await page.get_by_role("link", name="Newest").click()
    await expect(rows(page)).to_have_count(50)


def moved(number: int, **more: Any) -> list[Any]:
    """The lines, one of them further on."""
    return [dataclasses.replace(each, **more) if place == number else each for place, each in enumerate(LINES)]


async def test_a_row_changes_where_it_stands_and_keeps_focus(opened: Opening, console: CannedDashboard) -> None:
    page = await opened("/")
    link = rows(page).first.get_by_role("link")
    await link.focus()
    before = await rows(page).first.bounding_box()
    console.answers["/overview"] = document(moved(0, acknowledged=6))
    console.send("changed", {"workflow_ids": [LINES[0].workflow_id]})
    await expect(rows(page).first.locator("td[data-key=murex]")).to_have_text("6 of 6 booked")
    await expect(rows(page).first.get_by_role("link")).to_be_focused()
    assert await rows(page).first.bounding_box() == before


@pytest.mark.parametrize("width", [390, 1440])
async def test_new_workflows_wait_until_they_are_asked_for(
    opened: Opening, console: CannedDashboard, width: int
) -> None:
    page = await opened("/", width=width)
    await expect(rows(page)).to_have_count(len(LINES))
    place = await rows(page).first.bounding_box()
    fresh = [line(n, "PROPOSED", timedelta(0), {"stages": BEFORE, "stage": None}) for n in (20, 21)]
    console.answers["/overview"] = document([*fresh, *LINES])
    console.send("changed", {"workflow_ids": [fresh[0].workflow_id]})
    show = page.get_by_role("button", name="2 new workflows, show")
    await expect(show).to_be_visible()
    assert await rows(page).first.bounding_box() == place
    await show.click()
    await expect(rows(page)).to_have_count(len(LINES) + 2)


async def test_a_pause_stops_the_table_and_goes_on_where_it_was(opened: Opening, console: CannedDashboard) -> None:
    page = await opened("/")
    await expect(rows(page)).to_have_count(len(LINES))
    await page.get_by_role("button", name="Pause").click()
    await expect(page.locator(".page-head .live")).to_contain_text("Paused since 17:08:4")
    console.answers["/overview"] = document(moved(0, acknowledged=6))
    console.send("changed", {"workflow_ids": [LINES[0].workflow_id]})
    resume = page.get_by_role("button", name="Resume, show 1 change")
    await expect(resume).to_be_visible()
    await expect(rows(page).first.locator("td[data-key=murex]")).to_have_text("4 of 6 booked")
    await resume.click()
    await expect(rows(page).first.locator("td[data-key=murex]")).to_have_text("6 of 6 booked")


async def test_paused_the_table_also_holds_what_it_was_about_to_read(opened: Opening, console: CannedDashboard) -> None:
    page = await opened("/")
    await expect(rows(page)).to_have_count(len(LINES))
    murex = rows(page).first.locator("td[data-key=murex]")
    async with held_readings(page, re.compile(r"/overview(\?.*)?$")) as on_their_way:
        console.answers["/overview"] = document(moved(0, acknowledged=6))
        console.send("changed", {"workflow_ids": [LINES[0].workflow_id]})
        await on_their_way.get()
        await page.get_by_role("button", name="Pause").click()
        await expect(page.locator(".page-head .live")).to_contain_text("Paused")
    await expect(murex).to_have_text("4 of 6 booked")
    await page.get_by_role("button", name="Resume").click()
    await expect(murex).to_have_text("6 of 6 booked")


async def test_silence_is_said_once_and_the_list_stays(opened: Opening, watched: Watched) -> None:
    watched.allow("ERR_FAILED")
    page = await opened("about:blank")
    await page.clock.install()
    await page.goto("/")
    await expect(page.locator(".page-head .live")).to_contain_text("Live 17:08:4")
    await page.clock.run_for(12_000)
    await page.route("**/overview/stream*", lambda route: route.abort())
    await page.clock.run_for(5_000)
    await expect(page.locator(".page-head .live")).to_contain_text("Not live")
    await expect(page.get_by_role("alert")).to_contain_text("Not live since 17:08:")
    await expect(rows(page)).to_have_count(len(LINES))
    assert await axe_findings(page) == []
    await page.unroute("**/overview/stream*")
    await page.clock.run_for(16_000)
    await expect(page.locator(".page-head .live-word")).to_have_text("Live")
    await expect(page.get_by_text("Live again.")).to_have_count(1)


async def test_a_list_that_cannot_be_read_says_so_and_what_was_read_stays(
    opened: Opening, console: CannedDashboard, watched: Watched
) -> None:
    watched.allow("status of 503")
    page = await opened("/")
    await expect(rows(page)).to_have_count(len(LINES))
    console.answers["/overview"] = 503, problem(503, "TRY_AGAIN", "The database is away.")
    console.send("changed", {"workflow_ids": [LINES[0].workflow_id]})
    said = page.locator(".flow-away")
    await expect(said).to_contain_text(
        "The overview could not be read. The database is away. What is shown is as of 17:08:41 SGT."
    )
    await expect(rows(page)).to_have_count(len(LINES))
    console.answers["/overview"] = document()
    await said.get_by_role("button", name="Try again").click()
    await expect(said).to_be_empty()


async def test_hostile_texts_are_texts(opened: Opening, console: CannedDashboard) -> None:
    message = {"reason": f"MX_ERROR: {HOSTILE}", "stages": BEFORE}
    bad = line(
        7, "NEEDS_INTERVENTION", timedelta(minutes=1), message,
        order_id=HOSTILE, maker=HOSTILE, model=HOSTILE, currency="<b>", attention=1, entity_names=[HOSTILE],
    )  # fmt: skip
    console.answers["/overview"] = document([bad], urgent=[bad], console="javascript:alert(1)")
    for width in (1440, 320):
        page = await opened("/", width=width)
        await expect(rows(page)).to_have_count(1)
        await expect(rows(page).first.locator("th")).to_contain_text("<img src=x")
        assert await page.locator("img, script:not([type=module])").count() == 0
        await expect(page.locator("main a[href*=alert]")).to_have_count(0)
        # What turns the direction of others is named where it stands, and turns nothing.
        await expect(page.locator(".attention code.any")).to_have_text("MX_ERROR")
        await expect(page.locator(".attention td[data-key=why]")).to_contain_text("U+202E right to left")
        await expect(rows(page).locator("td[data-key=who]")).to_contain_text("U+202E right to left")
        assert not await scrolls_sideways(page)


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [320, 390, 900, 1440])
async def test_looks_are_accessible(opened: Opening, width: int, dark: bool) -> None:
    page = await opened("/", width=width, dark=dark)
    await expect(rows(page)).to_have_count(len(LINES))
    assert await axe_findings(page) == []
    assert not await scrolls_sideways(page)


async def test_forced_colours_are_accessible(opened: Opening) -> None:
    page = await opened("/", forced_colors="active")
    await expect(rows(page)).to_have_count(len(LINES))
    assert await axe_findings(page) == []


@pytest.mark.parametrize("width", [390, 1440])
async def test_everything_is_reached_by_keyboard(opened: Opening, width: int) -> None:
    page = await opened("/", width=width)
    await expect(rows(page)).to_have_count(len(LINES))
    missed, covered = await not_reached_by_tab(page)
    assert (missed, covered) == ([], [])


async def test_empty_and_no_match_say_what_to_do_next(opened: Opening, console: CannedDashboard) -> None:
    console.answers["/overview"] = document([], urgent=[])
    page = await opened("/")
    await expect(page.get_by_text("Nothing has been proposed yet.")).to_be_visible()
    await expect(page.get_by_text("Nothing needs attention.")).to_be_visible()
    assert await axe_findings(page) == []
    await page.get_by_label("Currency").select_option("HKD")
    await expect(page.get_by_text("No workflow matches.")).to_be_visible()
    await page.get_by_role("link", name="Clear filters").click()
    await expect(page).to_have_url(f"{console.origin}/")


async def test_who_is_not_signed_in_sees_the_page_to_sign_in_and_no_data(
    opened: Opening, console: CannedDashboard, watched: Watched
) -> None:
    watched.allow("status of 401")
    people = [{"person": "olga", "name": "olga", "roles": ["OPERATIONS"]}]
    offered = {"sign_in": {"demo": True, "people": people, "address": "/login"}}
    console.answers["/session"] = 401, problem(401, "NOT_SIGNED_IN", "Nobody is signed in.") | offered
    page = await opened("/")
    await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    await expect(page.get_by_text("The dashboard shows what runs, and what needs a person.")).to_be_visible()
    await expect(page.get_by_role("button", name="olga")).to_be_visible()
    assert await axe_findings(page) == []
    assert not [path for _, path, _ in console.asked if path == "/overview"]
