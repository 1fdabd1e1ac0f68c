"""A card that changes while somebody reads it: another plan, another person's decision, its time."""

from typing import Any

from playwright.async_api import Page, expect

from tests.browser.cards.conftest import ADDRESS, CARD
from tests.browser.conftest import Opening
from tests.support import card_documents as documents
from tests.support import card_stories as stories
from tests.support.canned_progress import CannedProgress
from tests.support.eventually import eventually_async


def replace_plan(console: CannedProgress) -> None:
    console.answers[CARD] = documents.ended("CLOSED", reason="STALE_CONTEXT: rates moved")
    console.answers["/approvals/wf-2"] = documents.successor()
    console.story = list(stories.stale())
    console.send("changed", {"workflow_ids": ["wf-1"]})


async def place(page: Page) -> Any:
    return await page.evaluate(
        "({ y: scrollY, at: document.activeElement.dataset.focus ?? document.activeElement.tagName })"
    )


async def test_a_new_plan_shows_what_changed_clears_the_ticks_and_blocks_until_it_is_looked_at(
    card: Page, console: CannedProgress
) -> None:
    await card.get_by_role("checkbox", name="Viewed: Risk").check()
    replace_plan(console)
    await expect(card.get_by_role("heading", level=1)).to_contain_text("HKD 395,000,000.00")
    await expect(card).to_have_url(f"{console.origin}/console/approvals/wf-2")
    banner = card.locator(".card-head .banner").last
    await expect(banner).to_contain_text(
        "The plan you were reading is out of date since 11:00:00; this is the new one."
    )
    await expect(banner).to_contain_text("rita approved the old one. Rates moved. Nothing was executed.")
    await expect(card.get_by_role("region", name="Viewed")).to_contain_text("0 of 8")
    changed = card.get_by_role("table", name="What differs between the two plans")
    row = changed.get_by_role("row").filter(has_text="Order in USD")
    await expect(row).to_have_text("Order in USD51,851,851.8551,203,703.70−648,148.15")
    button = card.get_by_role("button", name="Approve & Execute")
    await expect(button).to_have_accessible_description("The plan changed. Look at what changed first.")
    who = card.get_by_role("region", name="Who decides")
    await expect(who).to_contain_text("Not yet. You hold SENIOR_TRADER, which is enough.")
    await card.get_by_role("checkbox", name="Viewed: What changed").check()
    await expect(button).not_to_have_attribute("aria-disabled", "true")
    await expect(who).to_contain_text("You may approve this as SENIOR_TRADER.")
    await card.reload()
    await expect(card.get_by_role("checkbox", name="Viewed: What changed")).to_be_checked()


async def test_it_is_said_at_once_and_moves_neither_focus_nor_scroll(card: Page, console: CannedProgress) -> None:
    tick = card.get_by_role("checkbox", name="Viewed: Undo")
    await tick.focus()
    before = await place(card)
    replace_plan(console)
    await expect(card.locator("[aria-live=assertive]")).to_have_text("The plan changed. Look at what changed first.")
    await expect(tick).to_be_focused()
    assert (await place(card))["at"] == before["at"]


async def test_the_comment_goes_along_to_the_new_plan(card: Page, console: CannedProgress) -> None:
    await card.get_by_role("button", name="Approve & Execute").click()
    await card.get_by_role("dialog").get_by_label("Comment").fill("Within the mandate")
    await card.keyboard.press("Escape")
    replace_plan(console)
    await card.get_by_role("checkbox", name="Viewed: What changed").check()
    await card.get_by_role("button", name="Approve & Execute").click()
    await expect(card.get_by_role("dialog").get_by_label("Comment")).to_have_value("Within the mandate")


async def test_who_never_saw_the_old_plan_is_not_held_up_by_it(opened: Opening, console: CannedProgress) -> None:
    console.answers["/approvals/wf-2"] = documents.successor()
    page = await opened("/console/approvals/wf-2")
    await expect(page.get_by_role("button", name="Approve & Execute")).not_to_have_attribute("aria-disabled", "true")
    await expect(page.get_by_role("table", name="What differs between the two plans")).to_be_visible()
    await expect(page.get_by_role("checkbox", name="Viewed: What changed")).to_have_count(0)


async def test_an_old_address_of_a_replaced_plan_stays_what_it_is(opened: Opening, console: CannedProgress) -> None:
    replace_plan(console)
    page = await opened(ADDRESS)
    await expect(
        page.get_by_role("heading", name="Out of date. The facts moved before it was executed.")
    ).to_be_visible()
    await expect(page).to_have_url(f"{console.origin}{ADDRESS}")
    await page.get_by_role("link", name="Open the new plan").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("HKD 395,000,000.00")


async def test_anothers_decision_is_said_politely_and_the_page_becomes_the_execution(
    card: Page, console: CannedProgress
) -> None:
    console.answers[CARD] = documents.approved("rita", "RISK_MANAGER")
    console.story = list(stories.live())
    console.send("changed", {"workflow_ids": ["wf-1"]})
    await expect(card.get_by_role("heading", name="Booking in Murex: 11 of 18 deals")).to_be_visible()
    await expect(card.get_by_role("button", name="Approve & Execute")).to_have_count(0)


async def test_news_of_another_workflow_changes_nothing(card: Page, console: CannedProgress) -> None:
    asked = len([each for each in console.asked if each[1] == CARD])
    console.send("changed", {"workflow_ids": ["wf-7"]})
    console.send("changed", {"workflow_ids": ["wf-1"]})

    async def readings() -> int:
        return len([each for each in console.asked if each[1] == CARD])

    await eventually_async(readings, 5.0, until=lambda found: found > asked)
    assert await readings() == asked + 1


async def test_an_open_part_stays_open_when_the_card_is_read_again(card: Page, console: CannedProgress) -> None:
    opener = card.get_by_role("button", name="Show all 125 operations")
    await opener.click()
    console.answers[CARD] = documents.waiting(analysis="Other words.")
    console.send("changed", {"workflow_ids": ["wf-1"]})
    await expect(card.locator("#card-origin")).to_contain_text("Other words.")
    await expect(card.get_by_role("button", name="Hide the operations")).to_be_focused()


async def test_ten_and_two_minutes_before_its_end_the_card_says_so(opened: Opening, console: CannedProgress) -> None:
    console.answers[CARD] = documents.ending(minutes=9)
    page = await opened(ADDRESS)
    assertive = page.locator("[aria-live=assertive]")
    await expect(assertive).to_have_text("This expires in 9 min.")
    console.answers[CARD] = documents.ending(minutes=1)
    console.send("changed", {"workflow_ids": ["wf-1"]})
    await expect(assertive).to_have_text("This expires in 1 min.")


async def test_when_its_time_is_over_the_card_is_read_again(opened: Opening, console: CannedProgress) -> None:
    console.answers[CARD] = documents.ending(seconds=2)
    page = await opened(ADDRESS)
    await expect(page.get_by_role("button", name="Approve & Execute")).not_to_have_attribute("aria-disabled", "true")
    console.answers[CARD] = documents.expired()
    button = page.get_by_role("button", name="Approve & Execute")
    await expect(button).to_have_accessible_description("This has expired. Ask for a new plan.")
    await expect(page.locator(".card-title .badge")).to_have_text("Expired")
