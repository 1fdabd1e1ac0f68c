"""Held feeds in a browser: what is in force beside what came, who has decided, and the two decisions."""

from typing import Any

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Opening, Watched
from tests.support.canned_console import CannedConsole, problem
from tests.support.control_documents import DOUBT, at, held
from tests.support.looks import looks
from tests.support.page_checks import axe_findings, not_reached_by_tab, scrolls_sideways

ADDRESS = "/console/held"
POST = "POST /reference/held"
OLGA = {"person": "olga", "role": "OPERATIONS", "comment": "the desk says so", "at": at(-3)}


async def test_a_row_is_shown_with_its_doubts_and_as_it_came(opened: Opening) -> None:
    page = await opened(ADDRESS)
    await expect(page).to_have_title("[SIMULATOR] Held feeds, HAWK console")
    row = page.get_by_role("row").filter(has_text="rate_value")
    for words in ("1.3500", "13.5000", "at most 1,000 basis points", "moves by 90,000 basis points"):
        await expect(row).to_contain_text(words)
    await expect(page.get_by_role("main")).to_contain_text("2 different persons to confirm, or one to reject")
    await expect(page.get_by_text("rate_type")).to_be_hidden()
    await page.get_by_role("button", name="Show the row as it came").click()
    await expect(page.get_by_text("rate_type")).to_be_visible()
    assert await axe_findings(page) == []


async def test_confirming_names_the_digest_and_what_follows(opened: Opening, console: CannedConsole) -> None:
    page = await opened(ADDRESS)
    await page.get_by_role("button", name="Confirm").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("A further person has to confirm.")
    await expect(dialog).to_contain_text("13.5000")
    await expect(dialog).to_contain_text("sha256:" + "1c" * 32)
    mine = held(confirmed_by=[{**OLGA, "person": "rita"}], may_confirm=False, why="You have confirmed this already.")
    console.answers["/reference/held"] = {"held": [mine]}
    console.answers[POST] = 201, {"held": [mine]}
    await dialog.get_by_role("button", name="Confirm").click()
    await expect(dialog).to_have_count(0)
    press = page.get_by_role("button", name="Confirm")
    await expect(press).to_have_accessible_description("You have confirmed this already.")
    sent = {"held_id": "h1", "digest": "sha256:" + "1c" * 32, "decision": "CONFIRM", "comment": ""}
    assert console.posted[0][:2] == ("/reference/held", sent)


async def test_the_last_person_brings_it_into_force(opened: Opening, console: CannedConsole) -> None:
    console.answers["/reference/held"] = {"held": [held(confirmed_by=[OLGA])]}
    page = await opened(ADDRESS)
    await expect(page.get_by_role("main")).to_contain_text("olga (OPERATIONS)")
    await page.get_by_role("button", name="Confirm").click()
    await expect(page.get_by_role("dialog")).to_contain_text("It comes into force.")


async def test_rejecting_needs_a_reason_and_one_person(opened: Opening, console: CannedConsole) -> None:
    page = await opened(ADDRESS)
    await page.get_by_role("button", name="Reject").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("button", name="Reject").click()
    await expect(dialog).to_contain_text("Say why.")
    await dialog.get_by_label("Reason").fill("a digit too many")
    over = held(state="REJECTED", may_confirm=False, why="It does not wait for people any more.")
    console.answers["/reference/held"] = {"held": [over]}
    console.answers[POST] = 201, {"held": [over]}
    await dialog.get_by_role("button", name="Reject").click()
    await expect(page.get_by_role("main")).to_contain_text("It was rejected; the executor drops it.")
    await expect(page.get_by_role("button", name="Reject")).to_have_count(0)
    assert console.posted[0][1]["comment"] == "a digit too many"


async def test_who_may_not_decide_reads_why(opened: Opening, console: CannedConsole) -> None:
    why = "This needs OPERATIONS or RISK_MANAGER."
    console.answers["/reference/held"] = {"held": [held(may_confirm=False, why=why)]}
    page = await opened(ADDRESS)
    await expect(page.get_by_role("button", name="Confirm")).to_have_accessible_description(why)
    assert await axe_findings(page) == []


async def test_somebody_else_was_faster(opened: Opening, console: CannedConsole, watched: Watched) -> None:
    watched.allow("status of 409")
    console.answers[POST] = 409, problem(409, "ALREADY_DECIDED", "It was rejected.")
    page = await opened(ADDRESS)
    await page.get_by_role("button", name="Confirm").click()
    await page.get_by_role("dialog").get_by_role("button", name="Confirm").click()
    await expect(page.get_by_role("dialog").get_by_role("alert")).to_have_text("Not recorded. It was rejected.")


async def test_a_large_set_says_how_much_of_it_is_shown(opened: Opening, console: CannedConsole) -> None:
    doubts = [{**DOUBT, "key": f"USD/{n:03}:spot"} for n in range(200)]
    console.answers["/reference/held"] = {"held": [held(load_id="LOAD-7", doubts=doubts, found=900, rows=4_000)]}
    page = await opened(ADDRESS)
    await expect(page.get_by_role("heading", name="Set LOAD-7")).to_be_visible()
    await expect(page.get_by_text("The first 200 of 900 doubts; the digest covers all.")).to_be_visible()
    await page.get_by_role("button", name="Show 4000 rows").click()
    await expect(page.get_by_text("The first 1 of 4000 rows")).to_be_visible()


async def test_what_is_open_stays_open_when_the_list_is_read_again(opened: Opening, console: CannedConsole) -> None:
    page = await opened(ADDRESS)
    await page.get_by_role("button", name="Show the row as it came").click()
    console.answers["/reference/held"] = {"held": [held(confirmed_by=[OLGA]), held(held_id="h2")]}
    console.send("resync", {"reason": "restart"})
    await expect(page.get_by_role("main")).to_contain_text("olga (OPERATIONS)")
    await expect(page.get_by_text("rate_type").first).to_be_visible()


async def test_nothing_is_held(opened: Opening, console: CannedConsole) -> None:
    console.answers["/reference/held"] = {"held": []}
    page = await opened(ADDRESS)
    await expect(page.locator(".state")).to_contain_text("No feed is held.")
    assert await axe_findings(page) == []


async def test_held_rows_that_cannot_be_read(opened: Opening, console: CannedConsole, watched: Watched) -> None:
    watched.allow("status of 503")
    console.answers["/reference/held"] = 503, problem(503, "TRY_AGAIN", "The database is away.")
    page = await opened(ADDRESS)
    await expect(page.locator(".state")).to_contain_text("The held rows could not be read.")
    assert await axe_findings(page) == []


async def test_what_a_feed_sent_is_text(opened: Opening, console: CannedConsole) -> None:
    hostile = "<img src=x onerror=alert(1)>" + "A" * 3_000
    doubt = dict.fromkeys(DOUBT, hostile)
    row = {"table": hostile, "key": hostile, "operation": "UPSERT", "row": {hostile: hostile}, "based_on": 1}
    console.answers["/reference/held"] = {"held": [held(doubts=[doubt], changes=[row], place=hostile)]}
    page = await opened(ADDRESS, width=390)
    await page.get_by_role("button", name="Show the row as it came").click()
    assert await page.locator("main img").count() == 0
    assert not await scrolls_sideways(page)


@pytest.mark.parametrize(
    "look", looks({"dark": True}, {"forced_colors": "active"}, {"width": 390}, {"width": 320}, {"width": 1024})
)
async def test_held_feeds_are_for_everybody(opened: Opening, look: dict[str, Any]) -> None:
    page = await opened(ADDRESS, **look)
    await expect(page.get_by_role("button", name="Confirm")).to_be_visible()
    assert await axe_findings(page) == []
    assert not await scrolls_sideways(page)
    if not look or look.get("width") == 390:
        assert await not_reached_by_tab(page) == ([], [])
