"""The menu of the console: what waits for me, page by page; lists of one kind; the way to the dashboard."""

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Opening
from tests.support.canned_console import CannedConsole
from tests.support.control_documents import at, stopped
from tests.support.page_checks import axe_findings
from tests.support.queue_documents import MINE, queue_of

WAITING = {
    "mine": {
        "all": 6,
        "configuration": 1,
        "hedge": 5,
        "rollout": 1,
        "policy": 1,
        "passkeys": 1,
        "delegations": 1,
        "held": 2,
        "messages": 0,
        "reviews": 1,
    },
    "dashboard": "http://127.0.0.1:8083",
    "as_of": at(0),
}
PAGES = [
    "Approvals", "Hand in an answer", "Reversals", "Configuration", "Deal overrides", "Rollout and stop", "Policy",
    "After-reviews", "My passkeys", "Delegations", "Held feeds", "Signals", "Messages", "Notifications",
]  # fmt: skip


async def test_figures_stand_only_where_something_waits_for_me(opened: Opening, console: CannedConsole) -> None:
    console.answers["/waiting"] = WAITING
    page = await opened("/console/rollout")
    links = page.get_by_role("navigation", name="Pages").get_by_role("link")
    await expect(links.nth(0)).to_have_text("Approvals6")
    await expect(links.nth(3)).to_have_text("Configuration1")
    await expect(links.nth(5)).to_have_text("Rollout and stop1")
    await expect(links.nth(6)).to_have_text("Policy1")
    await expect(links.nth(7)).to_have_text("After-reviews1")
    await expect(links.nth(8)).to_have_text("My passkeys1")
    await expect(links.nth(9)).to_have_text("Delegations1")
    await expect(links.nth(10)).to_have_text("Held feeds2")
    assert [text.rstrip("0123456789").strip() for text in await links.all_inner_texts()] == PAGES
    await expect(page.get_by_role("link", name="Dashboard")).to_have_attribute("href", "http://127.0.0.1:8083")


async def test_without_an_address_no_link_leads_to_the_dashboard(opened: Opening, console: CannedConsole) -> None:
    console.answers["/waiting"] = {**WAITING, "dashboard": "javascript:alert(1)"}
    page = await opened("/console/rollout")
    await expect(page.get_by_role("link", name="Approvals")).to_contain_text("6")
    await expect(page.get_by_role("link", name="Dashboard")).to_have_count(0)


async def test_figures_follow_what_others_do(opened: Opening, console: CannedConsole) -> None:
    page = await opened("about:blank")
    await page.clock.install()
    await page.goto("/console/held")
    await expect(page.get_by_role("heading", name="Held feeds")).to_be_attached()
    console.answers["/waiting"] = WAITING
    console.answers["/rollout"] = stopped()
    await page.clock.run_for(16_000)
    await expect(page.get_by_role("link", name="Held feeds")).to_contain_text("2")
    await expect(page.locator(".strip")).to_contain_text("STOPPED since 16:02 by olga: price feed looks wrong")


@pytest.mark.parametrize(
    ("name", "kind", "title", "hint"),
    [
        ("Reversals", "reversal", "Reversals", "A reversal is asked for on the card"),
        ("Configuration", "configuration", "Configuration", "comes by an answer of the AI"),
        ("Deal overrides", "override", "Deal overrides", "settled in Murex"),
    ],
)
async def test_an_entry_leads_to_the_queue_with_one_kind(
    opened: Opening, console: CannedConsole, name: str, kind: str, title: str, hint: str
) -> None:
    page = await opened("/console/held")
    console.answers["/approvals"] = lambda query: queue_of([] if query.get("kind") else MINE)
    await page.get_by_role("link", name=name).click()
    await expect(page).to_have_url(f"{console.origin}/?kind={kind}")
    await expect(page.get_by_role("heading", name=title, level=1)).to_be_visible()
    await expect(page.get_by_role("link", name=name)).to_have_attribute("aria-current", "page")
    await expect(page.locator(".state")).to_contain_text(hint)
    await expect(page).to_have_title(f"[SIMULATOR] {title}, HAWK console")
    assert await axe_findings(page) == []
    await page.get_by_role("navigation", name="Pages").get_by_role("link", name="Approvals").click()
    await expect(page.get_by_role("heading", name="Approvals", level=1)).to_be_visible()
    menu = page.get_by_role("navigation", name="Pages")
    await expect(menu.get_by_role("link", name=name)).not_to_have_attribute("aria-current", "page")


async def test_in_a_narrow_window_the_menu_closes_when_somebody_goes_on(
    opened: Opening, console: CannedConsole
) -> None:
    page = await opened("/", width=390)
    await page.get_by_role("button", name="Menu", exact=True).click()
    assert await axe_findings(page) == []
    await page.get_by_role("link", name="Reversals").click()
    await expect(page).to_have_url(f"{console.origin}/?kind=reversal")
    await expect(page.get_by_role("navigation", name="Pages")).to_be_hidden()
