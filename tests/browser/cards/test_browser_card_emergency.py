"""An emergency on a card: it is declared with a reason, and afterwards the card is marked, also when it is done."""

from typing import Any

from playwright.async_api import expect

from tests.browser.cards.conftest import ADDRESS, CARD
from tests.browser.conftest import Opening
from tests.support import card_documents as documents
from tests.support import card_stories as stories
from tests.support.canned_progress import CannedProgress
from tests.support.page_checks import axe_findings, not_reached_by_tab, scrolls_sideways

MAY = {"may_break_glass": True, "glass_minutes": 30, "emergency": None}
TEXT = "sam (SENIOR_TRADER) declared an emergency: until 2026-11-23 04:30 UTC 2 persons may approve this."


def declared(document: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The card once an emergency was declared about it."""
    warning = {"code": "EMERGENCY", "title": "Emergency.", "text": TEXT, "path": "emergency"}
    view = document["view"] | {"warnings": [warning, *document["view"]["warnings"]]}
    said = {"text": TEXT, "used": False, "open": True} | more
    return document | {"view": view, "may_break_glass": False, "glass_minutes": 30, "emergency": said}


async def test_who_may_declares_an_emergency_with_a_reason(opened: Opening, console: CannedProgress) -> None:
    console.answers[CARD] = documents.waiting() | MAY
    page = await opened(ADDRESS)
    await page.get_by_role("button", name="Break the glass").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("For 30 minutes two persons at least approve")
    await expect(dialog).to_contain_text("Two others, who had no part in it")
    assert await axe_findings(page) == []
    await dialog.get_by_role("button", name="Break the glass").click()
    await expect(dialog).to_contain_text("Say why.")
    await dialog.get_by_label("Reason").fill("rita is on a plane")
    after = declared(documents.waiting())
    console.answers[CARD] = after
    console.answers[f"POST {CARD}/break-glass"] = 201, after
    await dialog.get_by_role("button", name="Break the glass").click()
    await expect(page.get_by_text(TEXT)).to_be_visible()
    await expect(page.get_by_role("button", name="Break the glass")).to_have_count(0)
    sent = {"plan_digest": documents.waiting()["plan_digest"], "reason": "rita is on a plane"}
    assert console.posted[0][:2] == (f"{CARD}/break-glass", sent)


async def test_who_may_not_is_offered_nothing(opened: Opening, console: CannedProgress) -> None:
    console.answers[CARD] = documents.waiting() | MAY | {"may_break_glass": False}
    page = await opened(ADDRESS)
    await page.get_by_role("button", name="Approve & Execute").wait_for()
    await expect(page.get_by_role("button", name="Break the glass")).to_have_count(0)


async def test_what_was_approved_in_an_emergency_stays_marked(opened: Opening, console: CannedProgress) -> None:
    console.answers[CARD] = declared(documents.approved(), used=True)
    console.story = stories.done()
    page = await opened(ADDRESS)
    await expect(page.get_by_text(TEXT)).to_be_visible()
    link = page.get_by_role("main").get_by_role("link", name="After-reviews")
    await expect(link).to_have_attribute("href", "/console/reviews")
    assert await axe_findings(page) == []


async def test_a_narrow_card_with_an_emergency_fits(opened: Opening, console: CannedProgress) -> None:
    console.answers[CARD] = documents.waiting() | MAY
    page = await opened(ADDRESS, width=320)
    await expect(page.get_by_role("button", name="Break the glass")).to_be_visible()
    assert await axe_findings(page) == []
    assert not await scrolls_sideways(page)


async def test_tab_reaches_the_glass(opened: Opening, console: CannedProgress) -> None:
    console.answers[CARD] = documents.waiting() | MAY
    page = await opened(ADDRESS)
    await expect(page.get_by_role("button", name="Break the glass")).to_be_visible()
    assert await not_reached_by_tab(page) == ([], [])
