"""The page after the approval: booking, done, failed, rolled back, a person is needed; lost and back; reload."""

from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.cards.conftest import ADDRESS, CARD
from tests.browser.conftest import Opening, Watched
from tests.support import card_documents as documents
from tests.support import card_stories as stories
from tests.support.canned_progress import CannedProgress


@pytest.fixture(autouse=True)
def approved(console: CannedProgress) -> None:
    console.answers[CARD] = documents.approved()


async def shown(opened: Opening, console: CannedProgress, story: Any, **more: Any) -> Page:
    console.story = list(story)
    page = await opened(ADDRESS, **more)
    await page.get_by_role("region", name="What next").wait_for()
    return page


def step(page: Page, name: str) -> Any:
    return page.get_by_role("list", name="Progress").get_by_role("listitem").filter(has_text=name)


async def test_booking_counts_deals_and_operations_and_says_why_the_bar_stands(
    opened: Opening, console: CannedProgress
) -> None:
    page = await shown(opened, console, stories.live())
    await expect(page.get_by_role("heading", name="Booking in Murex: 11 of 18 deals")).to_be_visible()
    outcome = page.locator(".outcome")
    await expect(outcome).to_contain_text(
        "74 of 125 operations. The other 51 follow together when all 18 deals are booked."
    )
    await expect(outcome).to_contain_text("since approvalobjective 2 s")
    await expect(outcome.locator(".outcome-bar")).to_have_attribute("width", "59.2%")
    await expect(step(page, "1B Allocation")).to_contain_text("36 of 36")
    await expect(step(page, "2 Murex")).to_contain_text("30 of 81")
    await expect(step(page, "Approval")).to_contain_text("sara, 11:00:00")
    table = page.get_by_role("table", name="What has become of each deal")
    await expect(table.get_by_role("row").filter(has_text="Booked")).to_have_text("Booked6 of 65 of 60 of 6")
    await expect(table.get_by_role("row").nth(1)).to_contain_text("MX498038621266052")
    bar = page.get_by_role("region", name="What next")
    await expect(bar).to_contain_text("You can leave this page; HAWK goes on.")
    await expect(page.get_by_role("button", name="Approve & Execute")).to_have_count(0)


async def test_the_log_is_newest_first_and_folds_equal_neighbours(opened: Opening, console: CannedProgress) -> None:
    page = await shown(opened, console, stories.live())
    lines = page.get_by_role("region", name="What happened").get_by_role("listitem")
    await expect(lines.nth(0)).to_have_text(
        "+0.930Deal 5 of Subsidiary1 booked in Murex as MX498117811267282 (11 of 18)"
    )
    await expect(lines.nth(3)).to_have_text("8 more deals booked, +0.510 to +0.804")
    await expect(lines.nth(4)).to_have_text("+0.245Prepared; deals sent to Murex")
    await expect(lines.last).to_have_text("+0.000Approved by sara (SENIOR_TRADER)")


async def test_what_comes_is_added_where_it_belongs_and_moves_nothing(opened: Opening, console: CannedProgress) -> None:
    page = await shown(opened, console, stories.live(9))
    link = page.get_by_role("link", name="Back to approvals")
    await link.focus()
    await page.evaluate("scrollTo(0, 40)")
    before = await page.evaluate("scrollY")
    console.tell(stories.live(12))
    await expect(page.get_by_role("heading", name="Booking in Murex: 12 of 18 deals")).to_be_visible()
    await expect(link).to_be_focused()
    assert await page.evaluate("scrollY") == before


async def test_success_is_the_plans_two_sentences_and_four_figures(opened: Opening, console: CannedProgress) -> None:
    page = await shown(opened, console, stories.done())
    outcome = page.locator(".outcome")
    await expect(outcome.get_by_role("heading")).to_have_text("Successfully executed 125 database operations.")
    await expect(outcome.locator("p")).to_have_text("Hedge ORD-0F8FAD5BD9CB469F created and booked in Murex.")
    figures = outcome.locator("dl > div")
    assert [await each.locator("dd").inner_text() for each in await figures.all()] == ["1.42 s", "18 of 18", "24", "12"]
    await expect(figures).to_contain_text(
        ["to done; objective 2 s", "deals booked in Murex", "ledger entries, DR = CR", "journal lines, at 1.77 s"]
    )
    await expect(page.locator(".card-title .badge")).to_have_text("Posted")
    await expect(page.get_by_role("region", name="What next")).to_contain_text(
        "approved by sara (SENIOR_TRADER) at 11:01:07 SGT"
    )


async def test_executed_is_said_only_after_completed(opened: Opening, console: CannedProgress) -> None:
    page = await shown(opened, console, [each for each in stories.done() if each["state"] != "POSTED"][:-1])
    await expect(page.get_by_role("heading", name="Booking in Murex: 18 of 18 deals")).to_be_visible()
    await expect(page.get_by_text("Successfully executed")).to_have_count(0)
    console.tell(stories.done())
    await expect(page.get_by_role("heading", name="Successfully executed 125 database operations.")).to_be_visible()
    await expect(page.locator("[aria-live=polite]").first).to_be_attached()


async def test_one_entity_shows_contract_attempts_and_time(opened: Opening, console: CannedProgress) -> None:
    console.answers[CARD] = documents.small_approved()
    page = await shown(opened, console, stories.done(small=True))
    table = page.get_by_role("table", name="What has become of each deal")
    await expect(table.get_by_role("row").nth(1)).to_have_text("1external bank →  to CO_FXMX4980386212660521+0.510")
    await expect(page.get_by_role("heading", name="Successfully executed 47 database operations.")).to_be_visible()


async def test_failure_names_the_cause_and_never_says_rolled_back_too_early(
    opened: Opening, console: CannedProgress
) -> None:
    page = await shown(opened, console, stories.failing())
    outcome = page.locator(".outcome")
    await expect(outcome.get_by_role("heading")).to_have_text("Execution failed. Rolling back.")
    await expect(outcome).to_contain_text(
        "Deal 1 of Associate1 not booked: Counterparty limit of EXTERNAL BANK is exhausted. MX_BOOKING_ERROR"
    )
    await expect(page.get_by_text("Transaction rolled back")).to_have_count(0)
    await expect(page.get_by_role("region", name="What you can do")).to_contain_text("Wait. If Murex refuses a cancel")
    await expect(step(page, "1A Checks")).to_contain_text("2 to undo")
    await expect(step(page, "2 Murex")).to_contain_text("24 to undo")
    await expect(page.get_by_role("heading", name="Step 2 Undo 59 operations, last first")).to_be_visible()
    await expect(
        page.get_by_role("table", name="The operations that are undone").get_by_role("row").nth(1)
    ).to_contain_text("108–101")
    console.tell(stories.rolled_back())
    await expect(outcome.get_by_role("heading")).to_have_text("Execution failed. Transaction rolled back.")
    figures = outcome.locator("dl dd")
    await expect(figures).to_have_text(["0 of 125", "17 of 17", "59 of 59", "HKD 400M"])
    table = page.get_by_role("table", name="What has become of each deal")
    await expect(table.get_by_role("row").last).to_have_text("Cancelled6 of 66 of 65 of 5")
    await expect(page.get_by_role("region", name="What you can do")).to_contain_text("Nothing is booked")


async def test_a_person_is_needed_and_it_is_said_in_the_words_of_the_service(
    opened: Opening, console: CannedProgress
) -> None:
    page = await shown(opened, console, stories.needs_a_person())
    outcome = page.locator(".outcome")
    await expect(outcome.get_by_role("heading")).to_have_text(
        "A person must act: deals in Murex could not be cancelled."
    )
    await expect(outcome).to_contain_text("Deal 4 of Branch1 is settled. MX_CANCEL_REFUSED")
    await expect(page.locator(".card-title .badge")).to_have_text("Needs a person")
    await expect(page.get_by_role("region", name="What you can do")).to_contain_text("OPERATIONS")


async def test_a_cut_stream_goes_on_where_it_was_without_gap_or_repeat(
    opened: Opening, console: CannedProgress
) -> None:
    page = await shown(opened, console, stories.live(5))
    await expect(page.get_by_role("heading", name="Booking in Murex: 5 of 18 deals")).to_be_visible()
    last = console.story[-1]["sequence"]
    console.hang_up()
    console.tell(stories.live(7))
    await expect(page.get_by_role("heading", name="Booking in Murex: 7 of 18 deals")).to_be_visible()
    assert str(last) in console.resumed_after
    lines = page.get_by_role("region", name="What happened").get_by_role("listitem")
    await expect(lines.nth(3)).to_have_text("4 more deals booked, +0.510 to +0.636")


async def test_a_lost_connection_says_so_keeps_what_is_shown_and_comes_back(
    opened: Opening, console: CannedProgress, watched: Watched
) -> None:
    watched.allow("503")
    page = await shown(opened, console, stories.live(5))
    await expect(page.get_by_role("heading", name="Booking in Murex: 5 of 18 deals")).to_be_visible()
    console.silent = True
    console.hang_up()
    lost = page.locator(".card-head .banner").last
    await expect(lost).to_contain_text("Trying again.")
    await expect(lost).to_contain_text("What is shown is as of then; HAWK goes on.")
    await expect(page.get_by_role("heading", name="Booking in Murex: 5 of 18 deals")).to_be_visible()
    console.silent = False
    console.tell(stories.done())
    await expect(page.get_by_role("heading", name="Successfully executed 125 database operations.")).to_be_visible()
    await expect(page.get_by_text("What is shown is as of then")).to_have_count(0)


async def test_a_reload_during_progress_shows_the_progress(opened: Opening, console: CannedProgress) -> None:
    page = await shown(opened, console, stories.live())
    await page.reload()
    await expect(page.get_by_role("heading", name="Booking in Murex: 11 of 18 deals")).to_be_visible()
    await page.go_back()
    await page.go_forward()
    await expect(page.get_by_role("heading", name="Booking in Murex: 11 of 18 deals")).to_be_visible()


async def test_failure_is_said_at_once_and_single_deals_are_not_said(opened: Opening, console: CannedProgress) -> None:
    page = await shown(opened, console, stories.live(5))
    # What was said of the way so far is over.
    await expect(page.locator("[aria-live=polite]").filter(has_text="Stage 1B completed.")).to_have_count(1)
    await page.evaluate(
        """() => {
          window.said = [];
          const live = document.querySelectorAll("[aria-live]");
          for (const each of live) {
            new MutationObserver(() => said.push([each.getAttribute("aria-live"), each.textContent]))
              .observe(each, { childList: true, subtree: true });
          }
        }"""
    )
    console.tell(stories.live(9))
    await expect(page.get_by_role("heading", name="Booking in Murex: 9 of 18 deals")).to_be_visible()
    assert await page.evaluate("said") == []
    console.story = [each for each in console.story if " booked in Murex" not in each["status"]]
    console.tell([{**each, "sequence": each["sequence"] + 100} for each in stories.rolled_back()[-2:]])
    await expect(page.locator(".outcome").get_by_role("heading")).to_have_text(
        "Execution failed. Transaction rolled back."
    )
    said = await page.evaluate("said")
    assert [kind for kind, _ in said if kind == "assertive"] == ["assertive"] * len(said)
    assert said[-1] == ["assertive", "Execution failed. Transaction rolled back."]


async def test_the_plan_that_was_approved_opens_below(opened: Opening, console: CannedProgress) -> None:
    page = await shown(opened, console, stories.done())
    await page.get_by_role("button", name="Show its 8 sections").click()
    await expect(page.get_by_role("heading", name="3 Capacity and USD limit")).to_be_visible()
    await expect(page.get_by_role("checkbox")).to_have_count(0)


async def test_next_request_leads_to_what_waits_for_me(opened: Opening, console: CannedProgress) -> None:
    page = await shown(opened, console, stories.done())
    console.answers["/approvals/wf-2"] = documents.small()
    await page.get_by_role("button", name="Next request").click()
    await expect(page).to_have_url(f"{console.origin}/console/approvals/wf-2")
