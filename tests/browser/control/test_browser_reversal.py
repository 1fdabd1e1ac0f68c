"""Asking for a reversal on the card of a workflow that was executed."""

from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import Opening, Watched
from tests.support import card_documents as documents
from tests.support import card_stories as stories
from tests.support.canned_console import problem
from tests.support.canned_progress import CannedProgress
from tests.support.looks import looks
from tests.support.page_checks import axe_findings, scrolls_sideways

ADDRESS = f"/console/approvals/{documents.WORKFLOW}"
ASK = f"POST /workflows/{documents.WORKFLOW}/reversal"


@pytest.fixture(autouse=True)
def posted(console: CannedProgress) -> None:
    console.answers[f"/approvals/{documents.WORKFLOW}"] = documents.approved()
    console.answers["/approvals/wf-9"] = documents.of_reversal()
    console.answers[ASK] = 202, {"workflow_id": "wf-9", "reverses": documents.WORKFLOW, "repeated": False}
    console.story = list(stories.done())


async def asked(opened: Opening, **look: Any) -> Page:
    page = await opened(ADDRESS, **look)
    await page.get_by_role("button", name="Ask for a reversal").click()
    return page


async def test_a_reversal_is_asked_for_with_its_reason_and_its_card_opens(
    opened: Opening, console: CannedProgress
) -> None:
    page = await asked(opened)
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    for words in ("HKD 400,000,000.00", "18 to cancel in Murex", "Nothing is undone yet.", "moves of the market"):
        await expect(dialog).to_contain_text(words)
    await dialog.get_by_role("button", name="Ask for reversal").click()
    await expect(dialog).to_contain_text("Say why.")
    await dialog.get_by_label("Reason").fill("booked twice")
    await dialog.get_by_role("button", name="Ask for reversal").click()
    await expect(page).to_have_url(f"{console.origin}/console/approvals/wf-9")
    assert [(path, body) for path, body, _ in console.posted] == [
        (f"/workflows/{documents.WORKFLOW}/reversal", {"reason": "booked twice"})
    ]


async def test_who_may_not_ask_reads_the_services_sentence(
    opened: Opening, console: CannedProgress, watched: Watched
) -> None:
    watched.allow("status of 403")
    said = "Who asks for a reversal holds an approving role, or has asked for the workflow itself."
    console.answers[ASK] = 403, problem(403, "NO_APPROVING_ROLE", said)
    page = await asked(opened)
    await page.get_by_label("Reason").fill("booked twice")
    await page.get_by_role("dialog").get_by_role("button", name="Ask for reversal").click()
    await expect(page.get_by_role("dialog").get_by_role("alert")).to_have_text(f"Not recorded. {said}")


async def test_where_no_answer_came_asking_again_finds_what_was_asked(
    opened: Opening, console: CannedProgress, watched: Watched
) -> None:
    watched.allow("status of 503")
    console.answers[ASK] = 503, problem(503, "TRY_AGAIN", "The database is away.")
    page = await asked(opened)
    await page.get_by_label("Reason").fill("booked twice")
    await page.get_by_role("dialog").get_by_role("button", name="Ask for reversal").click()
    await expect(page.get_by_role("dialog")).to_contain_text("Not known yet whether this was recorded.")
    console.answers[ASK] = {"workflow_id": "wf-9", "reverses": documents.WORKFLOW, "repeated": True}
    await expect(page).to_have_url(f"{console.origin}/console/approvals/wf-9")


@pytest.mark.parametrize("look", looks({"dark": True}, {"width": 320}))
async def test_the_dialog_is_for_everybody(opened: Opening, look: dict[str, Any]) -> None:
    page = await asked(opened, **look)
    await expect(page.get_by_role("dialog")).to_be_visible()
    assert await axe_findings(page) == []
    assert not await scrolls_sideways(page)
