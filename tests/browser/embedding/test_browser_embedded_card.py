"""`<hawk-approval-card>` on another site: it decides, follows, and tells the page; nothing of either reaches over."""

from playwright.async_api import expect

from tests.browser.embedding.conftest import Embedding


async def test_card_on_another_site_shows_what_the_console_shows(embedded: Embedding) -> None:
    page = await embedded()
    await expect(page.get_by_role("button", name="Approve & Execute")).to_be_visible()
    await page.screenshot(path="/tmp/embed-card.png", full_page=True)
