"""The card as people read it: what is asked, in the order of doubt; who decides; why a button may not be pressed."""

import re
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.cards.conftest import ADDRESS, CARD
from tests.browser.conftest import Opening, Watched
from tests.support import card_documents as documents
from tests.support.canned_progress import CannedProgress
from tests.support.queue_documents import ROLLOUT, SESSION

MIRA = {**SESSION, "person": "mira", "name": "mira", "roles": ["TRADER"]}


def section(page: Page, key: str) -> Any:
    return page.locator(f"#card-{key}")


async def test_reading_order_is_the_order_of_doubt(card: Page) -> None:
    await expect(card).to_have_title("[SIMULATOR] HKD COI inception, ORD-0F8FAD5BD9CB469F, HAWK console")
    await expect(card.get_by_role("heading", level=1)).to_have_text("HKD 400,000,000.00 COI inception")
    await expect(card.locator(".card-facts")).to_contain_text("USD 51,851,851.85 at the plan’s rate")
    await expect(card.locator(".card-asked")).to_have_text("Asked by mira verified, 26 min ago")
    titles = await card.locator(".card-sections .section-title").all_inner_texts()
    assert [re.sub(r"\s+", " ", each) for each in titles] == [
        "1 What would happen",
        "2 Risk",
        "3 Capacity and USD limit",
        "4 Deals",
        "5 Ledger",
        "6 Operations by stage",
        "7 Undo 110 steps, in reverse order",
        "8 What the model said, and where each value came from",
    ]
    warnings = card.locator(".card-head .banner")
    await expect(warnings).to_contain_text("The answer contradicts the plan.")
    await expect(warnings).to_contain_text("CLAIM_DIFFERS")
    await expect(card.get_by_role("list", name="Progress").get_by_role("listitem")).to_have_count(8)


async def test_amounts_that_are_signed_are_written_in_full(card: Page) -> None:
    lines = section(card, "lines").get_by_role("listitem")
    await expect(lines).to_have_text(
        [
            "Create hedge instruction (HKD 400M)1 order, 3 sub-orders",
            "Book 18 Murex deals (Model A-COI)6 for each entity",
            "Generate GL entries (24 transactions)DR = CR",
            "Update allocation engine3 allocations",
        ]
    )
    branch = section(card, "capacity").get_by_role("row").filter(has_text="Branch1")
    await expect(branch).to_contain_text("187,500,000.00")
    await expect(branch.get_by_role("img")).to_have_attribute(
        "aria-label",
        "Branch1: of 250,000,000.00, protected 62,500,000.00, used before 0.00, this order 187,500,000.00, "
        "free after 0.00",
    )
    limit = section(card, "capacity").get_by_role("row").filter(has_text="USD limit")
    await expect(limit.get_by_role("img")).to_have_attribute("aria-label", re.compile("warning level 130,000,000.00"))
    ledger = section(card, "ledger")
    await expect(ledger.locator(".journal-line").first).to_contain_text("DR 6,000,000.00 = CR 6,000,000.00")
    await expect(ledger.get_by_text("Balanced")).to_have_count(2)


async def test_flow_of_each_entity_is_a_picture_with_its_table(card: Page) -> None:
    deals = section(card, "deals")
    picture = deals.get_by_role("img")
    await expect(picture).to_have_attribute("aria-label", re.compile("flow of 6 deals from external bank to HDGIC"))
    assert await picture.locator(".flow-book text").all_text_contents() == [
        "external bank",
        "CO_FX",
        "UHDIC",
        "INSTC",
        "HDGIC",
    ]
    await expect(picture.locator(".flow-arrow")).to_have_count(6)
    await expect(picture.locator(".flow-arrow.is-dashed")).to_have_count(2)
    await expect(picture.locator(".is-final .flow-frame")).to_have_count(1)
    await expect(deals).to_contain_text("Net: external bank −187,500,000.00 HKD · HDGIC +187,500,000.00 HKD")
    await deals.get_by_role("radio", name="Branch1").press("ArrowRight")
    await expect(deals.get_by_role("radio", name="Subsidiary1")).to_be_focused()
    await expect(deals).to_contain_text("Net: external bank −155,000,000.00 HKD")
    await deals.get_by_role("radio", name="Subsidiary1").press("End")
    await expect(deals.get_by_role("radio", name="Associate1")).to_be_checked()


@pytest.mark.parametrize(
    ("document", "books", "arrows"), [(documents.mismatched, 6, 10), (documents.proxy, 6, 10)], ids=["B-COI", "C-COI"]
)
async def test_flows_with_more_books_take_a_second_row_and_no_book_hides_another(
    opened: Opening, console: CannedProgress, document: Any, books: int, arrows: int
) -> None:
    console.answers[CARD] = document()
    page = await opened(ADDRESS)
    picture = section(page, "deals").get_by_role("img")
    await expect(picture.locator(".flow-book")).to_have_count(books)
    await expect(picture.locator(".flow-arrow")).to_have_count(arrows)
    boxes = [await box.bounding_box() for box in await picture.locator(".flow-box").all()]
    found = [(box["x"], box["y"], box["x"] + box["width"], box["y"] + box["height"]) for box in boxes if box]
    for number, (left, top, right, bottom) in enumerate(found):
        for other in found[number + 1 :]:
            assert right <= other[0] or other[2] <= left or bottom <= other[1] or other[3] <= top
    assert len({round(top) for _, top, _, _ in found}) == 2


async def test_operations_and_undo_open_below_never_in_a_scrolling_box(card: Page) -> None:
    operations = section(card, "operations")
    opener = operations.get_by_role("button", name="Show all 125 operations, and the rows by table")
    await opener.click()
    await expect(
        operations.get_by_role("table", name="Every operation, in its order").get_by_role("row")
    ).to_have_count(126)
    await expect(operations.get_by_role("row").filter(has_text="gl_entries_detail").first).to_contain_text("48")
    await expect(operations.get_by_role("button", name="Hide the operations")).to_have_attribute(
        "aria-expanded", "true"
    )
    undo = section(card, "undo")
    await expect(undo).to_contain_text("not by HAWK alone")
    await undo.get_by_role("button", name="Show the 110 steps, last operation first").click()
    await expect(undo.get_by_role("table", name="Every step").get_by_role("row")).to_have_count(111)


async def test_claims_of_the_ai_stand_apart_and_have_no_force(card: Page) -> None:
    risk = section(card, "risk")
    await expect(risk.get_by_role("heading", name="Computed")).to_contain_text("High")
    await expect(risk.get_by_role("heading", name="Claimed by the AI")).to_contain_text("Medium")
    await expect(risk).to_contain_text("Recorded. It has no force: people, amounts and rules come from HAWK.")
    origin = section(card, "origin")
    await expect(origin.locator("hawk-ai-text").nth(1)).to_contain_text("The desk has already agreed to the order.")
    stated = origin.get_by_role("row").filter(has_text="stated by the AI")
    assert [await row.get_by_role("rowheader").inner_text() for row in await stated.all()] == [
        "Amount",
        "Exposure currency",
    ]


async def test_who_decides_says_that_i_may_and_what_is_open(card: Page) -> None:
    who = card.get_by_role("region", name="Who decides")
    await expect(who).to_contain_text("You may approve this as SENIOR_TRADER.")
    await expect(who.locator(".place")).to_have_text(["SENIOR_TRADER or RISK_MANAGERnobody yet, 0 of 1"])
    await expect(who).to_contain_text("the person who asked may not approve")
    await expect(who).to_contain_text("Tue 10:34 in 23 h 33 min")


async def test_ticks_are_set_by_hand_counted_and_kept_for_this_plan_and_person(
    card: Page, console: CannedProgress
) -> None:
    viewed = card.get_by_role("region", name="Viewed")
    await expect(viewed).to_contain_text("0 of 8")
    await card.get_by_role("checkbox", name="Viewed: Risk").check()
    await expect(viewed).to_contain_text("1 of 8")
    await expect(viewed.get_by_role("button", name="2 Risk, viewed")).to_be_visible()
    await card.reload()
    await expect(card.get_by_role("checkbox", name="Viewed: Risk")).to_be_checked()
    console.answers["/session"] = {**SESSION, "person": "rita", "name": "rita"}
    await card.reload()
    await expect(card.get_by_role("checkbox", name="Viewed: Risk")).not_to_be_checked()


async def test_review_details_goes_to_the_first_section_that_is_not_viewed(card: Page) -> None:
    for name in ("What would happen", "Risk"):
        await card.get_by_role("checkbox", name=f"Viewed: {name}").check()
    await card.get_by_role("button", name="Review Details").click()
    await expect(card.get_by_role("checkbox", name="Viewed: Capacity and USD limit")).to_be_focused()
    await card.get_by_role("region", name="Viewed").get_by_role("button", name="7 Undo").click()
    await expect(card.get_by_role("checkbox", name="Viewed: Undo")).to_be_focused()


async def test_buttons_stand_in_the_order_of_the_plan_and_cancel_leaves_without_deciding(
    card: Page, console: CannedProgress
) -> None:
    bar = card.get_by_role("region", name="Decision")
    assert await bar.locator(".button-word").all_inner_texts() == [
        "Approve & Execute",
        "Review Details",
        "Reject",
        "Cancel",
    ]
    await expect(bar).to_contain_text("HKD 400,000,000.00, 18 deals, 125 operations")
    await expect(bar).to_contain_text("expires in 23 h 33 min")
    await expect(bar.get_by_role("link", name="Cancel")).to_have_attribute("title", re.compile("nothing is decided"))
    await bar.get_by_role("link", name="Cancel").click()
    await expect(card.get_by_role("heading", name="Approvals")).to_be_visible()
    assert console.posted == []


#: Card of whom, rollout, and the sentences beside the button.
FORBIDDEN = {
    "role": (("tom", "TRADER"), {}, "This needs SENIOR_TRADER; you hold TRADER."),
    "maker": (("mira", "TRADER"), {}, "You asked for this, so another person must approve it."),
    "stop": (
        ("sara",),
        {
            "stopped": True,
            "stop": {"reason": "feed", "stopped_by": {"person": "olga", "at": "2026-11-23T08:02:00+00:00"}},
        },
        "HAWK is stopped since 16:02. What is approved now is refused.",
    ),
}


@pytest.mark.parametrize("why", FORBIDDEN)
async def test_a_button_that_may_not_be_pressed_says_why_and_leads_there(
    opened: Opening, console: CannedProgress, why: str
) -> None:
    (person, *roles), rollout, sentence = FORBIDDEN[why]
    console.answers["/session"] = {**SESSION, "person": person, "name": person, "roles": roles or ["SENIOR_TRADER"]}
    console.answers[CARD] = documents.waiting(person, *roles)
    console.answers["/rollout"] = {**ROLLOUT, **rollout}
    page = await opened(ADDRESS)
    button = page.get_by_role("button", name="Approve & Execute")
    await expect(button).to_have_attribute("aria-disabled", "true")
    await expect(button).to_have_accessible_description(sentence)
    await button.focus()
    await button.press("Enter")
    await expect(page.locator(".action-bar-reason")).to_be_focused()
    await expect(page.get_by_role("dialog")).to_have_count(0)


async def test_one_person_counts_once_and_the_place_fills(opened: Opening, console: CannedProgress) -> None:
    of = documents.of_reading_by_two()
    console.answers[CARD] = of
    page = await opened(ADDRESS)
    button = page.get_by_role("button", name="Approve & Execute")
    await expect(button).to_have_accessible_description("You have approved this already; one person counts once.")
    who = page.get_by_role("region", name="Who decides")
    await expect(who).to_contain_text("Your approval is recorded. 1 of 2")
    await expect(who.locator(".place").first).to_contain_text("rita, RISK_MANAGER")


async def test_an_expired_card_asks_for_a_new_plan(opened: Opening, console: CannedProgress) -> None:
    console.answers[CARD] = documents.expired()
    page = await opened(ADDRESS)
    button = page.get_by_role("button", name="Approve & Execute")
    await expect(button).to_have_accessible_description("This has expired. Ask for a new plan.")
    await expect(page.get_by_role("button", name="Reject")).to_have_count(0)


async def test_the_maker_withdraws_and_does_not_reject(opened: Opening, console: CannedProgress) -> None:
    console.answers["/session"] = MIRA
    console.answers[CARD] = documents.waiting("mira", "TRADER")
    page = await opened(ADDRESS)
    words = page.get_by_role("region", name="Decision").locator(".button-word")
    await expect(words).to_have_text(["Approve & Execute", "Review Details", "Withdraw", "Cancel"])
    console.answers[f"POST {CARD}/withdrawal"] = documents.ended("WITHDRAWN")
    await page.get_by_role("button", name="Withdraw").click()
    dialog = page.get_by_role("dialog", name="Withdraw this request?")
    await dialog.get_by_label("Comment").fill("Asked twice")
    await dialog.get_by_role("button", name="Withdraw").click()
    await expect(page.get_by_role("heading", name="Withdrawn by the person who asked.")).to_be_focused()
    assert console.posted[0][1] == {"reason": "Asked twice"}


async def test_in_observe_the_button_says_that_nothing_is_executed(opened: Opening, console: CannedProgress) -> None:
    console.answers["/rollout"] = {**ROLLOUT, "mode": "OBSERVE"}
    page = await opened(ADDRESS)
    await page.get_by_role("button", name="Approve, not executed").click()
    await expect(page.get_by_role("dialog")).to_contain_text("the decision is recorded and nothing is executed")


async def test_not_live_blocks_approving_but_not_rejecting(
    card: Page, console: CannedProgress, watched: Watched
) -> None:
    watched.allow("503")
    await card.clock.install()
    await card.reload()
    await expect(card.get_by_role("button", name="Approve & Execute")).to_be_visible()
    console.away = True
    console.cut()
    await card.clock.run_for(20_000)
    button = card.get_by_role("button", name="Approve & Execute")
    await expect(button).to_have_accessible_description(re.compile(r"^Not live since \d\d:\d\d:\d\d\. Trying again\.$"))
    await expect(card.get_by_role("button", name="Reject")).not_to_have_attribute("aria-disabled", "true")


async def test_configuration_shows_the_row_before_and_after(opened: Opening, console: CannedProgress) -> None:
    console.answers[CARD] = documents.of_configuration()
    page = await opened(ADDRESS)
    await expect(page.get_by_role("heading", level=1)).to_have_text("Configuration: buffer_percentage of BUF_USD_001")
    change = section(page, "change")
    row = change.get_by_role("row").filter(has_text="buffer_percentage")
    await expect(row).to_have_text("buffer_percentage57.5")
    await change.get_by_role("button", name="Show 13 columns that stay as they are").click()
    await expect(change.get_by_role("row").filter(has_text="active_flag")).to_be_visible()


async def test_override_shows_what_murex_said_and_what_a_person_found(opened: Opening, console: CannedProgress) -> None:
    console.answers[CARD] = documents.of_override()
    page = await opened(ADDRESS)
    change = section(page, "change")
    await expect(change.get_by_role("heading", name="What Murex said", exact=True)).to_be_visible()
    await expect(change).to_contain_text("cancel refused")
    await expect(change).to_contain_text("Not in Murex any more")
    await expect(change).to_contain_text("looked it up in Murex")


async def test_reversal_shows_what_is_cancelled_and_what_remains(opened: Opening, console: CannedProgress) -> None:
    console.answers[CARD] = documents.of_reversal()
    page = await opened(ADDRESS)
    change = section(page, "change")
    await expect(change).to_contain_text("Booked twice")
    await expect(change).to_contain_text("What the market moved since the deals were booked remains.")
    await expect(section(page, "lines")).to_contain_text("Cancel 6 Murex deals (Model A-COI)")


async def test_a_maker_who_is_only_claimed_is_not_called_verified(opened: Opening, console: CannedProgress) -> None:
    console.answers[CARD] = documents.waiting(verified=False)
    page = await opened(ADDRESS)
    await expect(page.locator(".card-asked")).to_contain_text("claimed, not verified")


async def test_a_card_that_cannot_be_read_says_that_nothing_was_decided(
    opened: Opening, console: CannedProgress, watched: Watched
) -> None:
    watched.allow("404")
    del console.answers[CARD]
    page = await opened(ADDRESS)
    alert = page.get_by_role("main").get_by_role("alert")
    await expect(alert).to_contain_text("This card could not be read.")
    await expect(alert).to_contain_text("Nothing was decided.")
    console.answers[CARD] = documents.waiting()
    await page.get_by_role("button", name="Try again").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("HKD 400,000,000.00")
