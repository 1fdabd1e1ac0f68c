"""Signals in a browser: how people decide, orders that were added up, and who may not see it."""

from typing import Any

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Opening, Watched
from tests.support.canned_console import CannedConsole, problem
from tests.support.control_documents import at
from tests.support.looks import looks
from tests.support.page_checks import axe_findings, not_reached_by_tab, scrolls_sideways

ADDRESS = "/console/signals"
SIGN = "Half of the decisions came within 1.0 s of the card, less than it takes to read one."
WORKFLOW = "0d7f2f0e-5a0b-5c7e-8a43-7b1f0c9c2f11"


def approver(person: str, **more: Any) -> dict[str, Any]:
    figures = {"decisions": 1_240, "yes_percent": 100, "seconds_p50": "1.0", "timed": 20, "sections_mean": "0.0"}
    return {"person": person, "signs": [SIGN], **figures} | more


FOUND = {
    "since": at(-30 * 24 * 60),
    "as_of": at(0),
    "cut": True,
    "approvers": [approver("tom"), approver("sam", signs=[], seconds_p50=None)],
    "series": [
        {"workflow_id": WORKFLOW, "requested_at": at(-60), "maker": "ann", "tier": "SENIOR_TRADER",
         "sums": [{"entity": "ENTITY0037", "usd": "44000000.00", "orders": ["w"] * 8}]},
    ],
}  # fmt: skip


async def test_figures_signs_and_orders_that_were_added_up(opened: Opening, console: CannedConsole) -> None:
    console.answers["/signals"] = FOUND
    page = await opened(ADDRESS)
    await expect(page).to_have_title("[SIMULATOR] Signals, HAWK console")
    people = page.get_by_role("region", name="How people decide")
    await expect(people).to_contain_text("1,240")
    await expect(people).to_contain_text(SIGN)
    await expect(people).to_contain_text("not known")
    await expect(people).to_contain_text("there were more")
    series = page.get_by_role("region", name="Orders that were added up")
    await expect(series).to_contain_text("ENTITY0037 USD 44,000,000.00 in 8 earlier orders")
    await expect(series.get_by_role("link")).to_have_attribute("href", f"/console/approvals/{WORKFLOW}")


async def test_who_may_not_see_it_reads_why(opened: Opening, console: CannedConsole, watched: Watched) -> None:
    watched.allow("status of 403")
    said = "How people decide is shown to RISK_MANAGER and AUDITOR."
    console.answers["/signals"] = 403, problem(403, "ROLE_INSUFFICIENT", said)
    page = await opened(ADDRESS)
    await expect(page.get_by_role("main")).to_contain_text(said)


@pytest.mark.parametrize("look", looks({"dark": True}, {"forced_colors": "active"}, {"width": 390}, {"width": 320}))
async def test_it_is_for_everybody(opened: Opening, console: CannedConsole, look: dict[str, Any]) -> None:
    console.answers["/signals"] = FOUND
    page = await opened(ADDRESS, **look)
    await expect(page.get_by_role("region", name="How people decide")).to_be_visible()
    assert await axe_findings(page) == []
    assert not await scrolls_sideways(page)
    assert await not_reached_by_tab(page) == ([], [])
