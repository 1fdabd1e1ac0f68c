"""The queue in a browser: what waits, in its order; filters in the address; live in place; stale, away, empty."""

from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import Opening, Watched
from tests.support.canned_console import CannedConsole, problem
from tests.support.looks import looks
from tests.support.page_checks import axe_findings, not_reached_by_tab, scrolls_sideways
from tests.support.queue_documents import MINE, NOBODY, due, queue_of, request


def titles(page: Page) -> Any:
    return page.locator(".queue-link")


async def test_what_needs_attention_stands_first_and_says_why(opened: Opening) -> None:
    page = await opened("/")
    await expect(page).to_have_title("[SIMULATOR] Approvals, HAWK console")
    groups = page.locator("tr.group")
    await expect(groups).to_have_text(["Needs attention, 3", "Waiting, 3"])
    first = page.get_by_role("row").filter(has_text="India Branch1")
    await expect(first).to_contain_text("Expires soon and nobody has decided")
    await expect(first).to_contain_text("1,800,000,000.00 INR")
    await expect(first).to_contain_text("21,428,571.43")
    await expect(first).to_contain_text("11 min")
    await expect(first).to_contain_text("today 17:20")
    await expect(first).to_contain_text("23 h 48 min ago")
    await expect(page.get_by_role("main")).to_contain_text(
        "6 wait for you, together USD 107,287,830.69. The next one expires in 11 min."
    )
    await expect(page.get_by_role("tab")).to_have_text(["Mine6", "Others’4", "Decided212", "All222"])


async def test_no_button_of_a_list_approves(opened: Opening) -> None:
    page = await opened("/")
    await expect(titles(page)).to_have_count(6)
    words = [text.lower() for text in await page.get_by_role("button").all_inner_texts()]
    assert not [word for word in words if "approve" in word or "reject" in word]


async def test_environment_and_rollout_stand_on_the_strip(opened: Opening, console: CannedConsole) -> None:
    page = await opened("/")
    await expect(page.locator(".strip")).to_have_text(
        "SIMULATORMurex is simulated. No deal reaches a market.Rollout FULLStop offPolicy plan-1"
    )
    stop = {"reason": "price feed looks wrong.", "stopped_by": {"person": "olga", "at": "2026-11-27T08:02:00+00:00"}}
    console.answers["/rollout"] = {"mode": "FULL", "stopped": True, "stop": stop}
    await page.reload()
    await expect(page.locator(".strip")).to_contain_text("STOPPED since 16:02 by olga: price feed looks wrong.")


async def test_tabs_and_filters_live_in_the_address_and_the_way_back_works(
    opened: Opening, console: CannedConsole
) -> None:
    page = await opened("/")
    await expect(titles(page)).to_have_count(6)
    await page.get_by_role("tab", name="Others").click()
    await expect(page).to_have_url(f"{console.origin}/?tab=others")
    await page.get_by_label("Currency").select_option("HKD")
    await expect(page).to_have_url(f"{console.origin}/?tab=others&currency=HKD")
    await page.get_by_label("Order, workflow, maker, text").fill("ORD-02")
    await expect(page).to_have_url(f"{console.origin}/?tab=others&q=ORD-02&currency=HKD")
    await page.get_by_label("Sort").select_option("amount")
    await expect(page).to_have_url(f"{console.origin}/?tab=others&q=ORD-02&currency=HKD&sort=amount")
    wanted = {"tab": "others", "q": "ORD-02", "currency": "HKD", "sort": "amount", "page": "1"}
    await expect(page.get_by_role("tab", selected=True)).to_contain_text("Others")
    assert console.asked[-1] == ("GET", "/approvals", wanted)
    await page.go_back()
    await expect(page).to_have_url(f"{console.origin}/?tab=others&q=ORD-02&currency=HKD")
    await expect(page.get_by_label("Sort")).to_have_value("deadline")
    await page.reload()
    await expect(page.get_by_label("Order, workflow, maker, text")).to_have_value("ORD-02")
    await expect(page.get_by_label("Currency")).to_have_value("HKD")


async def test_an_address_that_asks_for_nonsense_shows_the_usual_list(opened: Opening, console: CannedConsole) -> None:
    page = await opened("/?tab=%3Cscript%3E&page=-4&sort=up&kind=x&risk=low&currency=%22%3E%3Cb%3E&maker=%3Cb%3E")
    await expect(titles(page)).to_have_count(6)
    asked = next(query for _, path, query in console.asked if path == "/approvals")
    assert asked == {"tab": "mine", "sort": "deadline", "page": "1", "maker": "<b>"}
    await expect(page.get_by_role("combobox", name="Maker")).to_have_value("<b>")


async def test_pages_of_fifty_are_links(opened: Opening, console: CannedConsole) -> None:
    rows = [request(n, f"Request {n}", ("USD", "1.00", "1.00")) for n in range(100, 150)]
    console.answers["/approvals"] = lambda query: queue_of(rows, page=int(query["page"]), pages=5)
    page = await opened("/")
    await expect(titles(page)).to_have_count(50)
    await expect(page.get_by_text("Page 1 of 5")).to_be_visible()
    await expect(page.get_by_role("link", name="Previous")).to_have_count(0)
    await page.get_by_role("link", name="Next").click()
    await expect(page).to_have_url(f"{console.origin}/?page=2")
    await expect(page.get_by_text("Page 2 of 5")).to_be_visible()


def one_decided() -> list[dict[str, Any]]:
    rows = [dict(row) for row in MINE]
    rows[3]["decided"] = {**rows[3]["decided"], "given": 2, "marks": [True, True], "text": "rita, olga"}
    return rows


async def test_a_row_changes_where_it_stands_and_keeps_focus(opened: Opening, console: CannedConsole) -> None:
    page = await opened("/")
    link = page.get_by_role("link", name="Configuration: buffer of BUF_HKD_001")
    await link.focus()
    before = await link.bounding_box()
    console.answers["/approvals"] = queue_of(one_decided())
    console.send("changed", {"workflow_ids": ["wf-4"]})
    row = page.get_by_role("row").filter(has_text="BUF_HKD_001")
    await expect(row).to_contain_text("2 of 2")
    await expect(row).to_contain_text("rita, olga")
    await expect(link).to_be_focused()
    assert await link.bounding_box() == before


@pytest.mark.parametrize("width", [390, 1440])
async def test_new_requests_wait_until_they_are_asked_for(opened: Opening, console: CannedConsole, width: int) -> None:
    page = await opened("/", width=width)
    await expect(titles(page)).to_have_count(6)
    order = await titles(page).all_inner_texts()
    place = await titles(page).first.bounding_box()
    fresh = [request(n, f"New {n}", ("USD", "1000000.00", "1000000.00"), **due(5)) for n in (7, 8, 9)]
    console.answers["/approvals"] = queue_of([*fresh, *MINE])
    console.send("changed", {"workflow_ids": ["wf-7"]})
    show = page.get_by_role("button", name="3 new requests, show")
    await expect(show).to_be_visible()
    assert await titles(page).all_inner_texts() == order
    assert await titles(page).first.bounding_box() == place
    await expect(page.get_by_role("tab", name="Mine")).to_contain_text("9")
    await show.click()
    await expect(titles(page)).to_have_count(9)
    await expect(show).to_have_count(0)


async def test_a_request_that_left_the_list_stays_where_it_was_and_says_so(
    opened: Opening, console: CannedConsole
) -> None:
    page = await opened("/")
    await expect(titles(page)).to_have_count(6)
    console.answers["/approvals"] = queue_of(MINE[1:])
    console.send("changed", {"workflow_ids": ["wf-1"]})
    row = page.get_by_role("row").filter(has_text="India Branch1")
    await expect(row).to_contain_text("No longer in this list.")
    await page.get_by_role("button", name="The list has changed, show").click()
    await expect(titles(page)).to_have_count(5)


async def test_a_list_that_cannot_be_read_says_so_and_that_nothing_was_decided(
    opened: Opening, console: CannedConsole, watched: Watched
) -> None:
    watched.allow("status of 503")
    console.answers["/approvals"] = 503, problem(503, "TRY_AGAIN", "The database is away.")
    page = await opened("/")
    alert = page.locator(".state")
    await expect(alert).to_contain_text("The approvals could not be read.")
    await expect(alert).to_contain_text("The database is away. Nothing was decided.")
    await expect(alert).to_contain_text("trace ")
    assert await axe_findings(page) == []
    console.answers["/approvals"] = queue_of(MINE)
    await page.get_by_role("button", name="Try again").click()
    await expect(titles(page)).to_have_count(6)


async def test_a_list_that_cannot_be_read_again_stays_readable(
    opened: Opening, console: CannedConsole, watched: Watched
) -> None:
    watched.allow("status of 503")
    page = await opened("/")
    await expect(titles(page)).to_have_count(6)
    console.answers["/approvals"] = 503, problem(503, "TRY_AGAIN", "The database is away.")
    console.send("changed", {"workflow_ids": ["wf-4"]})
    await expect(page.locator(".banner")).to_contain_text("What is shown is as of 17:08:41 SGT.")
    await expect(titles(page)).to_have_count(6)


@pytest.mark.parametrize(
    ("path", "document", "said"),
    [
        ("/", queue_of([]), ["Nothing waits for you.", "4 requests wait for others.", "Show them"]),
        ("/?tab=decided", queue_of([], "decided"), ["Nothing has been decided yet."]),
        ("/?currency=HKD&q=wei", queue_of([]), ["No request matches.", "Currency HKD, “wei”.", "Clear filters"]),
    ],
)
async def test_an_empty_list_says_what_to_do_next(
    opened: Opening, console: CannedConsole, path: str, document: dict[str, Any], said: list[str]
) -> None:
    console.answers["/approvals"] = document
    page = await opened(path)
    for words in said:
        await expect(page.locator(".state")).to_contain_text(words)
    assert await axe_findings(page) == []


async def test_others_say_why_i_may_not_and_the_decided_how_it_ended(opened: Opening, console: CannedConsole) -> None:
    others = request(9, "COI inception, Brunei", ("USD", "1.00", "1.00"), why_not="You asked for this.", mine=False)
    over = request(
        8,
        "RE inception, Manila",
        ("PHP", "400000000.00", "7017543.86"),
        state="REJECTED",
        decided={**NOBODY, "given": 1, "marks": [True], "text": "rita"},
        decided_at="2026-11-27T08:00:00+00:00",
    )
    console.answers["/approvals"] = lambda query: queue_of(
        [others] if query["tab"] == "others" else [over], query["tab"]
    )
    page = await opened("/?tab=others")
    await expect(page.get_by_role("row").filter(has_text="Brunei")).to_contain_text("You asked for this.")
    await page.get_by_role("tab", name="Decided").click()
    row = page.get_by_role("row").filter(has_text="Manila")
    await expect(row).to_contain_text("Rejected")
    await expect(row).to_contain_text("1 h 08 min ago")


async def test_who_waits_for_a_turn_says_its_place_and_about_how_long(opened: Opening, console: CannedConsole) -> None:
    text = "Waiting for its turn: 12 before it, about 30 seconds"
    turn = {"code": "WAITING_FOR_TURN", "text": text, "before": 12, "about_seconds": 30}
    given = {**NOBODY, "given": 1, "marks": [True], "text": "rita"}
    waits = request(8, "COI", ("TWD", "4.00", "1.00"), state="APPROVED", decided=given, turn=turn)
    console.answers["/approvals"] = queue_of([waits], "decided")
    for width in (1440, 320):
        page = await opened("/?tab=decided", width=width)
        await expect(page.locator("th .queue-reason")).to_have_text(text)
        assert not await scrolls_sideways(page)


async def test_the_words_of_a_request_are_text(opened: Opening, console: CannedConsole) -> None:
    title = "<img src=x onerror=alert(1)> inception"
    console.answers["/approvals"] = queue_of(
        [request(1, title, ("USD", "<b>1</b>", "1e3"), maker={"name": "<i>", "verified": True})]
    )
    page = await opened("/")
    await expect(page.get_by_role("link", name=title)).to_be_visible()
    await expect(page.get_by_role("row").filter(has_text="onerror")).to_contain_text("<b>1</b>")
    assert await page.locator("main img, main b:has-text('1'), main i").count() == 0


@pytest.mark.parametrize("look", looks({"dark": True}, {"forced_colors": "active"}, {"width": 390}, {"width": 1024}))
async def test_axe_finds_nothing_in_the_queue(opened: Opening, look: dict[str, Any]) -> None:
    page = await opened("/", **look)
    await expect(titles(page)).to_have_count(6)
    assert await axe_findings(page) == []


async def test_filters_and_menu_open_where_there_is_little_room(opened: Opening) -> None:
    page = await opened("/?currency=HKD", width=390)
    await expect(titles(page)).to_have_count(6)
    await expect(page.get_by_label("Currency")).to_be_hidden()
    await page.get_by_role("button", name="Filters, 1").click()
    await expect(page.get_by_label("Currency")).to_have_value("HKD")
    await page.get_by_role("button", name="Menu").click()
    await page.get_by_role("button", name="sara, menu").click()
    assert await axe_findings(page) == []
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("button", name="sara, menu")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("button", name="Menu", exact=True)).to_be_focused()


@pytest.mark.parametrize("width", [320, 390, 640, 900, 1100, 1280, 1440])
async def test_the_queue_never_scrolls_sideways(opened: Opening, width: int) -> None:
    page = await opened("/", width=width)
    await expect(titles(page)).to_have_count(6)
    assert not await scrolls_sideways(page)
    if width < 900:
        await page.get_by_role("button", name="Menu").click()
        await expect(page.get_by_role("navigation", name="Pages")).to_be_visible()
        assert not await scrolls_sideways(page)


@pytest.mark.parametrize("width", [390, 1440])
async def test_tab_reaches_everything_and_nothing_covers_it(opened: Opening, width: int) -> None:
    page = await opened("/", width=width)
    await expect(titles(page)).to_have_count(6)
    assert await not_reached_by_tab(page) == ([], [])


async def test_the_first_stop_leads_to_the_content(opened: Opening) -> None:
    page = await opened("/")
    await expect(titles(page)).to_have_count(6)
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("main")).to_be_focused()


async def test_a_whole_row_leads_to_its_card(opened: Opening, console: CannedConsole, watched: Watched) -> None:
    watched.allow("status of 404")  # the canned console has no card
    page = await opened("/")
    await page.get_by_role("row").filter(has_text="India Branch1").get_by_text("Medium").click()
    await expect(page).to_have_url(f"{console.origin}/console/approvals/wf-1")
    await page.go_back()
    await expect(titles(page)).to_have_count(6)


async def test_colours_follow_the_system_until_somebody_chooses(opened: Opening) -> None:
    page = await opened("/", dark=True)
    await expect(page.locator("body")).to_be_visible()
    await expect(page.locator("html")).to_have_css("background-color", "rgb(14, 17, 22)")
    await page.get_by_role("button", name="sara, menu").click()
    await page.get_by_label("Colours").select_option("light")
    await expect(page.locator("html")).to_have_css("background-color", "rgb(246, 247, 249)")
    await page.reload()
    await expect(page.locator("html")).to_have_css("background-color", "rgb(246, 247, 249)")


async def test_an_address_that_names_no_page_says_so(opened: Opening) -> None:
    page = await opened("/console/none/of/these")
    await expect(page.get_by_role("heading", name="This page does not exist.")).to_be_attached()
    await page.get_by_role("link", name="Approvals").last.click()
    await expect(titles(page)).to_have_count(6)
