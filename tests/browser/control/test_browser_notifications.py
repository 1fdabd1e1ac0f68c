"""Notifications in a browser: what did not arrive and why, another attempt, what waits, who may not, none at all."""

import re
from typing import Any

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Opening, Watched
from tests.support.canned_console import CannedConsole, problem
from tests.support.control_documents import at
from tests.support.looks import looks
from tests.support.page_checks import axe_findings, not_reached_by_tab, scrolls_sideways

ADDRESS = "/console/notifications"
ONE = "0d7f2f0e-5a0b-5c7e-8a43-7b1f0c9c2f11"
WHY = "To try a notification again needs OPERATIONS."


def notification(notification_id: str = ONE, **more: Any) -> dict[str, Any]:
    """One mail as `GET /notifications` lists it."""
    return {
        "notification_id": notification_id, "channel": "mail", "recipient": "desk@bank.example", "kind": "requested",
        "workflow_id": "wf-1", "state": "AWAITING_APPROVAL", "attempts": 13, "noted_at": at(-400), "due_at": None,
        "sent_at": None, "why": "mail.bank.example did not answer within 20 seconds.", "again_by": "",
    } | more  # fmt: skip


def listed(*found: dict[str, Any], on: bool = True, may: bool = True) -> dict[str, Any]:
    return {
        "on": on, "state": "GIVEN_UP", "notifications": list(found), "may_try_again": may,
        "why_not": None if may else WHY,
    }  # fmt: skip


async def test_what_was_given_up_says_why_and_is_tried_again(opened: Opening, console: CannedConsole) -> None:
    console.answers["/notifications"] = listed(notification(), notification("two", channel="webhook", recipient="chat"))
    page = await opened(ADDRESS)
    await expect(page).to_have_title("[SIMULATOR] Notifications, HAWK console")
    await expect(page.get_by_role("link", name="Notifications")).to_have_attribute("aria-current", "page")
    rows = page.locator(".notifications-table tbody tr")
    await expect(rows).to_have_count(2)
    await expect(rows.first).to_contain_text("asks for approval")
    await expect(rows.first).to_contain_text("13 attempts")
    await expect(rows.first).to_contain_text("mail.bank.example did not answer within 20 seconds.")
    await expect(rows.first.get_by_role("link", name="Card")).to_have_attribute("href", "/console/approvals/wf-1")
    await rows.first.get_by_role("button", name="Try again").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("The recipient may hear it twice.")
    console.answers[f"POST /notifications/{ONE}/again"] = 202, notification()
    console.answers["/notifications"] = listed(notification("two", channel="webhook", recipient="chat"))
    await dialog.get_by_role("button", name="Try again").click()
    await expect(rows).to_have_count(1)
    assert [each[0] for each in console.posted] == [f"/notifications/{ONE}/again"]


async def test_other_lists_have_no_button_and_their_own_address(opened: Opening, console: CannedConsole) -> None:
    waiting = notification(attempts=2, due_at=at(1), workflow_id="", kind="passkey")
    console.answers["/notifications"] = listed(waiting)
    page = await opened(ADDRESS)
    await page.get_by_role("tab", name="Waiting").click()
    await expect(page).to_have_url(re.compile(r"\?state=WAITING$"))
    row = page.locator(".notifications-table tbody tr")
    await expect(row).to_contain_text("next attempt")
    await expect(row.get_by_role("button")).to_have_count(0)
    await expect(row.get_by_role("link")).to_have_count(0)


async def test_who_may_not_reads_why_and_an_installation_that_sends_none_says_so(
    opened: Opening, console: CannedConsole, watched: Watched
) -> None:
    console.answers["/notifications"] = listed(notification(), may=False, on=False)
    page = await opened(ADDRESS)
    press = page.get_by_role("button", name="Try again")
    await expect(press).to_have_attribute("aria-disabled", "true")
    await expect(press).to_have_accessible_description(WHY)
    await expect(page.get_by_role("status").filter(has_text="This installation sends none.")).to_be_visible()
    watched.allow("403")
    refused = "Notifications are listed for OPERATIONS and RISK_MANAGER."
    console.answers["/notifications"] = 403, problem(403, "ROLE_INSUFFICIENT", refused)
    page = await opened(ADDRESS)
    await expect(page.get_by_text(refused)).to_be_visible()


async def test_words_from_outside_are_text(opened: Opening, console: CannedConsole) -> None:
    hostile = "<img src=x onerror=alert(1)>" + "A" * 200
    console.answers["/notifications"] = listed(notification(recipient=hostile, why=hostile, again_by=hostile))
    page = await opened(ADDRESS, width=320)
    await expect(page.locator(".notifications-table")).to_contain_text("<img src=x")
    assert await page.locator("main img").count() == 0
    assert not await scrolls_sideways(page)


@pytest.mark.parametrize("look", looks({"dark": True}, {"forced_colors": "active"}, {"width": 320}, {"width": 1024}))
async def test_notifications_are_for_everybody(opened: Opening, console: CannedConsole, look: dict[str, Any]) -> None:
    console.answers["/notifications"] = listed(notification(), notification("two"), on=False)
    page = await opened(ADDRESS, **look)
    await expect(page.locator(".notifications-table tbody tr")).to_have_count(2)
    assert await axe_findings(page) == []
    assert not await scrolls_sideways(page)


async def test_tab_reaches_every_notification(opened: Opening, console: CannedConsole) -> None:
    console.answers["/notifications"] = listed(notification(), notification("two"))
    page = await opened(ADDRESS, width=1440, height=600)
    await expect(page.locator(".notifications-table tbody tr")).to_have_count(2)
    assert await not_reached_by_tab(page) == ([], [])
