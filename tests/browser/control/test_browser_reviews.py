"""After-reviews in a browser: what waits, who may look at it and why not, a finding, and the emergencies of late."""

from typing import Any

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Opening
from tests.support.canned_console import CannedConsole
from tests.support.control_documents import at
from tests.support.looks import looks
from tests.support.page_checks import axe_findings, not_reached_by_tab, scrolls_sideways

ADDRESS = "/console/reviews"
ONE = "0d7f2f0e-5a0b-5c7e-8a43-7b1f0c9c2f11"
TITLE = "COI inception, Hong Kong Branch1"
WHY = "You asked for this, declared the emergency or approved it, so two others must review it."
LOOKED = {"person": "eve", "role": "AUDITOR", "finding": "NOT_JUSTIFIED", "comment": "call the deputy", "at": at(-3)}


def review(workflow: str = ONE, *, looked: tuple[dict[str, Any], ...] = (LOOKED,), **more: Any) -> dict[str, Any]:
    """One emergency as `GET /reviews` lists it."""
    emergency = {
        "person": "sam", "role": "SENIOR_TRADER", "reason": "rita is on a plane; the desk closes at five",
        "opened_at": at(-30), "until": at(0), "missing": ["RISK_MANAGER"], "open": False, "used": True,
        "under_review": len(looked) < 2, "reviewers": 2, "reviews": list(looked),
        "text": "sam (SENIOR_TRADER) declared an emergency, and this was approved without RISK_MANAGER.",
    }  # fmt: skip
    return {
        "workflow_id": workflow, "title": TITLE, "subtitle": "A-COI", "order_id": "ORD-1", "state": "APPROVED",
        "maker": "mira", "amount_usd": "100000000.00", "missing": ["RISK_MANAGER"], "emergency": emergency,
        "approvers": [{"person": "sam", "role": "SENIOR_TRADER"}, {"person": "tom", "role": "TRADER"}],
        "granted_at": at(-20), "may_review": True, "why_not": None,
    } | more  # fmt: skip


def listed(*waiting: dict[str, Any], declared: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    return {"reviews": list(waiting), "declared": [*waiting, *declared], "as_of": at(0)}


CLOSED = review("wf-closed", looked=(LOOKED, LOOKED | {"person": "rita", "finding": "JUSTIFIED", "comment": ""}))


async def test_a_person_with_no_part_in_it_records_a_finding(opened: Opening, console: CannedConsole) -> None:
    console.answers["/reviews"] = listed(review(), declared=(CLOSED,))
    page = await opened(ADDRESS)
    await expect(page).to_have_title("[SIMULATOR] After-reviews, HAWK console")
    await expect(page.get_by_role("link", name="After-reviews")).to_have_attribute("aria-current", "page")
    panel = page.get_by_role("region", name=TITLE)
    await expect(panel).to_contain_text("1 of 2 have looked")
    await expect(panel).to_contain_text("rita is on a plane")
    await expect(panel).to_contain_text("sam (SENIOR_TRADER), tom (TRADER)")
    await expect(panel).to_contain_text("eve (AUDITOR) found it not justified: call the deputy")
    late = page.get_by_role("region", name="Other emergencies of late")
    await expect(late).to_contain_text("rita (AUDITOR) found it justified")
    await panel.get_by_role("button", name="Record a review").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("This closes the review.")
    await dialog.get_by_role("button", name="Record a review").click()
    await expect(dialog).to_contain_text("Choose what you found.")
    await dialog.get_by_label("Justified", exact=False).first.check()
    await dialog.get_by_label("Comment").fill("I called the desk.")
    console.answers[f"POST /reviews/{ONE}"] = 201, review()
    console.answers["/reviews"] = listed(declared=(CLOSED,))
    await dialog.get_by_role("button", name="Record a review").click()
    await expect(page.get_by_text("No review is open.")).to_be_visible()
    assert console.posted[0][:2] == (f"/reviews/{ONE}", {"finding": "JUSTIFIED", "comment": "I called the desk."})


async def test_who_took_part_reads_why_beside_the_button(opened: Opening, console: CannedConsole) -> None:
    console.answers["/reviews"] = listed(review(may_review=False, why_not=WHY))
    page = await opened(ADDRESS)
    press = page.get_by_role("button", name="Record a review")
    await expect(press).to_have_attribute("aria-disabled", "true")
    await expect(press).to_have_accessible_description(WHY)
    await press.press("Enter")
    await expect(page.get_by_role("dialog")).to_have_count(0)


async def test_what_people_wrote_is_text(opened: Opening, console: CannedConsole) -> None:
    hostile = "<img src=x onerror=alert(1)>"
    shown = review(looked=(LOOKED | {"comment": hostile},), title=hostile, maker=hostile)
    shown["emergency"]["reason"] = hostile
    console.answers["/reviews"] = listed(shown, declared=(CLOSED | {"title": hostile},))
    page = await opened(ADDRESS)
    await expect(page.get_by_role("list", name="Open reviews")).to_contain_text(hostile)
    assert await page.locator("main img").count() == 0


@pytest.mark.parametrize("look", looks({"dark": True}, {"forced_colors": "active"}, {"width": 320}, {"width": 1024}))
async def test_every_state_is_for_everybody(opened: Opening, console: CannedConsole, look: dict[str, Any]) -> None:
    console.answers["/reviews"] = listed(review(), review("wf-2", may_review=False, why_not=WHY), declared=(CLOSED,))
    page = await opened(ADDRESS, **look)
    await expect(page.get_by_role("region", name="Other emergencies of late")).to_be_visible()
    assert await axe_findings(page) == []
    assert not await scrolls_sideways(page)


@pytest.mark.parametrize("width", [320, 1440])
async def test_tab_reaches_everything_and_the_dialog_fits(opened: Opening, console: CannedConsole, width: int) -> None:
    console.answers["/reviews"] = listed(review(), declared=(CLOSED,))
    page = await opened(ADDRESS, width=width, height=600)
    await expect(page.get_by_role("region", name=TITLE)).to_be_visible()
    assert await not_reached_by_tab(page) == ([], [])
    await page.get_by_role("button", name="Record a review").click()
    await expect(page.get_by_role("dialog")).to_be_visible()
    assert await axe_findings(page) == []
    assert not await scrolls_sideways(page)
