"""The deals of a workflow and the lines of its journal in a browser."""

import re

from playwright.async_api import expect

from tests.browser.conftest import Opening
from tests.support.canned_dashboard import CannedDashboard
from tests.support.workflow_lives import Life, failing
from tests.support.workflow_pages import AT, row, shows


async def test_deals_say_what_is_sold_and_bought_and_what_has_become_of_each(
    opened: Opening, console: CannedDashboard
) -> None:
    await shows(console, failing().cancels("CANCELLED", "REFUSED"))
    page = await opened(f"{AT}?tab=deals")
    cells = row(page, "deal-table", "1").locator("td")
    await expect(cells).to_have_text(
        ["FX_SWAP", "external bank → to CO_FX", "25,000,000.00 USD", "33,750,000.00 SGD", "1.35", "cancelled"]
    )
    await expect(row(page, "deal-table", "2").locator("td").last).to_have_text("unknown portfolio")
    await expect(row(page, "deal-table", "3").locator("td").last).to_have_text("refused: no reason given")
    await expect(row(page, "deal-table", "4").locator("td").last).to_have_text("cancel sent")


async def test_the_ledger_stands_line_by_line_with_its_sums_and_each_line_leads_to_its_event(
    opened: Opening, console: CannedDashboard
) -> None:
    await shows(console, Life().prepared().all_booked())
    page = await opened(f"{AT}?tab=journal")
    table = page.locator("table.ledger-lines")
    await expect(table.locator("tbody tr")).to_have_count(4)
    await expect(table.locator("tbody tr td").last).to_have_text("planned")
    await expect(page.locator(".work-panel")).to_contain_text("Nothing is posted before every deal is booked.")
    await shows(console, Life().prepared().all_booked().after(700).posted())
    page = await opened(f"{AT}?tab=journal")
    await expect(page.get_by_role("tab", name="Ledger")).to_contain_text("4")
    sums = page.locator("table.ledger-lines tfoot tr")
    await expect(sums.nth(0)).to_have_text(re.compile(r"Journal IFRS\s*375,000.00\s*375,000.00"))
    await page.locator("table.ledger-lines tbody tr").first.get_by_role("button").click()
    await expect(page.get_by_role("dialog")).to_contain_text("JournalPosted")
